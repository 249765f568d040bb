//! `relais import`: a CSV file into a campaign, from the machine that the server runs on.
//!
//! The surprising rule: it needs no password, because whoever can run it can read the database anyway, and yet it acts as
//! somebody: the account that is named, in a session of its own that ends with the command. What that account may not do
//! over HTTP it cannot do here.

mod report;

use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use actix_web::Error;
use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::Method;
use clap::Args;
use serde_json::Value;

use super::CommandError;
use super::in_process::{self, Client, Refusal, text};
use crate::access::Clock;
use crate::boot;
use crate::config::Config;
use crate::http::Code;
use crate::http::imports::normalised;
use crate::people::sessions;
use crate::people::texts::Email;
use crate::work::imports::columns::Field;
use report::Report;

/// How the session is called in the list of the account's sessions.
const ERRAND: &str = "relais import";
/// How many teams or campaigns a message names.
const MOST_NAMED: usize = 10;

/// What `--help` tells before the options.
pub(super) const EXPLANATION: &str = "\
Put the tasks of a CSV file into a campaign, on the machine that the server runs on, also while it runs. All or nothing: \
when a row is refused, nothing is imported and the exit status is 1. Try it with --dry-run first.

The file has a header. Columns are recognised by usual names (title or task, due_date or deadline, role or assignee, \
phase or milestone, and the like); --map says the others. The fields are title, description, starts_on, due_on, \
due_time, assignee, accountable, milestone, labels, priority, estimate_minutes, status and external_id.

People are found by handle, name or job title. Whoever is nobody in the team is listed, and new tasks keep the name as \
a label. Importing a corrected file again changes only what differs.

Example:
  relais import plan.csv --team K8S --campaign \"Kubernetes 1.30\" --as lead@relais.example --dry-run";

/// What is imported, where, and as whom.
#[derive(Debug, Args)]
pub struct ImportCommand {
    /// The CSV file: UTF-8, separated by commas or semicolons, with a header, at most 10,000 rows and 5 MiB; - reads
    /// the standard input
    file: PathBuf,
    /// The team, by its key (such as K8S) or its id
    #[arg(long, value_name = "KEY")]
    team: String,
    /// The campaign, by its name or its id; it must be there
    #[arg(long, value_name = "NAME")]
    campaign: String,
    /// Whom to act as: the e-mail address of an account that leads or owns the team; no password is asked
    #[arg(long = "as", value_name = "EMAIL")]
    account: Email,
    /// Which column is what, where its name does not say it: title=Task; an empty column (role=) is not read.
    /// May be given several times
    #[arg(long = "map", value_name = "FIELD=COLUMN", value_parser = mapped)]
    mapping: Vec<(Field, String)>,
    /// Only tell what would be done
    #[arg(long)]
    dry_run: bool,
}

fn mapped(text: &str) -> Result<(Field, String), String> {
    let (field, column) = text
        .split_once('=')
        .ok_or_else(|| "it looks like title=Task".to_owned())?;
    let field = Field::parse(field.trim()).ok_or_else(|| {
        let fields: Vec<&str> = Field::ALL.iter().map(|field| field.as_str()).collect();
        format!("the fields are {}", fields.join(", "))
    })?;
    Ok((field, column.trim().to_owned()))
}

pub(super) async fn run(command: ImportCommand, config: &Config) -> Result<(), CommandError> {
    let table = read(&command.file)?;
    let state = boot::state(config, Clock::default()).await?;
    let token = sessions::begin_errand(&state, command.account.clone(), ERRAND)
        .await
        .map_err(|problem| {
            CommandError::Refused(match problem.code() {
                Code::NotFound => format!("nobody has an account as {}", command.account),
                Code::InvalidCredentials => {
                    format!("the account {} is disabled", command.account)
                }
                _ => problem.to_string(),
            })
        })?;
    let client = in_process::client(config, &state).await;
    let errand = Errand {
        command: &command,
        client: &client,
        token: &token,
    };
    let outcome = errand.run(table, config).await;
    // However it went, nobody acts as this account any longer.
    let place = "/v1/sessions/current";
    let ended = client
        .send(Method::DELETE, place, Some(&token), &Value::Null)
        .await;
    outcome?;
    ended?;
    Ok(())
}

fn read(file: &PathBuf) -> Result<Vec<u8>, CommandError> {
    let read = if file.as_os_str() == "-" {
        let mut table = Vec::new();
        std::io::stdin().read_to_end(&mut table).map(|_| table)
    } else {
        std::fs::read(file)
    };
    read.map_err(|error| CommandError::Refused(format!("{}: {error}", file.display())))
}

