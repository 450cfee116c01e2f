//! Asking the server, and sending the stored push.

use std::{collections::BTreeMap, thread};

use bytes::Bytes;
use regie_protocol::{
    account::path as account_path,
    signed::{self, Head, HeaderHash},
    sync::{
        FetchRequest, FetchResponse, HeadRequest, HeadResponse, HeadersRequest, HeadersResponse, ListRequest,
        ListResponse, PullRequest, PullResponse, PushResponse, RecordId, Wire, limits::PART_RECORDS, path,
    },
};
use regie_sync::{Anchor, Answer, Ask, Delivery, Page, Passage, Refusal};

use crate::{
    AccountError, Client, ClientError,
    account::{Me, RequestContent, RequestPurpose},
    net::Outgoing,
};

use super::{
    Running,
    answers::{self, Held, HeldRecord},
    checking::is_for_later,
    damaged,
    fetching::{Fetched, Fetching},
    sealing::Parcelled,
};

impl Client {
    /// Asks what the engine wants to know. Whatever goes wrong there is an answer to it.
    pub(super) fn ask_for_sync(
        &self,
        running: &mut Running,
        fetching: &mut Fetching<'_, '_>,
        ask: Ask,
    ) -> Result<Answer, ClientError> {
        settle(
            self.try_to_ask(running, fetching, ask),
            Answer::Refused,
            Answer::Failed,
        )
    }

    fn try_to_ask(
        &self,
        running: &mut Running,
        fetching: &mut Fetching<'_, '_>,
        ask: Ask,
    ) -> Result<Answer, ClientError> {
        match ask {
            Ask::Anchor => self.ask_anchor(running),
            Ask::Up { after } => {
                let after = Head {
                    sequence: after.sequence,
                    hash: after.hash,
                };
                page(running, self.fetch(&self.me()?, &PullRequest::After(after))?)
            }
            Ask::Down { from } => page(running, fetching.page_down(from)?),
            Ask::Headers { after, to } => {
                let answer: HeadersResponse =
                    self.sync_request(path::HEADERS, &HeadersRequest { after, to })?;
                let held = Held::read(&answer.headers, Vec::new())?;
                let reached = held.headers.last().map_or(after, signed::Header::sequence);
                Ok(Answer::Page(keep(running, held, answer.head, reached)?))
            }
            Ask::Differing => self.ask_differing(running),
        }
    }

    /// Asks for a page.
    pub(super) fn fetch(&self, me: &Me, request: &PullRequest) -> Result<Fetched, ClientError> {
        let mut turn = self.account.turn();
        let answer = self.signed_wire(&mut turn, me, path::PULL, request, RequestPurpose::Sync)?;
        drop(turn);
        match answer {
            PullResponse::Same => Ok(None),
            PullResponse::Page(page) => {
                let held = Held::read(&page.headers, page.records)?;
                Ok(Some((held, page.head, page.to)))
            }
        }
    }

    /// Head, devices and epochs, checked against what this device vouches for by itself.
    fn ask_anchor(&self, running: &mut Running) -> Result<Answer, ClientError> {
        let answer: HeadResponse = self.sync_request(path::HEAD, &HeadRequest)?;
        let bad = |_| AccountError::BadAnswer;
        let head = answer.head.header().map_err(bad)?;
        let (epochs, roll) = answer.read_roll().map_err(bad)?;
        let goes_on_from_here = running.engine.snapshot().pull.as_ref();
        let goes_on_from_here =
            goes_on_from_here.is_some_and(|pull| matches!(pull.passage, Passage::FromHere { .. }));
        match self.learn_epochs(running, head.epoch()) {
            // Over epochs that are nobody's whom this device knows it does not go on: that is told, and not asked again and again.
            Err(error) if goes_on_from_here && !is_for_later(&error) => {
                tracing::debug!(%error, "the epochs that are shown are not this device's");
            }
            learnt => learnt?,
        }
        let (opens, fits) = self.with_vault(|vault| {
            let mut ours = true;
            for epoch in &epochs {
                let kept = running.keys.of(vault, epoch.statement().number)?;
                ours &= kept.is_some_and(|kept| kept.header == *epoch && kept.account.check(epoch).is_ok());
            }
            let known = vault.known_devices()?;
            let signed = match &head {
                signed::Header::Change(change) => roll.check_head(change).is_ok(),
                // An epoch's header bears no roll: each device is one whose name this one read.
                signed::Header::Epoch(epoch) => {
                    epochs.last() == Some(epoch) && roll.devices().all(|device| known.contains(device))
                }
            };
            let opens = ours && !epochs.is_empty();
            Ok((opens, opens && signed))
        })?;
        let header = answers::header(&head)?;
        running.held = Some(Held {
            headers: vec![head],
            ..Held::default()
        });
        Ok(Answer::Anchor(Anchor {
            head: header,
            roll: answers::roll(&roll),
            fits,
            opens,
        }))
    }

