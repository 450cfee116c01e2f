//! A server that is killed at any moment: what it acknowledged is there, and of what it did not all or nothing.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::testing::*;
use super::*;
use crate::config::{Database, Hidden};

/// What the further process is told: the folder with its keys, and its store.
const FOLDER: &str = "REGIE_KILLED_FOLDER";
const STORE: &str = "REGIE_KILLED_STORE";
const PUSHER: &str = "store::kill_tests::a_process_that_pushes_until_it_is_killed";
const RECORDS: i64 = 3;

on_both!(a_push_that_was_acknowledged_is_there_whenever_the_server_is_killed);

async fn a_push_that_was_acknowledged_is_there_whenever_the_server_is_killed(bed: &Bed) {
    let new = join(&bed.store, "anne@example.org").await;
    let keys = bed.folder.path().join("keys");
    bed.keys.write_file(&keys).unwrap();
    let (mut acknowledged, mut put) = (1, Vec::new());
    for round in 1..6_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", PUSHER, "--nocapture"])
            .env(FOLDER, bed.folder.path())
            .env(STORE, bed.place())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = |line: String| {
            if let Some(blob) = line.strip_prefix("put ") {
                let id = data_encoding::HEXLOWER.decode(blob.as_bytes()).ok()?;
                put.push(BlobId(id.try_into().ok()?));
                return None;
            }
            let sequence = line.strip_prefix("stored ")?.parse::<i64>().ok()?;
            acknowledged = acknowledged.max(sequence);
            Some(())
        };
        // It is killed while it pushes, not while it starts.
        while said(lines.next().expect("it pushes").unwrap()).is_none() {}
        std::thread::sleep(Duration::from_millis(round * 37));
        child.kill().unwrap();
        assert!(!child.wait().unwrap().success());
        for line in lines.map_while(Result::ok) {
            said(line);
        }
        let store = bed.open_again().await;
        let head = store.head(new.account).await.unwrap();
        assert!(
            head.sequence >= acknowledged,
            "{} of {acknowledged}",
            head.sequence
        );
        let limits = PageLimits {
            records: i64::MAX - 1,
            bytes: i64::MAX,
        };
        let mut after = 0;
        while after < head.sequence {
            let (_, headers) = store.headers(new.account, after, i64::MAX, limits).await.unwrap();
            for header in headers {
                assert_eq!(header.sequence, after + 1, "no header is missing");
                after = header.sequence;
            }
        }
        let page = store.pull_down(new.account, i64::MAX, limits).await.unwrap();
        let records = i64::try_from(page.records.len()).unwrap();
        assert_eq!(records, (head.sequence - 1) * RECORDS, "no push is half there");
        all_blobs_are_whole(&store, new.account, head.sequence - 1, &put).await;
    }
    assert!(acknowledged > 5, "{acknowledged}");
}

/// Each push keeps one blob, and each chunk that was acknowledged is there, also of a blob that no push came to keep.
async fn all_blobs_are_whole(store: &Store, account: AccountId, kept: i64, put: &[BlobId]) {
    let page = store.blobs_after(account, None, 1_000_000).await.unwrap();
    assert_eq!(
        i64::try_from(page.rows.len()).unwrap(),
        kept,
        "kept with the header or not at all"
    );
    let blobs = page.rows.iter().map(|(blob, ..)| blob).chain(put);
    for blob in blobs {
        let chunks = store.chunks(account, *blob, 0, 2).await.unwrap();
        let lengths: Vec<_> = chunks.iter().map(Vec::len).collect();
        assert_eq!(lengths, [24_616, 65_576]);
    }
}

/// The further process: does nothing unless it is told where.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_pushes_until_it_is_killed() {
    let (Some(folder), Ok(place)) = (std::env::var_os(FOLDER), std::env::var(STORE)) else {
        return;
    };
    let folder = std::path::PathBuf::from(folder);
    let keys = Keys::read_file(&folder.join("keys")).unwrap();
    let database = match place.strip_prefix("file:") {
        Some(file) => Database::Sqlite(file.into()),
        None => Database::Postgres {
            url: Hidden::new(place),
            shown: String::new(),
        },
    };
    let bed = Bed::on(&database, keys, tempfile::tempdir().unwrap()).await;
    let find = "SELECT d.account_id, d.device_id, d.last_number FROM device d";
    let row = bed
        .store
        .peek(move |tx| Box::pin(async move { tx.row(find, tx::values![]).await }))
        .await
        .unwrap()
        .unwrap();
    let (account, device) = (row.get(0).unwrap(), row.get(1).unwrap());
    let mut number: i64 = row.get(2).unwrap();
    let mut head = bed.store.head(account).await.unwrap();
    loop {
        let mut out = std::io::stdout();
        number += 2;
        let (put, by) = (chunks(), (device, number - 1));
        let there = bed.store.put_chunks(account, by, put.clone(), ROOM, NOW).await;
        assert_eq!(there.unwrap().there, [0, 1]);
        writeln!(out, "put {}", data_encoding::HEXLOWER.encode(&put.blob.0)).unwrap();
        let mut push = push_after(head, 1, (0..RECORDS).map(|_| record()).collect());
        push.keep = vec![put.blob];
        let stored = Pushed::Stored(push.header.head());
        head = push.header.head();
        assert_eq!(bed.store.push(account, device, number, push).await, Ok(stored));
        writeln!(out, "stored {}", head.sequence).unwrap();
        out.flush().unwrap();
    }
}
