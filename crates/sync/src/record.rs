//! What becomes of one record that comes from elsewhere. All policy stands here; whoever runs the engine only does it.

use crate::{EnvelopeHash, Passage, Revision};

/// The newest writing of a record that the noted head vouches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Which writing.
    pub revision: Revision,
    /// Which sealing of it.
    pub hash: EnvelopeHash,
    /// What it was written upon; nothing for the first.
    pub parent: Option<EnvelopeHash>,
    /// Whether it is a tombstone.
    pub deleted: bool,
}

/// What happened here since then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Here {
    /// Nothing.
    Unchanged,
    /// It was written, or written in.
    Changed,
    /// It was deleted.
    Deleted,
}

/// A change of this device that was sealed already and is not known to have arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Which writing.
    pub revision: Revision,
    /// Which sealing of it.
    pub hash: EnvelopeHash,
    /// Whether it is a tombstone.
    pub deleted: bool,
    /// Whether the record was changed here again since it was sealed.
    pub edited_since: bool,
}

/// A record as this device has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mine {
    /// What the head vouches for; nothing for what never travelled.
    pub known: Option<Known>,
    /// What happened since.
    pub here: Here,
    /// What lies sealed in the outbox.
    pub sealed: Option<Sealed>,
}

impl Mine {
    /// A record that is not here.
    pub const ABSENT: Self = Self {
        known: None,
        here: Here::Unchanged,
        sealed: None,
    };
}

/// A record as it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theirs {
    /// Which writing.
    pub revision: Revision,
    /// Which sealing of it.
    pub hash: EnvelopeHash,
    /// What it was written upon.
    pub parent: Option<EnvelopeHash>,
    /// Whether it is a tombstone.
    pub deleted: bool,
}

/// How what comes stands to what is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// One history: what comes is newer than what is known.
    Ordinary,
    /// One history, and what was not sent here comes out of a backup: it may be older than what was done elsewhere.
    Restored,
    /// Another history, or the same one begun anew: either may be newer.
    Restarted,
    /// The person goes on from this device, from a state that was true once: everything found is older than what is here.
    FromHere,
    /// As [`Aim::Ordinary`], but the person said no to these deletions: what they would take stays, and goes out again.
    KeepDeleted,
}

/// On what a merge rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// The writing that is known, which both sides come from.
    Known,
    /// The writing that was sealed here, which arrived and was built upon.
    Sealed,
    /// None: both texts stay.
    None,
}

/// What a person has to say, because nothing else can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Deleted elsewhere; here is something that was not sent. It is neither sent nor lost until they say.
    DeletedElsewhere,
    /// Deleted here; elsewhere it is there, and may have been changed since. Theirs is kept aside until they say.
    DeletedHere,
}

/// What becomes of a record. In each case what is known becomes theirs, in the same transaction, unless it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// It is here already, sealing and all.
    Nothing,
    /// Only what is known changes: the same writing sealed anew, or a tombstone of what is not here. What waits here goes on waiting.
    Note,
    /// What waited here has arrived. Unless it was changed since it was sealed it no longer waits; else what was sealed is the new base.
    Arrived,
    /// Theirs takes the place of what is here, or is new here.
    Take,
    /// It goes, with merge base and originals.
    Delete,
    /// Both changed it: merged, and the result waits under a new revision with theirs as parent. A result that is theirs waits for nothing.
    Merge(Base),
    /// Deleted there and changed here: it lives on, and waits under a new revision with the tombstone as parent. The person is told.
    KeepEdited,
    /// Deleted here, unsent, and changed there: theirs is taken and the deletion dropped. The person is told.
    Revive,
    /// What is here waits under the revision that it has, with theirs as parent (without one if nothing came): it is the newer one.
    SendAgain,
    /// The tombstone that is here waits likewise.
    DeleteAgain,
    /// The person is asked.
    AskPerson(Doubt),
}

