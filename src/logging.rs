//! Log lines, for people or as JSON.
//!
//! The surprising rule: nothing here can leak what it is not given. Requests are logged by their route pattern,
//! so no id of a record, no query string, no token and no body comes near the log.

use std::io::Write;

use chrono::{SecondsFormat, Utc};
use env_logger::{Builder, Target};
use log::kv::{self, VisitSource};
use serde_json::{Map, Value, json};

use crate::config::{Config, LogFormat};

/// Starts logging as the settings say.
pub fn start(config: &Config) {
    let mut builder = Builder::new();
    builder.parse_filters(&config.log).target(Target::Stderr);
    if config.log_format == LogFormat::Json {
        builder.format(|out, record| {
            let mut line = Map::new();
            let now = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
            line.insert("time".to_owned(), json!(now));
            line.insert("level".to_owned(), json!(record.level().as_str()));
            line.insert("target".to_owned(), json!(record.target()));
            line.insert("message".to_owned(), json!(record.args().to_string()));
            let mut members = Members(&mut line);
            // Only our own visitor could fail, and it does not.
            let _ = record.key_values().visit(&mut members);
            writeln!(out, "{}", Value::Object(line))
        });
    }
    // A second start (in tests) keeps the first logger.
    let _ = builder.try_init();
}

struct Members<'a>(&'a mut Map<String, Value>);

impl<'kvs> VisitSource<'kvs> for Members<'_> {
    fn visit_pair(&mut self, key: kv::Key<'kvs>, value: kv::Value<'kvs>) -> Result<(), kv::Error> {
        let value = match value.to_u64() {
            Some(number) => json!(number),
            None => json!(value.to_string()),
        };
        self.0.insert(key.as_str().to_owned(), value);
        Ok(())
    }
}
