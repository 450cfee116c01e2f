//! Pages of a first sync are asked for ahead: while those that came are checked and kept, the next ones come. What comes is the same, in the
//! same order, and is looked at when the engine asks for it.

use std::{
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread::Scope,
};

use regie_protocol::{signed::Head, sync::PullRequest};

use crate::{AccountError, Client, ClientError};

use super::answers::Held;

/// So many pages wait at most.
const AHEAD: usize = 4;

/// A page, the head beside it, and how far down it goes; nothing where the server says that there is nothing new.
pub(super) type Fetched = Option<(Held, Head, u64)>;

/// From where a page was asked for, and what came of that.
type Came = (u64, Result<Fetched, ClientError>);

/// Asks for the pages, one after the other. Whoever lets go of it waits for the request that is under way.
pub(super) struct Fetching<'scope, 'env> {
    client: &'env Client,
    scope: &'scope Scope<'scope, 'env>,
    pages: Option<Receiver<Came>>,
}

impl<'scope, 'env> Fetching<'scope, 'env> {
    pub(super) const fn begin(client: &'env Client, scope: &'scope Scope<'scope, 'env>) -> Self {
        Self {
            client,
            scope,
            pages: None,
        }
    }

    /// The page from this place down. Those below it are asked for from then on.
    pub(super) fn page_down(&mut self, from: u64) -> Result<Fetched, ClientError> {
        match self.next() {
            Some((at, page)) if at == from => page,
            _ => {
                let (send, pages) = sync_channel(AHEAD);
                self.pages = Some(pages);
                let client = self.client;
                self.scope.spawn(move || client.fetch_down(from, &send));
                self.next()
                    .map_or(Err(AccountError::Offline.into()), |(_, page)| page)
            }
        }
    }

    fn next(&self) -> Option<Came> {
        self.pages.as_ref()?.recv().ok()
    }
}

impl Client {
    fn fetch_down(&self, mut from: u64, send: &SyncSender<Came>) {
        // Asked once: whoever keeps a page holds the vault long.
        let me = match self.me() {
            Ok(me) => me,
            Err(error) => {
                // Refused where nobody waits any more.
                send.send((from, Err(error))).ok();
                return;
            }
        };
        loop {
            let page = self.fetch(&me, &PullRequest::Down(from));
            let next = match &page {
                Ok(Some((_, _, to))) if *to <= from => to.checked_sub(1).filter(|next| *next > 0),
                _ => None,
            };
            let is_wanted = send.send((from, page)).is_ok() && !self.sync.is_closing();
            match next {
                Some(next) if is_wanted => from = next,
                _ => return,
            }
        }
    }
}
