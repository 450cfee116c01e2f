//! A diary entry as it travels.
//!
//! All that is kept of it, but for two things: where the caret stood belongs to the device, and what a list shows of it is
//! worked out anew.

use std::collections::BTreeMap;

use chrono::SubsecRound;
use fnv::FnvHasher;
use std::hash::Hasher;
use uuid::Uuid;

use super::{Entry, LONGEST_BYTES, LONGEST_TAG, LONGEST_TITLE, MOST_TAGS, Mood, tidy_tag};
use crate::{
    AttachmentId, EntryId,
    attachment::{self, Attached, LONGEST_DESCRIPTION, MOST_MERGED},
    record::{
        Kind, Merged, Record, RecordError,
        fields::{Fields, order},
        wire,
    },
    restriction::Restriction,
    search::fold,
};

/// A diary entry with whether it is on hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRecord {
    entry: Entry,
    hold: Option<Restriction>,
}

impl EntryRecord {
    /// Without what stays on the device: no caret, times to the millisecond, tags in the order of their letters and each once.
    #[must_use]
    pub fn new(entry: Entry, hold: Option<Restriction>) -> Self {
        let tidied = entry.tags.iter().rev().filter_map(|tag| tidy_tag(tag));
        let tags: BTreeMap<String, String> = tidied.map(|tag| (fold(&tag), tag)).collect();
        Self {
            entry: Entry {
                tags: tags.into_values().collect(),
                written: wire::round(entry.written),
                edited: entry.edited.trunc_subsecs(3),
                caret: None,
                attachments: attachment::tidied(entry.attachments),
                ..entry
            },
            hold: hold.map(|hold| Restriction {
                since: wire::round(hold.since),
                ..hold
            }),
        }
    }

    /// The entry; its caret stays where it was on each device.
    #[must_use]
    pub const fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Whether it is on hold.
    #[must_use]
    pub const fn hold(&self) -> Option<&Restriction> {
        self.hold.as_ref()
    }

    /// Both parts.
    #[must_use]
    pub fn into_parts(self) -> (Entry, Option<Restriction>) {
        (self.entry, self.hold)
    }

    fn check(&self) -> Result<(), RecordError> {
        let entry = &self.entry;
        wire::check_moment(&entry.written)?;
        wire::check_instant(entry.edited)?;
        wire::check_hold(self.hold.as_ref())?;
        wire::within(entry.own_title.len(), LONGEST_TITLE)?;
        wire::within(entry.markdown.len(), LONGEST_BYTES)?;
        wire::within(entry.tags.len(), MOST_TAGS)?;
        for tag in &entry.tags {
            wire::within(tag.len(), LONGEST_TAG)?;
        }
        wire::within(entry.attachments.len(), MOST_MERGED)?;
        let described = entry.attachments.iter();
        described
            .map(|one| one.description.len())
            .try_for_each(|length| wire::within(length, LONGEST_DESCRIPTION))
    }
}

/// As version 1 had it, before entries named attachments.
type First = (
    Uuid,
    String,
    Option<u8>,
    Vec<String>,
    wire::MomentParts,
    i64,
    Option<wire::HoldParts>,
    String,
);
type Parts = (
    Uuid,
    String,
    Option<u8>,
    Vec<String>,
    wire::MomentParts,
    i64,
    Option<wire::HoldParts>,
    String,
    Vec<(Uuid, String)>,
);

impl Record for EntryRecord {
    const KIND: Kind = Kind::Entry;
    const VERSION: u16 = 2;

    fn encode(&self) -> Result<Vec<u8>, RecordError> {
        self.check()?;
        let entry = &self.entry;
        wire::encode(&(
            entry.id.0,
            &entry.own_title,
            entry.mood.map(Mood::value),
            &entry.tags,
            wire::moment_parts(&entry.written),
            entry.edited.timestamp_millis(),
            self.hold.as_ref().map(wire::hold_parts),
            &entry.markdown,
            entry
                .attachments
                .iter()
                .map(|one| (one.id.0, one.description.as_str()))
                .collect::<Vec<_>>(),
        ))
    }

