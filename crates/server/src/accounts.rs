//! What everything about accounts needs, in one hand: the store, the keys outside it, the ledger, and the deployment that the root signed.

use std::sync::Arc;

use opaque_ke::ServerSetup;
use regie_protocol::{
    opaque::Suite,
    signed::{Deployment, Signed, VerifyingKey},
};

use crate::{
    keys::Keys,
    store::{Ledger, Store},
};

/// The deployment that this server belongs to, as the operator's root signed it.
#[derive(Debug)]
pub struct Deployed {
    /// The public key of the root that signed it.
    pub root: VerifyingKey,
    /// What it says.
    pub deployment: Deployment,
    /// As it was signed, for handing on.
    pub signed: Signed<Deployment>,
}

/// What everything about accounts needs.
pub struct Accounts {
    /// Accounts and what belongs to them.
    pub store: Arc<Store>,
    /// The keys outside the database.
    pub keys: Arc<Keys>,
    /// OPAQUE's set-up, from those keys.
    pub opaque: ServerSetup<Suite>,
    /// Who was deleted stays deleted.
    pub ledger: Arc<dyn Ledger>,
    /// Without it nobody can join.
    pub deployed: Option<Deployed>,
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accounts")
            .field("store", &self.store)
            .field("deployed", &self.deployed.is_some())
            .finish_non_exhaustive()
    }
}
