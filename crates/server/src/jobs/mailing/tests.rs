use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use regie_protocol::Language;

use super::*;
use crate::{
    Options, config,
    config::Hidden,
    letter::Kind,
    store::{
        AccountId,
        testing::{Bed, NOW},
    },
};

/// A server for mail that takes everything, unless it is told to refuse.
struct Sink {
    address: SocketAddr,
    mails: Arc<Mutex<Vec<String>>>,
    refuses: Arc<AtomicBool>,
}

impl Sink {
    fn begin() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let sink = Self {
            address: listener.local_addr().unwrap(),
            mails: Arc::default(),
            refuses: Arc::default(),
        };
        let (mails, refuses) = (Arc::clone(&sink.mails), Arc::clone(&sink.refuses));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A caller that goes away in the middle is no matter of the sink's.
                let _ = converse(stream.unwrap(), &mails, &refuses);
            }
        });
        sink
    }

    fn way(&self, more: &str) -> Way {
        Way::new(&config::Mail::Smtp {
            url: Hidden::new(format!("smtp://{}{more}", self.address)),
            shown: String::new(),
            from: "Regie <regie@example.nl>".parse().unwrap(),
        })
        .unwrap()
    }

    fn mails(&self) -> Vec<String> {
        self.mails.lock().unwrap().clone()
    }
}

fn converse(mut stream: TcpStream, mails: &Mutex<Vec<String>>, refuses: &AtomicBool) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    stream.write_all(b"220 sink\r\n")?;
    while let Some(line) = lines.next() {
        let line = line?;
        let answer: &[u8] = match line.get(..4).unwrap_or_default() {
            "EHLO" => b"250-sink\r\n250 8BITMIME\r\n",
            "RCPT" if refuses.load(Ordering::Relaxed) => b"451 <anne@example.org> later\r\n",
            "DATA" => {
                stream.write_all(b"354 go on\r\n")?;
                let body: Result<Vec<_>, _> = lines
                    .by_ref()
                    .take_while(|line| !line.as_ref().is_ok_and(|line| line == "."))
                    .collect();
                mails.lock().unwrap().push(body?.join("\n"));
                b"250 taken\r\n"
            }
            "QUIT" => b"221 bye\r\n",
            _ => b"250 yes\r\n",
        };
        stream.write_all(answer)?;
    }
    Ok(())
}

struct Setting {
    bed: Bed,
    config: Config,
    instance: Instance,
}

impl Setting {
    async fn begin() -> Self {
        let bed = Bed::sqlite().await;
        let options = Options {
            data: Some(bed.folder.path().to_owned()),
            ..Options::default()
        };
        Self {
            config: Config::load(&options, []).unwrap(),
            instance: Instance::make_random().unwrap(),
            bed,
        }
    }

    async fn post(&self, kind: Kind) {
        let letter = Letter {
            kind,
            language: Language::Nl,
            to: "anne@example.org".into(),
            code: (kind == Kind::JoinCode).then(|| "ABCD-2345".into()),
        };
        let nobody = AccountId([0; 16]);
        let posted = self.bed.store.put_mail(nobody, letter.to_bytes(), NOW).await;
        posted.unwrap();
    }

    async fn run(&self, way: &Way, now: Moment) {
        send_due(&self.bed.store, &self.config, way, self.instance, now)
            .await
            .unwrap();
    }

    async fn waiting(&self) -> Vec<i64> {
        let mails = self.bed.store.due_mails(NOW.plus(90 * 86_400), 10).await.unwrap();
        mails.iter().map(|mail| mail.tries).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_goes_out_once_as_plain_text_and_then_it_is_gone() {
    let (setting, sink) = (Setting::begin().await, Sink::begin());
    setting.post(Kind::JoinCode).await;
    let way = sink.way("");
    setting.run(&way, NOW).await;
    setting.run(&way, NOW).await;
    let mails = sink.mails();
    assert_eq!(mails.len(), 1);
    for part in [
        "From: Regie <regie@example.nl>",
        "To: anne@example.org",
        "Subject: Je code voor Regie",
        "text/plain",
        "ABCD-2345",
        "Message-ID: <",
        "Auto-Submitted: auto-generated",
    ] {
        assert!(mails[0].contains(part), "{part} in {}", mails[0]);
    }
    assert_eq!(setting.waiting().await, Vec::<i64>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_was_refused_waits_longer_each_time_and_goes_when_it_is_taken() {
    let (setting, sink) = (Setting::begin().await, Sink::begin());
    setting.post(Kind::JoinCode).await;
    sink.refuses.store(true, Ordering::Relaxed);
    let way = sink.way("");
    setting.run(&way, NOW).await;
    setting.run(&way, NOW.plus(FIRST_PAUSE - 1)).await;
    assert_eq!(setting.waiting().await, [1], "it was not tried before its time");
    setting.run(&way, NOW.plus(FIRST_PAUSE)).await;
    assert_eq!(setting.waiting().await, [2]);
    sink.refuses.store(false, Ordering::Relaxed);
    setting.run(&way, NOW.plus(3 * FIRST_PAUSE)).await;
    assert_eq!(sink.mails().len(), 1);
    let pauses: Vec<_> = (0..TRIES).map(pause).collect();
    assert!(
        pauses.is_sorted() && pauses.last() == Some(&LONGEST_PAUSE),
        "{pauses:?}"
    );
    assert!((3..6).contains(&(pauses.iter().sum::<i64>() / 86_400)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_never_leaves_unencrypted_where_encryption_is_asked() {
    let (setting, sink) = (Setting::begin().await, Sink::begin());
    setting.post(Kind::JoinCode).await;
    setting.run(&sink.way("?tls=required"), NOW).await;
    assert_eq!(setting.waiting().await, [1]);
    assert!(sink.mails().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_another_instance_is_sending_waits() {
    let (setting, sink) = (Setting::begin().await, Sink::begin());
    setting.post(Kind::JoinCode).await;
    let other = Instance::make_random().unwrap();
    let store = &setting.bed.store;
    assert!(store.take_lease("mail", other, 60, NOW).await.unwrap());
    setting.run(&sink.way(""), NOW).await;
    assert_eq!(setting.waiting().await, [0]);
    setting.run(&sink.way(""), NOW.plus(60)).await;
    assert_eq!(
        sink.mails().len(),
        1,
        "an instance that died gives its job up in time"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_given_up_when_it_has_ended_and_a_notice_later() {
    let (setting, sink) = (Setting::begin().await, Sink::begin());
    setting.post(Kind::JoinCode).await;
    setting.post(Kind::AccountErased).await;
    sink.refuses.store(true, Ordering::Relaxed);
    let (way, mut now) = (sink.way(""), NOW);
    for tries in 0..TRIES_OF_A_CODE {
        setting.run(&way, now).await;
        now = now.plus(pause(tries));
    }
    assert!(now.0 - NOW.0 > 1800, "by then the code has ended");
    assert_eq!(setting.waiting().await, [TRIES_OF_A_CODE], "the notice alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_server_for_mail_each_is_a_file_that_others_cannot_read() {
    let setting = Setting::begin().await;
    let way = Way::new(&setting.config.mail).unwrap();
    setting.post(Kind::AccountErased).await;
    setting.run(&way, NOW).await;
    let files: Vec<_> = fs::read_dir(setting.bed.folder.path().join("mails"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1);
    let text = fs::read_to_string(&files[0]).unwrap();
    assert!(text.starts_with("To: anne@example.org\nSubject: Je account is verwijderd\n\nJe account bij"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&files[0]).unwrap().permissions().mode() & 0o077, 0);
    }
}
