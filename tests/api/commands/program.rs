//! The program in a child process.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::vocabulary::database::TestDatabase;
use crate::vocabulary::watch;

/// A folder of its own for each test, and the program with nothing of this machine's settings.
pub struct Program {
    pub folder: tempfile::TempDir,
}

/// A server in a child process; it is ended when this is dropped, and nothing that it printed may have a secret.
pub struct Server {
    child: Child,
    command: Command,
    /// What it prints after the greeting, and what it logs, each read to its end on a thread of its own, so that no pipe
    /// fills up.
    printed: Option<[JoinHandle<Vec<u8>>; 2]>,
    pub address: String,
    /// What it printed before it was ready.
    pub greeting: String,
}

impl Program {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The program with these arguments, and a database in its own folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_relais"));
        command
            .args(arguments)
            .env_clear()
            .env("RELAIS_DATA_DIR", self.data())
            .env("RELAIS_LOG", "error")
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end, which must come soon.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Output {
        finish(self.command(arguments))
    }

    /// Runs it; it must succeed. Answers what it printed.
    #[track_caller]
    pub fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {error}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs it; it must end with 1 and one line. Answers the line.
    #[track_caller]
    pub fn fail(&self, arguments: &[&str]) -> String {
        one_line(&self.run(arguments))
    }

    pub fn serve(&self, arguments: &[&str]) -> Server {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0", "--log", "warn"]);
        command.args(arguments);
        Server::start(command)
    }
}

/// What a program printed that ended with 1: one line.
#[track_caller]
pub fn one_line(output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert_eq!(error.trim_end().lines().count(), 1, "one line: {error}");
    assert!(error.starts_with("relais: "), "{error}");
    assert!(!error.contains("panicked"), "{error}");
    error.trim_end().to_owned()
}

/// All that comes out of a pipe.
fn read_all(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).expect("an output");
        bytes
    })
}

fn text(printed: JoinHandle<Vec<u8>>) -> String {
    let bytes = printed.join().expect("an output");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Runs a command to its end, which must come soon. It logs no secret; nor does the program print one, while what others
/// print is theirs (`curl` the answers).
#[track_caller]
pub fn finish(mut command: Command) -> Output {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let out = read_all(child.stdout.take().expect("an output"));
    let error = read_all(child.stderr.take().expect("an error output"));
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a status") {
            break status;
        }
        if began.elapsed() > Duration::from_secs(60) {
            child.kill().ok();
            panic!("the program does not end: {command:?}");
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let output = Output {
        status,
        stdout: out.join().expect("an output"),
        stderr: error.join().expect("an error output"),
    };
    watch::check_output(&command, &String::from_utf8_lossy(&output.stderr));
    if command.get_program() == env!("CARGO_BIN_EXE_relais") {
        watch::check_output(&command, &String::from_utf8_lossy(&output.stdout));
    }
    output
}

impl Server {
    /// Starts a server and waits until it has said where it listens.
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let log = read_all(child.stderr.take().expect("an error output"));
        let mut out = BufReader::new(child.stdout.take().expect("an output"));
        let mut greeting = String::new();
        let mut address = None;
        let mut line = String::new();
        while out.read_line(&mut line).is_ok_and(|length| length > 0) {
            greeting.push_str(&line);
            if let Some(place) = line.split("Relais listens on ").nth(1) {
                address = Some(place.trim().to_owned());
            }
            if line.contains("database ") {
                break;
            }
            line.clear();
        }
        let Some(address) = address else {
            panic!("the server did not start: {greeting}{}", text(log));
        };
        Self {
            child,
            command,
            printed: Some([read_all(out), log]),
            address,
            greeting,
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Stops it as a service manager would. Answers its status and what it logged.
    pub fn stop(mut self) -> (std::process::ExitStatus, String) {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().ok();
        let status = self.child.wait().expect("a status");
        (status, self.check_printed())
    }

    /// Nothing that it has printed has a secret. Answers what it logged; empty the second time.
    #[track_caller]
    fn check_printed(&mut self) -> String {
        let [said, log] = self
            .printed
            .take()
            .map(|all| all.map(text))
            .unwrap_or_default();
        watch::check_output(&self.command, &said);
        watch::check_output(&self.command, &log);
        log
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        if !std::thread::panicking() {
            self.check_printed();
        }
    }
}

/// An empty database on the server of the suite, where there is one; else a file that is not there yet.
pub fn empty_database(program: &Program) -> (String, Option<TestDatabase>) {
    match TestDatabase::empty_on_postgres() {
        Some(database) => (database.url(), Some(database)),
        None => (
            format!("sqlite:{}", program.data().join("relais.db").display()),
            None,
        ),
    }
}

/// A shell in the place of the program.
fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

#[test]
#[should_panic(expected = "printed CANARY")]
fn a_canary_that_a_command_logs_fails_the_test() {
    finish(shell("echo no CANARY >&2; exit 1"));
}

#[test]
#[should_panic(expected = "printed CANARY")]
fn a_canary_that_a_server_logs_fails_the_test() {
    let says = "echo no CANARY >&2; echo Relais listens on nothing; echo database none";
    drop(Server::start(shell(&format!("{says}; exec sleep 60"))));
}
