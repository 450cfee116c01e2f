//! The data map: every stored field with what it is, for what, on which ground and for how long.
//!
//! The build compares it with the migrations (build.rs); tests compare it with the files beside the vault.

use std::collections::BTreeMap;

use regie_protocol::{
    OwnedText,
    purpose::{Ground, Topic},
};
use serde::Deserialize;

/// One table or file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// Its technical name.
    pub store: String,
    /// What it belongs to.
    pub topic: Topic,
    /// Its name for a person.
    pub title: OwnedText,
    /// On which ground it is kept.
    pub ground: Ground,
    /// Id of the purpose that switches writing on and off, where there is one.
    pub purpose: Option<String>,
    /// What for.
    pub why: OwnedText,
    /// Until when.
    pub retention: OwnedText,
    /// Who receives it; nobody, where it is not said.
    pub recipients: Option<OwnedText>,
    /// What each field is.
    pub fields: BTreeMap<String, OwnedText>,
}

/// The whole map, in the order in which it is shown.
///
/// # Errors
/// When the file in the program is broken; a test keeps it whole.
pub fn stores() -> Result<Vec<Store>, serde_json::Error> {
    serde_json::from_str(include_str!("../data_map.json"))
}

/// Names of the fields of one store, sorted.
#[must_use]
pub fn fields_of(store: &str) -> Vec<String> {
    let stores = stores().unwrap_or_default();
    stores
        .into_iter()
        .filter(|one| one.store == store)
        .flat_map(|one| one.fields.into_keys())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_is_readable_and_names_known_purposes_only() {
        let stores = stores().expect("a readable map");
        assert!(stores.len() >= 6);
        for store in stores {
            if let Some(purpose) = store.purpose {
                assert!(
                    regie_protocol::purpose::find(&purpose).is_some(),
                    "{}",
                    store.store
                );
            }
        }
    }
}
