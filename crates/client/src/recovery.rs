//! The recovery code: shown, kept on paper or in a file, rehearsed, then forgotten by the program.

use std::path::Path;

use regie_crypto::{
    make_random,
    recovery::{GROUPS, RecoveryCode},
};
use regie_protocol::Text;
use regie_vault::{Vault, settings::Setting, write_for_person};
use serde::{Deserialize, Serialize};
use specta::Type;
use zeroize::Zeroizing;

use crate::{Client, ClientError, State, keys};

/// The code as it is shown.
#[derive(Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RecoveryCodeView {
    /// Nine groups of four signs.
    pub groups: Vec<String>,
    /// Positions, from 0, of the two groups asked in the rehearsal.
    pub rehearse: Vec<u32>,
}

/// One group as typed in the rehearsal.
#[derive(Clone, Deserialize, Type)]
pub struct RehearsalAnswer {
    /// Position, from 0.
    pub position: u32,
    /// What was typed.
    pub group: String,
}

impl Client {
    /// The recovery code, as long as it has not been rehearsed.
    ///
    /// # Errors
    /// [`ClientError::NotNow`] after the rehearsal: the program no longer knows it.
    pub fn recovery_code(&self) -> Result<RecoveryCodeView, ClientError> {
        let mut state = self.state();
        let code = stored_code(state.vault.as_ref().ok_or(ClientError::Locked)?)?;
        view(&mut state, &code)
    }

    /// Compares the two groups that were asked. When both are right the code is known to be written down, and the
    /// program forgets it.
    ///
    /// # Errors
    /// [`ClientError::NotNow`] when no rehearsal is under way.
    pub fn rehearse_recovery(&self, answers: &[RehearsalAnswer]) -> Result<bool, ClientError> {
        let mut state = self.state();
        let asked = state.rehearse.ok_or(ClientError::NotNow)?;
        let vault = state.vault.as_mut().ok_or(ClientError::Locked)?;
        let code = stored_code(vault)?;
        let right = |position: &usize| {
            let typed = answers
                .iter()
                .find(|answer| usize::try_from(answer.position) == Ok(*position));
            typed.is_some_and(|answer| code.has_group(*position, &answer.group))
        };
        let known = asked.iter().all(right);
        if known {
            vault.clear_setting(Setting::RecoveryCode)?;
            keys::code_was_rehearsed(vault, self.clock.now().at.date_naive())?;
            state.rehearse = None;
        }
        Ok(known)
    }

    /// Writes the recovery sheet as a text file where the person said.
    ///
    /// # Errors
    /// What the disk says; [`ClientError::NotNow`] after the rehearsal.
    pub fn save_recovery_sheet(&self, path: &Path) -> Result<(), ClientError> {
        let template = SHEET.in_language(self.language());
        let day = self.clock.now().at.date_naive().to_string();
        self.with_vault(|vault| {
            let code = joined(&stored_code(vault)?)?;
            let sheet = Zeroizing::new(template.replace("{code}", &code).replace("{day}", &day));
            Ok(write_for_person(path, sheet.as_bytes())?)
        })
    }
}

const SHEET: Text = Text {
    nl: "Regie: herstelcode\r\n\r\n    {code}\r\n\r\nGemaakt op {day}.\r\n\r\n\
         Met deze code open je Regie als je je wachtzin bent vergeten.\r\n\
         Bewaar hem op een andere plek dan je apparaat: wie allebei heeft, kan alles lezen.\r\n\
         Niemand anders heeft deze code.\r\n",
    en: "Regie: recovery code\r\n\r\n    {code}\r\n\r\nMade on {day}.\r\n\r\n\
         With this code you open Regie when you have forgotten your passphrase.\r\n\
         Keep it in another place than your device: whoever has both can read everything.\r\n\
         Nobody else has this code.\r\n",
};

/// A code as it is shown; the groups that are asked stay the same until they have been answered.
pub(crate) fn view(state: &mut State, code: &RecoveryCode) -> Result<RecoveryCodeView, ClientError> {
    let asked = match state.rehearse {
        Some(asked) => asked,
        None => *state.rehearse.insert(two_positions()?),
    };
    let groups = code.groups()?.iter().map(|group| group.to_string()).collect();
    Ok(RecoveryCodeView {
        groups,
        rehearse: asked
            .iter()
            .filter_map(|position| u32::try_from(*position).ok())
            .collect(),
    })
}

/// Whether the code has been rehearsed, and so forgotten by the program.
pub(crate) fn is_rehearsed(vault: &Vault) -> Result<bool, ClientError> {
    Ok(vault
        .setting::<Zeroizing<String>>(Setting::RecoveryCode)?
        .is_none())
}

/// The groups with hyphens between them.
pub(crate) fn joined(code: &RecoveryCode) -> Result<Zeroizing<String>, ClientError> {
    let mut joined = Zeroizing::new(String::with_capacity(64));
    for group in code.groups()? {
        if !joined.is_empty() {
            joined.push('-');
        }
        joined.push_str(&group);
    }
    Ok(joined)
}

fn stored_code(vault: &Vault) -> Result<RecoveryCode, ClientError> {
    let stored: Zeroizing<String> = vault.setting(Setting::RecoveryCode)?.ok_or(ClientError::NotNow)?;
    Ok(RecoveryCode::parse(&stored)?)
}

/// Two different positions, in reading order.
fn two_positions() -> Result<[usize; 2], ClientError> {
    let [first, second] = make_random::<2>()?.map(usize::from);
    let first = first % GROUPS;
    let second = (first + 1 + second % (GROUPS - 1)) % GROUPS;
    Ok([first.min(second), first.max(second)])
}
