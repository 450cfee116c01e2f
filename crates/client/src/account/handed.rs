//! A link that the system handed over. Anybody can write one and any page can open it, so nothing comes of it but a screen that is filled in,
//! once the person who opens the vault wants to see it.

use std::sync::{Mutex, PoisonError};

use regie_protocol::signed::JoinLink;
use serde::Serialize;
use specta::Type;
use zeroize::Zeroizing;

use crate::{Client, ClientError, Stage};

/// What a link that was handed over is good for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum HandedLink {
    /// An invitation: the link as it is typed, for the screen of joining.
    Invitation {
        /// The link.
        link: String,
    },
    /// There is an account here already, and nothing about it changes by a link.
    Joined,
    /// It is no invitation of Regie's.
    Refused,
}

/// The last link that was handed over; one is enough. It waits in memory alone, also while the vault is locked.
#[derive(Default)]
pub(crate) struct Handed(Mutex<Option<Waiting>>);

/// A link that is ours, written anew from what was understood of it; nothing where it is none.
struct Waiting(Option<Zeroizing<String>>);

impl std::fmt::Debug for Handed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handed(…)")
    }
}

impl Handed {
    fn set(&self, waiting: Waiting) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(waiting);
    }

    fn take(&self) -> Option<Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Client {
    pub(super) fn keep_link(&self, text: &str) {
        let link = JoinLink::parse(text.trim()).and_then(|link| link.written());
        self.account.handed.set(Waiting(link.ok()));
    }

    pub(super) fn next_link(&self) -> Result<Option<HandedLink>, ClientError> {
        if self.stage() != Stage::Open {
            return Ok(None);
        }
        let Some(Waiting(link)) = self.account.handed.take() else {
            return Ok(None);
        };
        let joined = self.with_vault(|vault| Ok(vault.account()?.is_some()))?;
        Ok(Some(match link {
            None => HandedLink::Refused,
            Some(_) if joined => HandedLink::Joined,
            Some(link) => HandedLink::Invitation {
                link: (*link).clone(),
            },
        }))
    }
}
