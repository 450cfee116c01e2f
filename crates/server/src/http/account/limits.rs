//! How often something may be tried. All of it is counted in the database, for all instances alike, and for accounts that do not
//! exist as for those that do.

use std::time::Duration;

use regie_protocol::ProblemCode;

use crate::{
    error::Refusal,
    http::App,
    store::{AccountId, CodeHash, Counted, LoginLimits, Moment, Subject},
};

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

/// Logins that were begun and did not come to their end.
pub(super) const LOGIN: LoginLimits = LoginLimits {
    by_subject: 10,
    by_network: 100,
    within: HOUR,
};
/// Joinings from one network in an hour: a company begins on one day, behind one address.
const JOIN_BY_NETWORK: i64 = 200;
/// Mails to one address in an hour because of joining.
const JOIN_BY_ADDRESS: i64 = 5;
/// Joinings with one ticket. Most of the room is for answers that were lost: the code is 40 bits.
const JOIN_BY_TICKET: i64 = 10;
/// Requests about deleting an account by its address: from one network, and for one address, in an hour.
const MAIL_BY_NETWORK: i64 = 60;
const MAIL_BY_ADDRESS: i64 = 5;
/// Requests to lift the second factor of one account in a day: each tells all devices and the address.
const LIFT_BY_ACCOUNT: i64 = 10;
/// Other addresses that one account asks for in a day, mails to one address in an hour because of that, and tries with one ticket.
const ADDRESS_BY_ACCOUNT: i64 = 10;
const ADDRESS_BY_ADDRESS: i64 = 5;
const ADDRESS_BY_TICKET: i64 = 10;
/// Tries at the second factor: with one login, and of one account in a day. Whoever gets here knows the passphrase or the code.
const FACTOR_BY_LOGIN: i64 = 3;
const FACTOR_BY_ACCOUNT: i64 = 30;
/// Mailboxes for new devices from one network in an hour, and codes of new devices that one account tries in an hour.
const PAIR_BY_NETWORK: i64 = 60;
const PAIR_BY_ACCOUNT: i64 = 20;

/// What is counted, by what, and how much of it is allowed.
#[derive(Clone, Copy)]
pub(super) enum Limit {
    JoinByNetwork,
    JoinByAddress,
    JoinByTicket,
    FactorByLogin,
    MailByNetwork,
    MailByAddress,
    LiftByAccount,
    PairByNetwork,
    PairByAccount,
    AddressByAccount,
    AddressByAddress,
    AddressByTicket,
}

impl Limit {
    const fn most(self) -> (i64, i64) {
        match self {
            Self::JoinByNetwork => (JOIN_BY_NETWORK, HOUR),
            Self::JoinByAddress => (JOIN_BY_ADDRESS, HOUR),
            Self::JoinByTicket => (JOIN_BY_TICKET, DAY),
            Self::FactorByLogin => (FACTOR_BY_LOGIN, DAY),
            Self::MailByNetwork => (MAIL_BY_NETWORK, HOUR),
            Self::MailByAddress => (MAIL_BY_ADDRESS, HOUR),
            Self::LiftByAccount => (LIFT_BY_ACCOUNT, DAY),
            Self::PairByNetwork => (PAIR_BY_NETWORK, HOUR),
            Self::PairByAccount => (PAIR_BY_ACCOUNT, HOUR),
            Self::AddressByAccount => (ADDRESS_BY_ACCOUNT, DAY),
            Self::AddressByAddress => (ADDRESS_BY_ADDRESS, HOUR),
            Self::AddressByTicket => (ADDRESS_BY_TICKET, DAY),
        }
    }

    /// Counts one more; refuses when it is one too many.
    pub(super) async fn count(self, app: &App, by: &[u8], now: Moment) -> Result<(), Refusal> {
        let (most, within) = self.most();
        // Each limit counts apart, whatever it counts by.
        let mut hasher = blake3::Hasher::new_derive_key("regie/1/limit");
        hasher.update(&[self as u8]);
        hasher.update(by);
        let counted = Counted::Tried(CodeHash(*hasher.finalize().as_bytes()));
        count_one(app, counted, most, within, now).await
    }
}

/// Counts a try at the second factor of an account; the count goes with the account.
pub(super) async fn count_factor(app: &App, account: AccountId, now: Moment) -> Result<(), Refusal> {
    let counted = Counted::Subject(Subject::Account(account));
    count_one(app, counted, FACTOR_BY_ACCOUNT, DAY, now).await
}

async fn count_one(app: &App, counted: Counted, most: i64, within: i64, now: Moment) -> Result<(), Refusal> {
    let count = app.accounts.store.count_request(counted, within, now).await?;
    if count <= most {
        return Ok(());
    }
    Err(too_many(Moment(now.0 - now.0.rem_euclid(within) + within), now))
}

/// Too many; there is room again at a moment.
pub(super) fn too_many(until: Moment, now: Moment) -> Refusal {
    let seconds = u64::try_from(until.0 - now.0).unwrap_or_default();
    Refusal {
        code: ProblemCode::TooManyRequests,
        retry_after: Some(Duration::from_secs(seconds)),
        room: None,
    }
}
