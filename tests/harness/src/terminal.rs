//! A terminal with a shell in it, used as by a person: lines are typed when the prompt stands, and what is read is what
//! the screen shows.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::pty::{Winsize, openpty};
use regex_lite::Regex;

use crate::namespace::Namespace;
use crate::transcript::note;

/// The shell's prompt.
pub const PROMPT: &str = "$ ";
/// How long a program may take until it prompts for the next line.
const PROMPT_WITHIN: Duration = Duration::from_secs(20);
/// Wide enough that no line of the control protocol is broken.
const SIZE: Winsize = Winsize { ws_row: 50, ws_col: 1000, ws_xpixel: 0, ws_ypixel: 0 };
/// Columns from one tabulator stop to the next.
const TAB: usize = 8;
/// Octets read at once.
const CHUNK: usize = 4096;

/// What stands on a screen: lines, of which the last one is being written.
#[derive(Default)]
struct Screen {
    lines: Vec<Vec<char>>,
    column: usize,
}

impl Screen {
    /// Does what a simple terminal does: carriage return, backspace, tabulator and bell; anything else is a character.
    fn write(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '\r' => self.column = 0,
                '\n' => {
                    self.lines.push(Vec::new());
                    self.column = 0;
                }
                '\u{8}' => self.column = self.column.saturating_sub(1),
                '\u{7}' => {}
                '\t' => self.column = (self.column + 1).next_multiple_of(TAB),
                _ => self.put(character),
            }
        }
    }

    fn put(&mut self, character: char) {
        if self.lines.is_empty() {
            self.lines.push(Vec::new());
        }
        if let Some(line) = self.lines.last_mut() {
            line.resize(line.len().max(self.column + 1), ' ');
            line[self.column] = character;
        }
        self.column += 1;
    }

    /// The lines as they stand, without blanks at their ends.
    fn text(&self) -> Vec<String> {
        self.lines.iter().map(|line| line.iter().collect::<String>().trim_end().to_owned()).collect()
    }

    /// What stands before the cursor in the last line.
    fn before_cursor(&self) -> String {
        self.lines.last().map(|line| line.iter().take(self.column).collect()).unwrap_or_default()
    }
}

#[derive(Default)]
struct Shown {
    screen: Mutex<Screen>,
    changed: Condvar,
}

impl Shown {
    fn lock(&self) -> MutexGuard<'_, Screen> {
        self.screen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A terminal with a shell in it.
pub struct Terminal {
    who: String,
    keyboard: File,
    shown: Arc<Shown>,
    shell: Child,
    /// Lines before this one were looked at.
    next: usize,
    /// Lines that stood when the last one was typed.
    typed: usize,
}

impl Terminal {
    /// Opens a terminal in a namespace, where `run` is the machine's `/run`; its shell starts in `home`.
    pub fn open(who: &str, namespace: &Namespace, run: &Path, home: &Path, programs: &Path) -> Result<Self> {
        let pty = openpty(&SIZE, None).context("new terminal")?;
        let path = std::env::var("PATH").unwrap_or_default();
        // The shell leads a session of its own, so that the interrupt key reaches what it runs.
        let mut command = Command::new("setsid");
        command
            .args(["--ctty", "--wait", "sh", "-i"])
            .current_dir(home)
            .env("TERM", "dumb")
            .env("PS1", PROMPT)
            .env("PATH", format!("{}:{path}", programs.display()))
            .stdin(pty.slave.try_clone()?)
            .stdout(pty.slave.try_clone()?)
            .stderr(pty.slave);
        let shell = namespace.spawn_with_run(command, run)?;
        let keyboard = File::from(pty.master.try_clone()?);
        let shown = Arc::new(Shown::default());
        show(who, pty.master, Arc::clone(&shown))?;
        Ok(Self { who: who.to_owned(), keyboard, shown, shell, next: 0, typed: 0 })
    }

    /// Types a line as soon as there is a prompt.
    pub fn enter(&mut self, line: &str) -> Result<()> {
        let end = Instant::now() + PROMPT_WITHIN;
        let mut screen = self.shown.lock();
        // A prompt that the last line was typed behind is none.
        while screen.lines.len() <= self.typed || ![PROMPT, "> "].contains(&screen.before_cursor().as_str()) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let shown = tail(&screen);
                drop(screen);
                bail!("{}: no prompt for {line:?} after {PROMPT_WITHIN:?}; the screen shows:{shown}", self.who);
            }
            screen = self.shown.changed.wait_timeout(screen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        // What comes from now on stands below.
        self.typed = screen.lines.len();
        self.next = self.typed;
        drop(screen);
        self.press(&format!("{line}\n"))
    }

    /// Presses keys, whatever the screen shows.
    pub fn press(&mut self, keys: &str) -> Result<()> {
        note(&self.who, &format!("types {keys:?}"));
        self.keyboard.write_all(keys.as_bytes()).context("type")
    }

    /// Waits for the next whole line that matches, and goes past it.
    pub fn expect(&mut self, pattern: &str, within: Duration) -> Result<String> {
        let form = Regex::new(pattern)?;
        let end = Instant::now() + within;
        let mut screen = self.shown.lock();
        loop {
            let lines = screen.text();
            let whole = lines.len().saturating_sub(1);
            let found = lines.iter().enumerate().take(whole).skip(self.next).find(|(_, line)| form.is_match(line));
            if let Some((number, line)) = found {
                self.next = number + 1;
                return Ok(line.clone());
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                bail!("{}: no {pattern:?} within {within:?}; the screen shows:{}", self.who, tail(&screen));
            }
            screen = self.shown.changed.wait_timeout(screen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Everything that the screen showed.
    pub fn screen(&self) -> String {
        self.shown.lock().text().join("\n")
    }

    /// Clears the screen, but for the line of the prompt.
    pub fn clear(&mut self) {
        let mut screen = self.shown.lock();
        let last = screen.lines.pop();
        screen.lines = last.into_iter().collect();
        self.next = 0;
        self.typed = 0;
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        _ = self.shell.kill();
        _ = self.shell.wait();
    }
}

fn show(who: &str, master: OwnedFd, shown: Arc<Shown>) -> Result<()> {
    let mut output = File::from(master);
    let who = who.to_owned();
    thread::Builder::new().name(format!("screen of {who}")).spawn(move || {
        let mut buffer = [0; CHUNK];
        // A terminal without programs reads as an error.
        while let Ok(length @ 1..) = output.read(&mut buffer) {
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            note(&who, &format!("shows {text:?}"));
            shown.lock().write(&text);
            shown.changed.notify_all();
        }
    })?;
    Ok(())
}

/// The last lines, for a message.
fn tail(screen: &Screen) -> String {
    let lines = screen.text();
    let first = lines.len().saturating_sub(12);
    lines.iter().skip(first).map(|line| format!("\n    {line}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_written_over_shows_what_came_last() {
        let mut screen = Screen::default();
        screen.write("> p2p\u{8}\u{8}\u{8}\r<3>P2P-FIND-STOPPED \r\n> ");
        assert_eq!(screen.text(), ["<3>P2P-FIND-STOPPED", ">"]);
        assert_eq!(screen.before_cursor(), "> ");
        screen.write("status\rX");
        assert_eq!(screen.text(), ["<3>P2P-FIND-STOPPED", "X status"]);
        assert_eq!(screen.before_cursor(), "X");
    }
}
