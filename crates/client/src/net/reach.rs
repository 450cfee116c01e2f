//! Where a request may go.

use regie_protocol::{
    account::path,
    processor,
    signed::{Address, Deployment},
};
use reqwest::Url;

/// The addresses that may be talked to. There is no other way to one.
#[derive(Clone, Debug)]
pub(crate) enum Reach {
    /// A server that the person wants to look at: it is asked whose it is, and nothing else.
    Look(Address),
    /// The servers of a deployment that a confirmed root vouches for.
    Deployment(Box<Deployment>),
}

impl Reach {
    pub(crate) fn of(deployment: &Deployment) -> Self {
        Self::Deployment(Box::new(deployment.clone()))
    }

    /// The same with one of its addresses first: the one that was looked at, or that answered last.
    pub(crate) fn preferring(mut self, address: &str) -> Self {
        if let Self::Deployment(deployment) = &mut self {
            deployment
                .addresses
                .sort_by_key(|known| known.as_str() != address);
        }
        self
    }

    pub(crate) fn addresses(&self) -> impl Iterator<Item = &Address> {
        match self {
            Self::Look(address) => std::slice::from_ref(address).iter(),
            Self::Deployment(deployment) => deployment.addresses.iter(),
        }
    }

    /// The whole address of a request, where it may go there.
    pub(super) fn url(&self, address: &Address, target: &str) -> Option<Url> {
        let allowed = match self {
            Self::Look(only) => only == address && target == path::DEPLOYMENT,
            Self::Deployment(deployment) => deployment.has_address(address),
        };
        // What is joined must not become a part of the host.
        let is_path = target.starts_with("/v1/") && !target.contains(['\\', '#', '@']);
        // The one page without login that the app reads.
        let is_path = is_path || target == processor::PATH;
        let url = Url::parse(&format!("{address}{target}")).ok()?;
        let same = url.origin().ascii_serialization() == address.as_str();
        (allowed && is_path && same).then_some(url)
    }
}
