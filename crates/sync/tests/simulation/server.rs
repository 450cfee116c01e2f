//! A server in memory: it takes pushes by compare-and-swap, hands out pages, and can be made to lie.

use std::collections::{BTreeMap, BTreeSet};

use regie_sync::{
    AccountId, Anchor, Answer, Ask, Delivery, Device, DeviceId, Entry, Head, Header, HeaderHash, HeaderKind,
    Page, RecordId, Refusal, Roll,
};

use crate::toy::{Envelope, Signed};

/// How many records and headers a page has here: few, so that there are many pages.
const PAGE: usize = 4;

/// A push as it is stored and sent.
#[derive(Clone, Debug)]
pub struct Push {
    pub headers: Vec<Signed>,
    pub envelopes: Vec<Envelope>,
    /// Whether a new passphrase comes with it: then it is taken by a proof alone.
    pub all_new: bool,
}

/// That somebody just proved who they are: to be shown beside a push.
#[derive(Clone, Copy, Debug)]
pub struct Proof {
    /// Of which passphrase.
    pub generation: u64,
    pub until: u64,
}

/// A page as it travels: what the engine sees, and the bytes that the device keeps.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    pub headers: Vec<Signed>,
    pub envelopes: Vec<(u64, Envelope)>,
    /// Whether it tells what differs, and then all that is there.
    pub differing: bool,
    pub listed: BTreeSet<RecordId>,
}

#[derive(Clone, Debug)]
pub struct Server {
    pub account: AccountId,
    pub headers: Vec<Signed>,
    pub records: BTreeMap<RecordId, (u64, Envelope)>,
    pub devices: BTreeMap<DeviceId, Device>,
    pub out: BTreeSet<DeviceId>,
    pub keeps_copy: bool,
    pub knows: bool,
    /// Grows with each new passphrase.
    pub generation: u64,
    /// Headers of pushes that were refused once, since what they would keep was not whole: some of all pushes.
    pub not_whole: BTreeSet<[u8; 32]>,
    /// The number of each device's last request that was refused so. What lacked comes with a later one, after which a copy of a push that
    /// was still on its way is refused as a repetition.
    used: BTreeMap<DeviceId, u64>,
}

impl Server {
    pub fn new(account: AccountId) -> Self {
        Self {
            account,
            headers: Vec::new(),
            records: BTreeMap::new(),
            devices: BTreeMap::new(),
            out: BTreeSet::new(),
            keeps_copy: true,
            knows: true,
            generation: 1,
            not_whole: BTreeSet::new(),
            used: BTreeMap::new(),
        }
    }

    pub fn head(&self) -> &Signed {
        self.headers.last().expect("an account begins with an epoch")
    }

    pub fn roll(&self) -> Roll {
        let mut devices: Vec<Device> = Vec::new();
        let mut epochs = Vec::new();
        for signed in &self.headers {
            match &signed.header.kind {
                HeaderKind::Epoch { sealed_to, .. } => {
                    epochs.push(signed.header.hash);
                    devices.retain(|device| sealed_to.contains(&device.id));
                }
                HeaderKind::Change { entries, .. } => entries.iter().for_each(|entry| match entry {
                    Entry::Joined(device) => {
                        devices.retain(|known| known.id != device.id);
                        devices.push(*device);
                    }
                    Entry::Out(id) => devices.retain(|device| device.id != *id),
                    Entry::Restart { .. } => {}
                }),
            }
        }
        Roll::claimed(epochs, devices)
    }

    fn refuses(&self, by: DeviceId) -> Option<Refusal> {
        if !self.knows {
            Some(Refusal::UnknownAccount)
        } else if self.out.contains(&by) || !self.devices.contains_key(&by) {
            Some(Refusal::SignedOut)
        } else {
            None
        }
    }

    /// A push, and the passphrase by which somebody proved who they are.
    pub fn push(&mut self, by: DeviceId, number: u64, push: &Push, proof: Option<u64>) -> Delivery {
        if let Some(refusal) = self.refuses(by) {
            return Delivery::Refused(refusal);
        }
        let (first, last) = (
            &push.headers[0].header,
            &push.headers.last().expect("a header").header,
        );
        let begins = matches!(first.kind, HeaderKind::Epoch { .. });
        if !self.keeps_copy && !begins {
            return Delivery::Refused(Refusal::NoCopy);
        }
        let head = self.head().header.as_head();
        if push.all_new {
            // Its proof ended with the passphrase that it brought: sent again it is not known again.
            return match proof == Some(self.generation) {
                false => Delivery::ProofEnded,
                true if first.before != Some(head.hash) || self.leaves_out(first) => Delivery::WrongEpoch,
                true => {
                    self.generation += 1;
                    self.take(push)
                }
            };
        }
        if self.headers.iter().any(|known| known.header.hash == first.hash) {
            return Delivery::Stored {
                sequence: head.sequence,
            };
        }
        let restarts = last.restarts();
        let next = first.sequence == head.sequence + 1 || (restarts && first.sequence > head.sequence);
        if first.before != Some(head.hash) || !next {
            return Delivery::Ahead {
                sequence: head.sequence,
            };
        }
        if first.device != by || first.epoch() != head.epoch + u64::from(begins) {
            return Delivery::WrongEpoch;
        }
        if self.leaves_out(first) {
            return Delivery::WrongEpoch;
        }
        if self.used.get(&by).is_some_and(|used| *used >= number) {
            // A copy on its way: nobody hears the answer.
            return Delivery::Failed;
        }
        let [chance, ..] = first.hash.0;
        if !begins && !restarts && chance.is_multiple_of(24) && self.not_whole.insert(first.hash.0) {
            self.used.insert(by, number);
            return Delivery::NotWhole;
        }
        self.take(push)
    }

