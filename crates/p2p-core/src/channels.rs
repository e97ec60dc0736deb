//! Channels of groups: sets, their intersection, and the choice of one (Wi-Fi P2P v1.7 §3.1.4.2.1, §4.1.13).

use crate::api::{ChannelSet, Settings};
use crate::random;
use alloc::vec::Vec;
use radio::channel_to_frequency;
use rand_core::CryptoRng;

/// The social channels of the 2.4 GHz band, MHz (Wi-Fi P2P v1.7 §3.1.2.1.1).
pub const SOCIAL_FREQUENCIES: [u32; 3] = [2412, 2437, 2462];

/// The global operating class of the social channels.
const SOCIAL_CLASS: u8 = 81;

/// The social channels by number.
const SOCIAL_CHANNELS: [u8; 3] = [1, 6, 11];

/// Classes in which a group may be 80 MHz wide or wider, then 40 MHz, then 20 MHz at 5 GHz: the order in which an owner
/// likes them.
const WIDE_CLASSES: [&[u8]; 3] = [&[128, 129, 130], &[126, 127, 116, 117], &[124, 125, 115]];

/// A channel: global operating class and number.
pub(crate) type Channel = (u8, u8);

impl ChannelSet {
    /// Whether there is no channel in it.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|(_, channels)| channels.is_empty())
    }

    /// Every channel as operating class and number.
    pub fn iter(&self) -> impl Iterator<Item = (u8, u8)> + '_ {
        self.0.iter().flat_map(|(class, channels)| channels.iter().map(move |&channel| (*class, channel)))
    }

    /// The frequencies of the channels, MHz; one that is in several classes comes several times.
    pub fn frequencies(&self) -> impl Iterator<Item = u32> + '_ {
        self.iter().filter_map(|(class, channel)| channel_to_frequency(class, channel))
    }

    /// Whether this channel is in it.
    pub fn contains(&self, class: u8, channel: u8) -> bool {
        self.iter().any(|each| each == (class, channel))
    }

    /// Whether a channel of this frequency is in it, in whichever class.
    pub fn contains_frequency(&self, mhz: u32) -> bool {
        self.frequencies().any(|each| each == mhz)
    }

    /// The class and number under which a frequency is in it. Classes of 20 MHz channels come before wider ones.
    pub fn channel_at(&self, mhz: u32) -> Option<(u8, u8)> {
        let at = || self.iter().filter(|&(class, channel)| channel_to_frequency(class, channel) == Some(mhz));
        at().find(|&(class, _)| !is_wide(class)).or_else(|| at().next())
    }

    /// The channels that are in both, by class and number (Wi-Fi P2P v1.7 §3.1.4.2.1). Classes that have none in common are left out.
    pub fn intersection(&self, other: &Self) -> Self {
        let mut common = Vec::new();
        for (class, channels) in &self.0 {
            let channels: Vec<u8> = channels.iter().copied().filter(|&each| other.contains(*class, each)).collect();
            if !channels.is_empty() {
                common.push((*class, channels));
            }
        }
        Self(common)
    }

    /// The channels that are in either.
    pub fn union(&self, other: &Self) -> Self {
        let mut all = self.clone();
        for (class, channel) in other.iter() {
            all.insert(class, channel);
        }
        all
    }

    /// Only the channels of this frequency.
    pub fn only(&self, mhz: u32) -> Self {
        let mut only = Self::default();
        for (class, channel) in
            self.iter().filter(|&(class, channel)| channel_to_frequency(class, channel) == Some(mhz))
        {
            only.insert(class, channel);
        }
        only
    }

    /// Adds a channel unless it is there.
    pub fn insert(&mut self, class: u8, channel: u8) {
        match self.0.iter_mut().find(|(each, _)| *each == class) {
            Some((_, channels)) if channels.contains(&channel) => {}
            Some((_, channels)) => channels.push(channel),
            None => self.0.push((class, [channel].into())),
        }
    }

    fn of_classes(&self, classes: &[u8], rng: &mut dyn CryptoRng) -> Option<Channel> {
        // The classes are in the order of liking, so the first with a channel wins.
        classes.iter().find_map(|class| {
            let (_, channels) = self.0.iter().find(|(each, channels)| each == class && !channels.is_empty())?;
            random::pick(rng, channels).map(|channel| (*class, channel))
        })
    }
}

fn is_wide(class: u8) -> bool {
    matches!(class, 83 | 84 | 116 | 117 | 119 | 120 | 122 | 123 | 126..=130 | 132..=135)
}

