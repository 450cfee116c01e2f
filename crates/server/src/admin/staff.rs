//! The register of staff: who has a role, and the dates without which the server refuses it (V16).

use chrono::NaiveDate;
use clap::{
    Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use regie_protocol::Role;
use uuid::Uuid;

use super::{AdminError, Desk, day, days};
use crate::store::{self, Pseudonym, StaffId};

/// What is done with the register.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum Staff {
    /// Adds somebody, and shows their random id.
    Add {
        /// The name on the certificate.
        #[arg(long)]
        name: String,
        /// The role.
        #[arg(long, value_parser = roles())]
        role: Role,
        /// What is known of them.
        #[command(flatten)]
        dates: Dates,
    },
    /// Changes the dates of somebody.
    Change {
        /// Their id.
        id: Uuid,
        /// What is new.
        #[command(flatten)]
        dates: Dates,
        /// The day on which they left.
        #[arg(long)]
        ended: Option<NaiveDate>,
    },
    /// Shows everybody, and whether their role may be used today.
    List,
}

/// The dates that a role hangs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::Args)]
pub struct Dates {
    /// When secrecy was confirmed.
    #[arg(long)]
    pub secrecy: Option<NaiveDate>,
    /// Until when the screening is good.
    #[arg(long)]
    pub screened_until: Option<NaiveDate>,
    /// Until when the training is good.
    #[arg(long)]
    pub trained_until: Option<NaiveDate>,
}

fn roles() -> impl TypedValueParser<Value = Role> {
    let certified = Role::ALL.into_iter().filter(|role| role.needs_certificate());
    PossibleValuesParser::new(certified.map(Role::id)).try_map(|id| Role::from_id(&id).ok_or("no role"))
}

pub(super) async fn staff(desk: &mut Desk<'_>, what: &Staff) -> Result<(), AdminError> {
    match what {
        Staff::Add { name, role, dates } => {
            if name.trim().is_empty() || name.chars().any(char::is_control) {
                return Err(AdminError::Refused("a name has letters, on one line"));
            }
            let staff = StaffId(*Uuid::new_v4().as_bytes());
            desk.note("staff.added", staff.0.to_vec()).await?;
            let new = store::Staff {
                staff,
                name: name.trim().to_owned(),
                role: role.id().to_owned(),
                pseudonym: Pseudonym::make_random()?,
                secrecy_day: dates.secrecy.map(days),
                screened_until_day: dates.screened_until.map(days),
                trained_until_day: dates.trained_until.map(days),
                ended_day: None,
            };
            desk.store.put_staff(new).await?;
            writeln!(desk.out, "{}", Uuid::from_bytes(staff.0))?;
        }
        Staff::Change { id, dates, ended } => {
            let staff = StaffId(id.into_bytes());
            let mut person = desk.store.staff(staff).await?;
            desk.note("staff.changed", staff.0.to_vec()).await?;
            person.secrecy_day = dates.secrecy.map(days).or(person.secrecy_day);
            person.screened_until_day = dates.screened_until.map(days).or(person.screened_until_day);
            person.trained_until_day = dates.trained_until.map(days).or(person.trained_until_day);
            person.ended_day = ended.map(days).or(person.ended_day);
            desk.store.put_staff(person).await?;
            writeln!(desk.out, "Changed.")?;
        }
        Staff::List => {
            for person in desk.store.all_staff().await? {
                let may = if person.may_act(desk.now) {
                    "may act"
                } else {
                    "may not act"
                };
                let date = |days: Option<i64>| days.map_or_else(|| "–".to_owned(), day);
                writeln!(
                    desk.out,
                    "{} {}, {}: {may}; secrecy {}, screened until {}, trained until {}, left {}",
                    Uuid::from_bytes(person.staff.0),
                    person.name,
                    person.role,
                    date(person.secrecy_day),
                    date(person.screened_until_day),
                    date(person.trained_until_day),
                    date(person.ended_day)
                )?;
            }
        }
    }
    Ok(())
}