    /// What the server lists once more, and of that what does not lie aside as it is listed.
    fn ask_differing(&self, running: &mut Running) -> Result<Answer, ClientError> {
        let (mut listed, mut after) = (BTreeMap::new(), None);
        let mut head = loop {
            let part: ListResponse = self.sync_request(path::LIST, &ListRequest { after })?;
            after = goes_on(after, &part, listed.len())?;
            listed.extend(part.rows.iter().map(|row| (row.id, row.hash)));
            if !part.more {
                break part.head;
            }
        };
        let wanted = self.with_vault(|vault| {
            let mut wanted = Vec::new();
            for (id, hash) in &listed {
                let lies = vault.aside(*id)?.is_some_and(|aside| aside.theirs.hash == *hash);
                let known = vault.known(*id)?.is_some_and(|known| known.hash == *hash);
                if !lies && !known {
                    wanted.push(*id);
                }
            }
            Ok(wanted)
        })?;
        let mut records = Vec::new();
        let mut left: &[RecordId] = &wanted;
        while !left.is_empty() {
            let (ids, rest) = left.split_at(left.len().min(PART_RECORDS));
            let part: FetchResponse = self.sync_request(path::FETCH, &FetchRequest { ids: ids.to_vec() })?;
            head = part.head;
            let got = part.records.into_iter().map(HeldRecord::read);
            let got: Vec<_> = got.collect::<Result<_, _>>()?;
            // What it listed and does not hand out is missing in the set; that shows when it is compared.
            left = match got.last() {
                Some(last) => after_last(left, last.envelope.label.id)?,
                None => rest,
            };
            records.extend(got);
        }
        let held = Held {
            records,
            listed: Some(listed.into_keys().collect()),
            ..Held::default()
        };
        let reached = head.sequence;
        Ok(Answer::Page(keep(running, held, head, reached)?))
    }

    /// Epochs that other devices began are taken over, up to this one at least.
    pub(super) fn learn_epochs(&self, running: &mut Running, epoch: u64) -> Result<(), ClientError> {
        if self.with_vault(|vault| Ok(running.keys.of(vault, epoch)?.is_some()))? {
            return Ok(());
        }
        let mut turn = self.account.turn();
        let me = self.me()?;
        self.follow_epochs(&mut turn, &me)
    }

    /// Sends the stored push, byte for byte; `kept` is one that was just stored. While it is on its way the vault is free for what is done
    /// meanwhile.
    pub(super) fn send_push(
        &self,
        kept: Option<(HeaderHash, Bytes)>,
        meanwhile: impl FnOnce(),
    ) -> Result<Delivery, ClientError> {
        let stored = self.with_vault(|vault| match (vault.push_on_its_way()?, kept) {
            (Some((sequence, hash)), Some((of, bytes))) if hash == of => Ok(Some((sequence, bytes))),
            _ => Ok(vault
                .push_to_send()?
                .map(|push| (push.sequence, push.bytes.into()))),
        })?;
        let Some((sequence, bytes)) = stored else {
            return Ok(Delivery::Failed);
        };
        let parcelled = Parcelled::from_bytes(bytes)?;
        let request = match &parcelled {
            Parcelled::Push(bytes) => Outgoing::post_bytes(
                path::PUSH,
                bytes.clone(),
                RequestPurpose::Sync,
                RequestContent::Sealed,
            ),
            Parcelled::Restart(bytes) => Outgoing::post_bytes(
                path::RESTART,
                bytes.clone(),
                RequestPurpose::Sync,
                RequestContent::Sealed,
            ),
            Parcelled::SignOut(json) => Outgoing::post_json(
                account_path::SIGN_OUT,
                json.clone(),
                RequestPurpose::SignOut,
                RequestContent::Keys,
            ),
            Parcelled::AllNew(json) => {
                let sent = self
                    .send_all_new(json.clone())
                    .map(|()| Delivery::Stored { sequence });
                return match sent {
                    Err(ClientError::Account(AccountError::LoginFailed)) => Ok(Delivery::ProofEnded),
                    sent => delivered(sent),
                };
            }
        };
        let sent = (|| {
            let mut turn = self.account.turn();
            let (turn, me) = (&mut *turn, self.me()?);
            let number = self.with_vault(|vault| Ok(vault.next_number()?))?;
            let answer = thread::scope(|scope| {
                let asking = scope.spawn(|| self.signed_as(turn, &me, &request, Some(number)));
                meanwhile();
                asking.join().unwrap_or_else(|_| Err(damaged()))
            })?;
            if request.purpose == RequestPurpose::SignOut {
                return Ok(Delivery::Stored { sequence });
            }
            if answer.is_empty() {
                return Ok(Delivery::Failed);
            }
            Ok(match answer.read_wire()? {
                PushResponse::Stored(head) => Delivery::Stored {
                    sequence: head.sequence,
                },
                PushResponse::Ahead(head) => Delivery::Ahead {
                    sequence: head.sequence,
                },
            })
        })();
        match sent {
            Err(ClientError::Account(AccountError::BlobNotWhole)) => {
                self.look_at_kept(&parcelled)?;
                Ok(Delivery::NotWhole)
            }
            sent => delivered(sent),
        }
    }

