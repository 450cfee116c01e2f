//! What an earlier version kept is there after it was brought to the newest schema.

use std::sync::Arc;

use regie_protocol::signed::{self, EpochHeader, EpochStatement, SealedWay, SealingKey, SigningKey};

use super::dump::{Piece, Pieces, Source, fill_postgres, fill_sqlite};
use super::testing::*;
use super::tx::{Value, values};
use super::*;
use crate::config::Database;

#[tokio::test(flavor = "multi_thread")]
async fn epochs_of_an_account_before_it_had_a_chain_are_its_chain_on_sqlite() {
    epochs_become_the_chain(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn epochs_of_an_account_before_it_had_a_chain_are_its_chain_on_postgresql() {
    epochs_become_the_chain(false).await;
}

fn header(account: AccountId, before: Option<&EpochHeader>) -> EpochHeader {
    let number = before.map_or(1, |before| before.statement().number + 1);
    let statement = EpochStatement {
        account: signed::AccountId(account.0),
        sequence: number,
        before: before.map(|before| before.hash().unwrap()),
        number,
        device: signed::DeviceId([2; 16]),
        records: 0,
        ways: vec![SealedWay {
            way: "code".into(),
            key: SealingKey([3; 32]),
            wrap: [4; 32],
        }],
        key_before: if number == 1 { Vec::new() } else { vec![5; 72] },
    };
    EpochHeader::make(statement, &[6; 32], &SigningKey::from_seed(&[7; 32])).unwrap()
}

async fn epochs_become_the_chain(is_sqlite: bool) {
    let (folder, keys) = (tempfile::tempdir().unwrap(), crate::keys::for_tests());
    let place = empty_place(is_sqlite, folder.path()).await;
    // More than are read at once.
    let mut accounts: Vec<_> = (0..1200_u32)
        .map(|number| {
            let mut id = bytes::<16>();
            id[..4].copy_from_slice(&number.to_be_bytes());
            AccountId(id)
        })
        .collect();
    let chains: Vec<_> = accounts
        .iter()
        .map(|account| {
            let first = header(*account, None);
            let second = header(*account, Some(&first));
            [first, second]
        })
        .collect();
    let source = earlier(&accounts, &chains);
    match &place {
        Database::Sqlite(file) => fill_sqlite(file, 1, source).await.unwrap(),
        Database::Postgres { url, .. } => fill_postgres(url.expose(), 1, source).await.unwrap(),
    }

    let bed = Bed::on(&place, keys, folder).await;
    for (account, [first, second]) in accounts.iter().zip(&chains) {
        let head = bed.store.head(*account).await.unwrap();
        assert_eq!((head.sequence, head.hash), (2, second.hash().unwrap().0));
        let epochs = bed.store.epochs(*account, 0).await.unwrap();
        let statements: Vec<_> = epochs.into_iter().map(|epoch| epoch.statement).collect();
        assert_eq!(
            statements,
            [first.to_bytes().unwrap(), second.to_bytes().unwrap()]
        );
        assert_eq!(bed.store.wrap(*account, Way::Code).await, Ok((2, vec![9; 80])));
    }
    // And it goes on from there.
    let account = accounts.pop().unwrap();
    let head = bed.store.head(account).await.unwrap();
    let mut next = epoch_after(head, 3, &[], false);
    // These accounts have no wrap for a passphrase: it went with their copy.
    next.wraps.clear();
    let begun = bed
        .store
        .begin_epoch(account, Author::Proven, next.clone(), NOW)
        .await;
    assert_eq!(begun, Ok(()));
    let again = bed.open_again().await;
    assert_eq!(again.head(account).await, Ok(next.statement.head()));
}

/// What the first version of the schema held of these accounts.
fn earlier(accounts: &[AccountId], chains: &[[EpochHeader; 2]]) -> Source {
    let table = |name: &str, columns: &str| Piece::Table {
        name: name.into(),
        columns: columns.split(", ").map(str::to_owned).collect(),
    };
    let mut pieces = vec![table(
        "account",
        "account_id, state, created_day, seen_day, credential_id, credential_generation, pseudonym, statement_version, terms_version, copy_consented_day",
    )];
    for account in accounts {
        let (credential, pseudonym) = (bytes::<32>(), bytes::<16>());
        pieces.push(Piece::Row(values![
            *account,
            "active",
            1_i64,
            1_i64,
            credential,
            1_i64,
            pseudonym,
            1_i64,
            1_i64,
            None::<i64>
        ]));
    }
    pieces.push(table("epoch", "account_id, number, statement"));
    for (account, chain) in accounts.iter().zip(chains) {
        for (header, number) in chain.iter().zip(1_i64..) {
            pieces.push(Piece::Row(values![*account, number, header.to_bytes().unwrap()]));
        }
    }
    pieces.push(table("wrap", "account_id, epoch, way, sealed"));
    for account in accounts {
        let wrap: Vec<Value> = values![*account, 2_i64, "code", vec![9_u8; 80]];
        pieces.push(Piece::Row(wrap));
    }
    Arc::new(move || {
        let pieces: Pieces = Box::new(pieces.clone().into_iter().map(Ok));
        Ok(pieces)
    })
}
