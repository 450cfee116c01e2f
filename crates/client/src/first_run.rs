//! The first run: from nothing to an open vault.

use regie_crypto::{Passphrase, recovery::RecoveryCode};
use regie_protocol::purpose::Asked;
use regie_vault::{Vault, settings::Setting};

use crate::{Client, ClientError, FirstRunStep, Stage, recovery, strength};

impl Client {
    /// Remembers how far the person is, so that an interrupted first run resumes.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub fn first_run_step(&self, step: FirstRunStep) -> Result<(), ClientError> {
        // The passphrase step needs the choices before it, and choices are not kept outside a vault.
        let resume_at = if step == FirstRunStep::Passphrase {
            FirstRunStep::Consent
        } else {
            step
        };
        if step == FirstRunStep::Recovery {
            Ok(())
        } else {
            self.change_device(|device| device.first_run_step = resume_at)
        }
    }

    /// Makes the vault, with the choices made so far, and leaves it open at the recovery step.
    ///
    /// # Errors
    /// [`ClientError::WeakPassphrase`]; [`ClientError::Malformed`] for an unknown purpose; what the disk says. There
    /// is no vault then.
    pub fn create_vault(&self, passphrase: &Passphrase, consents: &[String]) -> Result<Stage, ClientError> {
        strength::require_enough(passphrase)?;
        let asked = || {
            self.notices
                .purposes()
                .filter(|one| one.asked == Asked::FromTheStart)
        };
        if consents.iter().any(|id| !asked().any(|one| one.id == id)) {
            return Err(ClientError::Malformed);
        }
        let mut state = self.state();
        self.ready(&mut state)?;
        if state.vault.is_some() {
            return Err(ClientError::NotNow);
        }
        let code = RecoveryCode::make_random()?;
        let written_down = recovery::joined(&code)?;
        let now = self.clock.now();
        let vault = Vault::create(&self.vault_folder(), passphrase, &code, |vault| {
            vault.set_notices(self.notices);
            for purpose in asked() {
                vault.record_choice(purpose, consents.iter().any(|id| id == purpose.id), &now)?;
            }
            vault.set_setting(Setting::StatementSeen, &self.notices.statement().version)?;
            vault.set_setting(Setting::RecoveryCode, &*written_down)?;
            vault.set_setting(Setting::FirstRunDone, &false)
        })?;
        state.vault = Some(vault.with_notices(self.notices));
        state.begin_session(now.at.to_utc());
        drop(state);
        Ok(self.stage())
    }

    /// Ends the first run.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub fn finish_first_run(&self) -> Result<Stage, ClientError> {
        self.with_vault(|vault| Ok(vault.set_setting(Setting::FirstRunDone, &true)?))?;
        Ok(self.stage())
    }
}
