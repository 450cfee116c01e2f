//! Commands about the account. What waits for the network runs beside the window's own threads; what signs out, deletes or leaves
//! is asked outside the page.

use std::sync::Arc;

use regie_client::{
    AccountView, Client, ClientError, DeviceView, FactorLift, FactorView, HandedLink, InvitationView,
    JoinBegin, JoinForm, LeaveKind, LeaveView, LogInBy, LogInForm, LogRow, NoticeKind, Passphrase,
    PurposeView, ReceiptView, RecipientsView, RequestView, ServerView, SignOut, TermsChangesView, TermsView,
};
use regie_protocol::Text;
use serde::Deserialize;
use specta::Type;
use tauri::{AppHandle, Manager, WebviewWindow};

use super::app::StartView;
use crate::{Core, ask, ask::Question, at_login, dialog, error::UiError, tray::Tray, window};

/// By what somebody proves on a new device who they are.
#[derive(Deserialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum LogInKey {
    /// The account's passphrase.
    Passphrase { passphrase: String },
    /// The recovery code, with a new passphrase.
    Code { code: String, new_passphrase: String },
}

/// Does what may wait for the network.
pub(super) async fn away<T: Send + 'static>(
    core: &Core<'_>,
    work: impl FnOnce(&Client) -> Result<T, ClientError> + Send + 'static,
) -> Result<T, UiError> {
    let core = Arc::clone(core);
    let done = tauri::async_runtime::spawn_blocking(move || work(&core));
    Ok(done.await??)
}

/// The terms of use in force.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn terms(core: Core<'_>) -> TermsView {
    core.terms()
}

/// A version of the terms of use; `None` for one that came after this program.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn terms_in(core: Core<'_>, version: u32) -> Option<TermsView> {
    core.terms_in(version)
}

/// What changed in the terms since they were agreed to; `None` where nothing is asked, or where this program does not have the text.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn terms_changes(core: Core<'_>) -> Result<Option<TermsChangesView>, UiError> {
    Ok(core.terms_changes()?)
}

/// Agrees to the later version of the terms that was read.
#[tauri::command]
#[specta::specta]
pub(super) async fn agree_to_terms(core: Core<'_>, version: u32) -> Result<AccountView, UiError> {
    away(&core, move |core| core.agree_to_terms(version)).await
}

/// Who gets data from the server, as it last said.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn recipients(core: Core<'_>) -> Result<Option<RecipientsView>, UiError> {
    Ok(core.recipients()?)
}

/// Asks the server who gets data from it.
#[tauri::command]
#[specta::specta]
pub(super) async fn ask_recipients(core: Core<'_>) -> Result<RecipientsView, UiError> {
    away(&core, Client::ask_recipients).await
}

/// The consent that joining asks for, apart from the terms.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn purpose_of_joining(core: Core<'_>) -> Option<PurposeView> {
    core.purpose_of_joining()
}

/// Where the account stands, without the network.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn account(core: Core<'_>) -> Result<AccountView, UiError> {
    Ok(core.account()?)
}

/// Asks the server what is new.
#[tauri::command]
#[specta::specta]
pub(super) async fn contact(core: Core<'_>) -> Result<AccountView, UiError> {
    away(&core, Client::contact).await
}

/// Looks whose server it is.
#[tauri::command]
#[specta::specta]
pub(super) async fn look_at_server(
    core: Core<'_>,
    typed: String,
    code: Option<String>,
) -> Result<ServerView, UiError> {
    away(&core, move |core| core.look_at_server(&typed, code.as_deref())).await
}

/// The link that the system handed over, once the vault is open.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn take_link(core: Core<'_>) -> Result<Option<HandedLink>, UiError> {
    Ok(core.take_link()?)
}

/// The invitation in a picture that the person chooses in a dialog of the system; `None` when they changed their mind.
#[tauri::command]
#[specta::specta]
pub(super) async fn invitation_in_picture(
    window: WebviewWindow,
    app: AppHandle,
    core: Core<'_>,
) -> Result<Option<String>, UiError> {
    const PICTURE: Text = Text {
        nl: "Afbeelding",
        en: "Picture",
    };
    let name = PICTURE.in_language(core.language());
    let chosen = dialog::choose(&window, &app, |dialog, answer| {
        dialog.add_filter(name, &["png", "jpg", "jpeg"]).pick_file(answer);
    });
    let Some(path) = chosen.await? else {
        return Ok(None);
    };
    Ok(Some(
        away(&core, move |core| core.invitation_in_picture(&path)).await?,
    ))
}

/// The person compared the fingerprint.
#[tauri::command]
#[specta::specta]
pub(super) async fn confirm_root(core: Core<'_>, fingerprint: String) -> Result<ServerView, UiError> {
    away(&core, move |core| core.confirm_root(&fingerprint)).await
}

