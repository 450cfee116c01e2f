//! Several people on one computer: each has a vault of their own, and chooses their name before the lock.

use std::path::PathBuf;

use regie_domain::people::{initials, same_name, tidy_name};
use serde::Serialize;
use specta::Type;
use uuid::Uuid;

use crate::{
    Client, ClientError, Stage, State,
    device::DeviceFile,
    hide::Hiding,
    lock,
    profile::{Person, ProfileFile},
    reminder::Done,
};

/// Who uses Regie here. Nothing but what the chooser shows to anybody.
#[derive(Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PeopleView {
    /// In the order in which they came; empty as long as there is one person only.
    pub people: Vec<PersonView>,
    /// Who was chosen.
    pub chosen: Option<Uuid>,
    /// Whether somebody may be added now: the one who is here has begun.
    pub may_add: bool,
}

/// Somebody who uses Regie here.
#[derive(Debug, PartialEq, Eq, Serialize, Type)]
pub struct PersonView {
    /// Random.
    pub id: Uuid,
    /// As they gave it.
    pub name: String,
    /// Of that name.
    pub initials: String,
}

impl Client {
    /// Who uses Regie here; answered in every state.
    #[must_use]
    pub fn people(&self) -> PeopleView {
        let state = self.state();
        let people = state.file.people.iter().map(|person| PersonView {
            id: person.id,
            name: person.name.clone(),
            initials: initials(&person.name),
        });
        PeopleView {
            people: people.collect(),
            chosen: state
                .chosen
                .as_ref()
                .and_then(|chosen| chosen.person.as_ref().map(|person| person.id)),
            may_add: state.chosen.is_some() && self.vault_folder().exists(),
        }
    }

    /// Goes to somebody's lock.
    ///
    /// # Errors
    /// [`ClientError::NotNow`] while a vault is open; [`ClientError::Malformed`] for somebody who is not there.
    pub fn choose_person(&self, id: Uuid) -> Result<Stage, ClientError> {
        let mut state = self.state();
        self.hold_profile(&mut state)?;
        if state.vault.is_some() {
            return Err(ClientError::NotNow);
        }
        let person = state.file.people.iter().find(|person| person.id == id).cloned();
        self.settle(&mut state, Some(Some(person.ok_or(ClientError::Malformed)?)));
        drop(state);
        Ok(self.stage())
    }

    /// Back to the chooser.
    ///
    /// # Errors
    /// [`ClientError::NotNow`] while a vault is open, or when nobody shares this computer.
    pub fn leave_person(&self) -> Result<Stage, ClientError> {
        let mut state = self.state();
        if state.vault.is_some() || !state.file.is_shared() {
            return Err(ClientError::NotNow);
        }
        self.settle(&mut state, None);
        drop(state);
        Ok(self.stage())
    }

    /// Puts somebody else on the list. Whoever was alone here gets a name with it; their files stay where they are.
    ///
    /// # Errors
    /// [`ClientError::BadName`] and [`ClientError::NameTaken`]; [`ClientError::NotNow`] before the one who is here has begun.
    pub fn add_person(&self, own_name: Option<&str>, other_name: &str) -> Result<PeopleView, ClientError> {
        let mut state = self.state();
        let chosen = state.chosen.clone().ok_or(ClientError::NotNow)?;
        if !self.vault_folder().exists() {
            return Err(ClientError::NotNow);
        }
        let mut file = state.file.clone();
        if chosen.person.is_none() {
            add(&mut file, own_name.unwrap_or_default(), true)?;
        }
        let newcomer = add(&mut file, other_name, false)?;
        regie_vault::create_private_folder(&newcomer.folder(&self.profile))?;
        self.keep(&mut state, file)?;
        let myself = state.file.people.iter().find(|person| person.first).cloned();
        if chosen.person.is_none()
            && let Some(chosen) = state.chosen.as_mut()
        {
            chosen.person = myself;
        }
        drop(state);
        Ok(self.people())
    }

    /// Gives the one who is here another name.
    ///
    /// # Errors
    /// [`ClientError::Locked`]; [`ClientError::BadName`] and [`ClientError::NameTaken`]; [`ClientError::NotNow`] for who is alone.
    pub fn rename_person(&self, name: &str) -> Result<PeopleView, ClientError> {
        let mut state = self.state();
        if state.vault.is_none() {
            return Err(ClientError::Locked);
        }
        let id = state.person_id().ok_or(ClientError::NotNow)?;
        let mut file = state.file.clone();
        let others: Vec<_> = file
            .people
            .iter()
            .filter(|person| person.id != id)
            .cloned()
            .collect();
        let name = free_name(&others, name)?;
        for person in file.people.iter_mut().filter(|person| person.id == id) {
            person.name.clone_from(&name);
        }
        self.keep(&mut state, file)?;
        drop(state);
        Ok(self.people())
    }

