//! docs/cli.md, made from the same definitions as `--help`.

use clap::{Arg, Command};

/// The reference of every command, in Markdown.
pub fn markdown(mut program: Command) -> String {
    program.build();
    let mut out = String::from("# Command line\n\n");
    out.push_str("Made from the definitions that `--help` prints; `cargo test` fails when the two differ.\n\n");
    out.push_str(&about(&program));
    out.push_str(&section("Options of every command", program.get_arguments().filter(|arg| arg.is_global_set())));
    for command in program.get_subcommands().filter(|command| is_ours(command)) {
        out.push_str(&command_with_parts(command, program.get_name(), "##"));
    }
    if let Some(after) = program.get_after_long_help().or(program.get_after_help()) {
        out.push_str(&format!("## More\n\n```text\n{}\n```\n", after.to_string().trim_end()));
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// A command and its own commands, which stand below it.
fn command_with_parts(command: &Command, above: &str, heading: &str) -> String {
    let name = format!("{above} {}", command.get_name());
    let mut out = format!("{heading} `{name}`\n\n{}", about(command));
    let usage = command.clone().render_usage().to_string();
    out.push_str(&format!("```text\n{}\n```\n\n", usage.trim()));
    let own = || command.get_arguments().filter(|arg| !arg.is_global_set() && !arg.is_hide_set());
    out.push_str(&section("Arguments", own().filter(|arg| arg.is_positional())));
    out.push_str(&section("Options", own().filter(|arg| !arg.is_positional() && arg.get_id() != "help")));
    if let Some(after) = command.get_after_long_help().or(command.get_after_help()) {
        out.push_str(&format!("```text\n{}\n```\n\n", after.to_string().trim_end()));
    }
    for part in command.get_subcommands().filter(|part| is_ours(part)) {
        out.push_str(&command_with_parts(part, &name, &format!("{heading}#")));
    }
    out
}

fn is_ours(command: &Command) -> bool {
    !command.is_hide_set() && command.get_name() != "help"
}

fn about(command: &Command) -> String {
    let about = command.get_long_about().or(command.get_about());
    about.map(|text| format!("{}\n\n", text.to_string().trim())).unwrap_or_default()
}

fn section<'a>(title: &str, args: impl Iterator<Item = &'a Arg>) -> String {
    let lines: Vec<String> = args.map(line).collect();
    if lines.is_empty() { String::new() } else { format!("{title}:\n\n{}\n\n", lines.join("\n")) }
}

fn line(arg: &Arg) -> String {
    let short = arg.get_short().map(|short| format!("-{short}, ")).unwrap_or_default();
    let help = arg.get_long_help().or(arg.get_help()).map(|help| help.to_string()).unwrap_or_default();
    format!("- `{short}{}`: {}{}", arg.to_string().trim(), sentences(&help), values(arg))
}

/// Paragraphs run together, each ended by a full stop.
fn sentences(help: &str) -> String {
    let paragraphs = help.split("\n\n").map(|paragraph| {
        let text = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.ends_with(['.', '?', ':']) { text } else { format!("{text}.") }
    });
    paragraphs.collect::<Vec<String>>().join(" ")
}

fn values(arg: &Arg) -> String {
    let names: Vec<String> = arg
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| format!("`{}`", value.get_name()))
        .collect();
    let takes_words = arg.get_action().takes_values() && !names.is_empty() && !arg.is_hide_possible_values_set();
    let one_of = if takes_words { format!(" One of {}.", names.join(", ")) } else { String::new() };
    let defaults: Vec<String> =
        arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    if defaults.is_empty() || arg.is_hide_default_value_set() || !arg.get_action().takes_values() {
        one_of
    } else {
        format!("{one_of} Default: `{}`.", defaults.join(", "))
    }
}
