//! What a voice note keeps to, whether it comes as a file or is recorded in the window.

/// The largest one, in bytes; an hour is smaller.
pub const LARGEST_SOUND: u64 = 64 * 1024 * 1024;
/// So long it lasts at most, in milliseconds.
pub const LONGEST_SOUND: u64 = 60 * 60 * 1000;
/// A recording in the window: bits of a second.
pub const BITS_PER_SECOND: u32 = 32_000;
/// A recording in the window: its channels.
pub const CHANNELS: u32 = 1;
/// A recording in the window: what was said goes to the vault so often, in seconds.
pub const PIECE_SECONDS: u32 = 5;
/// A recording in the window: the person is told so long before its end, in seconds.
pub const TOLD_BEFORE_SECONDS: u32 = 5 * 60;
/// The largest piece of a recording under way, in bytes: a quarter of an hour, for a window that was held up.
pub const LARGEST_PIECE: usize = 4 * 1024 * 1024;
