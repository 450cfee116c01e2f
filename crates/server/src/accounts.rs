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

impl Accounts {
    /// Opens store, keys and ledger in a folder.
    ///
    /// # Errors
    /// What cannot be opened.
    pub async fn open(folder: &std::path::Path) -> std::io::Result<Self> {
        use std::io::Error;

        let path = folder.join("keys");
        let keys = crate::keys::Keys::read_file(&path).map_err(Error::other)?;
        let store = Store::open_sqlite(&folder.join("store.db"), &keys)
            .await
            .map_err(Error::other)?;
        let ledger = crate::store::FileLedger::open(&folder.join("ledger")).map_err(Error::other)?;
        Ok(Self {
            opaque: ServerSetup::deserialize(keys.opaque.expose()).map_err(Error::other)?,
            store: Arc::new(store),
            keys: Arc::new(keys),
            ledger: Arc::new(ledger),
            deployed: None,
        })
    }
}
