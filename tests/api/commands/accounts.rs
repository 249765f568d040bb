//! `relais account`: what the operator does to accounts, and what people notice of it.

use std::process::{Output, Stdio};

use serde_json::{Value, json};

use super::program::{Program, Server, empty_database, finish, one_line};

const EMAIL: &str = "ada@canary.example";

/// The program at its database.
struct Desk {
    program: Program,
    url: String,
    _database: Option<crate::vocabulary::database::TestDatabase>,
}

impl Desk {
    fn new() -> Self {
        let program = Program::new();
        let (url, database) = empty_database(&program);
        Self {
            program,
            url,
            _database: database,
        }
    }

    /// `relais account …`, with this on its standard input.
    fn account(&self, arguments: &[&str], input: &str) -> Output {
        let mut line = vec!["account"];
        line.extend(arguments);
        line.extend(["--database-url", &self.url]);
        let file = self.program.folder.path().join("input");
        std::fs::write(&file, input).unwrap();
        let mut command = self.program.command(&line);
        command.stdin(Stdio::from(std::fs::File::open(&file).unwrap()));
        finish(command)
    }

    /// It succeeds and says this, and never the password.
    #[track_caller]
    fn succeed(&self, arguments: &[&str], input: &str, expected: &str) {
        let output = self.account(arguments, input);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {error}");
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(said.trim_end(), expected);
        assert!(input.is_empty() || !error.contains(input.trim_end()));
    }

    /// It is refused in one line with this in it, and never the password.
    #[track_caller]
    fn refuse(&self, arguments: &[&str], input: &str, expected: &str) {
        let line = one_line(&self.account(arguments, input));
        assert!(line.contains(expected), "{arguments:?}: {line}");
        assert!(input.trim().is_empty() || !line.contains(input.trim()));
    }
}

/// The access token, or the code of the refusal.
async fn sign_in(server: &Server, password: &str) -> Result<String, Value> {
    let answer = reqwest::Client::new()
        .post(format!("{}/v1/sessions", server.address))
        .json(&json!({"email": EMAIL, "password": password}))
        .send()
        .await
        .unwrap();
    let body: Value = answer.json().await.unwrap();
    match body["access_token"].as_str() {
        Some(token) => Ok(token.to_owned()),
        None => Err(body["code"].clone()),
    }
}

async fn name(server: &Server, token: &str) -> Value {
    let me = reqwest::Client::new()
        .get(format!("{}/v1/me", server.address))
        .bearer_auth(token);
    let me: Value = me.send().await.unwrap().json().await.unwrap();
    me["name"].clone()
}

#[tokio::test]
async fn the_operator_makes_an_account_and_whoever_has_it_signs_in() {
    let desk = Desk::new();
    let create = ["create", EMAIL, "--name", "Ada Lovelace"];
    desk.refuse(&create, "short\n", "at least 8 characters");
    desk.refuse(&create, "", "at least 8 characters");
    desk.refuse(
        &["create", EMAIL, "--name", " "],
        "CANARY first one\n",
        "--name: ",
    );
    let somewhere = ["--time-zone", "Mars/Olympus"];
    desk.refuse(
        &[&create[..], &somewhere].concat(),
        "CANARY first one\n",
        "--time-zone: ",
    );
    // None of them has made anything: it can be made now, and once.
    desk.succeed(
        &create,
        "CANARY first one\r\n",
        "The account ada@canary.example is there.",
    );
    desk.refuse(&create, "CANARY first one\n", "already");

    // Also where nobody may sign up.
    let closed = ["--database-url", &desk.url, "--sign-up", "closed"];
    let server = desk.program.serve(&closed);
    let token = sign_in(&server, "CANARY first one").await.unwrap();
    assert_eq!(name(&server, &token).await, "Ada Lovelace");
}

#[tokio::test]
async fn a_reset_or_disabled_account_is_out_at_once() {
    let desk = Desk::new();
    let create = ["create", EMAIL, "--name", "Ada Lovelace"];
    let is_there = "The account ada@canary.example is there.";
    desk.succeed(&create, "CANARY first one\n", is_there);
    let server = desk.program.serve(&["--database-url", &desk.url]);
    let first = sign_in(&server, "CANARY first one").await.unwrap();

    // The server runs on while the operator works beside it.
    let reset = ["reset-password", EMAIL];
    desk.refuse(&reset, "short\n", "at least 8 characters");
    assert_eq!(name(&server, &first).await, "Ada Lovelace");
    let is_set = "The password of ada@canary.example is set, its sessions have ended.";
    desk.succeed(&reset, "CANARY second one\n", is_set);
    assert_eq!(name(&server, &first).await, Value::Null);
    let refused = sign_in(&server, "CANARY first one").await;
    assert_eq!(refused, Err(json!("invalid_credentials")));
    let second = sign_in(&server, "CANARY second one").await.unwrap();
    assert_eq!(name(&server, &second).await, "Ada Lovelace");

    let is_out = "The account ada@canary.example is disabled, its sessions have ended.";
    desk.succeed(&["disable", EMAIL], "", is_out);
    assert_eq!(name(&server, &second).await, Value::Null);
    let refused = sign_in(&server, "CANARY second one").await;
    assert_eq!(refused, Err(json!("invalid_credentials")));
    desk.succeed(
        &["enable", EMAIL],
        "",
        "The account ada@canary.example is enabled.",
    );
    let third = sign_in(&server, "CANARY second one").await.unwrap();
    assert_eq!(name(&server, &third).await, "Ada Lovelace");
    assert_eq!(name(&server, &second).await, Value::Null, "it has ended");
}

#[test]
fn an_account_that_is_not_there_is_said_to_be_so() {
    let desk = Desk::new();
    for command in ["disable", "enable", "reset-password"] {
        let nobody = [command, "nobody@canary.example"];
        desk.refuse(&nobody, "CANARY first one\n", "nobody@canary.example");
    }
}
