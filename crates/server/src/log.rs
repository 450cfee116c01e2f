//! The log: one line of JSON for each event, on standard output.
//!
//! Only what this crate writes is let through, and of libraries what they call an error: what they say at length may hold
//! addresses.

use std::panic;

use tracing::{Level, level_filters::LevelFilter};
use tracing_subscriber::{
    Layer as _, filter::Targets, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

/// Begins the log of this process; a second call changes nothing.
pub(crate) fn begin(level: Level) {
    let filter = Targets::new()
        .with_target("regie_server", level)
        .with_default(LevelFilter::ERROR);
    let lines = fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_filter(filter);
    let _begun_already = tracing_subscriber::registry().with(lines).try_init();
    // What a panic says may be made of what somebody sent: its place is enough.
    panic::set_hook(Box::new(|information| {
        let place = information
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        tracing::error!(place, "panic");
    }));
}
