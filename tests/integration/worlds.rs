//! Worlds over the vault, the server and the client that ship: a few devices of one person, a network that loses, repeats and holds back,
//! restarts of either side, other keys, backups brought back, and a device that was away for long. What happens comes out of a seed.
//!
//! `REGIE_WORLDS_REAL` says how many worlds; `REGIE_SEED` runs one of them alone. Keys are random in each run: a seed brings the same
//! events again, not the same bytes.

mod truth;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use fastrand::Rng;
use regie_client::{
    BackupChoice, BackupSecret, Client, EntryDraft, Keychain, KeychainError, SignOut, Stage, SyncAlarm,
    SyncDecision, SyncQuestion, SyncState, SyncView,
};
use regie_protocol::account::path as account_path;
use regie_tests::between::{Asked, Between, Said, Way};
use regie_tests::server::Running;
use regie_tests::{PASSPHRASE, Profile, copy_all, draft, life, passphrase};
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::account::{NEW, by_passphrase, further, join, told};
use truth::{Truth, sentence};

const WORLDS: u64 = 200;
/// Worlds are lived through in so many processes.
const SHARDS: u64 = 8;
const DEVICES: usize = 4;
/// Whoever talks so long with a network that works has said everything.
const ROUNDS: usize = 8;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Lives through every eighth world, from this one on.
fn every_eighth_from(first: u64) {
    let alone = number("REGIE_SEED");
    let seeds: Vec<u64> = match alone {
        Some(seed) => std::iter::once(seed)
            .filter(|seed| seed % SHARDS == first)
            .collect(),
        None => (0..number("REGIE_WORLDS_REAL").unwrap_or(WORLDS))
            .filter(|seed| seed % SHARDS == first)
            .collect(),
    };
    if seeds.is_empty() {
        return;
    }
    let mut beginning = Beginning::made();
    let mut wrong = Vec::new();
    for seed in seeds {
        let lived = catch_unwind(AssertUnwindSafe(|| World::begin(&mut beginning, seed).live()));
        if lived.is_err() {
            wrong.push(seed);
        }
    }
    assert!(
        wrong.is_empty(),
        "worlds {wrong:?} went wrong: run one alone with REGIE_SEED"
    );
}

macro_rules! worlds {
    ($($name:ident = $first:literal),* $(,)?) => {
        $(#[test]
        fn $name() {
            every_eighth_from($first);
        })*
    };
}

worlds! {
    whatever_happens_all_agree_and_nothing_is_lost_in_the_first_eighth = 0,
    whatever_happens_all_agree_and_nothing_is_lost_in_the_second_eighth = 1,
    whatever_happens_all_agree_and_nothing_is_lost_in_the_third_eighth = 2,
    whatever_happens_all_agree_and_nothing_is_lost_in_the_fourth_eighth = 3,
    whatever_happens_all_agree_and_nothing_is_lost_in_the_fifth_eighth = 4,
    whatever_happens_all_agree_and_nothing_is_lost_in_the_sixth_eighth = 5,
    whatever_happens_all_agree_and_nothing_is_lost_in_the_seventh_eighth = 6,
    whatever_happens_all_agree_and_nothing_is_lost_in_the_last_eighth = 7,
}

/// A keychain in memory. Opened by it a vault needs no Argon2id, which would be most of each world.
#[derive(Clone, Default)]
struct Pocket(Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

impl Pocket {
    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<String, Vec<u8>>) -> T) -> T {
        work(&mut self.0.lock().expect("a keychain"))
    }
}

impl Keychain for Pocket {
    fn answers(&self) -> bool {
        true
    }

    fn keep(&self, name: &str, secret: &[u8]) -> Result<(), KeychainError> {
        self.with(|kept| kept.insert(name.into(), secret.into()));
        Ok(())
    }

