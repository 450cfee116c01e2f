//! Small reads and seeks of a zip reader, as a few large ones: behind it may lie a file that is decrypted piece by piece.

use std::io::{self, Read, Seek, SeekFrom};

const PAGE: usize = 32 * 1024;

/// Reads a page where it is asked; seeking costs nothing.
pub(super) struct Paged<R> {
    /// Absent once it was taken.
    inner: Option<R>,
    at: u64,
    inner_at: Option<u64>,
    page: Vec<u8>,
    page_at: u64,
}

impl<R> Paged<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner: Some(inner),
            at: 0,
            inner_at: None,
            page: Vec::new(),
            page_at: 0,
        }
    }

    /// The same reader elsewhere; what stays behind reads nothing any more.
    pub(super) fn take(&mut self) -> Self {
        Self {
            inner: self.inner.take(),
            at: 0,
            inner_at: None,
            page: Vec::new(),
            page_at: 0,
        }
    }

    fn rest(&self) -> &[u8] {
        let skipped = (self.at.checked_sub(self.page_at)).and_then(|skipped| usize::try_from(skipped).ok());
        skipped
            .and_then(|skipped| self.page.get(skipped..))
            .unwrap_or_default()
    }
}

fn gone() -> io::Error {
    io::Error::from(io::ErrorKind::NotConnected)
}

impl<R: Read + Seek> Read for Paged<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest().is_empty() && !buffer.is_empty() {
            let inner = self.inner.as_mut().ok_or_else(gone)?;
            if self.inner_at != Some(self.at) {
                inner.seek(SeekFrom::Start(self.at))?;
            }
            self.inner_at = None;
            self.page.clear();
            let count = inner.by_ref().take(PAGE as u64).read_to_end(&mut self.page)?;
            self.page_at = self.at;
            self.inner_at = Some(self.at + count as u64);
        }
        let mut rest = self.rest();
        let count = rest.read(buffer)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl<R: Read + Seek> Seek for Paged<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(_) => {
                self.inner_at = None;
                let at = self.inner.as_mut().ok_or_else(gone)?.seek(to)?;
                Some(at)
            }
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