    /// Takes somebody who never made a vault, or whose vault is deleted, off the list. Never touches a vault, nor one that was
    /// set aside.
    ///
    /// # Errors
    /// [`ClientError::NotNow`] while they have a vault, or when nobody shares this computer.
    pub fn remove_person(&self) -> Result<Stage, ClientError> {
        let mut state = self.state();
        let id = state.person_id().ok_or(ClientError::NotNow)?;
        let folder = self.person_folder();
        if state.vault.is_some() || keeps_something(&folder, &self.profile) {
            return Err(ClientError::NotNow);
        }
        let mut file = state.file.clone();
        file.people.retain(|person| person.id != id);
        if folder != self.profile && folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        self.keep(&mut state, file)?;
        self.settle(&mut state, None);
        drop(state);
        Ok(self.stage())
    }

    /// Everybody's folder: what has to be looked at for all of them, such as reminders.
    pub(crate) fn everybodys_folders(&self, state: &State) -> Vec<PathBuf> {
        if state.file.people.is_empty() {
            return vec![self.profile.clone()];
        }
        let people = state.file.people.iter();
        people.map(|person| person.folder(&self.profile)).collect()
    }

    fn keep(&self, state: &mut State, file: ProfileFile) -> Result<(), ClientError> {
        self.hold_profile(state)?;
        file.save(&self.profile)?;
        state.file = file;
        Ok(())
    }

    /// Takes up whoever is here: the one named, else the only one, else nobody yet.
    pub(crate) fn settle(&self, state: &mut State, wanted: Option<Option<Person>>) {
        let alone = || match state.file.people.as_slice() {
            [] => Some(None),
            [person] => Some(Some(person.clone())),
            _ => None,
        };
        let person = wanted.or_else(alone);
        let chosen = person.map(|person| Chosen { person });
        if chosen != state.chosen {
            // What was somebody's is nobody else's.
            (state.done, state.hiding) = (Done::default(), Hiding::default());
            (state.rehearse, state.report, state.chosen_backup) = (None, None, None);
            (state.backup_trouble, state.copying) = (None, None);
        }
        state.chosen = chosen;
        let folder = state
            .chosen
            .as_ref()
            .and_then(|chosen| chosen.person.as_ref())
            .map_or_else(|| self.profile.clone(), |person| person.folder(&self.profile));
        state.device = if state.chosen.is_some() {
            DeviceFile::load(&folder)
        } else {
            let all = self.everybodys_folders(state);
            DeviceFile::common(all.iter().map(|folder| DeviceFile::load(folder)))
        };
        state.attempts = lock::Attempts::resume(state.device.failed_unlocks);
        self.set_person_folder(folder);
    }
}

/// Who is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// `None` for the only one, who needs no name.
    pub(crate) person: Option<Person>,
}

impl State {
    pub(crate) fn person_id(&self) -> Option<Uuid> {
        Some(self.chosen.as_ref()?.person.as_ref()?.id)
    }
}

/// Anything but what is made anew at every start.
fn keeps_something(folder: &std::path::Path, profile: &std::path::Path) -> bool {
    const NOTHING: [&str; 5] = ["device.json", "profile.json", "regie.lock", "people", "webdriver"];
    let found = std::fs::read_dir(folder).into_iter().flatten().flatten();
    found.into_iter().any(|file| {
        let name = file.file_name();
        let known = if folder == profile {
            &NOTHING[..]
        } else {
            &NOTHING[..1]
        };
        !known.iter().any(|known| name == *known)
    })
}

fn add(file: &mut ProfileFile, name: &str, first: bool) -> Result<Person, ClientError> {
    let person = Person {
        id: Uuid::new_v4(),
        name: free_name(&file.people, name)?,
        first,
    };
    file.people.push(person.clone());
    Ok(person)
}

fn free_name(people: &[Person], typed: &str) -> Result<String, ClientError> {
    let name = tidy_name(typed).ok_or(ClientError::BadName)?;
    if people.iter().any(|person| same_name(&person.name, &name)) {
        return Err(ClientError::NameTaken);
    }
    Ok(name)
}