/// Whether the invitation may be used now.
#[tauri::command]
#[specta::specta]
pub(super) async fn look_at_invitation(core: Core<'_>) -> Result<InvitationView, UiError> {
    away(&core, Client::look_at_invitation).await
}

/// Begins joining: a code goes to the address.
#[tauri::command]
#[specta::specta]
pub(super) async fn begin_joining(
    core: Core<'_>,
    email: String,
    passphrase: String,
) -> Result<AccountView, UiError> {
    let passphrase = Passphrase::new(passphrase);
    let language = core.language();
    away(&core, move |core| {
        core.begin_joining(&JoinBegin { email, passphrase }, language)
    })
    .await
}

/// Joins.
#[tauri::command]
#[specta::specta]
pub(super) async fn join(core: Core<'_>, form: JoinForm) -> Result<AccountView, UiError> {
    away(&core, move |core| core.join(&form)).await
}

/// Gives up a joining that was begun.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn give_up_joining(core: Core<'_>) {
    core.give_up_joining();
}

/// Logs in on a device that has no vault yet.
#[tauri::command]
#[specta::specta]
pub(super) async fn log_in(
    core: Core<'_>,
    email: String,
    key: LogInKey,
    factor: Option<String>,
    device_name: String,
    consents: Vec<String>,
) -> Result<StartView, UiError> {
    let by = match key {
        LogInKey::Passphrase { passphrase } => LogInBy::Passphrase(Passphrase::new(passphrase)),
        LogInKey::Code { code, new_passphrase } => LogInBy::Code {
            code,
            new: Passphrase::new(new_passphrase),
        },
    };
    let form = LogInForm {
        email,
        by,
        factor,
        device_name,
        consents,
    };
    away(&core, move |core| core.log_in_on_new_device(&form)).await?;
    Ok(StartView::of(&core))
}

/// Enters here what was changed on another device, or makes this one a device of the account again.
#[tauri::command]
#[specta::specta]
pub(super) async fn catch_up(
    core: Core<'_>,
    current: String,
    account: Option<String>,
    factor: Option<String>,
    email: Option<String>,
) -> Result<AccountView, UiError> {
    let (current, account) = (Passphrase::new(current), account.map(Passphrase::new));
    away(&core, move |core| match &email {
        Some(email) => core.catch_up_by_address(email, &current, account.as_ref(), factor.as_deref()),
        None => core.catch_up(&current, account.as_ref(), factor.as_deref()),
    })
    .await
}

/// What the person wants to be called, and a number where they give one.
#[tauri::command]
#[specta::specta]
pub(super) async fn set_contact(
    core: Core<'_>,
    name: String,
    phone: Option<String>,
) -> Result<AccountView, UiError> {
    away(&core, move |core| core.set_contact(&name, phone.as_deref())).await
}

/// Begins another address: a code goes to it.
#[tauri::command]
#[specta::specta]
pub(super) async fn begin_new_address(
    core: Core<'_>,
    email: String,
    passphrase: String,
    factor: Option<String>,
) -> Result<AccountView, UiError> {
    let passphrase = Passphrase::new(passphrase);
    away(&core, move |core| {
        core.begin_new_address(&email, &passphrase, factor.as_deref())
    })
    .await
}

/// The new address takes the place of the one before.
#[tauri::command]
#[specta::specta]
pub(super) async fn confirm_new_address(core: Core<'_>, mail_code: String) -> Result<AccountView, UiError> {
    away(&core, move |core| core.confirm_new_address(&mail_code)).await
}

/// Gives up another address that was begun.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn give_up_new_address(core: Core<'_>) {
    core.give_up_new_address();
}

/// The person read that the address was changed on another device.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn address_change_read(core: Core<'_>) -> Result<AccountView, UiError> {
    Ok(core.address_change_read()?)
}

/// Tells the server the passphrase that was set here by the recovery code.
#[tauri::command]
#[specta::specta]
pub(super) async fn finish_recovery(
    core: Core<'_>,
    code: String,
    passphrase: String,
    factor: Option<String>,
) -> Result<AccountView, UiError> {
    let passphrase = Passphrase::new(passphrase);
    away(&core, move |core| {
        core.finish_recovery(&code, &passphrase, factor.as_deref())
    })
    .await
}

/// Begins to set a second factor.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn begin_factor(core: Core<'_>) -> Result<FactorView, UiError> {
    Ok(core.begin_factor()?)
}

/// Sets the second factor that was begun; gives its one-time codes, once.
#[tauri::command]
#[specta::specta]
pub(super) async fn set_factor(
    core: Core<'_>,
    digits: String,
    passphrase: String,
    factor: Option<String>,
) -> Result<Vec<String>, UiError> {
    let passphrase = Passphrase::new(passphrase);
    away(&core, move |core| {
        core.set_factor(&digits, &passphrase, factor.as_deref())
    })
    .await
}

