//! Time, zone and system language from outside, so that tests can set them.

use chrono::Local;
use regie_domain::moment::Moment;
use regie_protocol::Language;

/// What a client asks of its surroundings.
pub trait Clock: Send + Sync {
    /// The present moment, with the offset and zone of this place.
    fn now(&self) -> Moment;

    /// The language of the operating system.
    fn system_language(&self) -> Language;
}

/// The real one.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
    fn now(&self) -> Moment {
        let zone = iana_time_zone::get_timezone().unwrap_or_else(|_| "Etc/UTC".into());
        Moment {
            at: Local::now().fixed_offset(),
            zone,
        }
    }

    fn system_language(&self) -> Language {
        Language::from_tag(&sys_locale::get_locale().unwrap_or_default())
    }
}
