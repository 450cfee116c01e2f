//! What a method of the store sees of an engine: statements within one transaction.
//!
//! Statements are written once, with `?1`, `?2` for values, and both engines run them; so the contract is equal
//! because there is nothing to differ.

use std::pin::Pin;

use super::StoreError;
use super::live::Concerns;

/// What a method does within its transaction. Boxed, so that one method can be run by either engine.
pub(crate) type Acting<'t, R> = Pin<Box<dyn Future<Output = Result<R, StoreError>> + Send + 't>>;

/// One transaction of an engine.
pub(crate) trait Tx: Send {
    /// Runs a statement; gives how many rows it changed.
    fn run<'t>(&'t mut self, sql: &'t str, values: Vec<Value>) -> Acting<'t, u64>;

    /// Runs a query; gives all its rows.
    fn rows<'t>(&'t mut self, sql: &'t str, values: Vec<Value>) -> Acting<'t, Vec<Row>>;

    /// Puts rows, each with a value for each column: one statement for all of them, or one that is prepared once.
    fn put_rows<'t>(&'t mut self, insert: Insert<'t>, rows: Vec<Vec<Value>>) -> Acting<'t, ()>;

    /// Runs several statements without values, such as a migration.
    fn batch<'t>(&'t mut self, sql: &'t str) -> Acting<'t, ()>;

    /// Tells that something changed, once all of it is done.
    fn tell<'t>(&'t mut self, concerns: Concerns<'t>) -> Acting<'t, ()>;
}

impl dyn Tx + '_ {
    /// The first row of a query.
    pub(crate) async fn row(&mut self, sql: &str, values: Vec<Value>) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// The number that a query counts.
    pub(crate) async fn count(&mut self, sql: &str, values: Vec<Value>) -> Result<i64, StoreError> {
        let row = self.row(sql, values).await?.ok_or(StoreError::Damaged)?;
        row.get(0)
    }
}

/// What [`Tx::put_rows`] puts, and where. No column of it may be without a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Insert<'s> {
    pub(crate) table: &'s str,
    pub(crate) columns: &'s [&'s str],
    /// What happens where there is one already.
    pub(crate) on_conflict: &'s str,
}

impl Insert<'_> {
    /// The statement, with the values from where an engine gives them.
    pub(crate) fn statement(&self, values: &str) -> String {
        let columns = self.columns.join(", ");
        let Self {
            table, on_conflict, ..
        } = self;
        format!("INSERT INTO {table} ({columns}) {values} {on_conflict}")
    }
}

/// A value of the three kinds that both engines keep alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// A row of an answer.
#[derive(Debug)]
pub(crate) struct Row(pub(crate) Vec<Value>);

impl Row {
    /// The value in a column, counted from 0.
    pub(crate) fn get<T: FromValue>(&self, column: usize) -> Result<T, StoreError> {
        T::from_value(self.0.get(column).cloned().ok_or(StoreError::Damaged)?)
    }

    /// The same for what is too long to be copied; nothing stays in its place.
    pub(crate) fn take<T: FromValue>(&mut self, column: usize) -> Result<T, StoreError> {
        let value = self.0.get_mut(column).ok_or(StoreError::Damaged)?;
        T::from_value(std::mem::replace(value, Value::Null))
    }
}

/// A type that a column can be read as.
pub(crate) trait FromValue: Sized {
    fn from_value(value: Value) -> Result<Self, StoreError>;
}

impl FromValue for i64 {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Integer(number) => Ok(number),
            _ => Err(StoreError::Damaged),
        }
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Text(text) => Ok(text),
            _ => Err(StoreError::Damaged),
        }
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(StoreError::Damaged),
        }
    }
}

impl<const N: usize> FromValue for [u8; N] {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        Vec::<u8>::from_value(value)?
            .try_into()
            .map_err(|_| StoreError::Damaged)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Self, StoreError> {
        match value {
            Value::Null => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(bytes: [u8; N]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

macro_rules! hash_value {
    ($($name:ident),*) => {$(
        impl From<crate::keys::$name> for Value {
            fn from(hash: crate::keys::$name) -> Self {
                Self::Bytes(hash.0.to_vec())
            }
        }
    )*};
}

hash_value!(AddressHash, NetworkHash, NumberHash, SubjectHash);

/// The values of a statement, in their order.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::store::tx::Value::from($value)),*] };
}

pub(crate) use values;