    fn find(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeychainError> {
        Ok(self.with(|kept| kept.get(name).cloned().map(Zeroizing::new)))
    }

    fn forget(&self, name: &str) -> Result<(), KeychainError> {
        self.with(|kept| kept.remove(name));
        Ok(())
    }
}

/// Where each world begins: an account with its devices, which know each other. Made once, and copied.
struct Beginning {
    server: Running,
    between: Between,
    data: TempDir,
    profiles: Vec<Profile>,
    pocket: Pocket,
}

impl Beginning {
    fn made() -> Self {
        let between = Between::open();
        let mut server = Running::begin_behind(&between, 1);
        let member = join(&mut server);
        let mut devices = vec![(member.profile, member.client)];
        for number in 1..DEVICES {
            let name = format!("Apparaat {number}");
            devices.push(further(&server, by_passphrase(PASSPHRASE), &name).expect("logs in"));
        }
        for _ in 0..2 {
            for (_, client) in &devices {
                told(client);
                let view = client.sync_now().expect("syncs");
                assert_eq!(view.state, SyncState::UpToDate);
            }
        }
        let pocket = Pocket::default();
        let mut profiles = Vec::new();
        for (profile, client) in devices {
            drop(client);
            let client = start(&server, &profile, &pocket);
            client.unlock(&passphrase(PASSPHRASE)).expect("unlocks");
            client
                .switch_quick_unlock_on(&passphrase(PASSPHRASE))
                .expect("switches");
            client.lock().expect("locks");
            profiles.push(profile);
        }
        let data = tempfile::tempdir().expect("a folder");
        server.copied_to(data.path());
        Self {
            server,
            between,
            data,
            profiles,
            pocket,
        }
    }
}

fn start(server: &Running, profile: &Profile, pocket: &Pocket) -> Client {
    let client = profile.start().with_roots(&[server.root]);
    client.with_keychain(pocket.clone())
}

/// What the network does.
#[derive(Clone, Copy, Debug, Default)]
struct Rough {
    /// A request does not arrive.
    before: f64,
    /// It arrives, and the answer does not.
    after: f64,
    /// It arrives twice.
    twice: f64,
    /// It arrives when somebody else asks something; nobody gets its answer.
    late: f64,
}

/// A network by chance.
struct Network {
    random: Mutex<Rng>,
    rough: Mutex<Rough>,
    late: Mutex<Vec<Asked>>,
    cut: Mutex<Cut>,
}

/// Where the line is cut when a new passphrase is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Cut {
    #[default]
    Never,
    Before,
    /// The server took it, and nobody hears of it.
    After,
    /// It is cut.
    Now,
}

impl Network {
    fn carry(&self, asked: &Asked, way: &Way) -> Option<Said> {
        {
            let mut cut = self.cut.lock().expect("a network");
            let is_new = asked.path() == account_path::PASSPHRASE;
            let before = *cut;
            match before {
                Cut::Now => return None,
                Cut::Before | Cut::After if is_new => {
                    let _lost = (before == Cut::After).then(|| way.pass(asked));
                    *cut = Cut::Now;
                    return None;
                }
                _ => {}
            }
        }
        let (rough, chance, arrives) = {
            let mut random = self.random.lock().expect("chance");
            (
                *self.rough.lock().expect("a network"),
                random.f64(),
                random.bool(),
            )
        };
        if arrives {
            for late in std::mem::take(&mut *self.late.lock().expect("a network")) {
                // Nobody waits for it any more.
                let _ = way.pass(&late);
            }
        }
        let mut left = chance;
        let mut is = |share: f64| {
            left -= share;
            left < 0.0
        };
        if is(rough.before) {
            None
        } else if is(rough.after) {
            let _lost = way.pass(asked);
            None
        } else if is(rough.twice) {
            let said = way.pass(asked);
            let _again = way.pass(asked);
            said
        } else if is(rough.late) {
            self.late.lock().expect("a network").push(asked.clone());
            None
        } else {
            way.pass(asked)
        }
    }
}

struct Device {
    profile: Profile,
    client: Option<Client>,
    /// The passphrase that opens it.
    words: &'static str,
    /// It was signed out as lost.
    out: bool,
    /// It has a backup, with what was not sent before it.
    backup: bool,
}

impl Device {
    fn client(&self) -> &Client {
        self.client.as_ref().expect("a running program")
    }
}

struct World<'a> {
    beginning: &'a mut Beginning,
    network: Arc<Network>,
    random: Rng,
    seed: u64,
    devices: Vec<Device>,
    /// So many of them are in use; another one comes back at the end only.
    live: usize,
    truth: Truth,
    /// The passphrase of the account.
    words: &'static str,
    had_keys: bool,
    had_epoch: bool,
    had_restore: bool,
    had_set_back: bool,
}

