//! Where Typst works: the template, the data and the letters, and nothing else in the world.

use std::sync::LazyLock;
use std::thread;

use typst::{
    Library, LibraryExt, World,
    diag::{FileError, FileResult},
    foundations::{Bytes, Datetime, Duration, Smart},
    syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot},
    text::{Font, FontBook},
    utils::LazyHash,
};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use super::{Sheets, letters};
use crate::{ArchiveError, report::texts};

const TEMPLATE: &str = include_str!("../../../content/report.typ");
/// Quotes in lists in quotes go deep, and the thread that asks may have little room.
const STACK: usize = 32 * 1024 * 1024;
const UNMADE: ArchiveError = ArchiveError::Unmade("report");

/// Asked while pages are set: whether the person has stopped it.
pub type Stopped<'a> = &'a (dyn Fn() -> bool + Sync);

/// Typesets a volume; soon after it was stopped it ends.
pub(super) fn typeset(sheets: &Sheets, stopped: Stopped<'_>) -> Result<Vec<u8>, ArchiveError> {
    let desk = Desk::with(sheets, stopped)?;
    let made = thread::scope(|scope| {
        let work = thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || desk.pdf());
        work.map(|work| work.join().unwrap_or(None))
    });
    forget();
    if stopped() {
        return Err(ArchiveError::Stopped);
    }
    made?.ok_or(UNMADE)
}

pub(super) struct Desk<'a> {
    stopped: Stopped<'a>,
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    template: Source,
    data: Bytes,
}

impl<'a> Desk<'a> {
    pub(super) fn with(sheets: &Sheets, stopped: Stopped<'a>) -> Result<Self, ArchiveError> {
        let mut data = serde_json::to_value(sheets).map_err(|_| UNMADE)?;
        let letters = letters::fit(&mut data);
        if letters.lacking
            && let Some(fields) = data.as_object_mut()
        {
            let said = if sheets.lang == "nl" {
                texts::PLACEHOLDERS.nl
            } else {
                texts::PLACEHOLDERS.en
            };
            fields.insert("placeholders".into(), said.into());
        }
        let data = serde_json::to_vec(&data).map_err(|_| UNMADE)?;
        let [template, _] = files()?;
        Ok(Self {
            stopped,
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(FontBook::from_fonts(&letters.fonts)),
            fonts: letters.fonts,
            template: Source::new(template, TEMPLATE.to_owned()),
            data: Bytes::new(data),
        })
    }

    pub(super) fn document(&self) -> Option<PagedDocument> {
        typst::compile(self).output.ok()
    }

    /// PDF/UA-1; without that claim where a font of the system or a text does not allow it.
    fn pdf(&self) -> Option<Vec<u8>> {
        let document = self.document()?;
        let strict = PdfStandards::new(&[PdfStandard::Ua_1]).ok();
        let made = strict.and_then(|standards| typst_pdf::pdf(&document, &options(standards)).ok());
        made.or_else(|| typst_pdf::pdf(&document, &options(PdfStandards::default())).ok())
    }
}

fn options(standards: PdfStandards) -> PdfOptions {
    PdfOptions {
        creator: Smart::Custom(Some("Regie".into())),
        standards,
        ..PdfOptions::default()
    }
}

/// Typst remembers what it set in order to be faster the next time; nobody's diary may stay there.
pub(super) fn forget() {
    typst::comemo::evict(0);
}

/// The template and the data.
fn files() -> Result<[FileId; 2], ArchiveError> {
    static FILES: LazyLock<Option<[FileId; 2]>> = LazyLock::new(|| {
        let file = |path: &str| {
            let path = VirtualPath::new(path).ok()?;
            Some(RootedPath::new(VirtualRoot::Project, path).intern())
        };
        Some([file("/report.typ")?, file("/data.json")?])
    });
    FILES.ok_or(UNMADE)
}

impl World for Desk<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.template.id() {
            Ok(self.template.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        match files() {
            Ok([_, data]) if id == data => Ok(self.data.clone()),
            _ => Err(FileError::AccessDenied),
        }
    }

    fn font(&self, index: usize) -> Option<Font> {
        if (self.stopped)() {
            // Typst has no other way to be interrupted; the thread that sets the pages ends here, and nothing else.
            std::panic::resume_unwind(Box::new(ArchiveError::Stopped));
        }
        self.fonts.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
