//! The one owner of the radio's time: turns what the machines want (search, listen, send and wait for the answer, scan
//! for an owner) into scan, remain-on-channel and transmit commands, one after the other.
//!
//! Priorities: frames to send, then a client's directed scan, then (unless a client is being connected) what
//! discovery wants. Nothing is started before what was there has ended: mac80211 puts a scan that meets a queued stay
//! off to the next full second (`ieee80211_run_deferred_scan`), so a stay is cancelled and its end awaited first.

use crate::api::GroupId;
use crate::route::CommandIds;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;
use p2p_core::{SendToken, Want};
use radio::{Command, CommandId, InterfaceId, Refused, ScanRequest, SendStatus, Transmission};

/// How long a job that the radio refused counts as under way, so that two refusals in turn do not make a busy loop.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);
/// A wait that the radio never reports as over is taken to be, this long after its time.
const WAIT_SLACK: Duration = Duration::from_millis(30);
/// A frame of which the radio has not said by then, after the wait for its answer, what became of it has met an unknown fate: the
/// protocol's timers decide. (In a radio's queue a frame may be behind a stay that is being ended.)
const STATUS_WITHIN: Duration = Duration::from_secs(1);
/// After so many in turn …
const NEVER_SAYS: u8 = 3;
/// … a radio is taken never to say it, and no longer waited for than this.
const STATUS_DESPITE: Duration = Duration::from_millis(50);
/// What mac80211 stays for when a frame asks for no wait (`ieee80211_start_roc_work`).
const LEAST_STAY: Duration = Duration::from_millis(10);
/// A frame joins the stay that is under way only where that lasts longer than this. A radio with its own
/// remain-on-channel queues a frame whose wait does not fit into the rest of the stay until the stay is over
/// (`ieee80211_coalesce_hw_started_roc`), so that the wait asked for is cut to fit, and the stay renewed afterwards.
const LEAST_REST: Duration = Duration::from_millis(30);
/// A radio with its own remain-on-channel queues a frame that comes between the command to stay and the stay's begin until its end,
/// so that the begin is awaited; for this long, as radios take some 30 ms.
const BEGINS_WITHIN: Duration = Duration::from_millis(100);
/// How much a wait that is cut to fit stays below the rest: the grain of the kernel's clock at HZ=100.
const GRAIN: Duration = Duration::from_millis(10);
/// A radio that reports neither the end of a scan nor of a stay is asked anew after this long (wpa_supplicant's
/// scan watchdog has 30 s).
const WATCHDOG: Duration = Duration::from_secs(30);
/// While another program's connection needs the radio too: from the end of a find's listening to its next search, unless told otherwise
/// (wpa_supplicant's `p2p_search_delay`: 500 ms).
const SEARCH_DELAY: Duration = Duration::from_millis(500);
/// In that case a listening away from that connection's channel is made of pieces of this length, …
const LISTEN_PIECE: Duration = Duration::from_millis(500);
/// … with the radio back in between for as long as a beacon with what is buffered for a dozing station may take: the beacon interval of most
/// access points, 102.4 ms.
const LISTEN_PAUSE: Duration = Duration::from_millis(103);
/// A long listening away from the channel of a group of ours is made of shorter pieces: a beacon interval, …
const GROUP_LISTEN_PIECE: Duration = Duration::from_millis(103);
/// … with three of them at the group, whose members and joiners repeat a frame for about half a second before they give up.
const GROUP_LISTEN_PAUSE: Duration = Duration::from_millis(309);
/// Frames that may be queued; the machines above have one or two under way.
const MAX_SENDS: usize = 32;

/// The SSID that P2P devices search for (Wi-Fi P2P v1.7 §3.1.2.1.1).
const P2P_WILDCARD: &[u8] = b"DIRECT-";

/// What the airtime says to the machines and to the radio.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "lives until the queue is drained, a moment later")]
pub(crate) enum Output {
    /// To the radio.
    Command(CommandId, Command),
    /// Discovery's scan began.
    SearchStarted,
    /// Discovery's scan has ended.
    SearchDone { aborted: bool },
    /// A scan was refused: one of discovery's interface, or of a client's.
    ScanRefused { discovery: bool, refused: Refused },
    /// A stay on a channel was refused.
    StayRefused(Refused),
    /// The user's scan began.
    UserScanStarted,
    /// The user's scan has ended.
    UserScanDone,
    /// The radio is on the listen channel.
    ListenStarted,
    /// The listen time is over.
    ListenEnded,
    /// A frame of discovery was sent.
    Sent(SendToken, SendStatus),
    /// The radio refused a frame of discovery.
    SendFailed(SendToken),
    /// The directed scan for a client has ended; its results are in the scan results.
    OwnerScanDone(Client),
}

