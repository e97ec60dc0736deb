//! Stored groups: what is written down of ours, and what invitations tell of them.

use super::Device;
use crate::api::{Event, GroupId, GroupRecord, RecordId, Role};
use alloc::vec::Vec;
use p2p_core::Invited;

impl Device {
    /// Hands a persistent group out to be stored, or its entry to be brought up to date.
    pub(super) fn save_group(&mut self, id: GroupId) {
        let Some(group) = self.groups.get_mut(&id).filter(|g| g.shared.persistent) else { return };
        let station_psks = group.owner().map(|owner| owner.station_psks().to_vec()).unwrap_or_default();
        let (info, clients) = (group.info(), group.shared.members.clone());
        let known = self.records.iter().find(|r| r.ssid == info.ssid && r.owner == info.owner).and_then(|r| r.id);
        let id = info.record.or(known);
        // By the owner's address that was stored both sides know the group, even where the owner's radio has another one by now.
        let stored = self.records.iter().find(|r| r.id.is_some() && r.id == id && r.ssid == info.ssid).map(|r| r.owner);
        self.event(Event::Save(GroupRecord {
            id,
            role: info.role,
            ssid: info.ssid,
            owner: stored.unwrap_or(info.owner),
            passphrase: info.passphrase,
            psk: info.psk,
            clients,
            station_psks,
        }));
    }

    /// What is stored of a group that is about to run as ours: it stays stored.
    pub(super) fn record_of(&self, ssid: &[u8]) -> Option<&GroupRecord> {
        self.records.iter().find(|r| r.role == Role::Owner && r.ssid == ssid)
    }

    /// Changes the stored groups that we own; `change` says whether it did.
    pub(super) fn change_records(&mut self, mut change: impl FnMut(&mut GroupRecord) -> bool) {
        let mut changed = Vec::new();
        for record in self.records.iter_mut().filter(|r| r.role == Role::Owner) {
            if change(record) {
                changed.push(record.clone());
            }
        }
        for record in changed {
            self.event(Event::Save(record));
        }
    }

    /// The peer does not know the stored group that we have invited it into (status 8): as a client it is no longer one of ours;
    /// an owner has ended the group for good.
    pub(super) fn invitation_unknown(&mut self, invited: &Invited) {
        let Some(id) = invited.persistent.map(RecordId) else { return };
        let peer = invited.peer;
        if self.records.iter().any(|r| r.id == Some(id) && r.role == Role::Client && r.owner == peer) {
            self.records.retain(|r| r.id != Some(id));
            self.tell_stored_groups();
            self.event(Event::Forget(id));
            return;
        }
        self.change_records(|record| {
            let before = record.clients.len();
            if record.id == Some(id) {
                record.clients.retain(|c| *c != peer);
            }
            before != record.clients.len()
        });
    }

    /// Tells which persistent groups are stored.
    pub fn set_records(&mut self, records: Vec<GroupRecord>) {
        self.records = records;
        for record in self.records.iter_mut().filter(|r| r.role == Role::Owner && r.owner.is_zero()) {
            record.owner = self.discovery.address;
        }
        self.tell_stored_groups();
    }

    fn tell_stored_groups(&mut self) {
        let stored = self.records.iter().filter_map(|r| {
            Some(p2p_core::StoredGroup {
                id: r.id?.0,
                owner: r.role == Role::Owner,
                owner_address: r.owner,
                ssid: r.ssid.clone(),
            })
        });
        let stored = stored.collect();
        self.p2p.set_stored_groups(stored);
    }
}
