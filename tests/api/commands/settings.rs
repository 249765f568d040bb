//! Settings: wrong ones stop the start, all are explained, secrets are masked.

use std::net::TcpListener;

use super::program::{Program, finish, one_line};

#[test]
fn a_wrong_setting_stops_the_start_with_one_line() {
    let program = Program::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    std::fs::write(program.folder.path().join("file"), "no folder").unwrap();
    std::fs::write(
        program.folder.path().join("no.db"),
        "no database, but long enough to be looked at. ".repeat(100),
    )
    .unwrap();
    for (arguments, expected) in [
        (
            &["--database-url", "mysql://db/relais"][..],
            "--database-url",
        ),
        (&["--database-url", "relais.db"], "--database-url"),
        (
            &["--database-url", "host=db user=ada password=s3cret"],
            "--database-url",
        ),
        (&["--database-url", ""], "--database-url"),
        (&["--secret", "short"], "--secret"),
        (&["--secret", ""], "--secret"),
        (
            &["--replica-url", "postgres://127.0.0.1:1/relais"],
            "--replica-url",
        ),
        (
            &[
                "--database-url",
                "postgres://127.0.0.1:1/relais",
                "--replica-url",
                "sqlite:x.db",
            ],
            "--replica-url",
        ),
        (&["--smtp-url", "mail.example"], "--smtp-url"),
        (
            &["--smtp-url", "smtp://ada:s3cret@mail.example"],
            "--mail-from",
        ),
        (&["--mail-from", "nobody"], "--mail-from"),
        (
            &["--registration-url", "https://app.example/r"],
            "--registration-url",
        ),
        (&["--listen", &taken], "cannot listen on"),
        (&["--data-dir", "file"], "the data folder"),
        (&["--data-dir", "file/below"], "the data folder"),
        (
            &["--database-url", "sqlite:file/relais.db"],
            "the data folder",
        ),
        (&["--database-url", "sqlite:no.db"], "database"),
        (
            &["--database-url", "postgres://ada:s3cret@127.0.0.1:1/relais"],
            "not available",
        ),
        (
            &[
                "--database-url",
                "postgres://ada:s3cret@no-such-host.invalid/relais",
            ],
            "not available",
        ),
        (&["--cors-origin", "*"], "--cors-origin"),
        (&["--cors-origin", "app.example.org"], "--cors-origin"),
        (
            &["--cors-origin", "https://app.example.org/"],
            "--cors-origin",
        ),
        (
            &["--cors-origin", "https://app.example.org,nonsense"],
            "--cors-origin",
        ),
        (&["--public-url", "example.org"], "--public-url"),
        (&["--log", "relais=loud"], "--log"),
        (&["--log", "verbose"], "--log"),
    ] {
        let line = program.fail(arguments);
        assert!(line.contains(expected), "{arguments:?}: {line}");
        assert!(!line.contains("s3cret"), "{line}");
        assert!(line.len() < 400, "{line}");
    }
    assert!(!program.folder.path().join("mysql:").exists());
    // What the command line itself refuses.
    for (arguments, expected) in [
        (&["--listen", "here"][..], "'here' for '--listen"),
        (&["--database-connections", "0"], "--database-connections"),
        (&["--statement-seconds", "x"], "--statement-seconds"),
        (&["--rate-limit", "0"], "'0' for '--rate-limit"),
        (
            &["--sign-up", "maybe"],
            "possible values: open, invitation, closed",
        ),
        (&["--trusted-proxy", "proxy.example.org"], "--trusted-proxy"),
        (&["--nonsense"], "--nonsense"),
        (&["nonsense"], "nonsense"),
        (&["backup"], "<FILE>"),
        (&["account", "create", "nobody"], "<EMAIL>"),
        (&["keys"], "requires a subcommand"),
    ] {
        let line = program.fail(arguments);
        assert!(line.contains(expected), "{arguments:?}: {line}");
        assert!(!line.contains("error:"), "{line}");
        assert!(!line.contains("Usage"), "{line}");
        assert!(!line.contains("--help"), "{line}");
        assert!(line.len() < 400, "{line}");
    }
    let mut command = program.command(&["serve"]);
    command.env("RELAIS_RATE_LIMIT", "0");
    let line = one_line(&finish(command));
    assert!(line.contains("'0' for '--rate-limit"), "{line}");
    assert!(
        program
            .succeed(&["--version"])
            .contains(env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn settings_come_from_the_environment_too_and_flags_win() {
    let program = Program::new();
    let mut command = program.command(&["config", "--rate-limit", "7"]);
    command
        .env(
            "DATABASE_URL",
            "postgres://ada:s3cret@db.example.org/relais",
        )
        .env(
            "RELAIS_SECRET",
            "a secret of more than thirty-two characters",
        )
        .env(
            "RELAIS_REPLICA_URL",
            "postgres://ada:s3cret@replica.example.org/relais",
        )
        .env("RELAIS_SMTP_URL", "smtp://eve:s3cret@mail.example.org:587")
        .env("RELAIS_MAIL_FROM", "Relais <relais@mail.example.org>")
        .env("RELAIS_RATE_LIMIT", "9")
        .env(
            "RELAIS_CORS_ORIGINS",
            "https://a.example.org,https://b.example.org",
        );
    let output = finish(command);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for line in [
        "database-url             postgres://db.example.org/relais",
        "replica-url              postgres://replica.example.org/relais",
        "smtp-url                 smtp://eve:***@mail.example.org:587?tls=required",
        "secret                   (set)",
        "rate-limit               7",
        "cors-origin              https://a.example.org, https://b.example.org",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    for secret in ["s3cret", "ada", "thirty-two"] {
        assert!(!text.contains(secret), "{text}");
    }
    // RELAIS_DATABASE_URL is meant before DATABASE_URL, and a wrong one is no less wrong there.
    let mut command = program.command(&["config"]);
    command
        .env("DATABASE_URL", "postgres://db.example.org/relais")
        .env("RELAIS_DATABASE_URL", "oracle:db");
    assert!(one_line(&finish(command)).contains("RELAIS_DATABASE_URL"));
}

#[test]
fn config_lists_every_setting() {
    let program = Program::new();
    let text = program.succeed(&["config"]);
    let help = program.succeed(&["--help"]);
    let settings = entries(&help, "Settings:");
    assert!(settings.len() >= 20, "{help}");
    for (flag, _) in settings {
        if flag == "--log-format" {
            continue;
        }
        assert!(
            text.lines()
                .any(|line| line.split_whitespace().next() == flag.strip_prefix("--")),
            "{flag} is not in {text}"
        );
    }
}

#[test]
fn every_command_and_every_setting_is_explained() {
    let program = Program::new();
    let mut commands: Vec<Vec<String>> = vec![vec![]];
    let mut seen = 0;
    while let Some(command) = commands.pop() {
        seen += 1;
        let mut line: Vec<&str> = command.iter().map(String::as_str).collect();
        line.push("--help");
        let help = program.succeed(&line);
        for (name, explained) in entries(&help, "Commands:") {
            assert!(explained, "{command:?} {name} has no help:\n{help}");
            if name != "help" {
                let mut below = command.clone();
                below.push(name);
                commands.push(below);
            }
        }
        for section in ["Options:", "Settings:", "Arguments:"] {
            for (name, explained) in entries(&help, section) {
                assert!(explained, "{command:?} {name} has no help:\n{help}");
            }
        }
        // No variable is shown with its value, lest a secret be among them.
        assert!(!help.contains("RELAIS_SECRET="), "{help}");
        assert!(!help.contains("RELAIS_DATABASE_URL="), "{help}");
    }
    assert!(seen >= 12, "{seen} commands");
}

/// The entries of a section, and whether something is said of each: behind it, or on the line below it.
fn entries(help: &str, section: &str) -> Vec<(String, bool)> {
    let lines: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != section)
        .skip(1)
        .take_while(|line| line.is_empty() || line.starts_with(' '))
        .collect();
    let mut entries = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        let text = line.trim_start();
        let is_entry = match section {
            "Options:" | "Settings:" => text.starts_with('-') && indent <= 6,
            _ => indent == 2,
        };
        if !is_entry {
            continue;
        }
        let behind = text
            .split_once("  ")
            .is_some_and(|(_, said)| !said.trim().is_empty());
        let below = lines.get(index + 1).is_some_and(|next| {
            next.starts_with("          ") && !next.trim_start().starts_with('[')
        });
        let name = text
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_owned();
        entries.push((name, behind || below));
    }
    entries
}