/// What discovery does when nothing more urgent is there.
#[derive(Debug)]
enum Base {
    Rest,
    Search {
        frequencies: Vec<u32>,
        elements: Vec<u8>,
        enough: Option<Duration>,
    },
    /// `until` is set once the radio gets to it: what is sent before does not shorten it.
    Listen {
        frequency: u32,
        duration: Duration,
        until: Option<Duration>,
    },
}

/// Whose connection needs the radio.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Client {
    /// A group's, to its owner.
    Group(GroupId),
    /// The station's, to its access point.
    Station,
}

/// For whom a scan runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum ScanFor {
    Search,
    Owner(Client),
    User,
}

/// Why a scan is being ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Aborting {
    No,
    /// The radio is needed elsewhere.
    Needed,
    /// It has lasted long enough.
    Enough,
}

/// What the radio has been told to do and has not ended.
#[derive(Debug)]
enum Job {
    Idle,
    Scan {
        id: CommandId,
        purpose: ScanFor,
        aborting: Aborting,
        /// When it has lasted long enough.
        enough: Option<Duration>,
        watchdog: Duration,
    },
    Remain {
        id: CommandId,
        frequency: u32,
        cancelling: bool,
        /// By when it begins; `None` once it has.
        begins_by: Option<Duration>,
        length: Duration,
        /// When it ends by itself.
        until: Duration,
        watchdog: Duration,
    },
    /// The radio has refused; until the deadline nothing of the same kind is tried.
    Refused {
        until: Duration,
        purpose: Option<ScanFor>,
    },
}

#[derive(Debug)]
struct QueuedSend {
    token: SendToken,
    frequency: u32,
    frame: Vec<u8>,
    wait: Duration,
}

/// A frame that has gone to the radio and may still keep it on its channel.
#[derive(Debug)]
struct Flying {
    id: CommandId,
    token: SendToken,
    frequency: u32,
    wait: Duration,
    /// When it is over at the latest.
    until: Duration,
    /// When its wait is over, once it was sent.
    waits_until: Duration,
    /// It joined a stay, which ends before the wait does: another stay is to follow.
    joined: bool,
    sent: bool,
    /// Nobody waits for its answer any more.
    abandoned: bool,
    /// The radio was told to end the wait.
    cancelled: bool,
    /// The radio has left the channel, although the answer is still awaited.
    left: bool,
}

/// A scan for one client's owner or access point.
#[derive(Clone, Debug)]
pub(crate) struct OwnerScan {
    pub(crate) client: Client,
    pub(crate) iface: InterfaceId,
    pub(crate) scan: ScanRequest,
}

/// The owner of the radio's time.
#[derive(Debug)]
pub(crate) struct Airtime {
    /// The interface that discovery uses.
    iface: InterfaceId,
    /// The longest stay on a channel; `None` for a radio that cannot stay anywhere.
    max_remain: Option<Duration>,
    /// The kernel scans, and ends a scan at once when it is told to.
    software_scan: bool,
    base: Base,
    sends: VecDeque<QueuedSend>,
    flying: Vec<Flying>,
    /// Frames in turn whose fate the radio has not told, at most [`NEVER_SAYS`].
    untold: u8,
    owner_scans: VecDeque<OwnerScan>,
    /// A scan that the user wants.
    user_scan: Option<ScanRequest>,
    /// Clients that are being connected: the radio stays where they are.
    holds: Vec<Client>,
    /// The channels on which others need the radio: it is back there now and then.
    others: Vec<u32>,
    /// The channels of our own groups.
    groups: Vec<u32>,
    /// Until then the radio is left to them.
    yields_until: Option<Duration>,
    /// For how long it is left to them before a search.
    search_delay: Duration,
    job: Job,
    outputs: VecDeque<Output>,
}

