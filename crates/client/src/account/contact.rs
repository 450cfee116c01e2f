//! What the account is, as far as this device knows, and what the server says of it now.

use chrono::TimeDelta;
use regie_crypto::account::NewEpoch;
use regie_protocol::account::{AccountResponse, LogResponse, Seat, change::CopyRequest, path};
use regie_vault::{
    account::{Account, Part},
    settings::Setting,
};

use super::{
    AccountError, AccountView, JoinedView, LogRow, RequestContent, RequestPurpose, RequestView, agreeing,
    details::is_another_address,
    devices::next_after,
    joining::{COPY, Ways, epoch_on_wire},
    moments,
    server::groups,
    work::{KEPT, Me, Noticed, Turn, deployment_of},
};
use crate::{Client, ClientError, Language, terms};

/// What waits for a network: the choice about a copy on the server.
const COPY_WAITS: &str = "copy";
/// So long before a deployment's statement ends, a later one is asked for.
const RENEWED_BEFORE: TimeDelta = TimeDelta::days(30);

impl Client {
    pub(super) fn account_view(&self) -> Result<AccountView, ClientError> {
        let language = self.language();
        let tickets_waiting = self.tickets_waiting();
        let state = self.state();
        let joining = state.begun.joining.as_ref();
        let joining = joining.map(|joining| joining.email.clone());
        let moving = state.begun.moving.as_ref().map(|moving| moving.email.clone());
        let (before, terms, gone) = match &state.vault {
            Some(vault) => (
                vault.setting(Setting::AddressBefore)?,
                (
                    vault.setting(Setting::TermsAgreed)?,
                    vault.setting(Setting::TermsAgreedAt)?,
                    terms::asked(vault)?,
                ),
                vault.setting(Setting::KeysGone)?.unwrap_or(false),
            ),
            None => (None, (None, None, None), false),
        };
        let account = match &state.vault {
            Some(vault) => vault
                .account()?
                .map(|account| -> Result<_, ClientError> {
                    let epoch = vault.epochs()?.first().map_or(0, |kept| kept.key.epoch());
                    let waits = !vault.waiting_changes()?.is_empty();
                    Ok((account, epoch, waits))
                })
                .transpose()?,
            None => None,
        };
        let noticed = &state.begun.noticed;
        let (lifting, deletion, codes_left) = (noticed.lifting, noticed.deletion, noticed.codes_left);
        drop(state);
        let contact = account.as_ref().and_then(|(account, ..)| account.contact);
        let mut joined = account
            .map(|(account, epoch, waits)| joined(account, epoch, waits, language))
            .transpose()?;
        if let Some(joined) = &mut joined {
            joined.address_begun = moving;
            joined.address_before = before;
            let (agreed, at, asked) = terms;
            joined.terms_version = agreed;
            joined.terms_agreed_at = at.map(moments::second);
            joined.terms_asked = asked.map(|(_, there)| there);
            joined.keys_gone = gone;
            joined.factor_lifted_at = lifting.map(moments::second);
            joined.deleted_at = deletion.map(moments::second);
            joined.factor_codes_left = codes_left.map(moments::number);
        }
        Ok(AccountView {
            joined,
            joining,
            last_contact: contact.map(|at| at.to_rfc3339()),
            offline: self.account.net.is_offline(),
            tickets_waiting,
        })
    }

