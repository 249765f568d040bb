//! What the whole suite is watched for: secrets that get out, answers without their headers, codes that nobody
//! has listed.
//!
//! The surprising rule: the server's log is read line by line, at level debug, while any test runs. A test need
//! not be about secrets to fail: the app that is dropped next says what got out.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use log::kv::{self, VisitSource};
use relais::http::Code;
use serde_json::Value;

use super::answer::Answer;

/// Codes of areas that are still to come. The list may only shrink: an answer with one of these fails its test.
pub const RESERVED: [Code; 1] = [Code::InsufficientScope];

/// What no log line and no error has, whoever's it is: an access token, a token of a tool, a private key, an
/// address of the suite's people, and what tests mark as secret.
const MARKS: [&str; 5] = ["eyJ", "rls_", "PRIVATE KEY", "@canary.example", "CANARY"];

/// What the server itself gives as an example of an e-mail.
const EXAMPLE_EMAIL: &str = "ada@example.org";

/// Members of bodies whose values are secret.
const SECRET_MEMBERS: [&str; 9] = [
    "email",
    "access_token",
    "refresh_token",
    "secret",
    "invitation",
    "password",
    "current_password",
    "new_password",
    "link",
];

#[derive(Default)]
struct Watch {
    secrets: HashSet<String>,
    /// Those of several words.
    phrases: HashSet<String>,
    leaks: Vec<String>,
    lines: Vec<String>,
}

fn watch() -> MutexGuard<'static, Watch> {
    static WATCH: OnceLock<Mutex<Watch>> = OnceLock::new();
    WATCH
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

struct Capture;

impl log::Log for Capture {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        // The client of the tests lives in the same process; what it logs is not the server's.
        let from_client = ["reqwest", "hyper", "rustls", "h2", "want"]
            .iter()
            .any(|client| metadata.target().starts_with(client));
        !from_client
    }

    fn log(&self, record: &log::Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let mut line = Line(format!(
            "{} {} {}",
            record.level(),
            record.target(),
            record.args()
        ));
        let _ = record.key_values().visit(&mut line);
        let mut watch = watch();
        if let Some(what) = watch.secret_in(&line.0) {
            let leak = format!("the log has {what}: {}", line.0);
            watch.leaks.push(leak);
        }
        watch.lines.push(line.0);
    }

    fn flush(&self) {}
}

struct Line(String);

impl<'kvs> VisitSource<'kvs> for Line {
    fn visit_pair(&mut self, key: kv::Key<'kvs>, value: kv::Value<'kvs>) -> Result<(), kv::Error> {
        self.0.push_str(&format!(" {key}={value}"));
        Ok(())
    }
}

/// What words are made of that are looked up one by one.
fn is_part(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_')
}

impl Watch {
    /// Keeps a secret in the form in which it can be found.
    fn keep(&mut self, name: &str, text: &str) {
        match name {
            "email" if text.contains('@') && text.is_ascii() && text != EXAMPLE_EMAIL => {
                self.secrets.insert(text.to_owned());
            }
            "email" => {}
            // The secret in an address is its last part.
            "link" => {
                let last = text.rsplit(|letter| !is_part(letter)).next();
                self.secrets.extend(last.map(str::to_owned));
            }
            // Passwords of several words; short ones are words of the language.
            _ if text.contains(' ') && text.len() >= 12 => {
                self.phrases.insert(text.to_owned());
            }
            // A wrong password "password" proves nothing.
            _ if text.len() >= 20 => {
                self.secrets.insert(text.to_owned());
            }
            _ => {}
        }
    }

    /// Which kind of secret the text has.
    fn secret_in(&self, text: &str) -> Option<String> {
        if let Some(mark) = MARKS.iter().find(|mark| text.contains(**mark)) {
            return Some(format!("{mark}…"));
        }
        let words = text
            .split(|letter| !is_part(letter))
            .filter(|word| word.len() >= 20);
        let emails = text
            .split(|letter| !is_part(letter) && !matches!(letter, '.' | '+' | '@'))
            .map(|word| word.trim_matches('.'))
            .filter(|word| word.contains('@'));
        words
            .chain(emails)
            .find(|word| self.secrets.contains(*word))
            .or_else(|| {
                let mut phrases = self.phrases.iter().map(String::as_str);
                phrases.find(|phrase| text.contains(phrase))
            })
            .map(|secret| format!("the secret {secret}"))
    }

    fn leak_of(&self, command: &Command, printed: &str) -> Option<String> {
        let mut told = printed.to_owned();
        for argument in command.get_args().filter_map(OsStr::to_str) {
            if self.secret_in(argument).is_some() {
                told = told.replace(argument, "…");
            }
        }
        self.secret_in(&told)
            .map(|secret| format!("{secret}: {printed}"))
    }

    fn leak_on_the_wire(&self, answers: &str) -> Option<String> {
        let mut errors = answers
            .split("HTTP/1.1 ")
            .filter(|answer| answer.starts_with(['4', '5']));
        errors.find_map(|error| {
            let secret = self.secret_in(error)?;
            Some(format!("{secret}: {error}"))
        })
    }
}

/// From now on every line is read.
pub fn begin() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        log::set_logger(&Capture).expect("the first logger");
        log::set_max_level(log::LevelFilter::Debug);
    });
}