/// One import, as somebody.
struct Errand<'a, S> {
    command: &'a ImportCommand,
    client: &'a Client<S>,
    token: &'a str,
}

impl<S> Errand<'_, S>
where
    S: Service<actix_http::Request, Response = ServiceResponse<BoxBody>, Error = Error>,
{
    /// First looks at what would be done, which tells every row that is refused, and then does it.
    async fn run(&self, table: Vec<u8>, config: &Config) -> Result<(), CommandError> {
        let team = self.team().await?;
        let place = format!("/v1/teams/{}", text(&team, "id"));
        let campaign = self.campaign(&place).await?;
        let campaign_id = text(&campaign, "id");

        let planned = self
            .import(&place, &campaign_id, true, table.clone())
            .await?;
        let is_kept = !self.command.dry_run && planned.refused() == 0;
        let report = if is_kept {
            self.import(&place, &campaign_id, false, table).await?
        } else {
            planned
        };
        let mut out = std::io::stdout();
        writeln!(
            out,
            "{} → campaign {} of team {}, as {}",
            self.command.file.display(),
            text(&campaign, "name"),
            text(&team, "key"),
            self.command.account
        )?;
        report.write(&mut out, is_kept)?;
        if report.refused() > 0 {
            out.flush()?;
            return Err(CommandError::Refused(format!(
                "{} of {} rows are refused, so nothing was imported; correct them and run it again",
                report.refused(),
                report.rows()
            )));
        }
        if self.command.dry_run {
            writeln!(
                out,
                "\nNothing was imported. To do it, run the same command without --dry-run."
            )?;
        } else {
            writeln!(
                out,
                "\nThe tasks are at {}{place}/tasks?campaign_id={campaign_id}\n\
                 Offer them with POST {place}/delegations/batch; import the corrected file again whenever the plan changes.",
                config.public_url()
            )?;
        }
        Ok(())
    }

    async fn import(
        &self,
        place: &str,
        campaign_id: &str,
        is_dry_run: bool,
        table: Vec<u8>,
    ) -> Result<Report, CommandError> {
        let mapping: Vec<(&str, &str)> = self
            .command
            .mapping
            .iter()
            .map(|(field, column)| (field.as_str(), column.as_str()))
            .collect();
        let answer = self
            .client
            .import(
                self.token,
                (place, campaign_id),
                &mapping,
                is_dry_run,
                table,
            )
            .await
            .map_err(Refusal::explained)?;
        serde_json::from_value(answer)
            .map_err(|error| CommandError::Refused(format!("the report cannot be read: {error}")))
    }

    /// The team that the command names, among those of the account.
    async fn team(&self) -> Result<Value, CommandError> {
        let wanted = &self.command.team;
        let teams = self.client.all("/v1/teams?limit=100", self.token).await?;
        let found = teams.iter().find(|team| {
            text(team, "key").eq_ignore_ascii_case(wanted) || text(team, "id") == *wanted
        });
        found.cloned().ok_or_else(|| {
            CommandError::Refused(format!(
                "{} is in no team {wanted}; {}",
                self.command.account,
                there_are("teams", &teams, "key")
            ))
        })
    }

    /// The campaign that the command names.
    async fn campaign(&self, place: &str) -> Result<Value, CommandError> {
        let wanted = &self.command.campaign;
        let campaigns = self
            .client
            .all(&format!("{place}/campaigns?limit=100"), self.token)
            .await?;
        let found: Vec<&Value> = campaigns
            .iter()
            .filter(|campaign| {
                normalised(&text(campaign, "name")) == normalised(wanted)
                    || text(campaign, "id") == *wanted
            })
            .collect();
        match found.as_slice() {
            [one] => Ok((*one).clone()),
            [] => Err(CommandError::Refused(format!(
                "the team {} has no campaign {wanted:?}; {}. Make one with POST {place}/campaigns",
                self.command.team,
                there_are("campaigns", &campaigns, "name")
            ))),
            several => {
                let ids: Vec<String> = several.iter().map(|one| text(one, "id")).collect();
                Err(CommandError::Refused(format!(
                    "several campaigns are called {wanted:?}; say which by its id: {}",
                    ids.join(", ")
                )))
            }
        }
    }
}

fn there_are(what: &str, all: &[Value], name: &str) -> String {
    let names: Vec<String> = all
        .iter()
        .take(MOST_NAMED)
        .map(|one| text(one, name))
        .collect();
    match all.len().checked_sub(MOST_NAMED) {
        _ if names.is_empty() => format!("there are no {what}"),
        None | Some(0) => format!("the {what} are {}", names.join(", ")),
        Some(more) => format!("the {what} are {} and {more} more", names.join(", ")),
    }
}
