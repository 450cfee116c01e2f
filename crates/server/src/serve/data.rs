//! The folder for everything that is kept, which nobody else on the machine may read.

use std::{
    fs::{self, DirBuilder},
    future::Future,
    path::{Path, PathBuf},
    pin::Pin,
};

use crate::{error::ServerError, http::Readiness};

pub(super) struct Folder(PathBuf);

impl Folder {
    /// Makes the folder when it is not there.
    pub(super) fn prepare(folder: &Path) -> Result<Self, ServerError> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        // Reading it tells whether it is a folder, and ours.
        let there = builder.create(folder).and_then(|()| fs::read_dir(folder));
        match there {
            Ok(_) => Ok(Self(folder.to_owned())),
            Err(source) => Err(ServerError::Data {
                folder: folder.to_owned(),
                source,
            }),
        }
    }
}

impl Readiness for Folder {
    fn name(&self) -> &'static str {
        "data folder"
    }

    fn works(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(async {
            tokio::fs::metadata(&self.0)
                .await
                .is_ok_and(|found| found.is_dir())
        })
    }
}
