//! Pulling: what was pushed after a head, or, for a first sync, from the newest downwards; the headers that lead there; what is there at all.
//!
//! Each answer is read in one state of the database and tells the head of that state. A server's word is worth nothing until the head's MAC was
//! checked over what came.

use crate::signed::{DevicePublic, EpochHeader, Fields, Head, Header, Reader, Roll, SignedError};

use super::{
    Envelope, EnvelopeHash, RecordId, Revision,
    limits::{LIST_ROWS, MOST, PART_RECORDS},
    wire::{HeaderBytes, Wire, at_most, blobs, list, read_blobs, read_list},
};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullRequest {
    /// What was pushed after this head; the answer is "the same" where it is still the head.
    After(Head),
    /// What was pushed at this place and below it, the newest first: a first sync.
    Down(u64),
}

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullResponse {
    /// The head is the one that was named.
    Same,
    /// One page.
    Page(Page),
}

/// One page of records. It holds all records of the headers that it covers, so that the next one is asked for by a header's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The head in this state of the database.
    pub head: Head,
    /// How far the page goes, this place included. Upwards, the last page goes up to `head`; downwards, down to 1.
    pub to: u64,
    /// Upwards, the headers after the one that was named, up to `to`; no page ends between an epoch's header and the next. Downwards, none.
    pub headers: Vec<HeaderBytes>,
    /// The records of this stretch, in the order in which it was asked for.
    pub records: Vec<SealedRecord>,
}

/// A record of a page.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedRecord {
    /// The header that brought it.
    pub sequence: u64,
    /// [`Envelope`] as it travels.
    pub envelope: Vec<u8>,
}

/// Asks where the account stands: what a device needs that read no header yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeadRequest;

/// Where the account stands, by the word of the server. The head's MAC and [`Roll::check_head`] tell whether it is so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadResponse {
    /// The head.
    pub head: HeaderBytes,
    /// All epochs' headers as they travel, oldest first.
    pub epochs: Vec<Vec<u8>>,
    /// The devices on the roll, in order of their ids.
    pub devices: Vec<DevicePublic>,
}

/// Asks for headers alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeadersRequest {
    /// After this place.
    pub after: u64,
    /// Up to this one, included.
    pub to: u64,
}

/// Headers, in pages of [`super::limits::PART_BYTES`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadersResponse {
    /// The head in this state of the database.
    pub head: Head,
    /// The headers, oldest first, one at least where there is one; the next page is after the last one's place.
    pub headers: Vec<HeaderBytes>,
}

/// Asks for what is there at all, once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListRequest {
    /// After this record, in order of ids; nothing for the first page.
    pub after: Option<RecordId>,
}

/// What is there at all: at most [`LIST_ROWS`] rows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListResponse {
    /// The head in this state of the database.
    pub head: Head,
    /// Live records and tombstones, in order of their ids.
    pub rows: Vec<ListRow>,
    /// Whether there are further ones.
    pub more: bool,
}

/// One record or tombstone: what its number in the sum is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListRow {
    /// Which record.
    pub id: RecordId,
    /// Which writing.
    pub revision: Revision,
    /// The hash of its envelope.
    pub hash: EnvelopeHash,
}

/// Asks for some records by their ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchRequest {
    /// Which; at most [`PART_RECORDS`], in order, none twice.
    pub ids: Vec<RecordId>,
}

/// Those of them that are there: as many as a page holds, one at least where there is one. What is missing is asked for again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchResponse {
    /// The head in this state of the database.
    pub head: Head,
    /// The records, in order of their ids.
    pub records: Vec<SealedRecord>,
}

impl Page {
    /// The headers, read. Nothing of them is checked yet.
    ///
    /// # Errors
    /// As [`Header::from_bytes`].
    pub fn read_headers(&self) -> Result<Vec<Header>, SignedError> {
        self.headers.iter().map(HeaderBytes::header).collect()
    }

    /// What to ask for next, the same way; nothing after the last page. `after` is the head that the headers of this page lead to.
    #[must_use]
    pub const fn next_after(&self, after: Head) -> Option<PullRequest> {
        if self.to < self.head.sequence {
            Some(PullRequest::After(after))
        } else {
            None
        }
    }

