//! Organisations that buy seats, and the end of an invitation. What an organisation may learn is a coarse total.

use chrono::NaiveDate;
use clap::Subcommand;
use uuid::Uuid;

use super::{AdminError, Desk, day, days};
use crate::store::{self, OrganisationId};

/// What is done with organisations.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum Organisation {
    /// Adds one, and shows its random id.
    Add {
        /// Its name.
        #[arg(long)]
        name: String,
        /// How many seats it buys.
        #[arg(long, value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
        seats: i64,
        /// The last day of the contract.
        #[arg(long)]
        until: NaiveDate,
    },
    /// Shows all, with their ids.
    List,
    /// Ends the contract of one: its invitations and seats end now, accounts stay.
    End {
        /// Its id.
        id: Uuid,
    },
}

/// What is done with a single invitation.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum Invitation {
    /// Ends one by its number. Used or not, the answer is the same.
    End {
        /// Its number, as the organisation's sheet tells it.
        number: i64,
        /// Whose it is.
        #[arg(long)]
        organisation: Uuid,
    },
}

pub(super) async fn organisation(desk: &mut Desk<'_>, what: &Organisation) -> Result<(), AdminError> {
    match what {
        Organisation::Add { name, seats, until } => {
            if name.trim().is_empty() || name.chars().any(char::is_control) {
                return Err(AdminError::Refused("a name has letters, on one line"));
            }
            let organisation = OrganisationId(*Uuid::new_v4().as_bytes());
            desk.note("organisation.added", organisation.0.to_vec()).await?;
            let new = store::Organisation {
                organisation,
                name: name.trim().to_owned(),
                seats: *seats,
                until_day: days(*until),
            };
            desk.store.put_organisation(new).await?;
            writeln!(desk.out, "{}", Uuid::from_bytes(organisation.0))?;
        }
        Organisation::List => {
            for found in desk.store.organisations().await? {
                let id = Uuid::from_bytes(found.organisation.0);
                let until = day(found.until_day);
                writeln!(
                    desk.out,
                    "{id} {} seats until {until}: {}",
                    found.seats, found.name
                )?;
            }
        }
        Organisation::End { id } => {
            let organisation = OrganisationId(id.into_bytes());
            desk.note("organisation.ended", organisation.0.to_vec()).await?;
            desk.store.end_organisation(organisation, desk.now).await?;
            writeln!(desk.out, "Ended.")?;
        }
    }
    Ok(())
}

pub(super) async fn invitation(desk: &mut Desk<'_>, what: &Invitation) -> Result<(), AdminError> {
    let Invitation::End { number, organisation } = what;
    let organisation = OrganisationId(organisation.into_bytes());
    let subject = [organisation.0.as_slice(), &number.to_le_bytes()].concat();
    desk.note("invitation.ended", subject).await?;
    desk.store.end_invitation(organisation, *number, desk.now).await?;
    writeln!(desk.out, "Invitation {number} ended.")?;
    Ok(())
}

pub(super) async fn seats(desk: &mut Desk<'_>) -> Result<(), AdminError> {
    for found in desk.store.organisations().await? {
        let taken = match desk.store.seats_taken(found.organisation, desk.now).await? {
            Some(count) => format!("about {count}"),
            None => "fewer than ten".to_owned(),
        };
        writeln!(desk.out, "{}: {} bought, {taken} taken", found.name, found.seats)?;
    }
    Ok(())
}
