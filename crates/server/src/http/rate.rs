//! How much one address may ask: a bucket for each, which drains evenly.

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use axum::extract::Request;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock as _};
use regie_protocol::ProblemCode;

use super::{App, client};
use crate::{config::Limits, error::Refusal};

pub(super) struct Rate(DefaultKeyedRateLimiter<IpAddr>);

impl Rate {
    pub(super) fn new(limits: Limits) -> Self {
        let per_minute = NonZeroU32::new(limits.per_minute).unwrap_or(NonZeroU32::MIN);
        let burst = NonZeroU32::new(limits.burst).unwrap_or(NonZeroU32::MIN);
        Self(RateLimiter::keyed(
            Quota::per_minute(per_minute).allow_burst(burst),
        ))
    }

    fn check(&self, address: IpAddr) -> Result<(), Duration> {
        let checked = self.0.check_key(&client::network(address));
        checked.map_err(|refused| refused.wait_time_from(self.0.clock().now()))
    }

    pub(super) fn forget_quiet(&self) {
        self.0.retain_recent();
        self.0.shrink_to_fit();
    }
}

/// Whoever watches the server asks often, and from one address.
const WATCHED: [&str; 2] = ["/health", "/ready"];

/// Whether whoever asks may.
pub(super) fn check(app: &App, request: &Request) -> Result<(), Refusal> {
    if !WATCHED.contains(&request.uri().path())
        && let Some(address) = client::address(request, app.config.proxy)
        && let Err(wait) = app.rate.check(address)
    {
        return Err(Refusal {
            code: ProblemCode::TooManyRequests,
            retry_after: Some(wait),
            room: None,
        });
    }
    Ok(())
}