    pub(super) fn contact_now(&self) -> Result<AccountView, ClientError> {
        if let Err(error) = self.redeem_waiting() {
            tracing::debug!(%error, "tickets wait for another time");
        }
        {
            let mut turn = self.account.turn();
            let me = self.me()?;
            let said: AccountResponse =
                self.signed_get(&mut turn, &me, path::ACCOUNT, RequestPurpose::Account)?;
            let now = self.clock.now().at.to_utc();
            self.state().begun.noticed = Noticed {
                lifting: said.lifts_factor_at,
                deletion: said.deletes_at,
                codes_left: said.has_factor.then_some(said.factor_codes_left),
            };
            let follow = self.with_vault(|vault| {
                let mut account = vault.account()?.ok_or(AccountError::NotJoined)?;
                // The one that the person last knew: whoever changes it twice does not hide it.
                if is_another_address(&account, &said.email)
                    && vault.setting::<String>(Setting::AddressBefore)?.is_none()
                {
                    vault.set_setting(Setting::AddressBefore, &account.email)?;
                }
                agreeing::take_over(vault, &said)?;
                // What was chosen where the person joined holds here too, until they choose here.
                if let Some(copy) = self.notices.purpose(COPY)
                    && vault.last_choice(copy)?.is_none()
                {
                    account.copy_day = said.copy_since_day;
                }
                take_over(&mut account, said);
                account.contact = Some(now);
                vault.set_account(&account)?;
                Ok(account.part)
            })?;
            if follow == Part::Takes {
                self.follow_epochs(&mut turn, &me)?;
            }
            self.look_at_devices(&mut turn, &me)?;
            self.tell_choice(&mut turn, &me)?;
            self.renew_when_due()?;
        }
        self.account_view()
    }

    pub(super) fn want_copy_now(&self, wanted: bool) -> Result<AccountView, ClientError> {
        let now = self.clock.now();
        let purpose = self.notices.purpose(COPY);
        self.with_vault(|vault| {
            let mut account = vault.account()?.ok_or(AccountError::NotJoined)?;
            let today = now.at.timestamp().div_euclid(86_400);
            account.copy_day = wanted.then(|| account.copy_day.unwrap_or(today));
            if let Some(purpose) = purpose {
                vault.record_choice(purpose, wanted, &now)?;
            }
            vault.let_wait(COPY_WAITS, now.at.to_utc())?;
            if !wanted {
                // What goes there is known there no more; what is here stays.
                vault.forget_sync()?;
            }
            Ok(vault.set_account(&account)?)
        })?;
        self.sync.hold_originals(false);
        let told = (|| {
            let mut turn = self.account.turn();
            let me = self.me()?;
            self.tell_choice(&mut turn, &me)
        })();
        match told {
            // It is entered, and told with the next contact.
            Ok(()) | Err(ClientError::Account(AccountError::Offline | AccountError::Busy { .. })) => {
                self.account_view()
            }
            // The end of a copy waits whatever happens. For one that is wanted the person may have to do something first.
            Err(ClientError::Account(_)) if !wanted => self.account_view(),
            Err(error) => Err(error),
        }
    }

    /// Tells the server what was chosen while it could not be told.
    fn tell_choice(&self, turn: &mut Turn, me: &Me) -> Result<(), ClientError> {
        let waits = self.with_vault(|vault| Ok(vault.waiting_changes()?))?;
        if !waits.iter().any(|what| what == COPY_WAITS) {
            return Ok(());
        }
        let wanted = self.own()?.account.copy_day.is_some();
        // Its wraps went with the copy: a new epoch brings new ones.
        let epoch: Option<NewEpoch> = match wanted {
            true => {
                self.follow_epochs(turn, me)?;
                let listed = self.look_at_devices(turn, me)?;
                let after = self.chain_head(turn, me)?;
                Some(self.epoch_without(me, &listed, |_| false, next_after(after)?)?)
            }
            false => None,
        };
        let body = CopyRequest {
            wanted,
            epoch: epoch
                .as_ref()
                .map(|epoch| epoch_on_wire(epoch, Ways::All, &me.keys))
                .transpose()?,
        };
        self.signed_post(
            turn,
            me,
            path::COPY,
            &body,
            RequestPurpose::Copy,
            RequestContent::Choice,
        )?;
        if let Some(epoch) = epoch {
            self.keep_epoch(epoch)?;
        }
        self.keys_are_gone(!wanted)?;
        self.with_vault(|vault| {
            // Another choice may have been made meanwhile; then it waits on.
            let now = vault.account()?.is_some_and(|account| account.copy_day.is_some());
            if now == wanted {
                vault.waits_no_more(COPY_WAITS)?;
            }
            Ok(())
        })
    }

