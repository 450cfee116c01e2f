//! What a person is told before choosing: the purposes, the statement and the terms of use, with all their versions.

use crate::{
    purpose::{self, Purpose},
    statement::{self, Statement},
    terms::{self, Terms},
};

/// A set of purposes, statements and terms. The program has [`Notices::SHIPPED`]; tests hand in a made-up next one.
#[derive(Clone, Copy, Debug)]
pub struct Notices {
    /// Every version of every purpose: in the order in which they are asked, the newest version of each first.
    pub purposes: &'static [Purpose],
    /// Every published version, oldest first; the last one is in force.
    pub statements: &'static [Statement],
    /// Every published version of the terms, oldest first; the last one is in force.
    pub terms: &'static [Terms],
}

impl Notices {
    /// What this version of the program says.
    pub const SHIPPED: Self = Self {
        purposes: purpose::ALL,
        statements: statement::ALL,
        terms: terms::ALL,
    };

    /// The purposes in force, in the order in which they are asked.
    pub fn purposes(&self) -> impl Iterator<Item = &'static Purpose> {
        let all = self.purposes;
        all.iter().enumerate().filter_map(move |(position, purpose)| {
            let first = all.iter().position(|other| other.id == purpose.id);
            (first == Some(position)).then_some(purpose)
        })
    }

    /// The newest version of the purpose with this id.
    #[must_use]
    pub fn purpose(&self, id: &str) -> Option<&'static Purpose> {
        self.purposes.iter().find(|purpose| purpose.id == id)
    }

    /// One version of a purpose, as it was read then.
    #[must_use]
    pub fn purpose_in_version(&self, id: &str, version: u32) -> Option<&'static Purpose> {
        let same = |purpose: &&Purpose| (purpose.id, purpose.version) == (id, version);
        self.purposes.iter().find(same)
    }

    /// The statement in force.
    #[must_use]
    pub fn statement(&self) -> &'static Statement {
        self.statements.last().unwrap_or(&statement::FIRST)
    }

    /// One published version of the statement.
    #[must_use]
    pub fn statement_in_version(&self, version: u32) -> Option<&'static Statement> {
        self.statements.iter().find(|one| one.version == version)
    }

    /// The terms in force.
    #[must_use]
    pub fn terms(&self) -> &'static Terms {
        self.terms.last().unwrap_or(&terms::FIRST)
    }

    /// One published version of the terms.
    #[must_use]
    pub fn terms_in_version(&self, version: u32) -> Option<&'static Terms> {
        self.terms.iter().find(|one| one.version == version)
    }
}
