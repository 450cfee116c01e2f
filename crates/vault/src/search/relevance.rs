//! `relevance(search)`: an auxiliary function for FTS5 that ranks a hit by itself.
//!
//! FTS5's own `bm25()` first counts every hit of every word, which grows with the diary. This one is BM25 without the
//! part that needs the count (S. Robertson, H. Zaragoza: The Probabilistic Relevance Framework, 2009, eq. 3.15):
//! Σ over phrases of `tf · (k1 + 1) / (tf + k1 · (1 − b + b · length / mean length))`, where `tf` counts an occurrence in
//! title or tags several times and a stem's half.

#![expect(unsafe_code, reason = "FTS5 takes auxiliary functions as C functions only")]

use std::ffi::{c_int, c_void};
use std::ptr;

use rusqlite::{Connection, ffi};

use crate::VaultError;

const NAME: &std::ffi::CStr = c"relevance";
/// What an occurrence in title, tags, words, stems counts.
const WEIGHTS: [f64; 4] = [6.0, 4.0, 1.0, 0.5];
/// The column whose length is the text's.
const WORDS: c_int = 2;
const K1: f64 = 1.2;
const B: f64 = 0.75;
/// Phrases beyond this are not ranked; a query has sixteen words of at most five forms.
const MOST_PHRASES: usize = 96;

/// Makes `relevance` known to a connection.
///
/// # Errors
/// When SQLite has no FTS5.
pub fn add_to(connection: &Connection) -> Result<(), VaultError> {
    let mut api: *mut ffi::fts5_api = ptr::null_mut();
    // SAFETY: the documented way to FTS5's API: the statement lives until it is finalised here, and FTS5 writes the
    // address of its API, which lives as long as the connection, to where the bound pointer points.
    let code = unsafe {
        let mut statement = ptr::null_mut();
        let sql = c"SELECT fts5(?1)";
        let code = ffi::sqlite3_prepare_v2(
            connection.handle(),
            sql.as_ptr(),
            -1,
            &raw mut statement,
            ptr::null_mut(),
        );
        if code == ffi::SQLITE_OK {
            let place = (&raw mut api).cast::<c_void>();
            ffi::sqlite3_bind_pointer(statement, 1, place, c"fts5_api_ptr".as_ptr(), None);
            ffi::sqlite3_step(statement);
        }
        ffi::sqlite3_finalize(statement);
        code
    };
    let failed = |code| VaultError::from(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
    if code != ffi::SQLITE_OK {
        return Err(failed(code));
    }
    // SAFETY: `api` is null or what FTS5 wrote; the function outlives every connection and takes no user data.
    let code = unsafe {
        match api.as_ref().and_then(|api| api.xCreateFunction) {
            Some(create) => create(api, NAME.as_ptr(), ptr::null_mut(), Some(relevance), None),
            None => ffi::SQLITE_ERROR,
        }
    };
    if code == ffi::SQLITE_OK {
        Ok(())
    } else {
        Err(failed(code))
    }
}

unsafe extern "C" fn relevance(
    api: *const ffi::Fts5ExtensionApi,
    fts: *mut ffi::Fts5Context,
    context: *mut ffi::sqlite3_context,
    _: c_int,
    _: *mut *mut ffi::sqlite3_value,
) {
    // SAFETY: FTS5 calls with its own API, the context of the row at hand and that of the call, valid meanwhile.
    unsafe {
        match api.as_ref().and_then(|api| score(api, fts)) {
            Some(score) => ffi::sqlite3_result_double(context, score),
            None => ffi::sqlite3_result_error_code(context, ffi::SQLITE_ERROR),
        }
    }
}

/// # Safety
/// `fts` is the context that FTS5 handed over together with `api`.
unsafe fn score(api: &ffi::Fts5ExtensionApi, fts: *mut ffi::Fts5Context) -> Option<f64> {
    let (mut rows, mut all, mut length, mut count) = (0, 0, 0, 0);
    let mut frequencies = [0.0; MOST_PHRASES];
    // SAFETY: as this function's; each call writes only to the places handed over.
    unsafe {
        done(api.xRowCount?(fts, &raw mut rows))?;
        done(api.xColumnTotalSize?(fts, WORDS, &raw mut all))?;
        done(api.xColumnSize?(fts, WORDS, &raw mut length))?;
        done(api.xInstCount?(fts, &raw mut count))?;
        for occurrence in 0..count {
            let (mut phrase, mut column, mut offset) = (0, 0, 0);
            done(api.xInst?(
                fts,
                occurrence,
                &raw mut phrase,
                &raw mut column,
                &raw mut offset,
            ))?;
            let weight = usize::try_from(column)
                .ok()
                .and_then(|column| WEIGHTS.get(column));
            let frequency = usize::try_from(phrase)
                .ok()
                .and_then(|phrase| frequencies.get_mut(phrase));
            if let (Some(weight), Some(frequency)) = (weight, frequency) {
                *frequency += weight;
            }
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "numbers of words are far below 2^52")]
    let relative = f64::from(length) * rows as f64 / (all as f64).max(1.0);
    let damping = K1 * (1.0 - B + B * relative);
    Some(
        frequencies
            .iter()
            .map(|tf| tf * (K1 + 1.0) / (tf + damping))
            .sum(),
    )
}

fn done(code: c_int) -> Option<()> {
    (code == ffi::SQLITE_OK).then_some(())
}