impl<'a> World<'a> {
    fn begin(beginning: &'a mut Beginning, seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        beginning.between.is_honest();
        beginning.server.set_back_to(beginning.data.path());
        let live = random.usize(2..=DEVICES);
        let away = live < DEVICES && random.bool();
        let wrong_clocks = random.u8(..3) == 0;
        let devices = beginning.profiles.iter().take(live + usize::from(away));
        let devices = devices.map(|kept| {
            let profile = Profile::default();
            copy_all(&kept.folder(), &profile.folder());
            if wrong_clocks {
                profile.clock.pass(TimeDelta::days(random.i64(-1500..1500)));
            }
            Device {
                profile,
                client: None,
                words: PASSPHRASE,
                out: false,
                backup: false,
            }
        });
        let devices = devices.collect();
        let network = Arc::new(Network {
            random: Mutex::new(Rng::with_seed(!seed)),
            rough: Mutex::default(),
            late: Mutex::default(),
            cut: Mutex::default(),
        });
        let carries = Arc::clone(&network);
        beginning
            .between
            .does(move |asked, way| carries.carry(asked, way));
        let mut world = Self {
            beginning,
            network,
            random,
            seed,
            devices,
            live,
            truth: Truth::default(),
            words: PASSPHRASE,
            had_keys: false,
            had_epoch: false,
            had_restore: false,
            had_set_back: false,
        };
        for device in 0..live {
            world.open(device);
        }
        world
    }

    fn live(mut self) {
        for _ in 0..self.random.usize(18..36) {
            self.step();
        }
        self.settle();
        if self.devices.len() > self.live {
            // Who was away for more than a year comes back, and writes before it hears anything.
            let back = self.live;
            self.devices[back].profile.clock.pass(TimeDelta::days(400));
            self.live += 1;
            self.open(back);
            self.write(back);
            self.edit(back);
            self.settle();
        }
        let wrongs = self.truth.wrongs(&life(self.devices[0].client()));
        assert!(wrongs.is_empty(), "world {}: {wrongs:?}", self.seed);
    }

    fn step(&mut self) {
        let device = self.someone();
        match self.random.u8(..100) {
            0..16 => self.write(device),
            16..36 => self.edit(device),
            36..42 => self.delete(device),
            42..70 => drop(self.sync(device)),
            70..76 => self.sync_all_at_once(),
            76..80 => self.lock_and_unlock(device),
            80..84 => self.start_anew(device),
            84..87 => {
                self.beginning.server.stop();
                self.beginning.server.start_again();
            }
            87..91 => self.grow_rough(),
            91..94 => self.back_up_or_restore(device),
            94..95 => self.change_passphrase(device),
            95..96 => self.somebody_knew_it(device),
            96..98 => self.lose_the_last(),
            _ => self.set_the_server_back(device),
        }
    }

    fn someone(&mut self) -> usize {
        let there: Vec<usize> = self.in_use().collect();
        there[self.random.usize(..there.len())]
    }

    fn in_use(&self) -> impl Iterator<Item = usize> + use<> {
        let there: Vec<usize> = (0..self.live)
            .filter(|device| !self.devices[*device].out)
            .collect();
        there.into_iter()
    }

    fn open(&mut self, device: usize) {
        let device = &mut self.devices[device];
        let client = start(&self.beginning.server, &device.profile, &self.beginning.pocket);
        if client.unlock_quickly() != Ok(Stage::Open) {
            client.unlock(&passphrase(device.words)).expect("unlocks");
        }
        device.client = Some(client);
    }

    fn write(&mut self, device: usize) {
        let number = self.truth.next();
        let saved = self.devices[device].client().diary_save(draft(&sentence(number)));
        self.truth.wrote(device, saved.expect("saves").id, number);
    }

    /// An entry on a device, where it has any.
    fn some_entry(&mut self, device: usize) -> Option<(uuid::Uuid, String)> {
        let mut all = life(self.devices[device].client());
        let place = (!all.is_empty()).then(|| self.random.usize(..all.len()))?;
        Some(all.swap_remove(place).text())
    }

    fn edit(&mut self, device: usize) {
        let Some((id, text)) = self.some_entry(device) else {
            return;
        };
        let number = self.truth.next();
        let more = sentence(number);
        let markdown = match self.random.bool() {
            true => format!("{text}\n\n{more}"),
            false => format!("{more}\n\n{text}"),
        };
        let saved = self.devices[device].client().diary_save(EntryDraft {
            id: Some(id),
            ..draft(&markdown)
        });
        self.truth.wrote(device, saved.expect("saves").id, number);
    }

