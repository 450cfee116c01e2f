//! Statements of any content.

use proptest::{collection::btree_set, prelude::*};
use regie_protocol::{
    OwnedText, Role,
    signed::{
        AccountId, Address, Certificate, CodeHash, Deployment, DeploymentId, DeploymentKeys, DeviceId,
        Erased, Invitation, Moment, OrganisationId, Period, Receipt, Revocations, SealingKey, SigningKey,
        Ticket, certificate, receipt,
    },
};

pub fn periods(days: u64) -> impl Strategy<Value = Period> {
    (0..u64::MAX / 2, 1..=days * 86_400).prop_map(|(from, seconds)| Period {
        from: Moment(from),
        until: Moment(from + seconds),
    })
}

pub fn deployments() -> impl Strategy<Value = Deployment> {
    let names = ("[a-zé]{1,40}", "[A-Z][a-z ]{0,30}[a-z]");
    let addresses = btree_set("[a-z]{1,12}\\.example(:8[0-9]{3})?", 1..=8);
    (
        any::<[u8; 16]>(),
        names,
        addresses,
        any::<[[u8; 32]; 3]>(),
        periods(4_000),
    )
        .prop_map(|(id, (nl, en), addresses, keys, period)| Deployment {
            id: DeploymentId(id),
            names: OwnedText { nl, en },
            addresses: addresses
                .iter()
                .map(|host| Address::from_typed(host).expect("an address"))
                .collect(),
            keys: DeploymentKeys {
                receipts: SigningKey::from_seed(&keys[0]).verifying_key(),
                tickets: SealingKey(keys[1]),
                opaque: keys[2],
            },
            period,
        })
}

pub fn invitations() -> impl Strategy<Value = Invitation> {
    let parts = (1..=u64::MAX, any::<[u8; 32]>(), any::<[u8; 16]>(), periods(800));
    parts.prop_map(|(number, code, organisation, period)| Invitation {
        number,
        code: CodeHash(code),
        organisation: OrganisationId(organisation),
        period,
    })
}

pub fn certificates() -> impl Strategy<Value = Certificate> {
    let roles: Vec<Role> = Role::ALL
        .into_iter()
        .filter(|role| role.needs_certificate())
        .collect();
    let parts = (
        any::<[[u8; 32]; 2]>(),
        prop::sample::select(roles),
        1..=u64::MAX,
        periods(certificate::MOST_DAYS),
    );
    parts.prop_map(|(keys, role, serial, period)| Certificate {
        signing: SigningKey::from_seed(&keys[0]).verifying_key(),
        sealing: SealingKey(keys[1]),
        role,
        serial,
        period,
    })
}

pub fn lists() -> impl Strategy<Value = Revocations> {
    let parts = (1..=u64::MAX, any::<u64>(), btree_set(1..=u64::MAX, 0..40));
    parts.prop_map(|(number, date, serials)| Revocations {
        number,
        date: Moment(date),
        serials,
    })
}

pub fn receipts() -> impl Strategy<Value = Receipt> {
    let reference = prop::collection::vec(any::<u8>(), 0..=receipt::LONGEST_REFERENCE);
    let parts = (any::<[u8; 16]>(), reference, any::<[u8; 32]>(), periods(4_000));
    parts.prop_map(|(deployment, reference, account, period)| Receipt {
        deployment: DeploymentId(deployment),
        reference,
        account,
        what: Erased::Account,
        at: period.from,
        backups_until: period.until,
    })
}

pub fn tickets() -> impl Strategy<Value = Ticket> {
    any::<[[u8; 16]; 3]>().prop_map(|[account, device, id]| Ticket {
        account: AccountId(account),
        device: DeviceId(device),
        id,
    })
}
