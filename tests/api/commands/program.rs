//! The program in a child process.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::vocabulary::database::TestDatabase;

/// A folder of its own for each test, and the program with nothing of this machine's settings.
pub struct Program {
    pub folder: tempfile::TempDir,
}

/// A server in a child process; it is ended when this is dropped.
pub struct Server {
    child: Child,
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

/// Runs a command to its end, which must come soon.
#[track_caller]
pub fn finish(mut command: Command) -> Output {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut out = child.stdout.take().expect("an output");
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        out.read_to_end(&mut bytes).expect("an output");
        bytes
    });
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
    let mut stderr = Vec::new();
    child
        .stderr
        .take()
        .expect("an error output")
        .read_to_end(&mut stderr)
        .expect("an error output");
    Output {
        status,
        stdout: reader.join().expect("an output"),
        stderr,
    }
}

impl Server {
    /// Starts a server and waits until it has said where it listens.
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("an output")).lines();
        let mut greeting = String::new();
        let mut address = None;
        while let Some(Ok(line)) = lines.next() {
            greeting.push_str(&line);
            greeting.push('\n');
            if let Some(place) = line.split("Relais listens on ").nth(1) {
                address = Some(place.trim().to_owned());
            }
            if line.contains("database ") {
                break;
            }
        }
        // What it prints later goes nowhere, but must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        let Some(address) = address else {
            let mut error = String::new();
            if let Some(mut stderr) = child.stderr.take() {
                stderr.read_to_string(&mut error).ok();
            }
            panic!("the server did not start: {greeting}{error}");
        };
        Self {
            child,
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
        let mut log = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            stderr.read_to_string(&mut log).ok();
        }
        (self.child.wait().expect("a status"), log)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
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
