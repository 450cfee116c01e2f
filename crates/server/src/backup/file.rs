//! The file: a stream of CBOR pieces and a proof over them, sealed by age to a key that never leaves the keys' file.
//!
//! Age hides and tells a cut; the proof, keyed too, tells that it was this server that wrote it.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Write},
    path::Path,
    str::FromStr,
    sync::{Arc, Mutex},
};

use age::{
    Decryptor, Encryptor,
    stream::{StreamReader, StreamWriter},
    x25519,
};
use bech32::{Bech32, Hrp};
use ciborium::Value as Cbor;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::{BackupError, Head};
use crate::{
    keys::Keys,
    store::{
        Store, StoreError,
        dump::{Piece, Pieces},
        tx::Value,
    },
};

const FORMAT: &str = "regie/1/backup";
const PROOF: usize = 32;

/// A piece as it is written.
#[derive(Serialize, Deserialize)]
enum Item {
    Head(String, Head),
    Table(String, Vec<String>),
    Row(Vec<Cbor>),
    End(u64),
}

/// What opens backups. Written out it can be handed to age's own program.
pub(super) fn identity(keys: &Keys) -> Result<x25519::Identity, BackupError> {
    let prefix = Hrp::parse("age-secret-key-").map_err(|_| BackupError::NotOurs)?;
    let mut text =
        bech32::encode_upper::<Bech32>(prefix, keys.backups.expose()).map_err(|_| BackupError::NotOurs)?;
    let identity = x25519::Identity::from_str(&text).map_err(|_| BackupError::NotOurs);
    text.zeroize();
    identity
}

/// The key of the proof.
pub(super) fn proof_key(keys: &Keys) -> Zeroizing<[u8; 32]> {
    keys.backups.derive("regie/1/backup/proof")
}

/// Writes, and takes into the proof what it writes.
struct Proving<W> {
    to: W,
    proof: blake3::Hasher,
}

impl<W: Write> Write for Proving<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.proof.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// What is being written, and what became of it.
struct Writing {
    to: Proving<StreamWriter<BufWriter<File>>>,
    rows: u64,
    fault: Option<io::Error>,
}

impl Writing {
    fn put(&mut self, item: &Item) -> bool {
        if self.fault.is_none()
            && let Err(error) = ciborium::into_writer(item, &mut self.to)
        {
            self.fault = Some(io::Error::other(error.to_string()));
        }
        self.fault.is_none()
    }
}

/// Writes everything of a store; gives how many rows that were.
pub(super) async fn write(store: &Store, keys: &Keys, head: &Head, file: File) -> Result<u64, BackupError> {
    let recipient = identity(keys)?.to_public();
    let encryptor = Encryptor::with_recipients(std::iter::once(&recipient as &dyn age::Recipient))
        .map_err(|error| io::Error::other(error.to_string()))?;
    let writing = Arc::new(Mutex::new(Some(Writing {
        to: Proving {
            to: encryptor.wrap_output(BufWriter::with_capacity(1 << 16, file))?,
            proof: blake3::Hasher::new_keyed(&proof_key(keys)),
        },
        rows: 0,
        fault: None,
    })));
    let with = |act: &dyn Fn(&mut Writing) -> bool| {
        let mut writing = writing
            .lock()
            .map_err(|_| io::Error::other("a writer that panicked"))?;
        Ok::<_, io::Error>(writing.as_mut().is_some_and(act))
    };
    with(&|writing| writing.put(&Item::Head(FORMAT.to_owned(), head.clone())))?;
    let own = Arc::clone(&writing);
    let dumped = store
        .dump(Arc::new(Mutex::new(move |piece: Piece| {
            own.lock().is_ok_and(|mut writing| {
                writing.as_mut().is_some_and(|writing| {
                    let item = match piece {
                        Piece::Table { name, columns } => Item::Table(name, columns),
                        Piece::Row(row) => {
                            writing.rows += 1;
                            Item::Row(row.into_iter().map(cbor).collect())
                        }
                    };
                    writing.put(&item)
                })
            })
        })))
        .await;
    let writing = writing
        .lock()
        .map_err(|_| io::Error::other("a writer that panicked"))?
        .take();
    let mut writing = writing.ok_or_else(|| io::Error::other("nothing was written"))?;
    // The disk is the reason, where there is one.
    if let Some(fault) = writing.fault.take() {
        return Err(fault.into());
    }
    dumped?;
    let rows = writing.rows;
    writing.put(&Item::End(rows));
    if let Some(fault) = writing.fault {
        return Err(fault.into());
    }
    let Proving { mut to, proof } = writing.to;
    to.write_all(proof.finalize().as_bytes())?;
    to.finish()?
        .into_inner()
        .map_err(io::IntoInnerError::into_error)?
        .sync_all()?;
    Ok(rows)
}

