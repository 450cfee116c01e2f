//! That somebody proved a moment ago to know the passphrase or the code: sealed, and void as soon as there is another passphrase.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};
use regie_protocol::{
    ProblemCode,
    account::header,
    signed::{Fields, Reader, SignedError},
    wire::Blob,
};

use super::{seal::Sealed, signed::decoded};
use crate::{
    error::Refusal,
    http::App,
    store::{AccountId, Moment, StoreError},
};

/// For how long a proof is good, in seconds.
const GOOD: i64 = 10 * 60;

/// What was proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Passphrase,
    Code,
}

/// A proof as it was handed out.
pub(super) struct Proof {
    pub(super) account: AccountId,
    generation: i64,
    by: By,
    /// Whether a second factor was shown for it.
    with_factor: bool,
}

impl Sealed for Proof {
    const PURPOSE: &'static str = "proof";

    fn fields(&self) -> Fields {
        let by = match self.by {
            By::Passphrase => 1,
            By::Code => 2,
        };
        Fields::default()
            .bytes(&self.account.0)
            .number(self.generation.unsigned_abs())
            .number(by)
            .number(u64::from(self.with_factor))
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            account: AccountId(fields.bytes()?),
            generation: i64::try_from(fields.number()?).map_err(|_| SignedError::Malformed)?,
            by: match fields.number()? {
                1 => By::Passphrase,
                2 => By::Code,
                _ => return Err(SignedError::Malformed),
            },
            with_factor: match fields.number()? {
                0 => false,
                1 => true,
                _ => return Err(SignedError::Malformed),
            },
        })
    }
}

/// The proof of somebody who just proved to know the passphrase of a generation, or the code.
pub(super) fn give(
    app: &App,
    account: AccountId,
    generation: i64,
    by: By,
    with_factor: bool,
    now: Moment,
) -> Result<Blob, Refusal> {
    let proof = Proof {
        account,
        generation,
        by,
        with_factor,
    };
    proof.seal(&app.accounts.keys, now.plus(GOOD))
}

/// Whose proof came with a request; of an account that is there, and has the passphrase that it had.
pub(super) struct Proven {
    pub(super) account: AccountId,
    pub(super) generation: i64,
}

impl FromRequestParts<Arc<App>> for Proven {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        let proof = Proof::from_request_parts(parts, app).await?;
        proof.hold(app).await
    }
}

/// A proof that opens and is in its time. Whether it still holds is asked by [`Proof::hold`].
impl FromRequestParts<Arc<App>> for Proof {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        let sealed = decoded(&parts.headers, header::PROOF).map(Blob);
        sealed
            .and_then(|sealed| Self::open(&app.accounts.keys, app.now(), &sealed))
            .ok_or_else(|| ProblemCode::ProofNeeded.into())
    }
}

impl Proof {
    /// Refuses a proof of an account that is gone, that has another passphrase by now, or a second factor that was not shown for it.
    pub(super) async fn hold(self, app: &App) -> Result<Proven, Refusal> {
        let store = &app.accounts.store;
        match store.account(self.account).await {
            Ok(account) if account.credential_generation == self.generation => {}
            Ok(_) => return Err(ProblemCode::ProofNeeded.into()),
            Err(StoreError::NotFound) => return Err(ProblemCode::SignedOut.into()),
            Err(error) => return Err(error.into()),
        }
        if !self.with_factor && store.factor(self.account).await?.is_some() {
            return Err(ProblemCode::ProofNeeded.into());
        }
        Ok(Proven {
            account: self.account,
            generation: self.generation,
        })
    }
}
