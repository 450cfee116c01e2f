//! Why a server refuses: codes that the app translates, as problem details (RFC 9457).

use serde::{Deserialize, Serialize};

use crate::language::Text;

/// Why a request was refused. Codes are permanent; an app that meets one of a later server takes it as [`Self::Unknown`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ProblemCode {
    /// The request cannot be understood.
    BadRequest,
    /// There is nothing under this address.
    NotFound,
    /// The address exists, the method does not.
    MethodNotAllowed,
    /// The request did not arrive, or was not answered, in time.
    TimedOut,
    /// The body is larger than the server takes.
    BodyTooLarge,
    /// The body is of a kind that is not taken here.
    UnsupportedMedia,
    /// Too much came from one address; `Retry-After` says when to come back.
    TooManyRequests,
    /// A fault of the server.
    Internal,
    /// The server cannot work just now.
    NotReady,
    /// A code of a later version.
    #[serde(other)]
    Unknown,
}

impl ProblemCode {
    /// Every code that a server of this version gives.
    pub const ALL: [Self; 9] = [
        Self::BadRequest,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::TimedOut,
        Self::BodyTooLarge,
        Self::UnsupportedMedia,
        Self::TooManyRequests,
        Self::Internal,
        Self::NotReady,
    ];

    /// The code as it stands in the answer.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::BadRequest => "bad-request",
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::TimedOut => "timed-out",
            Self::BodyTooLarge => "body-too-large",
            Self::UnsupportedMedia => "unsupported-media",
            Self::TooManyRequests => "too-many-requests",
            Self::Internal => "internal",
            Self::NotReady => "not-ready",
            Self::Unknown => "unknown",
        }
    }

    /// The code with this name.
    #[must_use]
    pub fn find(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.id() == id)
    }

    /// The HTTP status that goes with it.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::TimedOut => 408,
            Self::BodyTooLarge => 413,
            Self::UnsupportedMedia => 415,
            Self::TooManyRequests => 429,
            Self::Internal | Self::Unknown => 500,
            Self::NotReady => 503,
        }
    }

    /// The code for a status that a library gave; its own where there is one, else the plainest of its class.
    #[must_use]
    pub fn of_status(status: u16) -> Self {
        let same = Self::ALL.into_iter().find(|code| code.status() == status);
        same.unwrap_or(if status < 500 {
            Self::BadRequest
        } else {
            Self::Internal
        })
    }

    /// What it means, for people.
    #[must_use]
    pub const fn text(self) -> Text {
        match self {
            Self::BadRequest => Text {
                nl: "Dit verzoek is niet te begrijpen.",
                en: "This request cannot be understood.",
            },
            Self::NotFound => Text {
                nl: "Hier is niets.",
                en: "There is nothing here.",
            },
            Self::MethodNotAllowed => Text {
                nl: "Dit adres bestaat, maar niet voor zo'n verzoek.",
                en: "This address exists, but not for such a request.",
            },
            Self::TimedOut => Text {
                nl: "Het duurde te lang. Probeer het later nog eens.",
                en: "It took too long. Try again later.",
            },
            Self::BodyTooLarge => Text {
                nl: "Dit is meer dan de server aanneemt.",
                en: "This is more than the server takes.",
            },
            Self::UnsupportedMedia => Text {
                nl: "Deze soort inhoud neemt de server hier niet aan.",
                en: "The server does not take this kind of content here.",
            },
            Self::TooManyRequests => Text {
                nl: "Er kwamen te veel verzoeken van hetzelfde adres. Wacht even.",
                en: "Too many requests came from the same address. Wait a moment.",
            },
            Self::Internal | Self::Unknown => Text {
                nl: "Er ging iets mis op de server.",
                en: "Something went wrong on the server.",
            },
            Self::NotReady => Text {
                nl: "De server kan nu even niets doen. Probeer het later nog eens.",
                en: "The server cannot do anything just now. Try again later.",
            },
        }
    }
}

/// The answer to a request that was refused (RFC 9457, `application/problem+json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Where the code is explained, relative to the server.
    #[serde(rename = "type")]
    pub kind: String,
    /// What the code means, in English; the app has its own words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The code.
    pub code: ProblemCode,
    /// The request's random number, which stands in the server's log too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
}

impl Problem {
    /// The media type of a problem.
    pub const MEDIA_TYPE: &'static str = "application/problem+json";

    /// A problem with this code.
    #[must_use]
    pub fn new(code: ProblemCode, instance: Option<String>) -> Self {
        Self {
            kind: format!("/problems/{}", code.id()),
            title: code.text().en.to_owned(),
            status: code.status(),
            code,
            instance,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_name_one_status_and_words_in_both_languages() {
        for code in ProblemCode::ALL {
            let written = serde_json::to_value(code).expect("writes");
            assert_eq!(written, code.id());
            assert_eq!(ProblemCode::find(code.id()), Some(code));
            assert_eq!(ProblemCode::of_status(code.status()), code);
            assert!(code.text().nl != code.text().en && (400..600).contains(&code.status()));
        }
        assert_eq!(ProblemCode::of_status(431), ProblemCode::BadRequest);
        assert_eq!(ProblemCode::of_status(502), ProblemCode::Internal);
    }

    #[test]
    fn an_older_app_reads_a_problem_of_a_later_server() {
        let text = r#"{"type":"/problems/moved-house","title":"Gone","status":410,"code":"moved-house","since":"May"}"#;
        let problem: Problem = serde_json::from_str(text).expect("reads");
        assert_eq!((problem.code, problem.status), (ProblemCode::Unknown, 410));
    }
}
