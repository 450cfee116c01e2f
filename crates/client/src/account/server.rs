//! Whose server it is: asked before anything else, answered by the operator's root.

use regie_protocol::{
    account::{DeploymentResponse, NEWEST, OLDEST, join, path},
    signed::{
        Address, Deployment, Fingerprint, Invitation, InvitationCode, JoinLink, Moment, Signed, VerifyingKey,
    },
    wire::Fixed,
};
use regie_vault::account::Account;

use super::{
    AccountError, InvitationView, RequestContent, RequestPurpose, ServerTrust, ServerView, moments,
    work::deployment_of,
};
use crate::{
    Client, ClientError, Language,
    net::{Outgoing, Reach},
};

/// A server that was looked at.
#[derive(Clone, Debug)]
pub(crate) struct Looked {
    pub(super) address: Address,
    pub(super) root: VerifyingKey,
    pub(super) signed: Vec<u8>,
    pub(super) deployment: Deployment,
    pub(super) trust: ServerTrust,
    pub(super) code: Option<InvitationCode>,
    pub(super) terms_version: u32,
    pub(super) statement_version: u32,
}

/// What was typed or pasted.
struct Typed {
    server: Option<Address>,
    code: Option<InvitationCode>,
}

impl Looked {
    fn view(&self, language: Language) -> ServerView {
        ServerView {
            name: self.deployment.names.in_language(language).to_owned(),
            address: self.address.to_string(),
            fingerprint: groups(&self.root),
            trust: self.trust,
            has_code: self.code.is_some(),
            terms_version: self.terms_version,
            statement_version: self.statement_version,
        }
    }

    /// Where it may be asked, once somebody stands for it.
    pub(super) fn reach(&self) -> Result<Reach, AccountError> {
        match self.trust {
            ServerTrust::ToConfirm => Err(AccountError::NotConfirmed),
            _ => Ok(Reach::of(&self.deployment).preferring(self.address.as_str())),
        }
    }
}

impl Client {
    pub(super) fn look(&self, typed: &str, code: Option<&str>) -> Result<ServerView, ClientError> {
        let _turn = self.account.turn();
        let mut typed = read_typed(typed)?;
        if let Some(code) = code.map(str::trim).filter(|code| !code.is_empty()) {
            typed.code = Some(InvitationCode::parse(code).map_err(AccountError::of_signed)?);
        }
        let before = self.state().begun.looked.clone();
        let server = typed.server.or(before.map(|before| before.address));
        let address = server.ok_or(AccountError::ServerNeeded)?;
        let mut looked = self.ask_whose(&address)?;
        looked.code = typed.code;
        let view = looked.view(self.language());
        self.state().begun.looked = Some(looked);
        Ok(view)
    }

    /// Asks a server whose it is. Whether its root is known is said, and nothing is believed by it.
    fn ask_whose(&self, address: &Address) -> Result<Looked, ClientError> {
        let request = Outgoing::get(path::DEPLOYMENT, RequestPurpose::LookAtServer);
        let answer: DeploymentResponse = self.ask_for(&Reach::Look(address.clone()), &request)?;
        let looked = read_answer(&answer, address, self.moment())?;
        let known = self.account.roots.contains(&looked.root);
        let kept = self
            .state()
            .vault
            .as_ref()
            .map(|vault| vault.account())
            .transpose()?
            .flatten();
        let confirmed = kept.is_some_and(|account| account.root == *looked.root.as_bytes());
        let trust = match (known, confirmed) {
            (true, _) => ServerTrust::BuiltIn,
            (false, true) => ServerTrust::Confirmed,
            (false, false) => ServerTrust::ToConfirm,
        };
        Ok(Looked { trust, ..looked })
    }

    pub(super) fn confirm(&self, fingerprint: &str) -> Result<ServerView, ClientError> {
        let language = self.language();
        let mut state = self.state();
        let looked = state.begun.looked.as_mut().ok_or(AccountError::NotConfirmed)?;
        let typed: Result<Fingerprint, _> = fingerprint.parse();
        if typed != Ok(looked.root.fingerprint()) {
            return Err(AccountError::OtherFingerprint.into());
        }
        if looked.trust == ServerTrust::ToConfirm {
            looked.trust = ServerTrust::Confirmed;
        }
        Ok(looked.view(language))
    }