    /// The statement of whose servers these are has an end: a later one of the same root takes its place.
    fn renew_when_due(&self) -> Result<(), ClientError> {
        let account = self.own()?.account;
        let deployment = deployment_of(&account)?;
        let soon = self.clock.now().at.to_utc() + RENEWED_BEFORE;
        let ends = i64::try_from(deployment.period.until.0).unwrap_or(i64::MAX);
        if soon.timestamp() < ends {
            return Ok(());
        }
        if let Some(next) = self.renew_deployment(&account)? {
            self.change_account(|account| account.deployment = next)?;
        }
        Ok(())
    }

    pub(super) fn read_log(&self, after: u32) -> Result<Vec<LogRow>, ClientError> {
        let mut turn = self.account.turn();
        let me = self.me()?;
        let target = format!("{}?after={after}", path::LOG);
        let answer: LogResponse = self.signed_get(&mut turn, &me, &target, RequestPurpose::Log)?;
        let who = |bytes: &[u8]| match std::str::from_utf8(bytes) {
            Ok(name) if name.chars().all(|sign| sign.is_ascii_graphic()) => name.to_owned(),
            _ => data_encoding::HEXLOWER.encode(bytes),
        };
        let row = |line: &regie_protocol::account::LogLine| LogRow {
            number: moments::number(line.number),
            at: moments::second(line.at),
            what: line.what.clone(),
            who: who(&line.who.0),
        };
        Ok(answer.entries.iter().map(row).collect())
    }

    pub(super) fn request_list(&self) -> Result<Vec<RequestView>, ClientError> {
        let since = self.clock.now().at.to_utc() - KEPT;
        let requests = self.with_vault(|vault| {
            self.note_what_waits(vault);
            Ok(vault.requests_since(since)?)
        })?;
        let read = |request: regie_vault::account::Request| {
            Some(RequestView {
                at: request.at.to_rfc3339(),
                purpose: serde_json::from_value(request.purpose.into()).ok()?,
                content: serde_json::from_value(request.content.into()).ok()?,
                sent: request.sent,
                received: request.received,
            })
        };
        Ok(requests.into_iter().filter_map(read).collect())
    }
}

fn joined(account: Account, epoch: u64, waits: bool, language: Language) -> Result<JoinedView, ClientError> {
    let deployment = deployment_of(&account)?;
    let root = regie_protocol::signed::VerifyingKey::from_bytes(&account.root);
    Ok(JoinedView {
        server: deployment.names.in_language(language).to_owned(),
        address: account.address,
        fingerprint: root.map(|root| groups(&root)).unwrap_or_default(),
        email: account.email,
        name: account.name,
        phone: account.phone,
        address_begun: None,
        address_before: None,
        terms_version: None,
        terms_agreed_at: None,
        terms_asked: None,
        keys_gone: false,
        since: moments::day(account.since_day),
        seat_ended: account.seat_ended,
        epoch: u32::try_from(epoch).unwrap_or(u32::MAX),
        needs_new_passphrase: account.part == Part::Behind,
        needs_recovery_code: account.part == Part::Recovering,
        copy_since: account.copy_day.map(moments::day),
        factor_on: account.has_factor,
        factor_codes_left: None,
        factor_lifted_at: None,
        deleted_at: None,
        signed_out: account.part == Part::Out,
        change_waits: waits,
    })
}

/// What the server says of the account. It is believed about names and days; keys are checked apart.
fn take_over(account: &mut Account, said: AccountResponse) {
    account.email = said.email;
    account.name = said.name;
    account.phone = said.phone;
    account.since_day = said.created_day;
    account.has_factor = said.has_factor;
    account.seat_ended = said.seat == Seat::Ended;
    match account.part {
        Part::Takes if said.generation > account.generation => account.part = Part::Behind,
        // It was a mistake: the server answers this device.
        Part::Out => account.part = Part::Takes,
        _ => {}
    }
}
