//! Settings as they travel.

use std::cmp::Reverse;

use regie_protocol::Language;

use super::Settings;
use crate::record::{Kind, Merged, Record, RecordError, fields::Fields, wire};

type Parts = (Option<Language>, Option<bool>, Option<u32>);

impl Record for Settings {
    const KIND: Kind = Kind::Settings;
    const VERSION: u16 = 1;

    fn encode(&self) -> Result<Vec<u8>, RecordError> {
        wire::encode(&(self.language, self.prompts, self.statement_seen))
    }

    fn decode(_: u16, body: &[u8]) -> Result<Self, RecordError> {
        let (language, prompts, statement_seen): Parts = wire::decode(body)?;
        Ok(Self {
            language,
            prompts,
            statement_seen,
        })
    }

    /// Setting by setting. Where both devices chose differently: the language whose code comes first, no prompts, and the newest
    /// statement that was read on either.
    fn join(base: Option<&Self>, one: &Self, other: &Self) -> Merged<Self> {
        Merged::plain(Self {
            language: Fields::silently(
                (base.map(|base| &base.language), &one.language, &other.language),
                |language| (language.is_none(), language.map(Language::code)),
            ),
            prompts: Fields::silently(
                (base.map(|base| &base.prompts), &one.prompts, &other.prompts),
                |prompts| (prompts.is_none(), *prompts),
            ),
            statement_seen: Fields::silently(
                (
                    base.map(|base| &base.statement_seen),
                    &one.statement_seen,
                    &other.statement_seen,
                ),
                |seen| Reverse(*seen),
            ),
        })
    }

    /// There is one for each account.
    fn name(&self) -> Option<Vec<u8>> {
        Some(Vec::new())
    }
}
