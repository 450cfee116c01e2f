//! What takes a deleted record's place.

use uuid::Uuid;

use super::{RecordError, wire};

/// Version of the form.
const VERSION: u16 = 1;

/// What is sealed in the place of a record that was deleted: nothing of it but the kind. The envelope says that it is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// Number of the kind that was deleted: one of a newer program too.
    pub kind: u16,
    /// The deletion of many at once that it belongs to, where the person confirmed one.
    pub confirmed: Option<Confirmed>,
}

/// A deletion of many records at once that the person confirmed outside the page that asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Confirmed {
    /// Random, the same in all tombstones of it.
    pub deletion: Uuid,
    /// How many records were deleted.
    pub count: u32,
}

impl Tombstone {
    /// The content that travels: a list of kind, version, and nothing or the confirmed deletion.
    ///
    /// # Errors
    /// Never in practice: memory is the sink.
    pub fn write(&self) -> Result<Vec<u8>, RecordError> {
        wire::join(self.kind, VERSION, &self.body()?)
    }

    /// Reads a content that stands in an envelope of a deleted record.
    ///
    /// # Errors
    /// [`RecordError::Malformed`]; [`RecordError::TooNew`], for which the record is deleted all the same, by nobody's
    /// confirmation.
    pub fn read(content: &[u8]) -> Result<Self, RecordError> {
        let (kind, version, body) = wire::split(content)?;
        match version {
            VERSION => {
                let parts: Option<(Uuid, u32)> = wire::decode(body)?;
                let confirmed = parts.map(|(deletion, count)| Confirmed { deletion, count });
                let tombstone = Self { kind, confirmed };
                (tombstone.body()? == body)
                    .then_some(tombstone)
                    .ok_or(RecordError::Malformed)
            }
            version => Err(RecordError::TooNew { kind, version }),
        }
    }

    fn body(&self) -> Result<Vec<u8>, RecordError> {
        wire::encode(
            &self
                .confirmed
                .map(|Confirmed { deletion, count }| (deletion, count)),
        )
    }
}
