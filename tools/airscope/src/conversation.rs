//! What is told of two devices that speak with each other.

use std::time::Duration;

use serde::Serialize;

use crate::devices::DeviceSummary;

/// One of the two devices of a conversation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Who spoke first.
    First,
    /// The other one.
    Second,
}

impl Side {
    /// The other one of the two.
    pub const fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }

    /// 0 for the first, 1 for the second.
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// The part of Wi-Fi Direct to which a step belongs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Questions about services, before any connection (Wi-Fi P2P v1.7 §3.1.3).
    ServiceDiscovery,
    /// Provision discovery: by which method (§3.1.4.2 before negotiation, §3.2.3 before joining).
    ProvisionDiscovery,
    /// GO negotiation: who owns the group, and where (§3.1.4.2).
    GoNegotiation,
    /// Invitation: into a group, or to take one up again (§3.1.5).
    Invitation,
    /// Authentication and association.
    Association,
    /// Provisioning by WSC: M1 to M8.
    Provisioning,
    /// The 4-way handshake.
    Handshake,
    /// In the group.
    Connected,
}

impl Phase {
    /// The name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ServiceDiscovery => "service discovery",
            Self::ProvisionDiscovery => "provision discovery",
            Self::GoNegotiation => "GO negotiation",
            Self::Invitation => "invitation",
            Self::Association => "association",
            Self::Provisioning => "provisioning (WSC)",
            Self::Handshake => "4-way handshake",
            Self::Connected => "in the group",
        }
    }
}

/// How a step bears on the conversation's end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// As it should be.
    Plain,
    /// Something was achieved.
    Good,
    /// Something went wrong.
    Bad,
}

/// One thing that one said to the other.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Step {
    /// Since the first packet of the capture, in seconds.
    #[serde(serialize_with = "seconds")]
    pub time: Duration,
    /// The number of the packet in the capture, from 1.
    pub packet: u64,
    /// Who said it.
    pub from: Side,
    /// To what it belongs.
    pub phase: Phase,
    /// The frame's name.
    pub what: String,
    /// What it says; safe to print.
    pub detail: String,
    /// Good or bad.
    pub mark: Mark,
    /// How often it was heard, repetitions included.
    pub times: u32,
    /// Of a frame with a MIC: whether it is right under the passphrase or PSK that was given; absent where none was, or where
    /// something is missing for the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mic_right: Option<bool>,
}

/// How a conversation ended.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Outcome {
    /// The two only spoke; nothing was refused.
    Talked {
        /// What of.
        phase: Phase,
    },
    /// A question has no answer in the capture.
    Unanswered {
        /// What it belongs to.
        phase: Phase,
        /// The question.
        what: String,
        /// Who asked.
        from: Side,
    },
    /// The other side's user had to agree first, and did not until the end of the capture.
    NotAccepted {
        /// To what.
        phase: Phase,
        /// Who asked.
        from: Side,
    },
    /// Both agreed, but the next step is not in the capture.
    Agreed {
        /// The last thing on which they agreed.
        phase: Phase,
    },
    /// The client is in the group at the end of the capture.
    Connected,
    /// The client was in the group.
    Left {
        /// Who ended it.
        by: Side,
        /// With which words.
        why: String,
    },
    /// It did not come to a connection.
    Failed {
        /// Where.
        phase: Phase,
        /// Who said so, where somebody did.
        by: Option<Side>,
        /// Why; safe to print.
        why: String,
    },
}

/// What the two agreed on.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Agreement {
    /// Who owns the group.
    pub owner: Option<Side>,
    /// The group's name; safe to print.
    pub ssid: Option<String>,
    /// The channel of the group, MHz.
    pub frequency: Option<u32>,
    /// By which method the client is provisioned.
    pub method: Option<String>,
    /// Whether the group is to be remembered.
    pub persistent: bool,
}

/// Two devices, from the first question to the end of their connection.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Conversation {
    /// 1 for the first that began.
    pub number: u64,
    /// The two: who spoke first, and the other.
    pub devices: [DeviceSummary; 2],
    /// What they agreed on.
    pub agreed: Agreement,
    /// How it ended.
    pub outcome: Outcome,
    /// From the first question to the end of the 4-way handshake, in seconds.
    #[serde(serialize_with = "optional_seconds")]
    pub took: Option<Duration>,
    /// What was said.
    pub steps: Vec<Step>,
    /// Steps that were left out behind [`MAX_STEPS`].
    pub left_out: u64,
    /// Encrypted data frames from the first and from the second device.
    pub data_frames: [u64; 2],
}

/// The most steps that are kept of one conversation; a formation has about 50.
pub const MAX_STEPS: usize = 500;

impl Conversation {
    /// When it began.
    pub fn began(&self) -> Duration {
        self.steps.first().map_or(Duration::ZERO, |step| step.time)
    }

    /// What to call a device in a chart.
    pub fn name(&self, side: Side) -> String {
        let [first, second] = [&self.devices[0], &self.devices[1]].map(DeviceSummary::label);
        // Two devices may have one name.
        match (side, first == second) {
            (Side::First, false) => first,
            (Side::Second, false) => second,
            (side, true) => self.devices[side.index()].address.to_string(),
        }
    }

    /// How it ended, in one line.
    pub fn verdict(&self) -> String {
        match &self.outcome {
            Outcome::Talked { phase } => format!("only {}", phase.name()),
            Outcome::Unanswered { phase, what, from } => {
                format!("no answer: {} of {} ({})", what, self.name(*from), phase.name())
            }
            Outcome::NotAccepted { phase, from } => {
                format!("the user of {} has not agreed ({})", self.name(from.other()), phase.name())
            }
            Outcome::Agreed { phase } => format!("{} ended well; what follows is not in the capture", phase.name()),
            Outcome::Connected => match self.took {
                Some(took) => format!("connected after {:.3} s", took.as_secs_f64()),
                None => "connected".into(),
            },
            Outcome::Left { by, why } => match self.took {
                Some(took) => {
                    format!("connected after {:.3} s; ended by {}: {why}", took.as_secs_f64(), self.name(*by))
                }
                None => format!("ended by {}: {why}", self.name(*by)),
            },
            Outcome::Failed { phase, by: Some(by), why } => {
                format!("failed in {}: {} said: {why}", phase.name(), self.name(*by))
            }
            Outcome::Failed { phase, by: None, why } => format!("failed in {}: {why}", phase.name()),
        }
    }

    /// What was agreed, in one line; empty when nothing was.
    pub fn agreement(&self) -> String {
        let agreed = &self.agreed;
        let mut parts = Vec::new();
        if let Some(owner) = agreed.owner {
            let ssid = agreed.ssid.as_deref().map(|ssid| format!(" {ssid}")).unwrap_or_default();
            parts.push(format!("{} owns the group{ssid}", self.name(owner)));
        } else if let Some(ssid) = &agreed.ssid {
            parts.push(format!("group {ssid}"));
        }
        if let Some(mhz) = agreed.frequency {
            parts.push(crate::p2p::channel_text(mhz));
        }
        if agreed.persistent {
            parts.push("persistent".into());
        }
        parts.extend(agreed.method.clone());
        parts.join(", ")
    }
}

fn seconds<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

fn optional_seconds<S: serde::Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => seconds(time, serializer),
        None => serializer.serialize_none(),
    }
}
