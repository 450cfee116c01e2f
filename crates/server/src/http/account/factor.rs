//! The second factor, where one is on: six digits of a moment (RFC 6238), or one of its one-time codes. No step and no code is
//! taken twice.

use regie_protocol::ProblemCode;
use totp_rs::Builder;

use super::{
    limits::{Limit, count_factor},
    refused::internal,
};
use crate::{
    error::Refusal,
    http::App,
    keys::Keys,
    store::{AccountId, CodeHash, Factor, Moment},
};

const KEY: &str = "regie/1/factor code";
const DIGITS: usize = 6;

/// What came of the second factor, and with which login.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) typed: Option<&'a str>,
    pub(super) with: CodeHash,
}

/// Refuses where a second factor is on and what was typed is not right.
pub(super) async fn check(
    app: &App,
    account: AccountId,
    given: Given<'_>,
    now: Moment,
) -> Result<(), Refusal> {
    let store = &app.accounts.store;
    let Some(factor) = store.factor(account).await? else {
        return Ok(());
    };
    let typed = given.typed.ok_or(ProblemCode::FactorNeeded)?;
    Limit::FactorByLogin.count(app, &given.with.0, now).await?;
    count_factor(app, account, now).await?;
    let typed: String = typed.chars().filter(|sign| !sign.is_whitespace()).collect();
    let is_right = if typed.len() == DIGITS && typed.bytes().all(|sign| sign.is_ascii_digit()) {
        match step(factor, &typed, now)? {
            Some(step) => store.take_factor_step(account, step).await?,
            None => false,
        }
    } else {
        let hash = code_hash(&app.accounts.keys, account, &typed);
        store.take_factor_code(account, hash).await?
    };
    if is_right {
        Ok(())
    } else {
        Err(ProblemCode::LoginFailed.into())
    }
}

/// The step whose digits these are: of this half minute, or of the one before or after it.
fn step(factor: Factor, digits: &str, now: Moment) -> Result<Option<i64>, Refusal> {
    let totp = Builder::new()
        .with_secret(factor.secret)
        .build()
        .map_err(|_| internal("second factor"))?;
    let step = totp.check(digits, u64::try_from(now.0).unwrap_or_default());
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

/// A one-time code as it is stored: case, spaces and hyphens do not matter.
pub(super) fn code_hash(keys: &Keys, account: AccountId, typed: &str) -> CodeHash {
    let signs: String = typed
        .chars()
        .filter(|sign| sign.is_alphanumeric())
        .flat_map(char::to_uppercase)
        .collect();
    let input = [account.0.as_slice(), signs.as_bytes()].concat();
    CodeHash(*blake3::keyed_hash(&keys.index.secret().derive(KEY), &input).as_bytes())
}
