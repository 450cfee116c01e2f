//! A process of its own for stories in which the program is killed, starved of disk, or looked into.
//!
//! `regie-story MODE FOLDER`; the passphrase comes from standard input, so that it stands nowhere else in memory.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use regie_client::{Client, DiaryFilter, EntryDraft, Passphrase, SystemClock};
use regie_tests::KEEP;
use uuid::Uuid;

#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (mode, folder) = (
        arguments.next().expect("a mode"),
        arguments.next().expect("a folder"),
    );
    let client = Client::new(Path::new(&folder), SystemClock);
    match mode.as_str() {
        "write" => write_until_killed(&client),
        "save-once" => save_once(&client),
        "fill" => fill_the_disk(&client, Path::new(&folder)),
        "stage" => say(&format!("{:?}", client.stage())),
        "unlock-lock" => unlock_and_lock(&client),
        other => panic!("unknown mode {other}"),
    }
}

/// A line to whoever started the story, out at once.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .expect("somebody listens");
}

/// Reads a line without a buffer that would keep it.
fn read_passphrase() -> Passphrase {
    let mut input = File::open("/dev/stdin").expect("standard input");
    let (mut text, mut byte) = (String::with_capacity(256), [0]);
    while input.read(&mut byte).is_ok_and(|count| count == 1) && byte != *b"\n" {
        text.push(char::from(byte[0]));
    }
    Passphrase::new(text)
}

fn wait_for_a_line() {
    let mut byte = [0];
    let mut input = File::open("/dev/stdin").expect("standard input");
    while input.read(&mut byte).is_ok_and(|count| count == 1) && byte != *b"\n" {}
}

/// First tells what is there, then saves, changes and deletes entries until it is killed.
fn write_until_killed(client: &Client) {
    client.unlock(&read_passphrase()).expect("unlocks");
    let mut before = None;
    let mut number = 0;
    loop {
        let page = client
            .diary_page(&DiaryFilter::default(), before.as_deref(), 200)
            .expect("a page");
        for row in page.entries {
            let entry = client.diary_entry(row.id).expect("an entry");
            let told = number_in(&entry.markdown);
            assert_eq!(entry.markdown, text(told), "an entry is torn");
            number = number.max(told);
            say(&format!("there {} {told}", row.id));
        }
        before = page.next;
        if before.is_none() {
            break;
        }
    }
    say("ready");
    let mut last: Option<Uuid> = None;
    for number in number + 1.. {
        let id = last.filter(|_| number % 3 == 0);
        let saved = client
            .diary_save(EntryDraft {
                id,
                markdown: text(number),
                caret: 0,
                about: None,
            })
            .expect("saves");
        say(&format!("saved {} {number}", saved.id));
        last = Some(saved.id);
        if number % 7 == 0 {
            say(&format!("deleting {}", saved.id));
            client.diary_delete(saved.id).expect("deletes");
            say(&format!("deleted {}", saved.id));
            last = None;
        }
    }
}

/// Text number so much: of very different lengths, never the same.
fn text(number: u64) -> String {
    let words = usize::try_from(number * 7919 % 900).expect("a small number");
    format!("{number}: {}", "véél wóórden 🌊 ".repeat(words))
}

fn number_in(text: &str) -> u64 {
    text.split(':')
        .next()
        .and_then(|number| number.parse().ok())
        .expect("a number")
}

fn save_once(client: &Client) {
    client.unlock(&read_passphrase()).expect("unlocks");
    say("unlocked");
    for number in 0..5 {
        client
            .diary_save(EntryDraft {
                id: None,
                markdown: text(number),
                caret: 0,
                about: None,
            })
            .expect("saves");
        say("acknowledged");
    }
}

/// Writes until the disk is full, then shows that nothing acknowledged was lost and that room makes writing possible again.
fn fill_the_disk(client: &Client, folder: &Path) {
    regie_tests::begin(client, &[KEEP]);
    let spare = folder.join("spare");
    std::fs::write(&spare, vec![0; 400_000]).expect("room for a spare file");
    let mut saved = Vec::new();
    let error = loop {
        match client.diary_save(EntryDraft {
            id: None,
            markdown: "vol ".repeat(2000),
            caret: 0,
            about: None,
        }) {
            Ok(entry) => saved.push(entry.id),
            Err(error) => break error,
        }
    };
    say(&format!("{error:?} after some: {}", saved.len() > 10));
    let readable = saved.iter().all(|id| {
        client
            .diary_entry(*id)
            .is_ok_and(|entry| entry.markdown == "vol ".repeat(2000))
    });
    say(&format!("all readable: {readable}"));
    std::fs::remove_file(spare).expect("removes");
    let again = client.diary_save(EntryDraft {
        id: None,
        markdown: "weer ruimte".into(),
        caret: 0,
        about: None,
    });
    say(&format!("writes again: {}", again.is_ok()));
    // The log may not fit into the database now; it stays beside it, whole.
    let _ = client.lock();
    say(&format!("{:?}", client.stage()));
    client
        .unlock(&Passphrase::new(regie_tests::PASSPHRASE.into()))
        .expect("unlocks");
    say(&format!(
        "count: {}",
        client.my_data().expect("data").counts[0].count == u32::try_from(saved.len() + 1).expect("few")
    ));
}

fn unlock_and_lock(client: &Client) {
    client.unlock(&read_passphrase()).expect("unlocks");
    let page = client
        .diary_page(&DiaryFilter::default(), None, 50)
        .expect("a page");
    let long: usize = page
        .entries
        .iter()
        .map(|row| client.diary_entry(row.id).expect("an entry").markdown.len())
        .sum();
    drop(page);
    let found = client.diary_search("kanarie", 50).expect("a search").hits.len();
    say(&format!("open {long} {found}"));
    wait_for_a_line();
    client.lock().expect("locks");
    say("locked");
    wait_for_a_line();
}