    fn delete(&mut self, device: usize) {
        let Some((id, text)) = self.some_entry(device) else {
            return;
        };
        let client = self.devices[device].client();
        client.diary_delete(id).expect("deletes");
        self.devices[device].profile.clock.pass(TimeDelta::minutes(1));
        client.tick().expect("ticks");
        self.truth.deleted(device, id, &text);
    }

    /// Whatever the network does, nobody is called a liar for it.
    fn sync(&mut self, device: usize) -> SyncView {
        let view = self.devices[device].client().sync_now().expect("syncs");
        self.heard(device, view)
    }

    fn heard(&mut self, device: usize, view: SyncView) -> SyncView {
        let state = &view.state;
        assert!(
            matches!(
                state,
                SyncState::UpToDate
                    | SyncState::Waiting { .. }
                    | SyncState::First { .. }
                    | SyncState::Fetching { .. }
                    | SyncState::Sending
            ),
            "world {}, device {device}: {view:?}",
            self.seed
        );
        if *state == SyncState::UpToDate && view.waiting == 0 {
            self.truth.acknowledged(device);
        }
        view
    }

    fn sync_all_at_once(&mut self) {
        let devices: Vec<usize> = self.in_use().collect();
        let views: Vec<_> = std::thread::scope(|scope| {
            let running: Vec<_> = devices
                .iter()
                .map(|device| {
                    let client = self.devices[*device].client();
                    scope.spawn(move || client.sync_now().expect("syncs"))
                })
                .collect();
            running
                .into_iter()
                .map(|thread| thread.join().expect("ends"))
                .collect()
        });
        for (device, view) in devices.into_iter().zip(views) {
            self.heard(device, view);
        }
    }

    fn lock_and_unlock(&mut self, device: usize) {
        let device = &self.devices[device];
        device.client().lock().expect("locks");
        if device.client().unlock_quickly() != Ok(Stage::Open) {
            device
                .client()
                .unlock(&passphrase(device.words))
                .expect("unlocks");
        }
    }

    fn start_anew(&mut self, device: usize) {
        self.devices[device].client = None;
        self.open(device);
    }

    fn grow_rough(&mut self) {
        let mut share = |most: f64| self.random.f64() * most;
        *self.network.rough.lock().expect("a network") = Rough {
            before: share(0.2),
            after: share(0.2),
            twice: share(0.1),
            late: share(0.15),
        };
    }

    /// What the person does at a screen is done while the network works.
    fn heal(&self) {
        *self.network.rough.lock().expect("a network") = Rough::default();
        *self.network.cut.lock().expect("a network") = Cut::Never;
        // What was on its way for long never arrives.
        self.network.late.lock().expect("a network").clear();
    }

    fn back_up_or_restore(&mut self, device: usize) {
        if !self.devices[device].backup {
            self.devices[device].client().back_up_now().expect("a backup");
            self.devices[device].backup = true;
            return;
        }
        if self.had_restore {
            return;
        }
        self.had_restore = true;
        self.heal();
        // What it did not send since the backup is not in it.
        self.truth.lost(device);
        let client = self.devices[device].client();
        let words = passphrase(self.devices[device].words);
        let newest = client.local_backups().expect("backups").remove(0).name;
        client
            .restore(
                &BackupChoice::Local { name: newest },
                &BackupSecret::Passphrase(words),
            )
            .expect("restores");
        self.catch_up(device);
    }

    /// The person types what was changed on another device; the vault opens by it from then on.
    fn catch_up(&mut self, device: usize) {
        let kept = &mut self.devices[device];
        let account = (self.words != kept.words).then(|| passphrase(self.words));
        kept.client()
            .catch_up(&passphrase(kept.words), account.as_ref(), None)
            .expect("a device that takes part");
        kept.words = self.words;
    }

    fn change_passphrase(&mut self, device: usize) {
        if self.had_keys {
            return;
        }
        self.had_keys = true;
        self.heal();
        // First it hears of what others changed.
        told(self.devices[device].client());
        self.devices[device]
            .client()
            .change_passphrase(&passphrase(PASSPHRASE), &passphrase(NEW))
            .expect("changes");
        self.devices[device].words = NEW;
        self.words = NEW;
    }

