//! What a scenario is: a name, what happens inside the machine, and what is checked afterwards outside.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::lab::Lab;

/// Real time that a scenario may take unless it says otherwise.
const LIMIT: Duration = Duration::from_secs(300);

type Inside = Box<dyn Fn(&mut Lab) -> Result<()> + Send + Sync>;
type Outside = Box<dyn Fn(&Path) -> Result<()> + Send + Sync>;

/// One scenario: one boot.
pub struct Scenario {
    /// Its name: topic, what happens, and the variant, with `::` between them.
    pub name: String,
    /// Real time after which it has failed.
    pub limit: Duration,
    inside: Inside,
    outside: Option<Outside>,
}

impl Scenario {
    /// A scenario that is done when `inside` returns.
    pub fn new(name: impl Into<String>, inside: impl Fn(&mut Lab) -> Result<()> + Send + Sync + 'static) -> Self {
        Self { name: name.into(), limit: LIMIT, inside: Box::new(inside), outside: None }
    }

    /// Adds a check of the logs and the recording, made on the host after the machine has halted.
    pub fn checked_outside(mut self, check: impl Fn(&Path) -> Result<()> + Send + Sync + 'static) -> Self {
        self.outside = Some(Box::new(check));
        self
    }

    /// Allows more, or less, real time.
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs the part inside the machine.
    pub fn run(&self, lab: &mut Lab) -> Result<()> {
        (self.inside)(lab)?;
        let complaints = lab.complaints();
        if complaints.is_empty() { Ok(()) } else { bail!("{}", complaints.join("\n    ")) }
    }

    /// Makes the check outside.
    pub fn check(&self, directory: &Path) -> Result<()> {
        self.outside.as_ref().map_or(Ok(()), |check| check(directory))
    }
}