    pub(super) fn ask_invitation(&self) -> Result<InvitationView, ClientError> {
        let _turn = self.account.turn();
        let looked = self.looked()?;
        let code = looked.code.as_ref().ok_or(AccountError::MistypedInvitation)?;
        let body = join::InvitationRequest {
            invitation: Fixed(code.hash().0),
        };
        let request = Outgoing::post(
            path::INVITATION,
            &body,
            RequestPurpose::Invitation,
            RequestContent::Nothing,
        )?;
        let answer: join::InvitationResponse = self.ask_for(&looked.reach()?, &request)?;
        let invitation = check_invitation(&answer.invitation.0, &looked.root, code)?;
        Ok(InvitationView {
            number: u32::try_from(invitation.number).unwrap_or(u32::MAX),
            until: moments::last_day(invitation.period.until),
        })
    }

    pub(super) fn looked(&self) -> Result<Looked, ClientError> {
        let looked = self.state().begun.looked.clone();
        Ok(looked.ok_or(AccountError::NotConfirmed)?)
    }

    pub(super) fn moment(&self) -> Moment {
        let seconds = self.clock.now().at.timestamp();
        Moment(u64::try_from(seconds).unwrap_or_default())
    }

    /// Takes a later statement of the same root about the same deployment, such as one with further addresses.
    pub(super) fn renew_deployment(&self, account: &Account) -> Result<Option<Vec<u8>>, ClientError> {
        let now = deployment_of(account)?;
        let reach = Reach::of(&now).preferring(&account.address);
        let request = Outgoing::get(path::DEPLOYMENT, RequestPurpose::LookAtServer);
        let answer: DeploymentResponse = self.ask_for(&reach, &request)?;
        let root = VerifyingKey::from_bytes(&account.root).map_err(AccountError::of_signed)?;
        let signed =
            Signed::<Deployment>::from_bytes(&answer.deployment.0).map_err(AccountError::of_signed)?;
        let next = signed.open_at_any_time(&root).map_err(AccountError::of_signed)?;
        if next.id != now.id || next.period.from < now.period.from {
            return Err(AccountError::OtherServer.into());
        }
        Ok((next != now).then_some(answer.deployment.0))
    }
}

/// Reads what a server says of itself. Its root is taken from the answer, and is worth as much as somebody else's word for it.
fn read_answer(answer: &DeploymentResponse, address: &Address, now: Moment) -> Result<Looked, AccountError> {
    if answer.oldest > NEWEST {
        return Err(AccountError::ProgramTooOld);
    }
    if answer.newest < OLDEST {
        return Err(AccountError::ServerTooOld);
    }
    let root = VerifyingKey::from_bytes(&answer.root.0).map_err(AccountError::of_signed)?;
    let signed = Signed::<Deployment>::from_bytes(&answer.deployment.0).map_err(AccountError::of_signed)?;
    let deployment = signed.open(&root, now).map_err(AccountError::of_signed)?;
    if !deployment.has_address(address) {
        return Err(AccountError::OtherServer);
    }
    Ok(Looked {
        address: address.clone(),
        root,
        signed: answer.deployment.0.clone(),
        deployment,
        trust: ServerTrust::ToConfirm,
        code: None,
        terms_version: answer.terms_version,
        statement_version: answer.statement_version,
    })
}

/// An invitation as the root signed it, for this code. When it ends is the server's to say: it may have been ended before.
pub(super) fn check_invitation(
    bytes: &[u8],
    root: &VerifyingKey,
    code: &InvitationCode,
) -> Result<Invitation, AccountError> {
    let signed = Signed::<Invitation>::from_bytes(bytes).map_err(AccountError::of_signed)?;
    let invitation = signed.open_at_any_time(root).map_err(AccountError::of_signed)?;
    if invitation.is_for(code) {
        Ok(invitation)
    } else {
        Err(AccountError::BadAnswer)
    }
}

