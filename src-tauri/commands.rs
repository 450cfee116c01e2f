//! The commands: each one converts in, makes one call, converts out.
#![allow(
    clippy::needless_pass_by_value,
    reason = "Tauri hands arguments over by value"
)]

mod account;
mod app;
mod ask;
mod attachment;
mod backup;
mod camera;
mod consent;
mod diary;
mod export;
mod first_run;
mod guide;
mod hide;
mod import;
mod keys;
mod lock;
mod meter;
mod my_data;
mod pairing;
mod people;
mod recording;
mod reminder;
mod restriction;
mod statement;
mod sync;
mod system;

pub(crate) use app::start_script;
use tauri_specta::{Builder, ErrorHandlingMode, collect_commands};

/// Every command with its types.
pub(crate) fn builder() -> Builder<tauri::Wry> {
    Builder::new()
        .error_handling(ErrorHandlingMode::Throw)
        .disable_serde_phases()
        .dangerously_cast_bigints_to_number()
        .typ::<crate::error::UiError>()
        .commands(collect_commands![
            app::start,
            app::set_language,
            app::set_appearance,
            app::seal,
            app::help_now,
            app::screen_drawn,
            app::touch,
            app::open_link,
            app::close_window,
            app::today,
            first_run::first_run_step,
            first_run::passphrase_strength,
            first_run::create_vault,
            first_run::recovery_code,
            first_run::save_recovery_sheet,
            first_run::print_page,
            first_run::rehearse_recovery,
            first_run::finish_first_run,
            lock::unlock,
            lock::check_recovery_code,
            lock::unlock_with_recovery_code,
            lock::lock,
            lock::start_over,
            hide::hide,
            hide::leave_hiding,
            hide::take_spot,
            consent::purposes,
            consent::set_consent,
            consent::consent_story,
            statement::statement,
            statement::news,
            statement::statement_changes,
            statement::statement_seen,
            restriction::on_hold,
            restriction::put_on_hold,
            restriction::release,
            backup::backups,
            backup::local_backups,
            backup::back_up_now,
            backup::choose_backup_folder,
            backup::set_backup_schedule,
            backup::forget_backup_folder,
            backup::choose_backup,
            backup::restore_backup,
            backup::delete_aside,
            keys::change_passphrase,
            keys::new_recovery_code,
            keys::confirm_recovery_code,
            keys::put_off_recovery_check,
            keys::replace_all_keys,
            keys::key_progress,
            keys::quick_unlock,
            keys::switch_quick_unlock_on,
            keys::switch_quick_unlock_off,
            keys::unlock_quickly,
            my_data::my_data,
            my_data::plan_deletion,
            my_data::delete_period,
            my_data::clean_backups,
            my_data::delete_everything,
            my_data::settings,
            my_data::save_settings,
            diary::diary_page,
            diary::diary_months,
            diary::diary_rows,
            diary::diary_days,
            diary::diary_day,
            diary::diary_on_this_day,
            diary::diary_tags,
            diary::diary_entry,
            diary::diary_save,
            diary::diary_place,
            diary::diary_delete,
            diary::diary_undo_delete,
            diary::diary_search,
            diary::diary_move,
            attachment::attach_choose,
            attachment::attach_bytes,
            attachment::attachment_preview,
            attachment::attachment_original,
            attachment::attachment_describe,
            attachment::attachment_move,
            attachment::attachment_remove,
            attachment::attachment_undo_remove,
            attachment::attachment_save_as,
            recording::may_record,
            recording::begin_listening,
            recording::recording_begin,
            recording::recording_piece,
            recording::recording,
            recording::recording_keep,
            recording::recording_throw_away,
            recording::recording_save_as,
            attachment::originals_not_here,
            attachment::fetch_originals,
            attachment::largest_attachments,
            attachment::attachment_settings,
            attachment::keep_all_attachments,
            diary::diary_prompt,
            diary::diary_settings,
            diary::save_diary_settings,
            meter::meter_overview,
            meter::meter_start,
            meter::meter_run,
            meter::meter_answer,
            meter::meter_finish,
            meter::meter_result,
            meter::meter_results,
            meter::meter_annotate,
            meter::meter_correct,
            meter::meter_delete,
            meter::meter_undo_delete,
            people::people,
            people::choose_person,
            people::leave_person,
            people::add_person,
            people::rename_person,
            people::remove_person,
            reminder::reminders,
            reminder::save_reminders,
            reminder::remind_here,
            system::system,
            system::set_tray,
            system::set_at_login,
            system::set_lock_at_sleep,
            guide::guide,
            guide::report,
            guide::save_report,
            meter::meter_page,
            meter::meter_check_in,
            meter::meter_trend,
            meter::save_result,
            meter::add_instrument,
            meter::added_instruments,
            meter::remove_instrument,
            export::plan_export,
            export::export_recipient,
            export::choose_recipient,
            export::export,
            export::export_progress,
            export::stop_export,
            export::show_exported,
            import::choose_import_file,
            import::choose_import_folder,
            import::leave_import,
            import::look_at_import,
            import::import,
            import::imports,
            import::undo_import,
            account::terms,
            account::terms_in,
            account::terms_changes,
            account::agree_to_terms,
            account::recipients,
            account::ask_recipients,
            account::purpose_of_joining,
            sync::sync_view,
            sync::sync_now,
            sync::sync_read,
            sync::sync_decide,
            sync::sync_asked,
            sync::sync_answer,
            sync::sync_code,
            sync::sync_compare,
            sync::diary_came,
            sync::diary_seen,
            sync::entry_originals,
            sync::forget_entry_originals,
            sync::pen_up,
            account::account,
            account::contact,
            account::look_at_server,
            account::take_link,
            account::invitation_in_picture,
            camera::may_scan,
            camera::begin_scan,
            camera::code_in_frame,
            account::confirm_root,
            account::look_at_invitation,
            account::begin_joining,
            account::join,
            account::give_up_joining,
            account::log_in,
            pairing::pair_offer,
            pairing::pair_enter,
            pairing::pair_state,
            pairing::pair_compare,
            pairing::pair_finish,
            pairing::pair_stop,
            account::catch_up,
            account::finish_recovery,
            account::begin_factor,
            account::set_factor,
            account::save_one_time_codes,
            account::take_factor_away,
            account::lift_factor,
            account::lift_factor_without_device,
            account::object,
            account::mail_deletion_code,
            account::begin_deletion,
            account::set_contact,
            account::begin_new_address,
            account::confirm_new_address,
            account::give_up_new_address,
            account::address_change_read,
            account::devices,
            account::rename_device,
            account::sign_out,
            account::want_copy,
            account::leave_copy,
            account::leave_everything,
            account::receipts,
            account::redeem_tickets,
            account::redeem_ticket_file,
            account::save_receipt,
            account::account_log,
            account::requests,
            ask::ask_view,
            ask::ask_answer,
        ])
}

#[cfg(test)]
mod tests {
    use std::{env, fs, path::Path};

    use specta_typescript::Typescript;

    #[test]
    fn the_committed_bindings_are_the_generated_ones() {
        let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/src/lib/bindings.ts");
        if env::var_os("UPDATE_BINDINGS").is_some() {
            super::builder()
                .export(Typescript::default(), &committed)
                .expect("exports");
        }
        let folder = tempfile::tempdir().expect("a folder");
        let generated = folder.path().join("bindings.ts");
        super::builder()
            .export(Typescript::default(), &generated)
            .expect("exports");
        let same = fs::read(&committed).expect("reads") == fs::read(&generated).expect("reads");
        assert!(
            same,
            "bindings.ts differs from the commands; run: UPDATE_BINDINGS=1 cargo nextest run -p regie bindings"
        );
    }
}