    pub(super) fn sync_request<T: Wire>(&self, target: &str, said: &impl Wire) -> Result<T, ClientError> {
        let mut turn = self.account.turn();
        let me = self.me()?;
        self.signed_wire(&mut turn, &me, target, said, RequestPurpose::Sync)
    }
}

fn page(running: &mut Running, fetched: Fetched) -> Result<Answer, ClientError> {
    match fetched {
        None => Ok(Answer::Same),
        Some((held, head, to)) => keep(running, held, head, to).map(Answer::Page),
    }
}

fn keep(running: &mut Running, held: Held, head: Head, reached: u64) -> Result<Page, ClientError> {
    let page = Page {
        head: (head.sequence, head.hash),
        headers: held.engine_headers()?,
        records: u64::try_from(held.records.len()).unwrap_or(u64::MAX),
        reached,
    };
    running.held = Some(held);
    Ok(page)
}

/// More than any life's writing, and what a device can hold the ids of.
const MOST_LISTED: usize = 4_000_000;

/// The last record of a list so far. A list that goes back, or on without end, is no list.
fn goes_on(
    after: Option<RecordId>,
    part: &ListResponse,
    listed: usize,
) -> Result<Option<RecordId>, AccountError> {
    let first = part.rows.first().map(|row| row.id);
    let grows = first.is_none_or(|first| after.is_none_or(|after| first > after));
    if !grows || listed.saturating_add(part.rows.len()) > MOST_LISTED {
        return Err(AccountError::BadAnswer);
    }
    Ok(part.rows.last().map(|row| row.id).or(after))
}

/// What is still to be asked for, of ids in order, once records up to this one came. One that comes before all of them was not asked for.
fn after_last(left: &[RecordId], last: RecordId) -> Result<&[RecordId], AccountError> {
    let came = left.partition_point(|id| *id <= last);
    match left.get(came..) {
        Some(rest) if came > 0 => Ok(rest),
        _ => Err(AccountError::BadAnswer),
    }
}

/// What a server's refusal means for syncing.
fn refused(error: &ClientError) -> Option<Refusal> {
    let ClientError::Account(error) = error else {
        return None;
    };
    match error {
        AccountError::SignedOut => Some(Refusal::SignedOut),
        AccountError::NoCopy => Some(Refusal::NoCopy),
        AccountError::ProgramTooOld => Some(Refusal::TooOld),
        AccountError::Busy { wait_seconds } => Some(Refusal::Later(Some(*wait_seconds))),
        AccountError::ServerTooOld => Some(Refusal::Later(None)),
        _ => None,
    }
}

fn delivered(sent: Result<Delivery, ClientError>) -> Result<Delivery, ClientError> {
    match sent {
        Err(ClientError::Account(AccountError::Changed)) => Ok(Delivery::WrongEpoch),
        sent => settle(sent, Delivery::Refused, Delivery::Failed),
    }
}

/// What went wrong on the network or at the server is an answer; what did here is an error.
fn settle<T>(
    done: Result<T, ClientError>,
    refusal: impl FnOnce(Refusal) -> T,
    failed: T,
) -> Result<T, ClientError> {
    match done {
        Err(error @ ClientError::Account(_)) => {
            tracing::debug!(%error, "the server gave no answer that could be used");
            Ok(refused(&error).map_or(failed, refusal))
        }
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use regie_protocol::{
        signed::HeaderHash,
        sync::{EnvelopeHash, ListRow, Revision},
    };

    use super::*;

    fn id(number: u8) -> RecordId {
        RecordId([number; 16])
    }

    fn part(ids: &[u8]) -> ListResponse {
        let row = |number: &u8| ListRow {
            id: id(*number),
            revision: Revision([0; 16]),
            hash: EnvelopeHash([0; 32]),
        };
        ListResponse {
            head: Head {
                sequence: 1,
                hash: HeaderHash([0; 32]),
            },
            rows: ids.iter().map(row).collect(),
            more: true,
        }
    }

    #[test]
    fn a_list_that_never_ends_is_given_up() {
        assert_eq!(goes_on(None, &part(&[1, 2]), 0), Ok(Some(id(2))));
        assert_eq!(goes_on(Some(id(2)), &part(&[3]), 2), Ok(Some(id(3))));
        for again in [&[1, 2][..], &[2], &[2, 3]] {
            assert_eq!(
                goes_on(Some(id(2)), &part(again), 2),
                Err(AccountError::BadAnswer)
            );
        }
        let endless = goes_on(Some(id(2)), &part(&[3]), MOST_LISTED);
        assert_eq!(endless, Err(AccountError::BadAnswer));
    }

    #[test]
    fn records_that_nobody_asked_for_do_not_make_the_same_question_come_again() {
        let left = [id(3), id(5), id(7)];
        assert_eq!(after_last(&left, id(5)), Ok(&left[2..]));
        assert_eq!(after_last(&left, id(9)), Ok(&left[3..]));
        assert_eq!(after_last(&left, id(1)), Err(AccountError::BadAnswer));
    }
}
