//! Looking after copies: present keys, replacement, cleaning, and the days that were promised for it.

use std::path::{Path, PathBuf};
use std::sync::TryLockError;
use std::thread;
use std::time::Duration;

use chrono::NaiveDate;
use regie_vault::{
    Vault, VaultError,
    aside::Aside,
    attachment::{Place, elsewhere::Elsewhere},
    backup::{self, Backup},
    deletion::{Deletions, Due},
    settings::Setting,
};

use super::{
    CLEANED_AFTER, CopiesView, KEPT,
    making::{keep_newest, own},
    plan,
};
use crate::{Client, ClientError, State};

/// Looking after copies, one at a time, so that who waits for the vault gets it in between. One that fails does not keep
/// the others from it.
#[derive(Default)]
struct Care {
    copies: Vec<Backup>,
    list: Deletions,
    /// Up to which deletion they are to be clean now.
    wanted: Option<u64>,
    renewed: u32,
    trouble: Option<ClientError>,
}

impl Care {
    fn note<T>(&mut self, outcome: Result<T, impl Into<ClientError>>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(error) => {
                self.trouble.get_or_insert(error.into());
                None
            }
        }
    }
}

impl Client {
    /// Whatever copies within reach still need: present keys, replacement after "somebody knew it", cleaning that is
    /// due. Each part can be interrupted and is gone on with the next time.
    pub(crate) fn care_for_copies(&self, vault: &mut Vault) -> Result<CopiesView, ClientError> {
        let mut care = self.begin_care(vault);
        while let Some(copy) = care.copies.pop() {
            self.care_for(vault, &copy, &mut care);
        }
        self.end_care(vault, &mut care)
    }

    /// The same; the vault is free between two copies.
    pub(crate) fn look_after_copies(&self) -> Result<CopiesView, ClientError> {
        /// So long, for whoever waits, or this thread would have it back first.
        const PAUSE: Duration = Duration::from_millis(1);
        let mut care = self.with_vault(|vault| Ok(self.begin_care(vault)))?;
        while let Some(copy) = care.copies.pop() {
            thread::sleep(PAUSE);
            self.with_vault(|vault| {
                self.care_for(vault, &copy, &mut care);
                Ok(())
            })?;
        }
        self.with_vault(|vault| self.end_care(vault, &mut care))
    }

    fn begin_care(&self, vault: &mut Vault) -> Care {
        let mut care = Care::default();
        care.note(vault.list_deletions(&self.deletions_file()));
        {
            let _room = self.packing();
            care.note(backup::tidy(&self.backups_folder(), None));
        }
        care.note(self.tidy_elsewhere(vault));
        care.note(self.replace_known_copies(vault));
        self.care_for_asides(vault, &mut care);
        care.note(self.let_oldest_go(vault));
        if let Some(list) = care.note(Deletions::load(&self.deletions_file())) {
            care.list = list;
            care.note(self.keep_promises(vault));
            let today = self.clock.now().at.date_naive();
            let due = care.note(vault.cleaning_due()).unwrap_or_default();
            let due = due.iter().filter(|due| due.day <= today);
            care.wanted = due.map(|due| due.count).max();
        }
        for folder in self.folders_in_reach(vault, &mut care) {
            let copies = care.note(Backup::list(&folder)).unwrap_or_default();
            care.copies
                .extend(copies.into_iter().filter(|copy| vault.owns(copy)));
        }
        care
    }

    fn care_for(&self, vault: &Vault, copy: &Backup, care: &mut Care) {
        if !vault.owns(copy) || !copy.path().exists() {
            return;
        }
        if let Some(renewed) = care.note(vault.renew_keys(copy)) {
            care.renewed += u32::from(renewed);
        }
        if care
            .wanted
            .is_some_and(|wanted| care.list.known_at(copy.deletions()) < wanted)
        {
            care.note(vault.clean(copy, &care.list));
        }
    }

    fn end_care(&self, vault: &mut Vault, care: &mut Care) -> Result<CopiesView, ClientError> {
        care.note(self.let_originals_go(vault));
        let out_of_reach = self.out_of_reach(vault)?;
        if let Some(error) = care.trouble.take() {
            return Err(error);
        }
        if let (Some(wanted), None) = (care.wanted, &out_of_reach) {
            let mut left = vault.cleaning_due()?;
            left.retain(|due| due.count > wanted);
            vault.set_setting(Setting::CleaningDue, &left)?;
        }
        Ok(CopiesView {
            renewed: care.renewed,
            out_of_reach: out_of_reach.map(|folder| folder.display().to_string()),
            failed: false,
        })
    }

    /// Vaults that were set aside follow new keys, and the keychain is no way into them.
    fn care_for_asides(&self, vault: &Vault, care: &mut Care) {
        for aside in care.note(Aside::list(&self.vault_folder())).unwrap_or_default() {
            if let Some(renewed) = care.note(vault.renew_keys_aside(&aside)) {
                care.renewed += u32::from(renewed);
            }
        }
        self.close_asides(vault.has_keychain().then(|| vault.key_id()));
    }

