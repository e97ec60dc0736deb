//! Why a run of the registration protocol failed.

use ieee80211_ies::Malformed;
use ieee80211_ies::wsc::{ConfigError, MessageType};

use crate::credential::InvalidCredential;
use crate::dh::InvalidPublicKey;
use crate::fragment::FragmentError;
use crate::keys::DecryptError;

/// What went wrong, and who was at fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The peer sent octets that are no message.
    #[error("malformed message: {0}")]
    Malformed(#[from] Malformed),
    /// The peer sent fragments that do not make a message.
    #[error("malformed fragments: {0}")]
    Fragments(#[from] FragmentError),
    /// The peer left out an attribute that the message must have, or gave it another length.
    #[error("{0} without a usable {1} attribute")]
    Missing(MessageType, &'static str),
    /// The peer sent a message out of turn, or no message of this protocol (`None`).
    #[error("an unexpected message ({got:?}) in place of {expected}")]
    Unexpected {
        /// What the protocol asks for here.
        expected: MessageType,
        /// What came.
        got: Option<MessageType>,
    },
    /// The message belongs to another run.
    #[error("{0} with the nonce of another run")]
    WrongNonce(MessageType),
    /// The peer has other keys, or the message was changed on its way.
    #[error("{0} with a wrong authenticator")]
    WrongAuthenticator(MessageType),
    /// The peer's public key is not usable.
    #[error("unusable public key: {0}")]
    PublicKey(#[from] InvalidPublicKey),
    /// The peer's encrypted settings do not open.
    #[error("{0}")]
    EncryptedSettings(#[from] DecryptError),
    /// The peer does not know the first half of the password: the PIN is wrong.
    #[error("the peer has another password (first half)")]
    WrongPasswordFirstHalf,
    /// The peer does not know the second half of the password: the PIN is wrong.
    #[error("the peer has another password (second half)")]
    WrongPasswordSecondHalf,
    /// The registrar's credential is not usable.
    #[error("unusable credential: {0}")]
    Credential(#[from] InvalidCredential),
    /// The peer ended the run with this error.
    #[error("the peer gave up: {0}")]
    PeerGaveUp(ConfigError),
    /// The peer ended the run with EAP-Failure, before the credential came.
    #[error("the peer ended the run")]
    PeerEnded,
    /// The peer does not take part in EAP-WSC as an enrollee.
    #[error("the peer is no enrollee")]
    NotAnEnrollee,
    /// An external registrar wanted to configure us: a group's settings are not for others to change.
    #[error("an external registrar is not accepted")]
    ExternalRegistrar,
    /// The registrar is not active, or not with the method that the enrollee uses: M2D went out.
    #[error("no registrar is active for this enrollee")]
    NotSelected,
    /// More than one enrollee is in push-button mode, or another one than was chosen: M2D went out.
    #[error("more than one device is in push-button mode")]
    Overlap,
    /// The PIN was tried too often; a new one is needed.
    #[error("the PIN is used up")]
    PinUsedUp,
    /// The peer started over too often.
    #[error("the peer started over too often")]
    TooManyRuns,
    /// The peer did not answer; the message that was awaited, `None` before the registration protocol began.
    #[error("timed out waiting for {0:?}")]
    TimedOut(Option<MessageType>),
}

impl Reason {
    /// The Configuration Error that tells the peer of this.
    pub const fn config_error(&self) -> ConfigError {
        match self {
            Self::WrongPasswordFirstHalf | Self::WrongPasswordSecondHalf => {
                ConfigError::DEVICE_PASSWORD_AUTHENTICATION_FAILURE
            }
            Self::EncryptedSettings(_) => ConfigError::DECRYPTION_CRC_FAILURE,
            Self::Overlap => ConfigError::MULTIPLE_PBC_SESSIONS_DETECTED,
            Self::PinUsedUp | Self::TooManyRuns | Self::ExternalRegistrar => ConfigError::SETUP_LOCKED,
            Self::TimedOut(_) => ConfigError::MESSAGE_TIMEOUT,
            Self::PeerGaveUp(error) => *error,
            _ => ConfigError::NO_ERROR,
        }
    }
}
