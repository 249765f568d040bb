//! Who may know whom: imports run one way, and few files touch the door to the database.

use std::path::{Path, PathBuf};

fn sources(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}

/// The module of a file: the first folder below `src`, or the file itself.
fn area(file: &Path) -> String {
    file.strip_prefix("src")
        .expect("below src")
        .components()
        .next()
        .map(|part| {
            part.as_os_str()
                .to_string_lossy()
                .trim_end_matches(".rs")
                .to_owned()
        })
        .unwrap_or_default()
}

/// Every area with what it may import. What is not listed puts things together and may import all.
const MAY_IMPORT: [(&str, &[&str]); 11] = [
    ("schema", &["db"]),
    ("db", &[]),
    ("mail", &[]),
    ("http", &["db", "schema"]),
    ("access", &["http", "db", "mail", "schema"]),
    ("journal", &["access", "http", "db", "schema"]),
    ("people", &["journal", "access", "http", "db", "schema"]),
    (
        "outreach",
        &[
            "people", "journal", "access", "http", "mail", "db", "schema",
        ],
    ),
    (
        "work",
        &[
            "outreach", "people", "journal", "access", "http", "db", "schema",
        ],
    ),
    (
        "capacity",
        &[
            "work", "outreach", "people", "journal", "access", "http", "db", "schema",
        ],
    ),
    (
        "trash",
        &[
            "capacity", "work", "outreach", "people", "journal", "access", "http", "db", "schema",
        ],
    ),
];

const AREAS: [&str; 17] = [
    "schema", "db", "mail", "http", "access", "journal", "people", "outreach", "work", "capacity",
    "trash", "jobs", "server", "boot", "commands", "config", "openapi",
];

#[test]
fn imports_run_one_way() {
    let mut wrong = Vec::new();
    for file in sources("src") {
        let own = area(&file);
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(area, _)| *area == own) else {
            continue;
        };
        let text = std::fs::read_to_string(&file).expect("a file");
        for other in AREAS {
            if other == own || allowed.contains(&other) {
                continue;
            }
            let named = [format!("crate::{other}::"), format!("crate::{other};")];
            if named.iter().any(|name| text.contains(name)) {
                wrong.push(format!("{} imports {other}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The files that reach the database without a team's scope, each for a reason: they serve accounts, sessions
/// and keys, which belong to no team, or they are the scopes themselves.
const AT_THE_DOOR: [&str; 3] = [
    "src/access/team_scope.rs",
    "src/access/account_scope.rs",
    "src/access/public_scope.rs",
];
const WITHOUT_A_TEAM: [&str; 7] = [
    "src/access/",
    "src/people/",
    "src/jobs/",
    "src/commands/",
    "src/server/health.rs",
    "src/db/",
    // Finds the teams whose trash is due; what it purges goes through `write_as_clock`.
    "src/trash/purge.rs",
];

#[test]
fn nobody_goes_round_the_scopes() {
    let mut wrong = Vec::new();
    for file in sources("src") {
        let path = file.to_string_lossy().into_owned();
        if AT_THE_DOOR.contains(&path.as_str())
            || WITHOUT_A_TEAM
                .iter()
                .any(|allowed| path.starts_with(allowed))
        {
            continue;
        }
        let text: String = std::fs::read_to_string(&file)
            .expect("a file")
            .split_whitespace()
            .collect();
        for call in [".db.read(", ".db.write("] {
            if text.contains(call) {
                wrong.push(format!("{path} calls {call}…)"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_holds_two_subjects() {
    let long: Vec<String> = sources("src")
        .into_iter()
        .chain(sources("tests"))
        .filter_map(|file| {
            let lines = std::fs::read_to_string(&file)
                .expect("a file")
                .lines()
                .count();
            (lines > 500).then(|| format!("{}: {lines} lines", file.display()))
        })
        .collect();
    assert!(long.is_empty(), "find the seam:\n{}", long.join("\n"));
}