    fn decode(version: u16, body: &[u8]) -> Result<Self, RecordError> {
        let (id, own_title, mood, tags, written, edited, hold, markdown, attached): Parts = if version == 1 {
            let (id, title, mood, tags, written, edited, hold, markdown): First = wire::decode(body)?;
            (id, title, mood, tags, written, edited, hold, markdown, Vec::new())
        } else {
            wire::decode(body)?
        };
        let mood = mood.map(|mood| Mood::new(mood).ok_or(RecordError::Malformed));
        let entry = Entry {
            id: EntryId(id),
            own_title,
            mood: mood.transpose()?,
            tags,
            markdown,
            written: wire::moment(written)?,
            edited: wire::instant(edited)?,
            caret: None,
            attachments: attached
                .into_iter()
                .map(|(id, description)| Attached {
                    id: AttachmentId(id),
                    description,
                })
                .collect(),
        };
        let record = Self::new(entry, hold.map(wire::hold).transpose()?);
        record.check()?;
        Ok(record)
    }

    /// The text by sentences; both titles, beside each other; tags as a set, and what it
    /// names too; of two moods the heavier one, and of two dates
    /// the earlier. On hold on one device is on hold.
    fn join(base: Option<&Self>, one: &Self, other: &Self) -> Merged<Self> {
        let mut fields = Fields::default();
        let hold = fields.hold((base.map(|base| &base.hold), &one.hold, &other.hold));
        let (base, one, other) = (base.map(|base| &base.entry), &one.entry, &other.entry);
        let own_title = fields.line(
            base.map(|base| base.own_title.as_str()),
            &one.own_title,
            &other.own_title,
            LONGEST_TITLE,
        );
        let mood = fields.lower((base.map(|base| &base.mood), &one.mood, &other.mood), |mood| {
            mood.map_or(u8::MAX, Mood::value)
        });
        let written = fields.lower(
            (base.map(|base| &base.written), &one.written, &other.written),
            |moment| {
                let (ms, offset_s, zone) = order(moment);
                (ms, offset_s, zone.to_owned())
            },
        );
        let tags = tags(&mut fields, base, one, other);
        let attachments = attachment::merge(
            &mut fields,
            base.map(|base| base.attachments.as_slice()),
            &one.attachments,
            &other.attachments,
        );
        let text = fields.text(
            base.map(|base| base.markdown.as_str()),
            &one.markdown,
            &other.markdown,
            LONGEST_BYTES,
        );
        let (longer, shorter) = if one.markdown.len() >= other.markdown.len() {
            (one, other)
        } else {
            (other, one)
        };
        let record = |id, markdown: &str, attachments: &[Attached]| {
            let entry = Entry {
                id,
                own_title: own_title.clone(),
                mood,
                tags: tags.clone(),
                markdown: markdown.to_owned(),
                written: written.clone(),
                edited: one.edited.max(other.edited),
                caret: None,
                attachments: attachments.to_vec(),
            };
            Self::new(entry, hold.clone())
        };
        let id = one.id.min(other.id);
        match text {
            Some(text) => fields.into(record(id, &text, &attachments), None),
            None => fields.into(
                record(id, &longer.markdown, &attachments),
                Some(record(beside(id, &shorter.markdown), &shorter.markdown, &[])),
            ),
        }
    }
}

/// As a set, whatever the case and the accents. What either side took off goes, what either side put on stays.
fn tags(fields: &mut Fields, base: Option<&Entry>, one: &Entry, other: &Entry) -> Vec<String> {
    let set = |entry: &Entry| -> BTreeMap<String, String> {
        entry.tags.iter().map(|tag| (fold(tag), tag.clone())).collect()
    };
    let (base, one, other) = (base.map(set).unwrap_or_default(), set(one), set(other));
    let (mut stayed, mut added) = (Vec::new(), Vec::new());
    for key in one
        .keys()
        .chain(other.keys().filter(|key| !one.contains_key(*key)))
    {
        match (base.get(key), one.get(key), other.get(key)) {
            // Another way to write it is no loss.
            (before, Some(one), Some(other)) => {
                stayed.push(Fields::silently((before, one, other), String::clone));
            }
            (None, Some(tag), None) | (None, None, Some(tag)) => added.push(tag.clone()),
            _ => {}
        }
    }
    added.sort_unstable();
    stayed.append(&mut added);
    if stayed.len() > MOST_TAGS {
        fields.give_way();
        stayed.truncate(MOST_TAGS);
    }
    stayed
}

/// The id of an entry that stands beside another since both together were too long: the same on every device that merges
/// the same.
fn beside(id: EntryId, markdown: &str) -> EntryId {
    let mut hasher = FnvHasher::default();
    hasher.write(id.0.as_bytes());
    hasher.write(markdown.as_bytes());
    let mut bytes = id.0.into_bytes();
    let own = bytes.iter_mut().skip(8);
    own.zip(hasher.finish().to_be_bytes())
        .for_each(|(byte, new)| *byte = new);
    EntryId(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}
