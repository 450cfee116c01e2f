//! SQLite's memory comes from the program's own allocator, which wipes what is freed (src-tauri/main.rs): so locking also
//! removes pages and statements. SQLCipher's `cipher_memory_security` would do so too, and locks each allocation against
//! swapping: two system calls each time, which made every statement several times slower. Keys stay in SQLCipher's own
//! locked memory either way.

#![expect(unsafe_code, reason = "SQLite takes its memory from C functions")]

use std::alloc::{Layout, alloc, dealloc, realloc};
use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::OnceLock;

use rusqlite::ffi;

use crate::VaultError;

/// Before each piece stands its size.
const HEADER: usize = 16;
const ALIGNMENT: usize = 16;

/// Gives SQLite the program's allocator. To be called before anything else uses SQLite.
///
/// # Errors
/// When SQLite is in use already.
pub fn guard() -> Result<(), VaultError> {
    static DONE: OnceLock<c_int> = OnceLock::new();
    let code = *DONE.get_or_init(|| {
        let methods = ffi::sqlite3_mem_methods {
            xMalloc: Some(allocate),
            xFree: Some(free),
            xRealloc: Some(change),
            xSize: Some(size),
            xRoundup: Some(round_up),
            xInit: Some(begin),
            xShutdown: Some(end),
            pAppData: ptr::null_mut(),
        };
        // SAFETY: the option takes one pointer to methods, which SQLite copies.
        unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_MALLOC, &raw const methods) }
    });
    if code == ffi::SQLITE_OK {
        Ok(())
    } else {
        Err(VaultError::Database(code))
    }
}

fn layout(bytes: usize) -> Option<Layout> {
    Layout::from_size_align(bytes.checked_add(HEADER)?, ALIGNMENT).ok()
}

/// # Safety
/// `start` is null or what an allocation of `bytes` behind a header returned.
unsafe fn behind_header(start: *mut u8, bytes: usize) -> *mut c_void {
    if start.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: the header is part of the allocation and aligned for a number.
    unsafe {
        start.cast::<usize>().write(bytes);
        start.add(HEADER).cast()
    }
}

unsafe extern "C" fn allocate(bytes: c_int) -> *mut c_void {
    let bytes = usize::try_from(bytes).unwrap_or_default();
    match layout(bytes) {
        // SAFETY: a layout with a header is never empty.
        Some(layout) if bytes > 0 => unsafe { behind_header(alloc(layout), bytes) },
        _ => ptr::null_mut(),
    }
}

unsafe extern "C" fn free(piece: *mut c_void) {
    if piece.is_null() {
        return;
    }
    // SAFETY: SQLite hands back what `allocate` or `change` gave, whose header says its size.
    unsafe {
        let start = piece.cast::<u8>().sub(HEADER);
        if let Some(layout) = layout(start.cast::<usize>().read()) {
            dealloc(start, layout);
        }
    }
}

unsafe extern "C" fn change(piece: *mut c_void, bytes: c_int) -> *mut c_void {
    let bytes = usize::try_from(bytes).unwrap_or_default();
    // SAFETY: as in `free`; the allocator copies what fits.
    unsafe {
        let start = piece.cast::<u8>().sub(HEADER);
        match (layout(start.cast::<usize>().read()), layout(bytes)) {
            (Some(old), Some(new)) if bytes > 0 => behind_header(realloc(start, old, new.size()), bytes),
            _ => ptr::null_mut(),
        }
    }
}

unsafe extern "C" fn size(piece: *mut c_void) -> c_int {
    if piece.is_null() {
        return 0;
    }
    // SAFETY: as in `free`.
    let bytes = unsafe { piece.cast::<u8>().sub(HEADER).cast::<usize>().read() };
    c_int::try_from(bytes).unwrap_or(c_int::MAX)
}

unsafe extern "C" fn round_up(bytes: c_int) -> c_int {
    bytes.checked_add(7).map_or(bytes, |bytes| bytes & !7)
}

unsafe extern "C" fn begin(_: *mut c_void) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn end(_: *mut c_void) {}