impl Airtime {
    pub(crate) fn new(iface: InterfaceId, max_remain_ms: Option<u32>, software_scan: bool) -> Self {
        Self {
            iface,
            max_remain: max_remain_ms.map(|ms| Duration::from_millis(u64::from(ms.max(10)))),
            software_scan,
            base: Base::Rest,
            sends: VecDeque::new(),
            flying: Vec::new(),
            untold: 0,
            owner_scans: VecDeque::new(),
            user_scan: None,
            holds: Vec::new(),
            others: Vec::new(),
            groups: Vec::new(),
            yields_until: None,
            search_delay: SEARCH_DELAY,
            job: Job::Idle,
            outputs: VecDeque::new(),
        }
    }

    pub(crate) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        let deaf_until = match self.base {
            Base::Listen { until, .. } if self.max_remain.is_none() => until,
            _ => None,
        };
        let job = match self.job {
            Job::Idle => deaf_until,
            Job::Scan { enough, watchdog, .. } => Some(enough.unwrap_or(watchdog)),
            Job::Remain { watchdog, begins_by, .. } => {
                let until = if let Base::Listen { until, .. } = self.base { until } else { None };
                let begins_by = begins_by.filter(|_| !self.sends.is_empty());
                [Some(watchdog), until, begins_by].into_iter().flatten().min()
            }
            Job::Refused { until, .. } => Some(until),
        };
        let resumes = self.yields_until.filter(|_| !matches!(self.base, Base::Rest));
        job.into_iter().chain(resumes).chain(self.flying.iter().map(|f| f.until)).min()
    }

    /// Others need the radio on these channels (MHz): search and listening leave them time.
    pub(crate) fn be_courteous(&mut self, others: Vec<u32>) {
        self.others = others;
        if self.others.is_empty() {
            self.yields_until = None;
        }
    }

    /// Groups of ours run on these channels (MHz): a long listening leaves them most of the time.
    pub(crate) fn serve_groups(&mut self, channels: impl Iterator<Item = u32>) {
        self.groups.clear();
        self.groups.extend(channels);
    }

    /// Whether what is listened to is so long that a group of ours elsewhere would be missed.
    fn keeps_group_waiting(&self) -> bool {
        match self.base {
            Base::Listen { frequency, duration, .. } => {
                duration > LISTEN_PIECE && self.groups.iter().any(|group| *group != frequency)
            }
            _ => false,
        }
    }

    /// While others need the radio: how long they have it between a find's listening and its next search.
    pub(crate) fn set_search_delay(&mut self, delay: Duration) {
        self.search_delay = delay;
    }

    /// Leaves the radio to others for a while, if there are any and it was away from their channel.
    fn yield_for(&mut self, now: Duration, pause: Duration, from: Option<u32>) {
        let on_theirs = matches!((self.others.as_slice(), from), ([only], Some(at)) if *only == at);
        if !self.others.is_empty() && !on_theirs {
            self.yields_until = Some(now + pause);
        }
    }

    /// Whether a scan of ours runs.
    pub(crate) fn scanning(&self) -> bool {
        matches!(self.job, Job::Scan { .. })
    }

    /// Asks for a scan of the user's. A stay to listen ends first; whatever else discovery does waits until the scan's end.
    pub(crate) fn scan_for_user(&mut self, now: Duration, scan: ScanRequest, ids: &mut CommandIds) {
        self.user_scan = Some(scan);
        self.step(now, ids);
    }

    /// Whether the radio stays where discovery listens.
    fn listens(&self) -> bool {
        match (&self.base, &self.job) {
            (Base::Listen { frequency, .. }, Job::Remain { frequency: at, cancelling: false, .. }) => at == frequency,
            _ => false,
        }
    }

    /// Whether a scan of the user's waits or runs.
    pub(crate) fn scans_for_user(&self) -> bool {
        self.user_scan.is_some() || matches!(self.job, Job::Scan { purpose: ScanFor::User, .. })
    }

    /// Ends a scan of the user's.
    pub(crate) fn abort_user_scan(&mut self, ids: &mut CommandIds) {
        self.user_scan = None;
        if let Job::Scan { purpose: ScanFor::User, aborting: aborting @ Aborting::No, enough, .. } = &mut self.job {
            (*aborting, *enough) = (Aborting::Needed, None);
            let abort = Command::AbortScan { iface: self.iface };
            self.outputs.push_back(Output::Command(ids.next(), abort));
        }
    }

    /// Takes what discovery wants; [`settle`](Self::settle) follows once it has said all that it wants for now.
    pub(crate) fn want(&mut self, now: Duration, want: Want) {
        match want {
            Want::Search { frequencies, elements, enough } => {
                self.base = Base::Search { frequencies, elements, enough };
            }
            Want::Listen { frequency, duration } => {
                let there = matches!(self.job, Job::Remain { frequency: at, cancelling: false, .. } if at == frequency);
                self.base = Base::Listen { frequency, duration, until: there.then_some(now + duration) };
                if there {
                    self.outputs.push_back(Output::ListenStarted);
                }
            }
            Want::Rest => self.base = Base::Rest,
            Want::Send { token, frequency, frame, wait, urgent } => {
                if self.sends.len() >= MAX_SENDS {
                    self.outputs.push_back(Output::SendFailed(token));
                } else if urgent {
                    self.sends.push_front(QueuedSend { token, frequency, frame, wait });
                } else {
                    self.sends.push_back(QueuedSend { token, frequency, frame, wait });
                }
            }
            Want::StopWaiting(token) => {
                self.sends.retain(|s| s.token != token);
                for flying in self.flying.iter_mut().filter(|f| f.token == token) {
                    flying.abandoned = true;
                }
            }
            // Which frames are delivered is the device's business, not the airtime's.
            Want::ReportProbeRequests(_) => {}
        }
    }

    /// Acts on what discovery wants. A frame that follows an answer thus finds the radio still on the channel, which it leaves once
    /// nobody waits there any more.
    pub(crate) fn settle(&mut self, now: Duration, ids: &mut CommandIds) {
        self.step(now, ids);
    }

    /// Asks for a directed scan; [`Output::OwnerScanDone`] follows.
    pub(crate) fn scan_for_owner(&mut self, now: Duration, scan: OwnerScan, ids: &mut CommandIds) {
        self.owner_scans.push_back(scan);
        self.step(now, ids);
    }

    /// The client is being connected (or no longer): discovery pauses.
    pub(crate) fn hold(&mut self, now: Duration, client: Client, on: bool, ids: &mut CommandIds) {
        self.holds.retain(|held| *held != client);
        if on {
            self.holds.push(client);
        } else {
            self.owner_scans.retain(|s| s.client != client);
        }
        self.step(now, ids);
    }

    pub(crate) fn done(&mut self, now: Duration, id: CommandId, result: Result<(), Refused>, ids: &mut CommandIds) {
        if let Some(at) = self.flying.iter().position(|f| f.id == id) {
            if result.is_err() {
                let flying = self.flying.swap_remove(at);
                self.outputs.push_back(Output::SendFailed(flying.token));
            }
        } else if let Err(refused) = result {
            match self.job {
                Job::Scan { id: job, purpose, .. } if job == id => {
                    let discovery = !matches!(purpose, ScanFor::Owner(_));
                    self.outputs.push_back(Output::ScanRefused { discovery, refused });
                    self.job = Job::Refused { until: now + REFUSED_PAUSE, purpose: Some(purpose) };
                }
                Job::Remain { id: job, .. } if job == id => {
                    tracing::info!(%refused, "remain-on-channel refused");
                    self.outputs.push_back(Output::StayRefused(refused));
                    self.job = Job::Refused { until: now + REFUSED_PAUSE, purpose: None };
                }
                _ => {}
            }
        }
        self.step(now, ids);
    }

    pub(crate) fn sent(&mut self, now: Duration, id: CommandId, status: SendStatus, ids: &mut CommandIds) {
        let Some(flying) = self.flying.iter_mut().find(|f| f.id == id && !f.sent) else { return };
        self.untold = 0;
        flying.sent = true;
        flying.until = now + flying.wait.max(LEAST_STAY) + WAIT_SLACK;
        flying.waits_until = now + flying.wait;
        self.outputs.push_back(Output::Sent(flying.token, status));
        self.step(now, ids);
    }

    pub(crate) fn wait_ended(&mut self, now: Duration, id: CommandId, ids: &mut CommandIds) {
        // A stay can end before its frame's fate is known; the fate is still owed to whoever sent it.
        if let Some(flying) = self.flying.iter_mut().find(|f| f.id == id) {
            let awaited = flying.joined && !flying.abandoned && !flying.cancelled && flying.waits_until > now;
            if flying.sent && awaited {
                flying.left = true;
            } else if flying.sent {
                self.flying.retain(|f| f.id != id);
            } else {
                flying.wait = Duration::ZERO;
                flying.abandoned = true;
                flying.left = true;
                flying.until = flying.until.min(now + status_within(self.untold));
            }
        }
        self.step(now, ids);
    }

    pub(crate) fn scan_done(&mut self, now: Duration, id: CommandId, aborted: bool, ids: &mut CommandIds) {
        if let Job::Scan { id: job, purpose, aborting, .. } = self.job
            && job == id
        {
            self.end_scan(purpose, aborted && aborting != Aborting::Enough);
            self.step(now, ids);
        }
    }

    pub(crate) fn remain_started(&mut self, now: Duration, id: CommandId, ids: &mut CommandIds) {
        let Job::Remain { id: job, cancelling: false, begins_by, until, length, watchdog, .. } = &mut self.job else {
            return;
        };
        if *job != id {
            return;
        }
        *begins_by = None;
        // A radio takes some 20 ms to get there; the time counts from then on.
        let late = (now + *length).saturating_sub(*until);
        *until += late;
        *watchdog += late;
        if let Base::Listen { until, .. } = &mut self.base {
            *until = until.map(|until| until + late);
            self.outputs.push_back(Output::ListenStarted);
        }
        self.step(now, ids);
    }

    pub(crate) fn remain_ended(&mut self, now: Duration, id: CommandId, ids: &mut CommandIds) {
        if let Job::Remain { id: job, frequency, cancelling, .. } = self.job
            && job == id
        {
            self.job = Job::Idle;
            if !cancelling && self.keeps_group_waiting() {
                self.yields_until = Some(now + GROUP_LISTEN_PAUSE);
            } else if !cancelling {
                self.yield_for(now, LISTEN_PAUSE, Some(frequency));
            }
            self.step(now, ids);
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Duration, ids: &mut CommandIds) {
        let (over, flying): (Vec<Flying>, _) =
            core::mem::take(&mut self.flying).into_iter().partition(|f| f.until <= now);
        self.flying = flying;
        for flying in over.into_iter().filter(|f| !f.sent) {
            self.untold = (self.untold + 1).min(NEVER_SAYS);
            tracing::debug!("the radio does not say what became of a frame");
            self.outputs.push_back(Output::Sent(flying.token, SendStatus::Unknown));
        }
        match self.job {
            Job::Refused { until, purpose } if until <= now => {
                self.job = Job::Idle;
                match purpose {
                    Some(purpose) => self.end_scan(purpose, true),
                    None => self.end_listen(now),
                }
            }
            Job::Scan { id, purpose, enough: Some(enough), watchdog, .. } if enough <= now => {
                self.job = Job::Scan { id, purpose, aborting: Aborting::Enough, enough: None, watchdog };
                let command = Command::AbortScan { iface: self.iface };
                self.outputs.push_back(Output::Command(ids.next(), command));
            }
            Job::Scan { purpose, watchdog, .. } if watchdog <= now => {
                tracing::warn!("the radio never reported the end of a scan");
                self.end_scan(purpose, true);
            }
            Job::Remain { watchdog, .. } if watchdog <= now => {
                tracing::warn!("the radio never reported the end of a stay");
                self.job = Job::Idle;
            }
            Job::Remain { begins_by: Some(by), .. } if by <= now => {
                tracing::debug!("the radio does not report the begin of a stay");
                if let Job::Remain { begins_by, .. } = &mut self.job {
                    *begins_by = None;
                }
            }
            _ => {}
        }
        self.step(now, ids);
    }

    fn end_scan(&mut self, purpose: ScanFor, aborted: bool) {
        self.job = Job::Idle;
        match purpose {
            ScanFor::Search => {
                // An aborted search that is still wanted is begun anew once the radio is free.
                let put_aside = aborted && matches!(self.base, Base::Search { .. }) && !self.sends.is_empty();
                if !put_aside {
                    if matches!(self.base, Base::Search { .. }) {
                        self.base = Base::Rest;
                    }
                    self.outputs.push_back(Output::SearchDone { aborted });
                }
            }
            ScanFor::Owner(client) => self.outputs.push_back(Output::OwnerScanDone(client)),
            ScanFor::User => self.outputs.push_back(Output::UserScanDone),
        }
    }

    fn end_listen(&mut self, now: Duration) {
        if let Base::Listen { .. } = self.base {
            self.base = Base::Rest;
            self.yield_for(now, self.search_delay, None);
            self.outputs.push_back(Output::ListenEnded);
        }
    }

    /// Brings what the radio does nearer to what is wanted, by at most a few commands.
    fn step(&mut self, now: Duration, ids: &mut CommandIds) {
        if let Base::Listen { until: Some(until), .. } = self.base
            && until <= now
        {
            self.end_listen(now);
        }
        if self.yields_until.is_some_and(|until| until <= now) {
            self.yields_until = None;
        }
        self.flying.retain(|f| !(f.left && f.sent && (f.abandoned || f.waits_until <= now)));
        while let Some(send) = self.sends.front() {
            let frequency = send.frequency;
            if !self.clear_for(now, Some(frequency), ids) {
                return;
            }
            let Some(send) = self.sends.pop_front() else { return };
            self.transmit(now, send, ids);
        }
        if let Some(flying) = self.flying.iter().find(|f| !f.abandoned && !f.wait.is_zero()) {
            let (frequency, rest) = (flying.frequency, flying.waits_until.saturating_sub(now));
            if flying.left && flying.sent && !rest.is_zero() && matches!(self.job, Job::Idle) {
                self.start_remain(now, frequency, rest, ids);
            }
            return;
        }
        if let Some(next) = self.owner_scans.front() {
            let next = next.clone();
            if self.clear_for(now, None, ids) {
                self.owner_scans.pop_front();
                self.start_scan((now, None), next.iface, next.scan, ScanFor::Owner(next.client), ids);
            }
            return;
        }
        if !self.holds.is_empty() {
            self.clear_for(now, None, ids);
            return;
        }
        if matches!(self.job, Job::Scan { purpose: ScanFor::User, .. }) {
            return;
        }
        if self.user_scan.is_some() {
            // A listen is not cut short by it (as in wpa_supplicant): who was told to be found here stays so.
            if !self.listens()
                && self.clear_for(now, None, ids)
                && let Some(scan) = self.user_scan.take()
            {
                self.start_scan((now, None), self.iface, scan, ScanFor::User, ids);
                self.outputs.push_back(Output::UserScanStarted);
            }
            return;
        }
        if self.yields_until.is_some() && matches!(self.job, Job::Idle) {
            return;
        }
        match &self.base {
            Base::Rest => {
                self.clear_for(now, None, ids);
            }
            Base::Search { frequencies, elements, enough } => {
                let enough = enough.filter(|_| self.software_scan).map(|time| now + time);
                let scan = ScanRequest {
                    ssids: alloc::vec![P2P_WILDCARD.to_vec()],
                    frequencies: frequencies.clone(),
                    elements: elements.clone(),
                    no_cck: true,
                    bssid: None,
                    dwell_tu: None,
                    flush: false,
                };
                let running = matches!(self.job, Job::Scan { purpose: ScanFor::Search, aborting: Aborting::No, .. });
                if !running && self.clear_for(now, None, ids) {
                    self.start_scan((now, enough), self.iface, scan, ScanFor::Search, ids);
                    self.outputs.push_back(Output::SearchStarted);
                }
            }
            Base::Listen { frequency, duration, until } => {
                let (frequency, until) = (*frequency, until.unwrap_or(now + *duration));
                if !self.listens() && self.clear_for(now, None, ids) {
                    if let Base::Listen { until: begun, .. } = &mut self.base
                        && begun.replace(until).is_none()
                        && self.max_remain.is_none()
                    {
                        // Such a radio passes the time of listening: the peers' searches need theirs.
                        self.outputs.push_back(Output::ListenStarted);
                    }
                    let piece = match self.others.iter().any(|other| *other != frequency) {
                        _ if self.keeps_group_waiting() => GROUP_LISTEN_PIECE,
                        true => LISTEN_PIECE,
                        false => Duration::MAX,
                    };
                    self.start_remain(now, frequency, (until - now).min(piece), ids);
                }
            }
        }
    }

    /// Whether the radio is free (or on `frequency` already); else ends what stands in the way.
    fn clear_for(&mut self, now: Duration, frequency: Option<u32>, ids: &mut CommandIds) -> bool {
        let iface = self.iface;
        let mut clear = true;
        match &mut self.job {
            Job::Idle => {}
            Job::Refused { .. } => clear = frequency.is_some(),
            Job::Scan { purpose, aborting, enough, .. } => {
                clear = false;
                // A client's scan is short, and what it waits for is on the way.
                if *aborting == Aborting::No && !matches!(purpose, ScanFor::Owner(_)) {
                    (*aborting, *enough) = (Aborting::Needed, None);
                    self.outputs.push_back(Output::Command(ids.next(), Command::AbortScan { iface }));
                }
            }
            Job::Remain { frequency: at, begins_by: Some(_), cancelling: false, .. } if frequency == Some(*at) => {
                clear = false;
            }
            Job::Remain { frequency: at, cancelling, id, until, .. } => {
                if *cancelling || frequency != Some(*at) || *until < now + LEAST_REST {
                    clear = false;
                    if !*cancelling {
                        *cancelling = true;
                        let command = Command::CancelRemain { iface, remain: *id };
                        self.outputs.push_back(Output::Command(ids.next(), command));
                    }
                }
            }
        }
        clear &= self.flying.iter().all(|f| frequency == Some(f.frequency));
        self.cancel_waits(ids, |f| frequency != Some(f.frequency));
        clear
    }

    /// Ends waits on the channel that are not yet over. A frame whose fate is not known may still be in the radio's queue, and would
    /// be lost.
    fn cancel_waits(&mut self, ids: &mut CommandIds, which: impl Fn(&Flying) -> bool) {
        let iface = self.iface;
        for flying in self.flying.iter_mut().filter(|f| f.sent && !f.cancelled && !f.left && which(f)) {
            flying.cancelled = true;
            let command = Command::CancelWait { iface, transmission: flying.id };
            self.outputs.push_back(Output::Command(ids.next(), command));
        }
    }

    fn start_remain(&mut self, now: Duration, frequency: u32, duration: Duration, ids: &mut CommandIds) {
        let Some(longest) = self.max_remain else { return };
        let duration = duration.min(longest);
        let id = ids.next();
        let (until, watchdog) = (now + duration, now + duration + WATCHDOG);
        let begins_by = Some(now + BEGINS_WITHIN);
        self.job = Job::Remain { id, frequency, cancelling: false, begins_by, length: duration, until, watchdog };
        let duration_ms = duration.as_millis().max(1) as u32;
        let command = Command::RemainOnChannel { iface: self.iface, frequency, duration_ms };
        self.outputs.push_back(Output::Command(id, command));
    }

    fn transmit(&mut self, now: Duration, send: QueuedSend, ids: &mut CommandIds) {
        // The stay that a frame sent before asked for is too short for this one: it would be queued until the end of that.
        let end = now + send.wait + GRAIN;
        self.cancel_waits(ids, |f| f.abandoned && !f.joined && f.waits_until < end);
        let id = ids.next();
        let (wait, joined) = match self.job {
            Job::Remain { until, .. } if until < now + send.wait + GRAIN => {
                (until.saturating_sub(now + GRAIN).min(send.wait), true)
            }
            _ => (send.wait, false),
        };
        let transmission = Transmission {
            frequency: Some(send.frequency),
            frame: send.frame,
            wait_ms: wait.as_millis() as u32,
            no_cck: true,
            no_ack: false,
        };
        self.flying.push(Flying {
            id,
            token: send.token,
            frequency: send.frequency,
            wait: send.wait,
            until: now + send.wait + status_within(self.untold),
            waits_until: now + send.wait,
            joined,
            sent: false,
            abandoned: false,
            cancelled: false,
            left: false,
        });
        self.outputs.push_back(Output::Command(id, Command::Transmit { iface: self.iface, transmission }));
    }

    fn start_scan(
        &mut self,
        (now, enough): (Duration, Option<Duration>),
        iface: InterfaceId,
        scan: ScanRequest,
        purpose: ScanFor,
        ids: &mut CommandIds,
    ) {
        let id = ids.next();
        self.job = Job::Scan { id, purpose, aborting: Aborting::No, enough, watchdog: now + WATCHDOG };
        self.outputs.push_back(Output::Command(id, Command::Scan { iface, scan }));
    }
}

/// How long to wait for word of a frame, from the end of the wait for its answer, when the last `untold` had none.
fn status_within(untold: u8) -> Duration {
    if untold < NEVER_SAYS { STATUS_WITHIN } else { STATUS_DESPITE }
}

#[cfg(test)]
mod tests;