    /// The same on the way down.
    #[must_use]
    pub const fn next_down(&self) -> Option<PullRequest> {
        if self.to > 1 {
            Some(PullRequest::Down(self.to - 1))
        } else {
            None
        }
    }

    fn fields(&self) -> Fields {
        self.around(list(&self.records, SealedRecord::fields))
    }

    fn into_fields(mut self) -> Fields {
        let records = std::mem::take(&mut self.records);
        self.around(owned(records))
    }

    fn around(&self, records: Fields) -> Fields {
        Fields::default()
            .nested(self.head.fields())
            .number(self.to)
            .nested(list(&self.headers, HeaderBytes::fields))
            .nested(records)
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            head: Head::read_all(fields.nested()?)?,
            to: fields.number()?,
            headers: read_list(fields.nested()?, HeaderBytes::read)?,
            records: read_list(fields.nested()?, SealedRecord::read)?,
        })
    }
}

impl SealedRecord {
    /// The envelope, read.
    ///
    /// # Errors
    /// As [`Envelope::from_bytes`].
    pub fn read_envelope(&self) -> Result<Envelope, SignedError> {
        Envelope::from_bytes(&self.envelope)
    }

    fn fields(&self) -> Fields {
        Fields::default().number(self.sequence).bytes(&self.envelope)
    }

    fn read(mut fields: Reader) -> Result<Self, SignedError> {
        let read = Self {
            sequence: fields.number()?,
            envelope: fields.any_bytes()?,
        };
        fields.end()?;
        Ok(read)
    }
}

impl HeadResponse {
    /// The epochs' headers, read, and the roll that they and the devices make.
    ///
    /// # Errors
    /// What cannot be read or makes no sense together.
    pub fn read_roll(&self) -> Result<(Vec<EpochHeader>, Roll), SignedError> {
        let epochs = self.epochs.iter().map(|bytes| EpochHeader::from_bytes(bytes));
        let epochs = epochs.collect::<Result<Vec<_>, _>>()?;
        let roll = Roll::from_parts(&epochs, &self.devices)?;
        Ok((epochs, roll))
    }
}

impl Wire for PullRequest {
    fn fields(&self) -> Fields {
        match self {
            Self::After(head) => Fields::default().text("after").nested(head.fields()),
            Self::Down(from) => Fields::default().text("down").number(*from),
        }
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        match fields.text()?.as_str() {
            "after" => Head::read_all(fields.nested()?).map(Self::After),
            "down" => fields.number().map(Self::Down),
            _ => Err(SignedError::Senseless("question")),
        }
    }
}

impl Wire for PullResponse {
    fn fields(&self) -> Fields {
        match self {
            Self::Same => Fields::default().text("same"),
            Self::Page(page) => Fields::default().text("page").nested(page.fields()),
        }
    }

    fn into_fields(self) -> Fields {
        match self {
            Self::Same => self.fields(),
            Self::Page(page) => Fields::default().text("page").nested(page.into_fields()),
        }
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        match fields.text()?.as_str() {
            "same" => Ok(Self::Same),
            "page" => {
                let mut inner = fields.nested()?;
                let page = Page::read(&mut inner)?;
                inner.end()?;
                Ok(Self::Page(page))
            }
            _ => Err(SignedError::Senseless("answer")),
        }
    }
}

impl Wire for HeadRequest {
    fn fields(&self) -> Fields {
        Fields::default()
    }

    fn read(_: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self)
    }
}

impl Wire for HeadResponse {
    fn fields(&self) -> Fields {
        let devices = list(&self.devices, |device| device.append_to(Fields::default()));
        Fields::default()
            .nested(self.head.fields())
            .nested(blobs(&self.epochs))
            .nested(devices)
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            head: HeaderBytes::read(fields.nested()?)?,
            epochs: read_blobs(fields.nested()?)?,
            devices: read_list(fields.nested()?, |mut device| {
                let read = DevicePublic::read(&mut device)?;
                device.end()?;
                Ok(read)
            })?,
        })
    }

    fn check(&self) -> Result<(), SignedError> {
        at_most(self.epochs.len(), MOST, "number of epochs")?;
        at_most(self.devices.len(), MOST, "number of devices")?;
        in_order(&self.devices, |device| device.device, "list of devices")
    }
}