/// What binds the choice of a group's channel, beside the rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Demand {
    /// This channel or none, MHz.
    pub(crate) forced: Option<u32>,
    /// This channel if possible, MHz.
    pub(crate) preferred: Option<u32>,
    /// We may come to be the client: channels on which we may not own a group are offered, too.
    pub(crate) client: bool,
}

/// The channels that we say we can use and the one that we would like, before the peer's are known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Offer {
    /// For the Channel List attribute.
    pub(crate) channels: ChannelSet,
    /// For the Operating Channel attribute.
    pub(crate) operating: Channel,
    /// Nothing else than `operating` is possible.
    pub(crate) forced: bool,
    /// The user has asked for `operating`, so that the rules do not better it.
    chosen: bool,
}

/// The channels that we may own a group on; where there is none, those that we can be a client on.
fn own_channels(settings: &Settings) -> &ChannelSet {
    if settings.go_channels.is_empty() { &settings.client_channels } else { &settings.go_channels }
}

/// Makes an [`Offer`], or `None` when no channel is left.
pub(crate) fn offer(settings: &Settings, demand: Demand, rng: &mut dyn CryptoRng) -> Option<Offer> {
    let own = own_channels(settings);
    let offered = || if demand.client { own.union(&settings.client_channels) } else { own.clone() };
    if let Some(mhz) = demand.forced {
        let operating = own.channel_at(mhz).or_else(|| settings.client_channels.channel_at(mhz))?;
        let channels = own.union(&settings.client_channels).only(mhz);
        return Some(Offer { channels, operating, forced: true, chosen: true });
    }
    let wished = demand.preferred.and_then(|mhz| own.channel_at(mhz));
    let wished = wished.or_else(|| settings.operating.filter(|&(class, channel)| own.contains(class, channel)));
    if let Some(operating) = wished {
        return Some(Offer { channels: offered(), operating, forced: false, chosen: true });
    }
    let operating = best(own, settings, rng)?;
    Some(Offer { channels: offered(), operating, forced: false, chosen: false })
}

/// The channel liked most in a set: of the preferred list, else wide ones at 5 GHz, else a social one, else any.
fn best(set: &ChannelSet, settings: &Settings, rng: &mut dyn CryptoRng) -> Option<Channel> {
    let preferred = settings.preferred.iter().copied().find(|&(class, channel)| set.contains(class, channel));
    preferred
        .or_else(|| WIDE_CLASSES.iter().find_map(|classes| set.of_classes(classes, rng)))
        .or_else(|| random_social(set, rng))
        .or_else(|| set.iter().next())
}

/// One of the social channels that are in the set.
pub(crate) fn random_social(set: &ChannelSet, rng: &mut dyn CryptoRng) -> Option<Channel> {
    let social = SOCIAL_CHANNELS.iter().copied().filter(|&channel| set.contains(SOCIAL_CLASS, channel));
    random::pick(rng, &social.collect::<Vec<_>>()).map(|channel| (SOCIAL_CLASS, channel))
}

