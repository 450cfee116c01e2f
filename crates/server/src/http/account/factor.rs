//! The second factor, where one is on: six digits of a moment (RFC 6238), or one of its one-time codes. No step and no code is
//! taken twice.

use std::{collections::BTreeSet, sync::Arc};

use axum::{extract::State, http::StatusCode};
use regie_protocol::{
    Problem, ProblemCode,
    account::{
        change::{self, FactorRequest},
        path,
    },
};
use totp_rs::Builder;

use super::{
    body::Body,
    limits::{Limit, count_factor},
    notice::Notice,
    proof::Proven,
    refused::internal,
};
use crate::{
    error::Refusal,
    http::{App, language::Asked},
    keys::Keys,
    letter::Kind,
    store::{AccountId, Author, CodeHash, Moment, NewFactor},
};

const KEY: &str = "regie/1/factor code";
const DIGITS: usize = 6;
/// So many one-time codes come with it, each of so many signs: 50 random bits or more, and never taken for digits.
const CODES: usize = 10;
const SIGNS: std::ops::RangeInclusive<usize> = 10..=32;

/// What came of the second factor, and with which login.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) typed: Option<&'a str>,
    pub(super) with: CodeHash,
}

/// Sets the second factor, or takes it away. Where one is on, the proof was made with it.
#[utoipa::path(
    post, path = path::FACTOR, tag = "account", request_body = FactorRequest, params(Asked),
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn set(
    State(app): State<Arc<App>>,
    proven: Proven,
    Asked(language): Asked,
    Body(request): Body<FactorRequest>,
) -> Result<StatusCode, Refusal> {
    let (now, account) = (app.now(), proven.account);
    let (kind, factor) = match request.factor {
        Some(new) => {
            count_factor(&app, account, now).await?;
            (Kind::FactorSet, Some(read(&app, account, &new, now)?))
        }
        None => (Kind::FactorLifted, None),
    };
    let notice = Notice::ahead(&app, account, kind, language, now).await?;
    let store = &app.accounts.store;
    let outcome = store.set_factor(account, Author::Proven, factor, now).await;
    notice.of(&app, outcome).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is kept of a new one, once its digits show that the person has it.
fn read(app: &App, account: AccountId, new: &change::NewFactor, now: Moment) -> Result<NewFactor, Refusal> {
    let is_code = |code: &String| {
        let signs = code.chars().filter(|sign| sign.is_alphanumeric()).count();
        SIGNS.contains(&signs) && code.len() <= 2 * SIGNS.end()
    };
    let hash = |code: &String| code_hash(&app.accounts.keys, account, code);
    let codes: BTreeSet<_> = new.one_time_codes.iter().map(|code| hash(code).0).collect();
    if codes.len() != CODES || new.one_time_codes.len() != CODES || !new.one_time_codes.iter().all(is_code) {
        return Err(ProblemCode::Malformed.into());
    }
    let secret = new.secret.0.to_vec();
    let step = step(secret.clone(), &tidy(&new.digits), now)?.ok_or(ProblemCode::LoginFailed)?;
    Ok(NewFactor {
        secret,
        step,
        codes: codes.into_iter().map(CodeHash).collect(),
    })
}

/// Refuses where a second factor is on and what was typed is not right; tells whether one is on.
pub(super) async fn check(
    app: &App,
    account: AccountId,
    given: Given<'_>,
    now: Moment,
) -> Result<bool, Refusal> {
    let store = &app.accounts.store;
    let Some(factor) = store.factor(account).await? else {
        return Ok(false);
    };
    let typed = given.typed.ok_or(ProblemCode::FactorNeeded)?;
    Limit::FactorByLogin.count(app, &given.with.0, now).await?;
    count_factor(app, account, now).await?;
    let typed = tidy(typed);
    let is_right = if typed.len() == DIGITS && typed.bytes().all(|sign| sign.is_ascii_digit()) {
        match step(factor.secret, &typed, now)? {
            Some(step) => store.take_factor_step(account, step).await?,
            None => false,
        }
    } else {
        let hash = code_hash(&app.accounts.keys, account, &typed);
        store.take_factor_code(account, hash).await?
    };
    if is_right {
        Ok(true)
    } else {
        Err(ProblemCode::LoginFailed.into())
    }
}

fn tidy(typed: &str) -> String {
    typed.chars().filter(|sign| !sign.is_whitespace()).collect()
}

/// The step whose digits these are: of this half minute, or of the one before or after it.
fn step(secret: Vec<u8>, digits: &str, now: Moment) -> Result<Option<i64>, Refusal> {
    let totp = Builder::new()
        .with_secret(secret)
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