    /// Looking after copies after new keys, which are in force whatever becomes of the copies.
    pub(crate) fn copies_after_new_keys(&self, state: &mut State) -> CopiesView {
        let Some(vault) = state.vault.as_mut() else {
            return CopiesView::default();
        };
        let error = match self.care_for_copies(vault) {
            Ok(copies) => return copies,
            Err(error) => error,
        };
        tracing::warn!(%error, "copies could not follow new keys");
        let away = self.out_of_reach(vault).ok().flatten();
        state.backup_went_wrong(error);
        CopiesView {
            failed: true,
            out_of_reach: away.map(|folder| folder.display().to_string()),
            ..CopiesView::default()
        }
    }

    /// Works in the chosen folder, unless it is out of reach or a copy is on its way there.
    fn elsewhere(
        &self,
        vault: &Vault,
        work: impl FnOnce(&Path) -> Result<(), VaultError>,
    ) -> Result<(), ClientError> {
        let free = match self.copying.try_lock() {
            Ok(free) => free,
            Err(TryLockError::Poisoned(free)) => free.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(()),
        };
        if let Some(folder) = plan(vault)?.folder.filter(|folder| folder.is_dir()) {
            work(&folder)?;
        }
        drop(free);
        Ok(())
    }

    /// Removes pieces of this vault's copies from the chosen folder.
    fn tidy_elsewhere(&self, vault: &Vault) -> Result<(), ClientError> {
        self.elsewhere(vault, |folder| {
            let mut ours = vault.replaced_keys()?;
            ours.push(vault.key_id());
            backup::tidy(folder, Some(&ours))
        })
    }

    /// Files of attachments that were deleted leave the chosen folder with the last copy that knew them.
    fn let_originals_go(&self, vault: &mut Vault) -> Result<(), ClientError> {
        // Whatever no row names any more is on the list first.
        vault.list_deletions(&self.deletions_file())?;
        let list = Deletions::load(&self.deletions_file())?;
        self.elsewhere(vault, |folder| {
            let copies = Backup::list(folder)?;
            let own = copies.iter().filter(|copy| vault.owns(copy));
            let known = own.map(|copy| list.known_at(copy.deletions())).min();
            let listed = list.count();
            Elsewhere::beside(folder, vault.key_id()).let_go(&vault.blobs()?, listed, known.unwrap_or(listed))
        })
    }

    /// What was made at a lock is more than is kept: the oldest go now that the vault is seen to be whole.
    fn let_oldest_go(&self, vault: &Vault) -> Result<(), VaultError> {
        let (folder, now) = (self.backups_folder(), self.clock.now().at);
        if own(vault.key_id(), &folder, now)?.len() <= KEPT {
            return Ok(());
        }
        if !vault.is_whole()? {
            return Err(VaultError::VaultDamaged);
        }
        keep_newest(vault.key_id(), &folder, None, now)
    }

    /// Copies under a key that somebody may know go, in each place once there is one under the present key.
    fn replace_known_copies(&self, vault: &mut Vault) -> Result<(), ClientError> {
        let known = vault.replaced_keys()?;
        if known.is_empty() {
            return Ok(());
        }
        for aside in Aside::list(&self.vault_folder())? {
            if aside.vault().is_some_and(|id| known.contains(&id)) {
                aside.remove()?;
            }
        }
        let local = Backup::list(&self.backups_folder())?;
        if !local.iter().any(|copy| vault.owns(copy)) {
            self.make_backup(vault)?;
        }
        let plan = plan(vault)?;
        let reachable = plan.folder.iter().filter(|folder| folder.is_dir());
        for folder in std::iter::once(&self.backups_folder()).chain(reachable) {
            let copies = Backup::list(folder)?;
            let doomed: Vec<_> = copies
                .iter()
                .filter(|copy| known.contains(&copy.vault()))
                .collect();
            if !doomed.is_empty() && !copies.iter().any(|copy| vault.owns(copy)) {
                let local = own(vault.key_id(), &self.backups_folder(), self.clock.now().at)?;
                local.first().ok_or(VaultError::NotFound)?.copy_to(folder)?;
            }
            for copy in doomed {
                copy.remove()?;
            }
            // They are sealed with keys of their own, which are replaced nowhere.
            for mark in &known {
                Elsewhere::beside(folder, *mark).become_of(&Elsewhere::beside(folder, vault.key_id()))?;
            }
        }
        if self.out_of_reach(vault)?.is_none() {
            vault.clear_setting(Setting::ReplacedKeys)?;
        }
        Ok(())
    }

    /// The day on which backups are cleaned of what is deleted now and left to its day.
    pub(crate) fn cleaned_by(&self) -> NaiveDate {
        self.clock.now().at.date_naive() + CLEANED_AFTER
    }