/// Saves the one-time codes where the person says, in a dialog of the system; `None` when they changed their mind.
#[tauri::command]
#[specta::specta]
pub(super) async fn save_one_time_codes(
    window: WebviewWindow,
    app: AppHandle,
    core: Core<'_>,
) -> Result<Option<String>, UiError> {
    const NAME: Text = Text {
        nl: "Regie eenmalige codes.txt",
        en: "Regie one-time codes.txt",
    };
    let Some(path) = dialog::ask_where(&app, &window, NAME.in_language(core.language())).await? else {
        return Ok(None);
    };
    core.save_one_time_codes(&path)?;
    Ok(Some(path.display().to_string()))
}

/// Takes the second factor away, by its digits or a one-time code.
#[tauri::command]
#[specta::specta]
pub(super) async fn take_factor_away(
    core: Core<'_>,
    passphrase: String,
    factor: String,
) -> Result<AccountView, UiError> {
    let passphrase = Passphrase::new(passphrase);
    away(&core, move |core| core.take_factor_away(&passphrase, &factor)).await
}

/// Lifts a second factor that is lost, by this device with the passphrase.
#[tauri::command]
#[specta::specta]
pub(super) async fn lift_factor(core: Core<'_>, passphrase: String) -> Result<AccountView, UiError> {
    let by = FactorLift {
        passphrase: Some(Passphrase::new(passphrase)),
        code: None,
    };
    away(&core, move |core| core.lift_factor(&by)).await
}

/// Lifts it on a device that is none of the account's: at once with passphrase and code, else after a notice. Gives when that is.
#[tauri::command]
#[specta::specta]
pub(super) async fn lift_factor_without_device(
    core: Core<'_>,
    email: String,
    passphrase: Option<String>,
    code: Option<String>,
) -> Result<Option<String>, UiError> {
    let by = FactorLift {
        passphrase: passphrase.map(Passphrase::new),
        code,
    };
    away(&core, move |core| core.lift_factor_without_device(&email, &by)).await
}

/// "That was not me": what was announced is not done.
#[tauri::command]
#[specta::specta]
pub(super) async fn object(core: Core<'_>, to: NoticeKind) -> Result<AccountView, UiError> {
    away(&core, move |core| core.object(to)).await
}

/// Has a code mailed with which an account is deleted whose passphrase and recovery code are lost.
#[tauri::command]
#[specta::specta]
pub(super) async fn mail_deletion_code(core: Core<'_>, email: String) -> Result<(), UiError> {
    away(&core, move |core| core.mail_deletion_code(&email)).await
}

/// Begins the notice of that deletion; gives when it is done.
#[tauri::command]
#[specta::specta]
pub(super) async fn begin_deletion(
    core: Core<'_>,
    email: String,
    mail_code: String,
) -> Result<String, UiError> {
    away(&core, move |core| core.begin_deletion(&email, &mail_code)).await
}

/// All devices of the account.
#[tauri::command]
#[specta::specta]
pub(super) async fn devices(core: Core<'_>) -> Result<Vec<DeviceView>, UiError> {
    away(&core, Client::devices).await
}

/// Gives a device of the account another name.
#[tauri::command]
#[specta::specta]
pub(super) async fn rename_device(
    core: Core<'_>,
    id: String,
    name: String,
) -> Result<Vec<DeviceView>, UiError> {
    away(&core, move |core| core.rename_device(&id, &name)).await
}

/// Signs devices out, when the person says so outside the page; `None` when they said no.
#[tauri::command]
#[specta::specta]
pub(super) async fn sign_out(
    app: AppHandle,
    core: Core<'_>,
    which: SignOut,
    lost: bool,
) -> Result<Option<Vec<DeviceView>>, UiError> {
    let devices = away(&core, Client::devices).await?;
    let question = match &which {
        SignOut::One(id) => {
            let device = devices.into_iter().find(|device| device.id == *id);
            let device = device.ok_or(UiError::NotFound)?;
            Question::SignOut {
                name: device.name,
                here: device.this_one,
                lost,
            }
        }
        SignOut::Others => Question::SignOutOthers,
        SignOut::All => Question::SignOutAll,
    };
    if !ask::ask(&app, question).await {
        return Ok(None);
    }
    Ok(Some(away(&core, move |core| core.sign_out(&which, lost)).await?))
}

