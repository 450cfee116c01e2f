//! News of accounts, for streams that wait for it: that something changed, and for whom by a keyed hash. Told with the transaction that
//! made it, to every instance on the same database.

use std::fmt;

use blake3::Hash;
use tokio::sync::broadcast;
use zeroize::Zeroizing;

use super::{AccountId, Engine, Store};
use crate::keys::Keys;

/// So many pieces of news wait for whoever is slow to hear; who misses some is told so.
const WAITING: usize = 1024;

/// An account, or whoever changed it, for whoever holds the key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mark([u8; 16]);

impl fmt::Debug for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mark(…)")
    }
}

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Something of an account changed.
    Account {
        /// Which one.
        account: Mark,
        /// By whom, as the account's log has it.
        by: Mark,
    },
    /// Records of an account were pushed, and nothing else of it changed.
    Records {
        /// Of which one.
        account: Mark,
        /// By whom.
        by: Mark,
    },
    /// Something changed that may concern anybody; it is not said whom.
    Anybody,
    /// Something may have been missed.
    Missed,
}

/// Whom news concerns, within a transaction.
#[derive(Clone, Copy)]
pub(crate) enum Concerns<'a> {
    Account(AccountId, &'a [u8]),
    Records(AccountId, &'a [u8]),
    Anybody,
}

/// The key of marks.
#[derive(Clone)]
pub(crate) struct Marks(Zeroizing<[u8; 32]>);

impl Marks {
    pub(super) fn of(keys: &Keys) -> Self {
        Self(keys.index.secret().derive("regie/1/live"))
    }

    /// The mark of an id, or of a name in the log.
    pub(super) fn mark(&self, id: &[u8]) -> Mark {
        let hash: Hash = blake3::keyed_hash(&self.0, id);
        let [mark, _] = *hash.as_bytes().as_chunks::<16>().0 else {
            return Mark([0; 16]);
        };
        Mark(mark)
    }
}

/// Who tells what an engine's transactions made.
#[derive(Clone)]
pub(crate) struct Teller {
    marks: Marks,
    pub(super) listeners: broadcast::Sender<News>,
}

impl Teller {
    pub(super) fn new(keys: &Keys) -> Self {
        Self {
            marks: Marks::of(keys),
            listeners: broadcast::channel(WAITING).0,
        }
    }

    pub(super) fn news(&self, concerns: Concerns<'_>) -> News {
        match concerns {
            Concerns::Account(account, by) => News::Account {
                account: self.marks.mark(&account.0),
                by: self.marks.mark(by),
            },
            Concerns::Records(account, by) => News::Records {
                account: self.marks.mark(&account.0),
                by: self.marks.mark(by),
            },
            Concerns::Anybody => News::Anybody,
        }
    }

    /// Tells whoever listens in this process.
    pub(super) fn tell(&self, news: News) {
        // Nobody may be listening.
        let _nobody = self.listeners.send(news);
    }
}

/// Behind both marks, where records are told of.
const OF_RECORDS: u8 = 1;

/// As it travels through PostgreSQL.
impl News {
    pub(super) fn to_text(self) -> String {
        match self {
            Self::Account { account, by } => data_encoding::HEXLOWER.encode(&[account.0, by.0].concat()),
            Self::Records { account, by } => {
                data_encoding::HEXLOWER.encode(&[&account.0[..], &by.0, &[OF_RECORDS]].concat())
            }
            Self::Anybody | Self::Missed => String::new(),
        }
    }

    /// What cannot be read was told by a later version: it may be anything.
    pub(super) fn of_text(text: &str) -> Self {
        let bytes = data_encoding::HEXLOWER
            .decode(text.as_bytes())
            .unwrap_or_default();
        match bytes.as_chunks::<16>() {
            ([account, by], []) => Self::Account {
                account: Mark(*account),
                by: Mark(*by),
            },
            ([account, by], [OF_RECORDS]) => Self::Records {
                account: Mark(*account),
                by: Mark(*by),
            },
            _ => Self::Anybody,
        }
    }
}

impl Store {
    /// Hears the news from now on: with [`Self::listen`], that of every instance.
    #[must_use]
    pub fn hear(&self) -> broadcast::Receiver<News> {
        self.teller.listeners.subscribe()
    }

    /// Brings the news of other instances, as long as it runs. An embedded file has no other instances.
    pub async fn listen(&self) {
        match &self.engine {
            Engine::Sqlite(_) => std::future::pending().await,
            Engine::Postgres(postgres) => postgres.listen(|news| self.teller.tell(news)).await,
        }
    }

    /// The mark of an account, or of one of its devices.
    #[must_use]
    pub fn mark(&self, id: &[u8; 16]) -> Mark {
        self.teller.marks.mark(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::for_tests;

    #[test]
    fn what_travels_between_instances_says_nothing_without_the_key() {
        let (account, device) = (AccountId([7; 16]), [8; 16]);
        let teller = Teller::new(&for_tests());
        let news = teller.news(Concerns::Account(account, &device));
        assert_eq!(news, teller.news(Concerns::Account(account, &device)));
        let text = news.to_text();
        assert_eq!(News::of_text(&text), news);
        for id in [account.0, device] {
            assert!(!text.contains(&data_encoding::HEXLOWER.encode(&id)));
        }
        let records = teller.news(Concerns::Records(account, &device));
        assert_eq!(News::of_text(&records.to_text()), records);
        assert_ne!(records, news);
        let other = Teller::new(&Keys::make().unwrap());
        assert_ne!(other.news(Concerns::Account(account, &device)), news);
        assert_eq!(News::of_text(&News::Anybody.to_text()), News::Anybody);
        assert_eq!(News::of_text("of a later version"), News::Anybody);
    }
}