    fn take(&mut self, push: &Push) -> Delivery {
        let last = &push.headers.last().expect("a header").header;
        self.keeps_copy = true;
        for envelope in &push.envelopes {
            self.records
                .insert(envelope.id, (last.sequence, envelope.clone()));
        }
        self.headers.extend(push.headers.iter().cloned());
        Delivery::Stored {
            sequence: last.sequence,
        }
    }

    /// Whether an epoch leaves a device behind.
    fn leaves_out(&self, first: &Header) -> bool {
        let HeaderKind::Epoch { sealed_to, .. } = &first.kind else {
            return false;
        };
        self.listed().any(|device| !sealed_to.contains(&device))
    }

    /// The devices that take part, as far as this server knows.
    fn listed(&self) -> impl Iterator<Item = DeviceId> {
        self.devices.keys().filter(|id| !self.out.contains(id)).copied()
    }

    pub fn withdraw(&mut self) {
        self.records.clear();
        self.keeps_copy = false;
    }

    pub fn answer(
        &self,
        by: DeviceId,
        ask: Ask,
        aside: &BTreeMap<RecordId, (u64, Envelope)>,
    ) -> (Answer, Parts) {
        if let Some(refusal) = self.refuses(by) {
            return (Answer::Refused(refusal), Parts::default());
        }
        if !self.keeps_copy {
            return (Answer::Refused(Refusal::NoCopy), Parts::default());
        }
        match ask {
            Ask::Anchor => {
                let anchor = Anchor {
                    head: self.head().header.clone(),
                    roll: self.roll(),
                    fits: true,
                    opens: true,
                };
                let parts = Parts {
                    headers: vec![self.head().clone()],
                    ..Parts::default()
                };
                (Answer::Anchor(anchor), parts)
            }
            Ask::Up { after } => self.up(after),
            Ask::Down { from } => self.down(from),
            Ask::Headers { after, to } => {
                let within = |signed: &&Signed| (after + 1..=to).contains(&signed.header.sequence);
                let headers = self.headers.iter().filter(within).take(PAGE).cloned().collect();
                self.page(headers, Vec::new(), to)
            }
            Ask::Differing => {
                let differs = |(id, (_, envelope)): &(&RecordId, &(u64, Envelope))| {
                    aside.get(id).is_none_or(|(_, known)| known != envelope)
                };
                let all = self.records.iter().filter(differs);
                let records = all.map(|(_, record)| record.clone()).collect();
                let (answer, mut parts) = self.page(Vec::new(), records, 0);
                parts.differing = true;
                parts.listed = self.records.keys().copied().collect();
                (answer, parts)
            }
        }
    }

    fn page(&self, headers: Vec<Signed>, envelopes: Vec<(u64, Envelope)>, reached: u64) -> (Answer, Parts) {
        let head = self.head().header.as_head();
        let page = Page {
            head: (head.sequence, head.hash),
            headers: headers.iter().map(|signed| signed.header.clone()).collect(),
            records: envelopes.len() as u64,
            reached,
        };
        let parts = Parts {
            headers,
            envelopes,
            ..Parts::default()
        };
        (Answer::Page(page), parts)
    }

    fn up(&self, after: Head) -> (Answer, Parts) {
        let head = self.head().header.as_head();
        if (head.sequence, head.hash) == (after.sequence, after.hash) {
            return (Answer::Same, Parts::default());
        }
        let mut headers: Vec<Signed> = Vec::new();
        let mut envelopes = Vec::new();
        let new = self
            .headers
            .iter()
            .filter(|signed| signed.header.sequence > after.sequence);
        for signed in new {
            let last_begins = headers.last().is_some_and(|last| last.key.is_some());
            if (headers.len() >= PAGE || envelopes.len() >= PAGE) && !last_begins {
                break;
            }
            headers.push(signed.clone());
            let of = |(sequence, _): &&(u64, Envelope)| *sequence == signed.header.sequence;
            envelopes.extend(self.records.values().filter(of).cloned());
        }
        let reached = headers.last().map_or(head.sequence, |last| last.header.sequence);
        self.page(headers, envelopes, reached)
    }

    fn down(&self, from: u64) -> (Answer, Parts) {
        let mut envelopes = Vec::new();
        let mut reached = 1;
        for signed in self.headers.iter().rev() {
            let sequence = signed.header.sequence;
            if sequence > from {
                continue;
            }
            let of = |(at, _): &&(u64, Envelope)| *at == sequence;
            envelopes.extend(self.records.values().filter(of).cloned());
            reached = sequence;
            if envelopes.len() >= PAGE {
                break;
            }
        }
        self.page(Vec::new(), envelopes, reached)
    }

    /// The key of each epoch, as a login opens them.
    pub fn keys(&self) -> BTreeMap<u64, u64> {
        let key = |signed: &Signed| signed.key.map(|key| (signed.header.epoch(), key));
        self.headers.iter().filter_map(key).collect()
    }

    pub fn hash_at(&self, sequence: u64) -> Option<HeaderHash> {
        let at = |signed: &&Signed| signed.header.sequence == sequence;
        self.headers.iter().find(at).map(|signed| signed.header.hash)
    }

    /// The first header of an account: the epoch that a device began when it was made.
    pub fn begin(&mut self, device: Device, key: u64) {
        let header = Header {
            account: self.account,
            sequence: 1,
            before: None,
            hash: HeaderHash([0; 32]),
            device: device.id,
            records: 0,
            kind: HeaderKind::Epoch {
                number: 1,
                sealed_to: vec![device.id],
            },
        };
        let mut signed = Signed::make(header, 0, key, 0, device.signing);
        signed.key = Some(key);
        self.headers.push(signed);
        self.devices.insert(device.id, device);
    }
}
