//! Whether the store answers.

use std::{future::Future, pin::Pin, sync::Arc};

use crate::{http::Readiness, store::Store};

pub(super) struct Answers(pub(super) Arc<Store>);

impl Readiness for Answers {
    fn name(&self) -> &'static str {
        "store"
    }

    fn works(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(async { self.0.schema_version().await.is_ok() })
    }
}
