//! The man page: all commands on one, as the help tells of them.

use crate::args::Cli;
use clap::CommandFactory;
use clap_mangen::Man;
use std::io::{self, Write};

/// Writes it, in roff.
///
/// # Errors
/// When the output has gone.
pub fn write(out: &mut dyn Write) -> io::Result<()> {
    let mut cli = Cli::command();
    cli.build();
    let page = Man::new(cli.clone().after_help("").after_long_help(""));
    page.render_title(out)?;
    page.render_name_section(out)?;
    page.render_synopsis_section(out)?;
    page.render_description_section(out)?;
    page.render_options_section(out)?;
    writeln!(out, ".SH COMMANDS")?;
    for command in cli.get_subcommands_mut().filter(|c| !c.is_hide_set() && c.get_name() != "help") {
        // What all commands understand stands above.
        let own = command.clone().mut_args(|arg| if arg.is_global_set() { arg.hide(true) } else { arg });
        writeln!(out, ".SS {}", escaped(command.get_name()))?;
        verbatim(out, &own.disable_help_flag(true).render_help().to_string())?;
    }
    if let Some(after) = cli.get_after_help() {
        writeln!(out, ".SH EXAMPLES AND EXIT STATUS")?;
        verbatim(out, &after.to_string())?;
    }
    Ok(())
}

/// Text as it is laid out.
fn verbatim(out: &mut dyn Write, text: &str) -> io::Result<()> {
    writeln!(out, ".nf\n{}\n.fi", escaped(text.trim_end()))
}

/// Text that roff takes for nothing but text.
fn escaped(text: &str) -> String {
    let lines = text.lines().map(|line| line.replace('\\', "\\e").replace('-', "\\-"));
    // A dot or a quote in front would make a line a request.
    let lines = lines.map(|line| if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_command_with_its_options() {
        let mut page = Vec::new();
        write(&mut page).expect("memory takes it");
        let page = String::from_utf8(page).expect("text");
        for part in [".SS find", ".SS connect", "\\-\\-show\\-pin", "\\-\\-social", "EXIT STATUS", "130"] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!page.contains("p2pctl\\-find(1)"), "there is one page");
    }

    #[test]
    fn no_text_becomes_a_request() {
        assert_eq!(escaped(".so x\n'a\\b -p"), "\\&.so x\n\\&'a\\eb \\-p");
    }
}