/// The log so far, of all apps of the suite.
pub fn lines() -> Vec<String> {
    watch().lines.clone()
}

/// Learns the secrets of a body, whichever way it goes.
pub fn learn(body: &Value) {
    match body {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(text) if SECRET_MEMBERS.contains(&name.as_str()) => {
                        watch().keep(name, text);
                    }
                    value => learn(value),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(learn),
        _ => {}
    }
}

/// Fails when what a program printed has a secret, but for what its own command line says: whoever typed that knows it.
#[track_caller]
pub fn check_output(command: &Command, printed: &str) {
    if let Some(leak) = watch().leak_of(command, printed) {
        panic!("{command:?} printed {leak}");
    }
}

/// Fails when an error among these answers, as bytes on a socket, has a secret.
#[track_caller]
pub fn check_wire(answers: &str) {
    if let Some(leak) = watch().leak_on_the_wire(answers) {
        panic!("an error on the wire has {leak}");
    }
}

/// Fails when the log of any test so far has a secret.
pub fn nothing_got_out() {
    let leaks = std::mem::take(&mut watch().leaks);
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}

/// Checks what every answer has: its headers, and when it is an error, its form.
#[track_caller]
pub fn check(what: &str, answer: &Answer) {
    for (name, expected) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(answer.header(name), Some(expected), "{what}: {name}");
    }
    for name in ["content-security-policy", "cache-control", "x-request-id"] {
        assert!(answer.header(name).is_some(), "{what}: without {name}");
    }
    assert_eq!(answer.header("server"), None, "{what}: names its server");
    if answer.status < 400 {
        learn(&answer.body);
        return;
    }
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json"),
        "{what}: {}",
        answer.text
    );
    if let Some(secret) = watch().secret_in(&answer.text) {
        panic!("{what}: the error has {secret}: {}", answer.text);
    }
    if answer.text.is_empty() {
        return; // to HEAD
    }
    assert_eq!(
        answer.body["request_id"].as_str(),
        answer.header("x-request-id"),
        "{what}: {}",
        answer.text
    );
    let code = Code::ALL
        .into_iter()
        .find(|code| answer.body["code"] == code.entry().code)
        .unwrap_or_else(|| panic!("{what}: the code is in no table: {}", answer.text));
    assert_eq!(answer.status, code.entry().status, "{what}: {code:?}");
    assert_eq!(answer.body["status"], answer.status, "{what}");
    assert!(
        !RESERVED.contains(&code),
        "{what} answers {code:?}: take it off the list of reserved codes"
    );
    for (status, header) in [
        (401, "www-authenticate"),
        (405, "allow"),
        (429, "retry-after"),
        (503, "retry-after"),
    ] {
        assert!(
            answer.status != status || answer.header(header).is_some(),
            "{what}: {status} without {header}"
        );
    }
}

/// The watcher finds what it is to find, in whatever stands around it.
#[test]
fn a_canary_is_seen() {
    let mut watch = Watch::default();
    for (name, text) in [
        ("password", "a good one, and long"),
        ("new_password", "short one"),
        ("refresh_token", "abcdefghijklmnopqrstuvwxyz"),
        ("link", "http://127.0.0.1:1/r/zyxwvutsrqponmlkjihg"),
        ("email", "ben@somewhere.example"),
        ("email", EXAMPLE_EMAIL),
    ] {
        watch.keep(name, text);
    }
    for seen in [
        "password=a good one, and long;",
        "\"abcdefghijklmnopqrstuvwxyz\"",
        "/r/zyxwvutsrqponmlkjihg?x",
        "to <ben@somewhere.example>.",
        "to ben@somewhere.example.",
        "eyJ",
    ] {
        assert!(watch.secret_in(seen).is_some(), "{seen}");
    }
    for fine in [
        "short one",
        EXAMPLE_EMAIL,
        "abcdefghijklmnopqrstuvwxy",
        "127.0.0.1",
    ] {
        assert_eq!(watch.secret_in(fine), None, "{fine}");
    }
}

#[test]
fn an_operator_may_read_what_the_operator_typed() {
    let watch = Watch::default();
    let mut command = Command::new("relais");
    command.args(["account", "disable", "ada@canary.example"]);
    for (printed, is_leak) in [
        ("There is no account ada@canary.example.", false),
        ("There is no account ada@canary.example: CANARY", true),
        ("There is an account eve@canary.example.", true),
    ] {
        let leak = watch.leak_of(&command, printed);
        assert_eq!(leak.is_some(), is_leak, "{printed}");
    }
}

#[test]
fn errors_on_the_wire_are_seen_and_answers_may_have_their_secrets() {
    let watch = Watch::default();
    let (good, bad) = ("HTTP/1.1 201 Created\r\n\r\neyJ", "HTTP/1.1 422 X\r\n\r\n");
    for (answers, is_leak) in [
        (good.to_owned(), false),
        (format!("{good}{bad}"), false),
        (format!("{good}{bad}CANARY"), true),
        (format!("{bad}eyJ{good}"), true),
    ] {
        let leak = watch.leak_on_the_wire(&answers);
        assert_eq!(leak.is_some(), is_leak, "{answers}");
    }
}