/// What becomes of a record that comes and fits the head.
#[must_use]
pub fn plan_record(aim: Aim, mine: &Mine, theirs: &Theirs) -> Plan {
    if let Some(sealed) = mine.sealed {
        if sealed.revision == theirs.revision {
            return Plan::Arrived;
        }
        if theirs.parent == Some(sealed.hash) {
            return built_upon(aim, mine, &sealed, theirs);
        }
    }
    if let Some(known) = mine.known
        && known.revision == theirs.revision
    {
        return if known.hash == theirs.hash {
            Plan::Nothing
        } else {
            Plan::Note
        };
    }
    match aim {
        Aim::FromHere => newer_here(mine, theirs),
        Aim::Restarted => between_histories(mine, theirs),
        Aim::Ordinary | Aim::Restored | Aim::KeepDeleted => newer_there(aim, mine, theirs),
    }
}

/// What was sealed here arrived, and theirs rests on it: it is what both know.
fn built_upon(aim: Aim, mine: &Mine, sealed: &Sealed, theirs: &Theirs) -> Plan {
    let here = if sealed.edited_since {
        mine.here
    } else {
        Here::Unchanged
    };
    let known = Known {
        revision: sealed.revision,
        hash: sealed.hash,
        parent: None,
        deleted: sealed.deleted,
    };
    let mine = Mine {
        known: Some(known),
        here,
        sealed: None,
    };
    match newer_there(aim, &mine, theirs) {
        Plan::Merge(Base::Known) => Plan::Merge(Base::Sealed),
        plan => plan,
    }
}

fn newer_there(aim: Aim, mine: &Mine, theirs: &Theirs) -> Plan {
    let lives = mine.known.is_some_and(|known| !known.deleted);
    match (mine.here, theirs.deleted) {
        (Here::Unchanged, true) if !lives => Plan::Note,
        (Here::Unchanged, true) if aim == Aim::KeepDeleted => Plan::KeepEdited,
        (Here::Unchanged, true) => Plan::Delete,
        (Here::Unchanged, false) => Plan::Take,
        (Here::Changed, true) if aim == Aim::Restored => Plan::AskPerson(Doubt::DeletedElsewhere),
        (Here::Changed, true) => Plan::KeepEdited,
        (Here::Changed, false) if lives => Plan::Merge(Base::Known),
        (Here::Changed, false) => Plan::Merge(Base::None),
        (Here::Deleted, true) => Plan::Arrived,
        (Here::Deleted, false) => Plan::Revive,
    }
}

fn newer_here(mine: &Mine, theirs: &Theirs) -> Plan {
    match (mine.known, mine.here) {
        (None, Here::Unchanged) => newer_there(Aim::Ordinary, mine, theirs),
        (None, Here::Changed) if !theirs.deleted => Plan::Merge(Base::None),
        (Some(known), Here::Unchanged) if known.deleted && theirs.deleted => Plan::Note,
        (Some(known), Here::Unchanged) if known.deleted => Plan::DeleteAgain,
        (_, Here::Deleted) if theirs.deleted => Plan::Arrived,
        (_, Here::Deleted) => Plan::DeleteAgain,
        (_, Here::Unchanged | Here::Changed) => Plan::SendAgain,
    }
}

/// Ancestry tells which one is newer, as far as it reaches; beyond that both texts stay, or the person is asked.
fn between_histories(mine: &Mine, theirs: &Theirs) -> Plan {
    let Some(known) = mine.known else {
        return newer_there(Aim::Ordinary, mine, theirs);
    };
    if theirs.parent == Some(known.hash) {
        return newer_there(Aim::Ordinary, mine, theirs);
    }
    if known.parent == Some(theirs.hash) {
        return newer_here(mine, theirs);
    }
    let gone = mine.here == Here::Deleted || (known.deleted && mine.here == Here::Unchanged);
    match (gone, theirs.deleted) {
        (false, false) => Plan::Merge(Base::None),
        (false, true) => Plan::AskPerson(Doubt::DeletedElsewhere),
        (true, false) => Plan::AskPerson(Doubt::DeletedHere),
        (true, true) if mine.here == Here::Deleted => Plan::Arrived,
        (true, true) => Plan::Note,
    }
}

