//! Taking stock of what the server keeps of photos and recordings (docs/adr/0015): it knows of none what it belongs to, so what is left
//! over there goes only because a device says so, and what lacks there is only missed by a device that looks.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Instant;

use chrono::NaiveDate;
use regie_crypto::make_random;
use regie_domain::attachment::{State, next_stock};
use regie_protocol::{
    signed::Head,
    sync::{BlobId, BlobListRequest, BlobListResponse, blob::Shape, path},
};
use regie_sync::{Deletions, NamedBlob, take_stock};
use regie_vault::{Vault, settings::Setting};
use serde::Serialize;
use specta::Type;

use crate::{AccountError, Client, ClientError};

use super::carrying::{Carried, Carrying, NOT_YET, WAITS};

/// No account has more: a list that goes on and on is no list.
const MOST_LISTED: usize = 1 << 20;

type Kept = BTreeMap<BlobId, Shape>;

/// Photos and recordings that the server keeps and no device knows: so many that the person is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LeftOverView {
    /// How many.
    pub count: u32,
    /// Of how many.
    pub of: u32,
}

/// What the person is asked, as it is kept.
pub(super) fn left_over(vault: &Vault) -> Result<Option<LeftOverView>, ClientError> {
    let asked: Option<(u32, u32)> = vault.setting(Setting::StockAsks)?;
    Ok(asked.map(|(count, of)| LeftOverView { count, of }))
}

impl Client {
    /// Takes stock where it is time to; whether it did.
    pub(super) fn take_stock(&self, carrying: &mut Carrying) -> Result<Option<Carried>, ClientError> {
        if !self.stock_is_due(carrying)? {
            return Ok(None);
        }
        let listed = match self.list_kept() {
            // What else is to be carried does not wait for a server that lists what cannot be.
            Err(ClientError::Account(AccountError::BadAnswer)) => {
                carrying.stock_rests = Some(Instant::now() + WAITS);
                return Ok(None);
            }
            listed => listed?,
        };
        let now = self.clock.now().at;
        let (today, since) = (now.date_naive(), now.to_utc());
        let drawn = u64::from_le_bytes(make_random()?);
        let may_drop = self.sync.may_drop.load(Ordering::Acquire);
        let taken = self.with_vault(|vault| {
            // At the same head or not at all: else what another device just sent or dropped would be taken for what is left over or lost.
            let here = vault.sync_head()?.map(|head| (head.sequence, head.hash));
            let Some((_, mut kept)) = listed.filter(|(head, _)| here == Some((head.sequence, head.hash)))
            else {
                return Ok(false);
            };
            if !is_quiet(vault)? {
                return Ok(false);
            }
            for blob in vault.blobs_to_drop(usize::MAX)? {
                kept.remove(&blob);
            }
            let stock = take_stock(&kept, &named_blobs(vault)?);
            for blob in &stock.lost {
                vault.set_blob_state(*blob, State::Lost { since })?;
            }
            match stock.dropping {
                // Who names one may lie in what is not read yet.
                _ if !vault.is_all_known()? => {}
                Some(Deletions::Ask { deletions, of }) if !may_drop => {
                    let small = |number| u32::try_from(number).unwrap_or(u32::MAX);
                    vault.set_setting(Setting::StockAsks, &(small(deletions), small(of)))?;
                }
                _ => {
                    vault.drop_unknown_blobs(&stock.unnamed)?;
                    if left_over(vault)?.is_some() {
                        vault.clear_setting(Setting::StockAsks)?;
                    }
                }
            }
            vault.set_setting(Setting::StockDue, &next_stock(today, drawn))?;
            Ok(true)
        })?;
        if taken {
            carrying.room_is_short = false;
            self.sync.may_drop.store(false, Ordering::Release);
            return Ok(Some(Carried::NEWS));
        }
        carrying.stock_rests = Some(Instant::now() + NOT_YET);
        Ok(None)
    }

    fn stock_is_due(&self, carrying: &Carrying) -> Result<bool, ClientError> {
        if carrying.stock_rests.is_some_and(|until| until > Instant::now()) {
            return Ok(false);
        }
        let today = self.clock.now().at.date_naive();
        self.with_vault(|vault| {
            let due: Option<NaiveDate> = vault.setting(Setting::StockDue)?;
            let is_time = carrying.room_is_short || due.is_none_or(|due| due <= today);
            Ok(is_time && vault.sync_head()?.is_some() && is_quiet(vault)?)
        })
    }

    /// All that the server keeps, as of one head; nothing when that changed meanwhile.
    fn list_kept(&self) -> Result<Option<(Head, Kept)>, ClientError> {
        let (mut first, mut kept) = (None, Kept::new());
        loop {
            if self.sync.is_closing() {
                return Err(ClientError::Locked);
            }
            let after = kept.last_key_value().map(|(blob, _)| *blob);
            let page: BlobListResponse = self.sync_request(path::BLOB_LIST, &BlobListRequest { after })?;
            let head = *first.get_or_insert(page.head);
            if head != page.head {
                return Ok(None);
            }
            let goes_on = match page.rows.first() {
                Some((blob, _)) => Some(*blob) > after,
                None => !page.more,
            };
            kept.extend(page.rows);
            if !goes_on || kept.len() > MOST_LISTED {
                return Err(AccountError::BadAnswer.into());
            }
            if !page.more {
                return Ok(Some((head, kept)));
            }
        }
    }

    /// The person said whether what no device knows is to go from the server.
    pub(super) fn decide_on_left_over(&self, goes: bool) -> Result<(), ClientError> {
        self.with_vault(|vault| {
            vault.clear_setting(Setting::StockAsks)?;
            if goes {
                // What goes is what is left over when it is looked at once more.
                vault.clear_setting(Setting::StockDue)?;
            }
            Ok(())
        })?;
        self.sync.may_drop.store(goes, Ordering::Release);
        self.sync.written();
        Ok(())
    }
}

/// Whether all that is here is what the devices agreed on, and nothing is on its way.
fn is_quiet(vault: &Vault) -> Result<bool, ClientError> {
    Ok(vault.is_checked()? && vault.changes_waiting()? == 0 && vault.push_to_send()?.is_none())
}

fn named_blobs(vault: &Vault) -> Result<Vec<NamedBlob>, ClientError> {
    let manifests = vault.attachments()?;
    let named = manifests.iter().filter_map(|(manifest, _)| {
        Some(NamedBlob {
            id: BlobId(manifest.blob.id),
            shape: Shape::of_content(manifest.content.bytes)?,
            there: manifest.blob.state == State::There,
        })
    });
    Ok(named.collect())
}
