//! Batches of invitations: codes for the organisation, and for the server only what it may know of them.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use clap::Args;
use qrcode::{QrCode, render::svg};
use regie_protocol::signed::{Address, Invitation, InvitationCode, JoinLink, OrganisationId, Period, Signed};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Desk, Opened, OperatorError, dates, files, random};

const MOST: u64 = 10_000;
/// Smallest side of a picture, in its own units.
const SIDE: u32 = 240;

/// How many invitations for whom, and where to.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct SignInvitations {
    /// The organisation's random id, as the server shows it.
    #[arg(long)]
    pub organisation: Uuid,
    /// How many.
    #[arg(long)]
    pub count: u64,
    /// The first day on which they can be used; now, if it is left out.
    #[arg(long)]
    pub from: Option<NaiveDate>,
    /// The last day on which they can be used.
    #[arg(long)]
    pub until: NaiveDate,
    /// The server that links and pictures name; the first of the deployment that was signed last, if it is left out.
    #[arg(long)]
    pub server: Option<String>,
    /// The folder to make; `invitations-FIRST-LAST`, if it is left out.
    #[arg(long)]
    pub out: Option<PathBuf>,
}

/// A code with what the organisation gets beside it.
struct Row {
    number: u64,
    code: InvitationCode,
    link: Zeroizing<String>,
}

pub(super) fn sign(
    what: &SignInvitations,
    root: &mut Opened,
    desk: &mut Desk<'_>,
) -> Result<(), OperatorError> {
    if !(1..=MOST).contains(&what.count) {
        return Err(OperatorError::Count(MOST));
    }
    let server = server(what, &root.register.addresses)?;
    let period = Period {
        from: what.from.map_or(Ok(desk.now), dates::begin)?,
        until: dates::end(what.until)?,
    };
    let first = root.register.next_invitation;
    let last = first.saturating_add(what.count - 1);
    let named = || PathBuf::from(format!("invitations-{first}-{last}"));
    let out = what.out.clone().unwrap_or_else(named);
    files::must_be_free(&out)?;
    let (rows, batch) = make(first..=last, what.organisation, period, &server, root)?;
    root.note(|register| register.next_invitation = last.saturating_add(1))?;
    files::write_new_folder(&out, |folder| {
        for_the_organisation(&folder.join("for-the-organisation"), &rows)?;
        let server = folder.join("for-the-server");
        files::folder(&server)?;
        files::write_inside(&server.join("invitations.signed"), &batch)?;
        files::sync(&server)
    })?;
    let (count, until) = (rows.len(), dates::day(period.until)?);
    writeln!(
        desk.out,
        "{count} invitations, numbers {first} to {last}, until {until}."
    )?;
    writeln!(
        desk.out,
        "They are in {}; codes only in for-the-organisation.",
        out.display()
    )?;
    Ok(())
}

/// The codes, and in one piece what the root vouches for. Nothing is kept of either before all are made.
fn make(
    numbers: impl Iterator<Item = u64>,
    organisation: Uuid,
    period: Period,
    server: &Address,
    root: &Opened,
) -> Result<(Vec<Row>, Vec<u8>), OperatorError> {
    let (mut rows, mut batch) = (Vec::new(), Vec::new());
    for number in numbers {
        let code = InvitationCode::from_random(random()?);
        let invitation = Invitation {
            number,
            code: code.hash(),
            organisation: OrganisationId(organisation.into_bytes()),
            period,
        };
        batch.push(Signed::sign(&invitation, &root.key)?);
        let link = JoinLink {
            server: server.clone(),
            code: Some(code.clone()),
        };
        rows.push(Row {
            number,
            code,
            link: link.written()?,
        });
    }
    Ok((rows, Signed::many_to_bytes(&batch)?))
}

fn server(what: &SignInvitations, signed: &[String]) -> Result<Address, OperatorError> {
    let server = match &what.server {
        Some(server) => Some(Address::from_typed(server)?),
        None => signed.first().map(|first| Address::parse(first)).transpose()?,
    };
    // A slip here would be printed on every sheet.
    server
        .filter(|server| signed.iter().any(|one| one == server.as_str()))
        .ok_or(OperatorError::Server)
}

fn for_the_organisation(folder: &Path, rows: &[Row]) -> Result<(), OperatorError> {
    files::folder(folder)?;
    let pictures = folder.join("qr");
    files::folder(&pictures)?;
    let mut sheet = Zeroizing::new(String::from("number,code,link\r\n"));
    // Room for all of it at once: a text that grows leaves copies behind.
    sheet.reserve_exact(rows.iter().map(|row| row.link.len() + 64).sum());
    for row in rows {
        // None of the three can hold a comma, a quote or a line's end.
        let number = row.number.to_string();
        let written = row.code.written()?;
        for part in [
            number.as_str(),
            ",",
            written.as_str(),
            ",",
            row.link.as_str(),
            "\r\n",
        ] {
            sheet.push_str(part);
        }
        let picture = pictures.join(format!("{number}.svg"));
        files::write_inside(&picture, picture_of(&row.link)?.as_bytes())?;
    }
    files::sync(&pictures)?;
    files::write_inside(&folder.join("codes.csv"), sheet.as_bytes())?;
    files::sync(folder)
}

fn picture_of(link: &str) -> Result<Zeroizing<String>, OperatorError> {
    let code = QrCode::new(link).map_err(|_| OperatorError::Drawing)?;
    let mut picture = code.render::<svg::Color<'_>>();
    Ok(Zeroizing::new(picture.min_dimensions(SIDE, SIDE).build()))
}