    /// By when what is deleted now, one record at a time, has left the copies on this device; `None` when there are none.
    pub(crate) fn leaves_copies_by(&self, vault: &Vault) -> Option<String> {
        let copies = Backup::list(&self.backups_folder()).unwrap_or_default();
        let held = copies.iter().any(|copy| vault.owns(copy));
        held.then(|| self.cleaned_by().to_string())
    }

    /// Takes all that is on the list out of the backups within reach now.
    pub(crate) fn clean_now(&self) -> Result<(), ClientError> {
        let today = self.clock.now().at.date_naive();
        self.with_vault(|vault| {
            vault.list_deletions(&self.deletions_file())?;
            let list = Deletions::load(&self.deletions_file())?;
            Ok(vault.promise_cleaning(today, &list)?)
        })?;
        self.look_after_copies().map(|_| ())
    }

    /// Sees to it that there is a day for everything deleted that a copy on this device still holds: a vault that was
    /// restored has forgotten its promises, and may have those of another computer.
    pub(crate) fn keep_promises(&self, vault: &mut Vault) -> Result<(), VaultError> {
        vault.list_deletions(&self.deletions_file())?;
        let list = Deletions::load(&self.deletions_file())?;
        let mut due = vault.cleaning_due()?;
        let before = due.len();
        due.retain(|due| due.count <= list.count());
        let promised = due.iter().map(|due| due.count).max().unwrap_or_default();
        let copies = Backup::list(&self.backups_folder())?;
        let known = copies.iter().filter(|copy| vault.owns(copy));
        let known = known.map(|copy| list.known_at(copy.deletions())).min();
        if known.is_some_and(|known| known.max(promised) < list.count()) {
            let (day, count) = (self.cleaned_by(), list.count());
            due.retain(|due| due.day != day);
            due.push(Due { day, count });
        } else if due.len() == before {
            return Ok(());
        }
        vault.set_setting(Setting::CleaningDue, &due)
    }

    /// The day on which the last local copy of something deleted goes.
    pub(crate) fn deleted_until(&self, vault: &Vault) -> Result<Option<NaiveDate>, ClientError> {
        let list = Deletions::load(&self.deletions_file())?;
        let copies = Backup::list(&self.backups_folder())?;
        let known = copies
            .iter()
            .filter(|copy| vault.owns(copy))
            .map(|copy| list.known_at(copy.deletions()))
            .min();
        let due = vault.cleaning_due()?;
        let held = due
            .iter()
            .filter(|due| known.is_some_and(|known| known < due.count));
        Ok(held.map(|due| due.day).max())
    }

    /// Photos and recordings that are nowhere else come back from the chosen folder.
    fn fetch_lost(&self) -> Result<(), ClientError> {
        let (folder, mark) = self.with_vault(|vault| Ok((plan(vault)?.folder, vault.key_id())))?;
        folder.map_or(Ok(()), |folder| {
            self.fetch_beside(&Elsewhere::beside(&folder, mark), |place| *place == Place::Lost)
        })
    }

    fn folders_in_reach(&self, vault: &Vault, care: &mut Care) -> Vec<PathBuf> {
        let chosen = care.note(plan(vault)).and_then(|plan| plan.folder);
        let reachable = chosen.filter(|folder| folder.is_dir());
        std::iter::once(self.backups_folder()).chain(reachable).collect()
    }

    pub(crate) fn out_of_reach(&self, vault: &Vault) -> Result<Option<PathBuf>, ClientError> {
        Ok(plan(vault)?.folder.filter(|folder| !folder.is_dir()))
    }

    /// What is due some time after unlocking, and once a day; trouble is told in the view, and tried again.
    pub(crate) fn daily_care(&self) {
        let today = self.clock.now().at.date_naive();
        let was_changed = {
            let mut state = self.state();
            if state.vault.is_none() || state.cared_on == Some(today) {
                return;
            }
            let first = state.cared_on.replace(today).is_none();
            first && state.changed_at_unlock
        };
        let cared = self.look_after_copies().map(|_| ());
        let backed_up = match self.with_vault(|vault| Ok(was_changed && self.backup_is_due(vault)?)) {
            Ok(true) => self.make_backup_apart().map(|_| ()),
            other => other.map(|_| ()),
        };
        let forgotten = self.forget_old_originals();
        let mended = self.fetch_lost();
        let failed = [cared, backed_up, forgotten, mended]
            .into_iter()
            .filter_map(Result::err);
        let failed = failed
            .filter(|error| *error != ClientError::Locked)
            .inspect(|error| {
                tracing::warn!(%error, "the backups could not be looked after");
            });
        let failed: Vec<_> = failed.collect();
        let mut state = self.state();
        state.backup_trouble = None;
        for error in failed {
            state.backup_went_wrong(error);
        }
    }
}