/// A link, an address, or the code of an invitation alone.
fn read_typed(typed: &str) -> Result<Typed, AccountError> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(Typed {
            server: None,
            code: None,
        });
    }
    if typed
        .get(..6)
        .is_some_and(|start| start.eq_ignore_ascii_case("regie:"))
    {
        let link = JoinLink::parse(typed).map_err(AccountError::of_signed)?;
        return Ok(Typed {
            server: Some(link.server),
            code: link.code,
        });
    }
    if let Ok(code) = InvitationCode::parse(typed) {
        return Ok(Typed {
            server: None,
            code: Some(code),
        });
    }
    let server = Address::from_typed(typed).map_err(AccountError::of_signed)?;
    Ok(Typed {
        server: Some(server),
        code: None,
    })
}

pub(super) fn groups(root: &VerifyingKey) -> Vec<String> {
    let shown = root.fingerprint().to_string();
    shown.split('-').map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use regie_protocol::{
        OwnedText,
        signed::{DeploymentId, DeploymentKeys, Period, SealingKey, SigningKey},
        wire::Blob,
    };

    use super::*;

    fn answer(root: &SigningKey, said: &SigningKey) -> DeploymentResponse {
        let deployment = Deployment {
            id: DeploymentId([1; 16]),
            names: OwnedText {
                nl: "Proef".into(),
                en: "Trial".into(),
            },
            addresses: vec![Address::parse("https://regie.example").expect("an address")],
            keys: DeploymentKeys {
                receipts: root.verifying_key(),
                tickets: SealingKey([3; 32]),
                opaque: [4; 32],
            },
            period: Period {
                from: Moment(100),
                until: Moment(200),
            },
        };
        let signed = Signed::sign(&deployment, root).expect("signs");
        DeploymentResponse {
            oldest: 1,
            newest: 1,
            deployment: Blob(signed.to_bytes().expect("bytes")),
            root: Fixed(*said.verifying_key().as_bytes()),
            revocations: None,
            terms_version: 1,
            statement_version: 3,
        }
    }

    #[test]
    fn a_server_is_whose_its_root_says_at_its_addresses_and_in_its_time() {
        let (root, other) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
        let (here, there) = (
            Address::parse("https://regie.example").expect("an address"),
            Address::parse("https://regle.example").expect("an address"),
        );
        let read = |answer: &DeploymentResponse, address: &Address, now| {
            read_answer(answer, address, Moment(now)).map(|looked| looked.trust)
        };
        let right = answer(&root, &root);
        assert_eq!(read(&right, &here, 150), Ok(ServerTrust::ToConfirm));
        assert_eq!(read(&right, &there, 150), Err(AccountError::OtherServer));
        assert_eq!(read(&right, &here, 200), Err(AccountError::OtherServer));
        assert_eq!(
            read(&answer(&root, &other), &here, 150),
            Err(AccountError::OtherServer)
        );
        let newer = DeploymentResponse {
            oldest: 2,
            newest: 3,
            ..right.clone()
        };
        assert_eq!(read(&newer, &here, 150), Err(AccountError::ProgramTooOld));
        let older = DeploymentResponse {
            oldest: 0,
            newest: 0,
            ..right
        };
        assert_eq!(read(&older, &here, 150), Err(AccountError::ServerTooOld));
    }

    #[test]
    fn a_link_an_address_and_a_code_are_told_apart() {
        let code = InvitationCode::from_random([7; 16]);
        let written = code.written().expect("a code");
        let link = JoinLink {
            server: Address::parse("https://regie.example").expect("an address"),
            code: Some(code),
        };
        let read = read_typed(&format!("  {}\n", *link.written().expect("a link"))).expect("a link");
        assert!(read.server.is_some() && read.code.is_some());
        let read = read_typed(&written.to_lowercase()).expect("a code");
        assert!(read.server.is_none() && read.code.is_some());
        let read = read_typed("Regie.example").expect("an address");
        assert!(read.code.is_none() && read.server.is_some());
        for (typed, error) in [
            ("regie://pair?server=https://x.example", AccountError::BadAddress),
            ("REGIE://join", AccountError::BadAddress),
            ("http://regie.example", AccountError::BadAddress),
            ("javascript:alert(1)", AccountError::BadAddress),
        ] {
            assert_eq!(read_typed(typed).err(), Some(error), "{typed}");
        }
    }
}