/// Whether an encrypted copy is wanted on the server. Taking that back erases what is there, so it is asked; `None` when the person
/// said no.
#[tauri::command]
#[specta::specta]
pub(super) async fn want_copy(
    app: AppHandle,
    core: Core<'_>,
    wanted: bool,
) -> Result<Option<AccountView>, UiError> {
    if !wanted && !ask::ask(&app, Question::EndCopy).await {
        return Ok(None);
    }
    Ok(Some(away(&core, move |core| core.want_copy(wanted)).await?))
}

/// Ends the copy on the server; account and vault stay. `None` when the person said no outside the page.
#[tauri::command]
#[specta::specta]
pub(super) async fn leave_copy(
    app: AppHandle,
    core: Core<'_>,
    passphrase: String,
    factor: Option<String>,
) -> Result<Option<LeaveView>, UiError> {
    let passphrase = Passphrase::new(passphrase);
    core.prove(&passphrase)?;
    if !ask::ask(&app, Question::EndCopy).await {
        return Ok(None);
    }
    let work = move |core: &Client| core.leave(LeaveKind::OnlyCopy, &passphrase, factor.as_deref());
    Ok(Some(away(&core, work).await?))
}

/// Deletes the account, and everything on this device. `None` when the person said no outside the page.
#[tauri::command]
#[specta::specta]
pub(super) async fn leave_everything(
    app: AppHandle,
    core: Core<'_>,
    passphrase: String,
    factor: Option<String>,
) -> Result<Option<StartView>, UiError> {
    let passphrase = Passphrase::new(passphrase);
    core.prove(&passphrase)?;
    let server = core.account()?.joined.map(|joined| joined.server);
    let elsewhere = core
        .copies_elsewhere()?
        .map(|folder| folder.display().to_string());
    let question = Question::Leave {
        server: server.unwrap_or_default(),
        elsewhere,
    };
    if !ask::ask(&app, question).await {
        return Ok(None);
    }
    let alone = core.people().people.len() < 2;
    let work = move |core: &Client| core.leave(LeaveKind::Everything, &passphrase, factor.as_deref());
    away(&core, work).await?;
    if alone {
        at_login::set(core.profile(), false);
        app.state::<Tray>().show(&app, false);
    }
    window::renew(&app);
    Ok(Some(StartView::of(&core)))
}

/// Receipts and tickets on this device, also without a vault.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn receipts(core: Core<'_>) -> Result<Vec<ReceiptView>, UiError> {
    Ok(core.receipts()?)
}

/// Redeems the tickets that wait on this device.
#[tauri::command]
#[specta::specta]
pub(super) async fn redeem_tickets(core: Core<'_>) -> Result<Vec<ReceiptView>, UiError> {
    away(&core, Client::redeem_tickets).await
}

/// Redeems a ticket from a file that the person chooses in a dialog of the system; `None` when they changed their mind.
#[tauri::command]
#[specta::specta]
pub(super) async fn redeem_ticket_file(
    window: WebviewWindow,
    app: AppHandle,
    core: Core<'_>,
) -> Result<Option<ReceiptView>, UiError> {
    let chosen = dialog::choose(&window, &app, |dialog, answer| dialog.pick_file(answer));
    let Some(path) = chosen.await? else {
        return Ok(None);
    };
    Ok(Some(
        away(&core, move |core| core.redeem_ticket_file(&path)).await?,
    ))
}

/// Saves a receipt or ticket where the person says; `None` when they changed their mind.
#[tauri::command]
#[specta::specta]
pub(super) async fn save_receipt(
    window: WebviewWindow,
    app: AppHandle,
    core: Core<'_>,
    id: String,
) -> Result<Option<String>, UiError> {
    const RECEIPT: Text = Text {
        nl: "Regie ontvangstbewijs.signed",
        en: "Regie receipt.signed",
    };
    const TICKET: Text = Text {
        nl: "Regie verwijderbewijs.json",
        en: "Regie deletion ticket.json",
    };
    let receipts = core.receipts()?;
    let receipt = receipts.iter().find(|receipt| receipt.id == id);
    let confirmed = receipt.ok_or(UiError::NotFound)?.confirmed;
    let name = if confirmed { RECEIPT } else { TICKET };
    let Some(path) = dialog::ask_where(&app, &window, name.in_language(core.language())).await? else {
        return Ok(None);
    };
    Ok(Some(core.save_receipt(&id, &path)?.display().to_string()))
}

/// The account's own log.
#[tauri::command]
#[specta::specta]
pub(super) async fn account_log(core: Core<'_>, after: u32) -> Result<Vec<LogRow>, UiError> {
    away(&core, move |core| core.account_log(after)).await
}

/// Every request that the app made in the last 90 days.
#[tauri::command(async)]
#[specta::specta]
pub(super) fn requests(core: Core<'_>) -> Result<Vec<RequestView>, UiError> {
    Ok(core.requests()?)
}
