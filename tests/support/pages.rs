//! Looking into a vault without the vault's own code: its keys, and its pages without encryption.

use std::fs;
use std::path::Path;

use data_encoding::HEXLOWER;
use regie_client::Passphrase;
use regie_crypto::{
    Key,
    kdf::{Cost, derive_from_passphrase, derive_subkey},
    wrap::unwrap_key,
};

use crate::PASSPHRASE;

/// Opens the key file as its description in docs/security.md says, without the vault's own code.
#[must_use]
pub fn keys_of(vault: &Path) -> (Key, Key) {
    let file: serde_json::Value =
        serde_json::from_slice(&fs::read(vault.join("vault.key")).expect("reads")).expect("JSON");
    let number = |name: &str| u32::try_from(file[name].as_u64().expect("a number")).expect("a small number");
    let bytes = |name: &str| {
        HEXLOWER
            .decode(file[name].as_str().expect("a text").as_bytes())
            .expect("hexadecimal")
    };
    let salt: [u8; 16] = serde_json::from_value(file["salt"].clone()).expect("a salt");
    let id: uuid::Uuid = serde_json::from_value(file["vault"].clone()).expect("an id");
    let cost = Cost {
        memory_kib: number("memory_kib"),
        passes: number("passes"),
        lanes: number("lanes"),
    };
    let wrapping = derive_from_passphrase(&Passphrase::new(PASSPHRASE.into()), &salt, cost).expect("a key");
    let context = format!(
        "regie key file 1/{id}/passphrase/{}/{}/{}",
        cost.memory_kib, cost.passes, cost.lanes
    );
    let vault_key = unwrap_key(&wrapping, &bytes("passphrase_wrap"), context.as_bytes()).expect("opens");
    let database =
        derive_subkey(vault_key.expose(), id.as_bytes(), b"regie sqlcipher raw key v1").expect("a key");
    (vault_key, database)
}

/// Every page of a closed vault as it would be without encryption, free ones included.
#[must_use]
pub fn plain_pages(vault: &Path) -> Vec<u8> {
    let (_, key) = keys_of(vault);
    let mut database = rusqlite::Connection::open(vault.join("vault.db")).expect("opens");
    let pragma = format!("PRAGMA key = \"x'{}'\"", HEXLOWER.encode(key.expose()));
    database.execute_batch(&pragma).expect("takes a key");
    database.serialize("main").expect("pages").to_vec()
}
