//! What is said about blobs (docs/adr/0015): chunks that are put and got, what is there, and what is taken back. Which blobs an account keeps or
//! drops stands in a push, with the header that it belongs to.

use crate::signed::{Fields, Head, Reader, SignedError};

use super::{
    BlobId,
    blob::{CHUNK, Shape},
    envelope::SEAL_BYTES,
    limits::{BLOB_CHUNKS, BLOB_ROWS},
    wire::{Wire, at_most, blobs, list, read_blobs, read_list},
};

/// Puts chunks that follow each other; [`BLOB_CHUNKS`] at most, the preview apart. Answered by [`BlobStanding`]. The same bytes again are
/// answered alike.
#[derive(Clone, PartialEq, Eq)]
pub struct BlobPutRequest {
    /// Of which blob.
    pub blob: BlobId,
    /// How it is cut: the same with each request.
    pub shape: Shape,
    /// The place of the first of them.
    pub from: u32,
    /// The chunks as they rest and travel.
    pub chunks: Vec<Vec<u8>>,
}

/// Asks what is there of a blob. Answered by [`BlobStanding`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobLookRequest {
    /// Which one.
    pub blob: BlobId,
}

/// Takes a blob back that no push kept yet. Answered by [`BlobStanding::Unknown`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobWithdrawRequest {
    /// Which one.
    pub blob: BlobId,
}

/// How a blob stands with the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlobStanding {
    /// Nothing of it is here.
    Unknown,
    /// It is being put; it goes some days after its last chunk when no push keeps it.
    Open(BlobChunks),
    /// A push kept it.
    Kept(BlobChunks),
}

/// Which chunks of a blob are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobChunks {
    /// How it is cut.
    pub shape: Shape,
    /// The places of those that are there, in order.
    pub there: Vec<u32>,
}

/// Asks for chunks that follow each other, of a blob that is open or kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobGetRequest {
    /// Of which blob.
    pub blob: BlobId,
    /// The place of the first of them.
    pub from: u32,
    /// How many; one at least, [`BLOB_CHUNKS`] at most.
    pub count: u32,
}

/// Chunks from the one on that was asked for, up to the first that is not there. Whether they are what was put shows when they are opened.
#[derive(Clone, PartialEq, Eq)]
pub struct BlobGetResponse {
    /// The chunks as they rest and travel.
    pub chunks: Vec<Vec<u8>>,
}

/// Asks which blobs are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobListRequest {
    /// After this one, in order of ids; nothing for the first page.
    pub after: Option<BlobId>,
}

/// Blobs that are kept: at most [`BLOB_ROWS`] of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobListResponse {
    /// The head in this state of the database.
    pub head: Head,
    /// Ids and how each is cut, in order of the ids.
    pub rows: Vec<(BlobId, Shape)>,
    /// Whether there are further ones.
    pub more: bool,
}

impl BlobChunks {
    /// The places of those that lack, in order.
    #[must_use]
    pub fn lacking(&self) -> Vec<u32> {
        let places = 0..self.shape.chunks();
        places
            .filter(|place| self.there.binary_search(place).is_err())
            .collect()
    }

    fn fields(&self) -> Fields {
        let there = self.there.iter();
        let there = there.fold(Fields::default(), |list, place| list.number((*place).into()));
        Fields::default().number(self.shape.size()).nested(there)
    }

    fn read(mut fields: Reader) -> Result<Self, SignedError> {
        let (shape, mut list, mut there) = (read_shape(&mut fields)?, fields.nested()?, Vec::new());
        fields.end()?;
        while !list.is_done() {
            there.push(read_place(&mut list)?);
        }
        Ok(Self { shape, there })
    }

    fn check(&self) -> Result<(), SignedError> {
        let is_in_order = self.there.is_sorted_by(|one, next| one < next);
        let are_places = self.there.last().is_none_or(|last| *last < self.shape.chunks());
        senseless_unless(is_in_order && are_places, "list of chunks")
    }
}

impl Wire for BlobPutRequest {
    fn fields(&self) -> Fields {
        Fields::default()
            .bytes(&self.blob.0)
            .number(self.shape.chunks().into())
            .number(self.shape.size())
            .number(self.from.into())
            .nested(blobs(&self.chunks))
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        let blob = BlobId(fields.bytes()?);
        let (chunks, shape) = (fields.number()?, read_shape(fields)?);
        // The count follows from the size: said twice, it is to be the same.
        senseless_unless(chunks == u64::from(shape.chunks()), "number of chunks")?;
        Ok(Self {
            blob,
            shape,
            from: read_place(fields)?,
            chunks: read_blobs(fields.nested()?)?,
        })
    }