fn cbor(value: Value) -> Cbor {
    match value {
        Value::Null => Cbor::Null,
        Value::Integer(number) => Cbor::Integer(number.into()),
        Value::Text(text) => Cbor::Text(text),
        Value::Bytes(bytes) => Cbor::Bytes(bytes),
    }
}

fn value(cbor: Cbor) -> Result<Value, StoreError> {
    match cbor {
        Cbor::Null => Ok(Value::Null),
        Cbor::Integer(number) => i64::try_from(number)
            .map(Value::Integer)
            .map_err(|_| StoreError::Damaged),
        Cbor::Text(text) => Ok(Value::Text(text)),
        Cbor::Bytes(bytes) => Ok(Value::Bytes(bytes)),
        _ => Err(StoreError::Damaged),
    }
}

/// Reads, and takes into the proof what it reads.
struct Checking {
    from: StreamReader<BufReader<File>>,
    proof: blake3::Hasher,
}

impl Read for Checking {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.proof.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// A backup that is being read. It ends well only where its proof holds and nothing follows.
struct Reading {
    from: Checking,
    head: Head,
    rows: u64,
    is_over: bool,
}

impl Reading {
    fn begin(path: &Path, identity: &x25519::Identity, proof: &[u8; 32]) -> Result<Self, BackupError> {
        let file = BufReader::with_capacity(1 << 16, File::open(path)?);
        let from = Decryptor::new_buffered(file)
            .and_then(|sealed| sealed.decrypt(std::iter::once(identity as &dyn age::Identity)))
            .map_err(|_| BackupError::NotOurs)?;
        let mut from = Checking {
            from,
            proof: blake3::Hasher::new_keyed(proof),
        };
        match ciborium::from_reader(&mut from) {
            Ok(Item::Head(format, head)) if format == FORMAT => Ok(Self {
                from,
                head,
                rows: 0,
                is_over: false,
            }),
            Ok(Item::Head(..)) => Err(BackupError::Newer),
            _ => Err(BackupError::NotOurs),
        }
    }

    fn piece(&mut self) -> Result<Option<Piece>, StoreError> {
        match ciborium::from_reader(&mut self.from).map_err(|_| StoreError::Damaged)? {
            Item::Table(name, columns) => Ok(Some(Piece::Table { name, columns })),
            Item::Row(row) => {
                self.rows += 1;
                let row = row.into_iter().map(value).collect::<Result<_, _>>()?;
                Ok(Some(Piece::Row(row)))
            }
            Item::End(rows) if rows == self.rows => {
                let expected = self.from.proof.finalize();
                let (mut proof, mut more) = ([0; PROOF], [0; 1]);
                let from = &mut self.from.from;
                let is_whole =
                    from.read_exact(&mut proof).is_ok() && from.read(&mut more).is_ok_and(|more| more == 0);
                // Compared in constant time.
                if is_whole && expected == blake3::Hash::from_bytes(proof) {
                    Ok(None)
                } else {
                    Err(StoreError::Damaged)
                }
            }
            Item::Head(..) | Item::End(_) => Err(StoreError::Damaged),
        }
    }
}

impl Iterator for Reading {
    type Item = Result<Piece, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let piece = self.piece().transpose();
        self.is_over = !matches!(piece, Some(Ok(_)));
        piece
    }
}

/// Reads all of a backup; gives its head and how many rows it has.
pub(super) fn check(
    path: &Path,
    identity: &x25519::Identity,
    proof: &[u8; 32],
) -> Result<(Head, u64), BackupError> {
    let mut reading = Reading::begin(path, identity, proof)?;
    for piece in reading.by_ref() {
        piece.map_err(|_| BackupError::NotOurs)?;
    }
    Ok((reading.head, reading.rows))
}

/// The pieces of a backup, from its beginning.
pub(super) fn pieces(
    path: &Path,
    identity: &x25519::Identity,
    proof: &[u8; 32],
) -> Result<Pieces, StoreError> {
    let reading = Reading::begin(path, identity, proof).map_err(|_| StoreError::Damaged)?;
    Ok(Box::new(reading))
}