impl Wire for HeadersRequest {
    fn fields(&self) -> Fields {
        Fields::default().number(self.after).number(self.to)
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            after: fields.number()?,
            to: fields.number()?,
        })
    }
}

impl Wire for HeadersResponse {
    fn fields(&self) -> Fields {
        Fields::default()
            .nested(self.head.fields())
            .nested(list(&self.headers, HeaderBytes::fields))
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            head: Head::read_all(fields.nested()?)?,
            headers: read_list(fields.nested()?, HeaderBytes::read)?,
        })
    }
}

impl Wire for ListRequest {
    fn fields(&self) -> Fields {
        Fields::default().bytes(&self.after.map_or(Vec::new(), |id| id.0.to_vec()))
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        let after = match fields.any_bytes()? {
            none if none.is_empty() => None,
            id => Some(RecordId(id.try_into().map_err(|_| SignedError::Malformed)?)),
        };
        Ok(Self { after })
    }
}

impl Wire for ListResponse {
    fn fields(&self) -> Fields {
        let rows = list(&self.rows, |row| {
            Fields::default()
                .bytes(&row.id.0)
                .bytes(&row.revision.0)
                .bytes(&row.hash.0)
        });
        Fields::default()
            .nested(self.head.fields())
            .nested(rows)
            .number(self.more.into())
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            head: Head::read_all(fields.nested()?)?,
            rows: read_list(fields.nested()?, |mut row| {
                let read = ListRow {
                    id: RecordId(row.bytes()?),
                    revision: Revision(row.bytes()?),
                    hash: EnvelopeHash(row.bytes()?),
                };
                row.end()?;
                Ok(read)
            })?,
            more: fields.flag()?,
        })
    }

    fn check(&self) -> Result<(), SignedError> {
        at_most(self.rows.len(), LIST_ROWS, "number of rows")?;
        if self.more && self.rows.is_empty() {
            return Err(SignedError::Senseless("list of records"));
        }
        in_order(&self.rows, |row| row.id, "list of records")
    }
}

impl Wire for FetchRequest {
    fn fields(&self) -> Fields {
        let ids = self.ids.iter();
        Fields::default().nested(ids.fold(Fields::default(), |list, id| list.bytes(&id.0)))
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        let (mut list, mut ids) = (fields.nested()?, Vec::new());
        while !list.is_done() {
            ids.push(RecordId(list.bytes()?));
        }
        Ok(Self { ids })
    }

    fn check(&self) -> Result<(), SignedError> {
        at_most(self.ids.len(), PART_RECORDS, "number of records")?;
        in_order(&self.ids, |id| *id, "list of records")
    }
}

impl Wire for FetchResponse {
    fn fields(&self) -> Fields {
        Fields::default()
            .nested(self.head.fields())
            .nested(list(&self.records, SealedRecord::fields))
    }

    fn into_fields(self) -> Fields {
        Fields::default()
            .nested(self.head.fields())
            .nested(owned(self.records))
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            head: Head::read_all(fields.nested()?)?,
            records: read_list(fields.nested()?, SealedRecord::read)?,
        })
    }

    fn check(&self) -> Result<(), SignedError> {
        at_most(self.records.len(), PART_RECORDS, "number of records")
    }
}

fn owned(records: Vec<SealedRecord>) -> Fields {
    let record = |list: Fields, record: SealedRecord| {
        list.nested(Fields::default().number(record.sequence).owned(record.envelope))
    };
    records.into_iter().fold(Fields::default(), record)
}

fn in_order<T, I: Ord>(things: &[T], id: impl Fn(&T) -> I, what: &'static str) -> Result<(), SignedError> {
    let sorted = things.is_sorted_by(|one, next| id(one) < id(next));
    sorted.then_some(()).ok_or(SignedError::Senseless(what))
}

impl std::fmt::Debug for SealedRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "SealedRecord({}, {} bytes)",
            self.sequence,
            self.envelope.len()
        )
    }
}