    /// Somebody knew it: passphrase, code and epoch become new at once. Where the line is cut it is done once more, maybe after a start, and after
    /// something was written and sent.
    fn somebody_knew_it(&mut self, device: usize) {
        if self.had_keys {
            return;
        }
        self.had_keys = true;
        self.heal();
        told(self.devices[device].client());
        let cut = [Cut::Never, Cut::Before, Cut::After][self.random.usize(..3)];
        *self.network.cut.lock().expect("a network") = cut;
        let all_new = |client: &Client| client.replace_all_keys(&passphrase(PASSPHRASE), &passphrase(NEW));
        let done = all_new(self.devices[device].client());
        assert_eq!(done.is_ok(), cut == Cut::Never, "world {}: {cut:?}", self.seed);
        if cut != Cut::Never {
            self.write(device);
            if self.random.bool() {
                self.start_anew(device);
            }
            self.heal();
            if self.random.bool() {
                let other = self.someone();
                self.write(other);
                self.sync(other);
                self.sync(device);
            }
            all_new(self.devices[device].client()).expect("replaces");
        }
        self.devices[device].words = NEW;
        self.words = NEW;
    }

    /// A device is lost: another epoch begins without it.
    fn lose_the_last(&mut self) {
        let last = self.live - 1;
        if self.had_epoch || self.live < 3 || self.devices[last].backup {
            return;
        }
        self.had_epoch = true;
        self.heal();
        let by = self.random.usize(..last);
        if self.devices[by].words != self.words {
            self.catch_up(by);
        }
        let client = self.devices[by].client();
        let name = format!("Apparaat {last}");
        let lost = client.devices().expect("devices").into_iter();
        let lost = lost
            .filter(|device| device.signed_out.is_none())
            .find(|device| device.name == name);
        let lost = SignOut::One(lost.expect("the last").id);
        client.sign_out(&lost, true).expect("signs out");
        self.truth.lost(last);
        self.devices[last].out = true;
    }

    /// The server is put back to an older state: who knows more stops, and goes on when the operator brings the newest back.
    fn set_the_server_back(&mut self, device: usize) {
        if self.had_set_back {
            return;
        }
        self.had_set_back = true;
        self.settle();
        let (old, new) = (
            tempfile::tempdir().expect("a folder"),
            tempfile::tempdir().expect("a folder"),
        );
        self.beginning.server.copied_to(old.path());
        self.write(device);
        self.settle();
        self.beginning.server.copied_to(new.path());
        self.beginning.server.set_back_to(old.path());
        for device in self.in_use() {
            self.write(device);
            let client = self.devices[device].client();
            let before = life(client);
            let view = client.sync_now().expect("a view");
            assert!(
                matches!(
                    view.state,
                    SyncState::Stopped {
                        alarm: SyncAlarm::OlderState { .. }
                    }
                ),
                "world {}: {view:?}",
                self.seed
            );
            assert_eq!(life(client), before);
        }
        self.beginning.server.set_back_to(new.path());
        self.settle();
    }

    /// The network works, and everybody says everything.
    fn settle(&mut self) {
        self.heal();
        let devices: Vec<usize> = self.in_use().collect();
        for _ in 0..ROUNDS {
            let mut settled = true;
            for device in devices.iter().copied() {
                let view = self.devices[device].client().sync_now().expect("syncs");
                if let SyncState::Asking {
                    question: SyncQuestion::ManyDeletions { .. },
                } = view.state
                {
                    let client = self.devices[device].client();
                    client.sync_decide(SyncDecision::Yes).expect("decides");
                    settled = false;
                    continue;
                }
                let view = self.heard(device, view);
                // What a backup brought back and others deleted meanwhile goes as they wanted.
                for asked in self.devices[device].client().sync_asked().expect("a list") {
                    let client = self.devices[device].client();
                    client.sync_answer(&asked.id, false).expect("answers");
                    settled = false;
                }
                settled &= view.state == SyncState::UpToDate && view.waiting == 0;
            }
            let lives: Vec<_> = devices
                .iter()
                .map(|device| life(self.devices[*device].client()))
                .collect();
            if settled && lives.windows(2).all(|two| two[0] == two[1]) {
                return;
            }
        }
        let lives = devices.iter().map(|device| life(self.devices[*device].client()));
        panic!(
            "world {}: they do not agree: {:#?}",
            self.seed,
            lives.collect::<Vec<_>>()
        );
    }
}