/// The channel of a group that we come to own, and the channels that both sides allow; `None` when there is none
/// (status 7).
pub(crate) fn settle(
    offer: &Offer,
    peer: &ChannelSet,
    settings: &Settings,
    rng: &mut dyn CryptoRng,
) -> Option<(Channel, ChannelSet)> {
    let common = offer.channels.intersection(peer);
    let usable = common.intersection(&settings.go_channels);
    let (class, channel) = offer.operating;
    if offer.forced {
        // The peer may know the frequency by another class than the one we name.
        let mhz = channel_to_frequency(class, channel)?;
        return usable.channel_at(mhz).map(|operating| (operating, common));
    }
    if offer.chosen && usable.contains(class, channel) {
        return Some((offer.operating, common));
    }
    let preferred = settings.preferred.iter().copied().find(|&(class, channel)| usable.contains(class, channel));
    let operating = preferred
        .or_else(|| WIDE_CLASSES.iter().find_map(|classes| usable.of_classes(classes, rng)))
        .or_else(|| usable.contains(class, channel).then_some(offer.operating))
        .or_else(|| random_social(&usable, rng))
        .or_else(|| usable.iter().next())?;
    Some((operating, common))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{TestRng, settings};
    use alloc::vec;

    fn set(entries: &[(u8, &[u8])]) -> ChannelSet {
        ChannelSet(entries.iter().map(|(class, channels)| (*class, channels.to_vec())).collect())
    }

    fn with_channels(go: ChannelSet) -> Settings {
        Settings { client_channels: go.clone(), go_channels: go, ..settings(1) }
    }

    #[test]
    fn intersection_is_by_class_and_number() {
        let ours = set(&[(81, &[1, 6, 11]), (115, &[36, 40])]);
        let theirs = set(&[(81, &[6, 11, 13]), (116, &[36])]);
        assert_eq!(ours.intersection(&theirs), set(&[(81, &[6, 11])]));
        assert!(ours.intersection(&set(&[])).is_empty());
    }

    #[test]
    fn a_forced_channel_is_the_only_one_offered() {
        let rng = &mut TestRng::new(1);
        let settings = with_channels(set(&[(81, &[1, 6, 11]), (115, &[36, 40]), (128, &[36, 40])]));
        let offer = offer(&settings, Demand { forced: Some(5180), ..Demand::default() }, rng).unwrap();
        assert_eq!(offer.operating, (115, 36));
        assert_eq!(offer.channels, set(&[(115, &[36]), (128, &[36])]));
        assert!(settle(&offer, &set(&[(81, &[1, 6, 11])]), &settings, rng).is_none());
        let (operating, _) = settle(&offer, &set(&[(128, &[36, 40])]), &settings, rng).unwrap();
        assert_eq!(operating, (128, 36));
        assert!(super::offer(&settings, Demand { forced: Some(5745), ..Demand::default() }, rng).is_none());
    }

    #[test]
    fn wide_classes_are_liked_but_only_where_the_peer_has_them() {
        let rng = &mut TestRng::new(2);
        let settings = with_channels(set(&[(81, &[1, 6, 11]), (115, &[36, 40]), (126, &[149]), (128, &[36])]));
        let offer = offer(&settings, Demand::default(), rng).unwrap();
        assert_eq!(offer.operating, (128, 36));
        let settle =
            |peer: &[(u8, &[u8])], rng: &mut TestRng| settle(&offer, &set(peer), &settings, rng).map(|it| it.0);
        assert_eq!(settle(&[(81, &[6]), (126, &[149])], rng), Some((126, 149)));
        assert_eq!(settle(&[(81, &[6, 9]), (115, &[40])], rng), Some((115, 40)));
        assert_eq!(settle(&[(81, &[6, 9])], rng), Some((81, 6)));
        assert_eq!(settle(&[(118, &[52])], rng), None);
    }

    #[test]
    fn the_users_channel_is_kept_where_the_peer_has_it() {
        let rng = &mut TestRng::new(3);
        let mut settings = with_channels(set(&[(81, &[1, 6, 11]), (115, &[36])]));
        settings.operating = Some((81, 11));
        let offer = offer(&settings, Demand::default(), rng).unwrap();
        assert_eq!(settle(&offer, &settings.go_channels.clone(), &settings, rng).unwrap().0, (81, 11));
        assert_eq!(settle(&offer, &set(&[(81, &[1])]), &settings, rng).unwrap().0, (81, 1));
    }

    #[test]
    fn the_preferred_list_comes_before_the_rules() {
        let rng = &mut TestRng::new(4);
        let mut settings = with_channels(set(&[(81, &[1, 6, 11]), (115, &[36, 40])]));
        settings.preferred = vec![(124, 149), (81, 6)];
        let offer = offer(&settings, Demand::default(), rng).unwrap();
        assert_eq!(offer.operating, (81, 6));
        assert_eq!(settle(&offer, &settings.go_channels.clone(), &settings, rng).unwrap().0, (81, 6));
    }

    #[test]
    fn where_we_may_not_own_a_group_we_may_be_a_client() {
        let rng = &mut TestRng::new(6);
        let mut settings = with_channels(set(&[(81, &[1, 6])]));
        settings.client_channels = set(&[(81, &[1, 6]), (118, &[52])]);
        let as_client = Demand { client: true, ..Demand::default() };
        let offer = offer(&settings, as_client, rng).unwrap();
        assert_eq!(offer.channels, set(&[(81, &[1, 6]), (118, &[52])]));
        assert!(settings.go_channels.contains(offer.operating.0, offer.operating.1));
        assert!(settle(&offer, &set(&[(118, &[52])]), &settings, rng).is_none(), "never to own there");
        assert_eq!(super::offer(&settings, Demand::default(), rng).unwrap().channels, settings.go_channels);
    }

    #[test]
    fn no_channels_no_offer() {
        assert!(offer(&with_channels(set(&[])), Demand::default(), &mut TestRng::new(5)).is_none());
    }
}