    fn check(&self) -> Result<(), SignedError> {
        let most = BLOB_CHUNKS + usize::from(self.from == 0);
        senseless_unless(!self.chunks.is_empty(), "number of chunks")?;
        at_most(self.chunks.len(), most, "number of chunks")?;
        let mut places = self.chunks.iter().zip(self.from..);
        let fit = places.all(|(chunk, place)| self.shape.sealed_length(place) == Some(chunk.len()));
        senseless_unless(fit, "size")
    }
}

impl Wire for BlobLookRequest {
    fn fields(&self) -> Fields {
        Fields::default().bytes(&self.blob.0)
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            blob: BlobId(fields.bytes()?),
        })
    }
}

impl Wire for BlobWithdrawRequest {
    fn fields(&self) -> Fields {
        Fields::default().bytes(&self.blob.0)
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            blob: BlobId(fields.bytes()?),
        })
    }
}

impl Wire for BlobStanding {
    fn fields(&self) -> Fields {
        match self {
            Self::Unknown => Fields::default().text("unknown"),
            Self::Open(chunks) => Fields::default().text("open").nested(chunks.fields()),
            Self::Kept(chunks) => Fields::default().text("kept").nested(chunks.fields()),
        }
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        match fields.text()?.as_str() {
            "unknown" => Ok(Self::Unknown),
            "open" => Ok(Self::Open(BlobChunks::read(fields.nested()?)?)),
            "kept" => Ok(Self::Kept(BlobChunks::read(fields.nested()?)?)),
            _ => Err(SignedError::Senseless("answer")),
        }
    }

    fn check(&self) -> Result<(), SignedError> {
        match self {
            Self::Unknown => Ok(()),
            Self::Open(chunks) | Self::Kept(chunks) => chunks.check(),
        }
    }
}

impl Wire for BlobGetRequest {
    fn fields(&self) -> Fields {
        Fields::default()
            .bytes(&self.blob.0)
            .number(self.from.into())
            .number(self.count.into())
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            blob: BlobId(fields.bytes()?),
            from: read_place(fields)?,
            count: read_place(fields)?,
        })
    }

    fn check(&self) -> Result<(), SignedError> {
        let is_right = self.count > 0 && self.count as usize <= BLOB_CHUNKS;
        senseless_unless(is_right, "number of chunks")
    }
}

impl Wire for BlobGetResponse {
    fn fields(&self) -> Fields {
        Fields::default().nested(blobs(&self.chunks))
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        Ok(Self {
            chunks: read_blobs(fields.nested()?)?,
        })
    }

    fn check(&self) -> Result<(), SignedError> {
        at_most(self.chunks.len(), BLOB_CHUNKS, "number of chunks")?;
        let fit = self.chunks.iter().all(|chunk| chunk.len() <= CHUNK + SEAL_BYTES);
        senseless_unless(fit, "size")
    }
}

impl Wire for BlobListRequest {
    fn fields(&self) -> Fields {
        let after = self.after.map_or(Vec::new(), |id| id.0.to_vec());
        Fields::default().bytes(&after)
    }

    fn read(fields: &mut Reader) -> Result<Self, SignedError> {
        let after = match fields.any_bytes()? {
            none if none.is_empty() => None,
            id => Some(BlobId(id.try_into().map_err(|_| SignedError::Malformed)?)),
        };
        Ok(Self { after })
    }
}

impl Wire for BlobListResponse {
    fn fields(&self) -> Fields {
        let rows = list(&self.rows, |(id, shape)| {
            Fields::default().bytes(&id.0).number(shape.size())
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
                let read = (BlobId(row.bytes()?), read_shape(&mut row)?);
                row.end()?;
                Ok(read)
            })?,
            more: fields.flag()?,
        })
    }

    fn check(&self) -> Result<(), SignedError> {
        at_most(self.rows.len(), BLOB_ROWS, "number of rows")?;
        let is_in_order = self.rows.is_sorted_by(|(one, _), (next, _)| one < next);
        senseless_unless(
            is_in_order && !(self.more && self.rows.is_empty()),
            "list of blobs",
        )
    }
}

fn read_shape(fields: &mut Reader) -> Result<Shape, SignedError> {
    Shape::of_size(fields.number()?).ok_or(SignedError::Senseless("size"))
}

fn read_place(fields: &mut Reader) -> Result<u32, SignedError> {
    u32::try_from(fields.number()?).map_err(|_| SignedError::Senseless("number of chunks"))
}

fn senseless_unless(is_right: bool, what: &'static str) -> Result<(), SignedError> {
    is_right.then_some(()).ok_or(SignedError::Senseless(what))
}

impl std::fmt::Debug for BlobPutRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "BlobPutRequest({} chunks from {})",
            self.chunks.len(),
            self.from
        )
    }
}

impl std::fmt::Debug for BlobGetResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BlobGetResponse({} chunks)", self.chunks.len())
    }
}