/// What becomes of a record that is here and not in the whole set that came: "not listed" never means "deleted". What is known becomes
/// nothing. Only what a first sync showed and the head does not vouch for goes again.
#[must_use]
pub const fn plan_left(passage: Passage, mine: &Mine) -> Plan {
    match (mine.known, mine.here) {
        (None, _) => Plan::Nothing,
        // It waits already.
        (Some(_), Here::Changed | Here::Deleted) => Plan::Note,
        (Some(_), Here::Unchanged) if matches!(passage, Passage::First) => Plan::Delete,
        (Some(known), Here::Unchanged) if known.deleted => Plan::DeleteAgain,
        (Some(_), Here::Unchanged) => Plan::SendAgain,
    }
}

/// Whether a record of a first sync is shown before the head was reached, marked "not yet checked"; it then counts as known, for what is
/// written in it. What was changed here waits for the head: nothing unchecked is merged.
#[must_use]
pub const fn plan_shown(mine: &Mine) -> bool {
    matches!(mine.here, Here::Unchanged)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: u8 = 1;

    fn known(deleted: bool) -> Option<Known> {
        Some(Known {
            revision: Revision([KNOWN; 16]),
            hash: EnvelopeHash([KNOWN; 32]),
            parent: Some(EnvelopeHash([0; 32])),
            deleted,
        })
    }

    const fn mine(known: Option<Known>, here: Here) -> Mine {
        Mine {
            known,
            here,
            sealed: None,
        }
    }

    /// A writing by its number, upon another's.
    fn theirs(number: u8, parent: u8, deleted: bool) -> Theirs {
        Theirs {
            revision: Revision([number; 16]),
            hash: EnvelopeHash([number; 32]),
            parent: Some(EnvelopeHash([parent; 32])),
            deleted,
        }
    }

    fn sealed(number: u8, edited_since: bool, deleted: bool) -> Option<Sealed> {
        Some(Sealed {
            revision: Revision([number; 16]),
            hash: EnvelopeHash([number; 32]),
            deleted,
            edited_since,
        })
    }

    /// A title, my record, theirs, and what becomes of it.
    type Case = (&'static str, Mine, Theirs, Plan);

    fn check(aim: Aim, cases: &[Case]) {
        for (title, mine, theirs, plan) in cases {
            assert_eq!(plan_record(aim, mine, theirs), *plan, "{title}");
        }
    }

    #[test]
    fn what_comes_in_one_history() {
        use Here::{Changed, Deleted, Unchanged};
        let (live, gone) = (known(false), known(true));
        check(
            Aim::Ordinary,
            &[
                (
                    "written elsewhere, new here",
                    Mine::ABSENT,
                    theirs(2, 9, false),
                    Plan::Take,
                ),
                (
                    "written and deleted elsewhere, never seen here",
                    Mine::ABSENT,
                    theirs(2, 9, true),
                    Plan::Note,
                ),
                (
                    "the very same comes again",
                    mine(live, Unchanged),
                    theirs(KNOWN, 0, false),
                    Plan::Nothing,
                ),
                (
                    "edited elsewhere, untouched here",
                    mine(live, Unchanged),
                    theirs(2, KNOWN, false),
                    Plan::Take,
                ),
                (
                    "edited elsewhere many times",
                    mine(live, Unchanged),
                    theirs(5, 4, false),
                    Plan::Take,
                ),
                (
                    "deleted elsewhere, untouched here",
                    mine(live, Unchanged),
                    theirs(2, KNOWN, true),
                    Plan::Delete,
                ),
                (
                    "edited on both sides",
                    mine(live, Changed),
                    theirs(2, KNOWN, false),
                    Plan::Merge(Base::Known),
                ),
                (
                    "edited here, deleted there: writing wins",
                    mine(live, Changed),
                    theirs(2, KNOWN, true),
                    Plan::KeepEdited,
                ),
                (
                    "deleted here, edited there: writing wins",
                    mine(live, Deleted),
                    theirs(2, KNOWN, false),
                    Plan::Revive,
                ),
                (
                    "deleted on both sides",
                    mine(live, Deleted),
                    theirs(2, KNOWN, true),
                    Plan::Arrived,
                ),
                (
                    "deleted here, and the same comes again",
                    mine(live, Deleted),
                    theirs(KNOWN, 0, false),
                    Plan::Nothing,
                ),
                (
                    "edited elsewhere after it was deleted",
                    mine(gone, Unchanged),
                    theirs(2, KNOWN, false),
                    Plan::Take,
                ),
                (
                    "deleted once more",
                    mine(gone, Unchanged),
                    theirs(2, 9, true),
                    Plan::Note,
                ),
                (
                    "written again here after it was deleted, and there",
                    mine(gone, Changed),
                    theirs(2, KNOWN, false),
                    Plan::Merge(Base::None),
                ),
                (
                    "one name for two new writings",
                    mine(None, Changed),
                    theirs(2, 9, false),
                    Plan::Merge(Base::None),
                ),
            ],
        );
        let anew = Theirs {
            hash: EnvelopeHash([7; 32]),
            ..theirs(KNOWN, 0, false)
        };
        assert_eq!(
            plan_record(Aim::Ordinary, &mine(live, Changed), &anew),
            Plan::Note,
            "only sealed anew"
        );
    }

    #[test]
    fn what_was_sent_and_may_have_arrived() {
        use Here::{Changed, Deleted};
        let sent = |here, edited_since, deleted| Mine {
            sealed: sealed(3, edited_since, deleted),
            ..mine(known(false), here)
        };
        check(
            Aim::Ordinary,
            &[
                (
                    "it arrived",
                    sent(Changed, false, false),
                    theirs(3, KNOWN, false),
                    Plan::Arrived,
                ),
                (
                    "it arrived, and was edited here since",
                    sent(Changed, true, false),
                    theirs(3, KNOWN, false),
                    Plan::Arrived,
                ),
                (
                    "the deletion arrived",
                    sent(Deleted, false, true),
                    theirs(3, KNOWN, true),
                    Plan::Arrived,
                ),
                (
                    "it arrived and was edited there",
                    sent(Changed, false, false),
                    theirs(4, 3, false),
                    Plan::Take,
                ),
                (
                    "it arrived, and was edited on both sides since",
                    sent(Changed, true, false),
                    theirs(4, 3, false),
                    Plan::Merge(Base::Sealed),
                ),
                (
                    "it arrived and was deleted there",
                    sent(Changed, false, false),
                    theirs(4, 3, true),
                    Plan::Delete,
                ),
                (
                    "it arrived, was deleted there and edited here",
                    sent(Changed, true, false),
                    theirs(4, 3, true),
                    Plan::KeepEdited,
                ),
                (
                    "it arrived, was deleted here and edited there",
                    sent(Deleted, true, false),
                    theirs(4, 3, false),
                    Plan::Revive,
                ),
                (
                    "the deletion arrived, and was written over there",
                    sent(Deleted, false, true),
                    theirs(4, 3, false),
                    Plan::Take,
                ),
                (
                    "another one was first",
                    sent(Changed, false, false),
                    theirs(4, KNOWN, false),
                    Plan::Merge(Base::Known),
                ),
                (
                    "another one was first and deleted it",
                    sent(Changed, false, false),
                    theirs(4, KNOWN, true),
                    Plan::KeepEdited,
                ),
            ],
        );
    }

    #[test]
    fn what_comes_to_a_restored_backup() {
        use Here::{Changed, Deleted, Unchanged};
        let live = known(false);
        check(
            Aim::Restored,
            &[
                (
                    "deleted after the backup was made",
                    mine(live, Unchanged),
                    theirs(2, KNOWN, true),
                    Plan::Delete,
                ),
                (
                    "an unsent edit of what was deleted since: the person says",
                    mine(live, Changed),
                    theirs(2, KNOWN, true),
                    Plan::AskPerson(Doubt::DeletedElsewhere),
                ),
                (
                    "an unsent edit of what was edited since",
                    mine(live, Changed),
                    theirs(2, KNOWN, false),
                    Plan::Merge(Base::Known),
                ),
                (
                    "an unsent deletion of what was edited since",
                    mine(live, Deleted),
                    theirs(2, KNOWN, false),
                    Plan::Revive,
                ),
            ],
        );
    }

    #[test]
    fn what_is_found_where_the_person_goes_on_from_here() {
        use Here::{Changed, Deleted, Unchanged};
        let (live, gone) = (known(false), known(true));
        check(
            Aim::FromHere,
            &[
                (
                    "an older writing",
                    mine(live, Unchanged),
                    theirs(8, 9, false),
                    Plan::SendAgain,
                ),
                (
                    "an older writing, edited here since",
                    mine(live, Changed),
                    theirs(8, 9, false),
                    Plan::SendAgain,
                ),
                (
                    "an older tombstone, written over here",
                    mine(live, Unchanged),
                    theirs(8, 9, true),
                    Plan::SendAgain,
                ),
                (
                    "what was deleted here since",
                    mine(gone, Unchanged),
                    theirs(8, 9, false),
                    Plan::DeleteAgain,
                ),
                (
                    "an unsent deletion",
                    mine(live, Deleted),
                    theirs(8, 9, false),
                    Plan::DeleteAgain,
                ),
                (
                    "the same",
                    mine(live, Unchanged),
                    theirs(KNOWN, 0, false),
                    Plan::Nothing,
                ),
                ("never seen here", Mine::ABSENT, theirs(8, 9, false), Plan::Take),
            ],
        );
    }

    #[test]
    fn what_comes_from_another_history() {
        use Here::{Changed, Deleted, Unchanged};
        let (live, gone) = (known(false), known(true));
        check(
            Aim::Restarted,
            &[
                (
                    "newer there",
                    mine(live, Unchanged),
                    theirs(2, KNOWN, false),
                    Plan::Take,
                ),
                (
                    "newer there, edited here too",
                    mine(live, Changed),
                    theirs(2, KNOWN, false),
                    Plan::Merge(Base::Known),
                ),
                (
                    "newer here",
                    mine(live, Unchanged),
                    theirs(0, 9, false),
                    Plan::SendAgain,
                ),
                (
                    "deleted here since",
                    mine(gone, Unchanged),
                    theirs(0, 9, false),
                    Plan::DeleteAgain,
                ),
                (
                    "nobody knows which is newer: both texts stay",
                    mine(live, Unchanged),
                    theirs(8, 9, false),
                    Plan::Merge(Base::None),
                ),
                (
                    "deleted there, and nobody knows after what",
                    mine(live, Unchanged),
                    theirs(8, 9, true),
                    Plan::AskPerson(Doubt::DeletedElsewhere),
                ),
                (
                    "deleted here, and nobody knows after what",
                    mine(gone, Unchanged),
                    theirs(8, 9, false),
                    Plan::AskPerson(Doubt::DeletedHere),
                ),
                (
                    "a deletion not sent, and nobody knows after what",
                    mine(live, Deleted),
                    theirs(8, 9, false),
                    Plan::AskPerson(Doubt::DeletedHere),
                ),
                (
                    "gone on both sides",
                    mine(gone, Unchanged),
                    theirs(8, 9, true),
                    Plan::Note,
                ),
                ("new there", Mine::ABSENT, theirs(8, 9, false), Plan::Take),
            ],
        );
    }

    #[test]
    fn what_is_not_listed_is_not_deleted() {
        let cases = [
            (
                "it is here alone",
                mine(known(false), Here::Unchanged),
                Plan::SendAgain,
            ),
            (
                "its tombstone is here alone",
                mine(known(true), Here::Unchanged),
                Plan::DeleteAgain,
            ),
            ("it was never sent", mine(None, Here::Changed), Plan::Nothing),
            ("it waits already", mine(known(false), Here::Changed), Plan::Note),
        ];
        for (title, mine, plan) in cases {
            let passage = Passage::FromHere { was_true: true };
            assert_eq!(plan_left(passage, &mine), plan, "{title}");
        }
        let shown = mine(known(false), Here::Unchanged);
        assert_eq!(
            plan_left(Passage::First, &shown),
            Plan::Delete,
            "shown, and vouched for by nobody"
        );
    }

    #[test]
    fn deletions_that_a_person_did_not_want_are_undone_and_others_are_not() {
        let (untouched, tombstone) = (mine(known(false), Here::Unchanged), theirs(2, KNOWN, true));
        assert_eq!(
            plan_record(Aim::KeepDeleted, &untouched, &tombstone),
            Plan::KeepEdited
        );
        assert_eq!(
            plan_record(Aim::KeepDeleted, &Mine::ABSENT, &tombstone),
            Plan::Note
        );
    }
}
