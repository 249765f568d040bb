//! Calendar files (RFC 5545), from bytes to entries: lines are unfolded, properties read, components taken apart.
//!
//! The surprising rule: `icalendar` reads one line at a time here. Its parser of whole files ends at the first broken
//! line and calls itself for every BEGIN, so that a file of a megabyte could end the server.

mod entries;
mod upload;

use std::collections::BTreeMap;

use icalendar::parser::Property as Parsed;

pub use entries::{EntryError, IgnoredComponents, RefusedEntry, refuse_entries};
pub use upload::{CalendarForm, CalendarUpload, ImportMode, ImportQuery};

/// The largest file, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;
/// How many entries a file may have.
pub const MAX_ENTRIES: usize = 1_000;
/// The longest line, in bytes, when it is unfolded: the longest description, escaped, and some.
const MAX_LINE: usize = 450_000;
/// How deep components may be in each other. An alarm in an entry in a calendar is 3.
const MAX_DEPTH: usize = 8;
/// How many properties an entry may have.
const MAX_PROPERTIES: usize = 1_000;

/// One property of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// In capitals.
    pub name: String,
    /// Names in capitals.
    pub parameters: Vec<(String, String)>,
    /// Without escapes where it is text.
    pub value: String,
}

impl Property {
    /// The first parameter with this name.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let mut all = self.parameters.iter();
        all.find(|(one, _)| one == name)
            .map(|(_, value)| value.as_str())
    }
}

/// One entry, as the file has it.
#[derive(Debug, Default)]
pub struct RawEntry {
    /// The line of its BEGIN.
    pub line: usize,
    /// Its properties, in their order.
    pub properties: Vec<Property>,
    /// The lines in it that cannot be read.
    pub unreadable: Vec<usize>,
    /// The components in it, such as alarms.
    pub parts: Vec<String>,
}

impl RawEntry {
    /// The first property with this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Property> {
        self.properties.iter().find(|one| one.name == name)
    }
}

/// A calendar file.
#[derive(Debug, Default)]
pub struct CalendarFile {
    /// Its entries, in their order.
    pub entries: Vec<RawEntry>,
    /// What its time zones are called in the IANA database, where the file says so (X-LIC-LOCATION).
    pub zones: BTreeMap<String, String>,
    /// The zone in which it is shown (X-WR-TIMEZONE).
    pub time_zone: Option<String>,
    /// Components that are no entries and no time zones: how many of each.
    pub ignored: BTreeMap<String, usize>,
}

/// Why a file is no calendar.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Some line is no UTF-8.
    #[error("The file is not UTF-8")]
    NotUtf8(usize),
    /// It does not begin as a calendar does.
    #[error("A calendar begins with BEGIN:VCALENDAR")]
    NoCalendar(usize),
    /// Something ends that did not begin.
    #[error("END without its BEGIN")]
    Unbalanced(usize),
    /// Something does not end.
    #[error("The file ends within a component")]
    Unfinished(usize),
    /// Components in components in components.
    #[error("Components are at most {MAX_DEPTH} deep in each other")]
    TooDeep(usize),
    /// Nobody writes lines like that.
    #[error("A line has at most {MAX_LINE} bytes")]
    LineTooLong(usize),
    /// Nobody has entries like that.
    #[error("An entry has at most {MAX_PROPERTIES} properties")]
    TooManyProperties(usize),
    /// More than one import takes.
    #[error("A file has at most {MAX_ENTRIES} entries")]
    TooManyEntries,
}

impl FileError {
    /// The line where it shows.
    #[must_use]
    pub const fn line(&self) -> Option<usize> {
        match self {
            Self::NotUtf8(line)
            | Self::NoCalendar(line)
            | Self::Unbalanced(line)
            | Self::Unfinished(line)
            | Self::TooDeep(line)
            | Self::LineTooLong(line)
            | Self::TooManyProperties(line) => Some(*line),
            Self::TooManyEntries => None,
        }
    }

    /// What it is, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotUtf8(_) => "not_utf8",
            Self::NoCalendar(_) => "not_a_calendar",
            Self::Unbalanced(_) | Self::Unfinished(_) => "unbalanced",
            Self::TooDeep(_) => "too_deep",
            Self::LineTooLong(_) => "too_long",
            Self::TooManyProperties(_) | Self::TooManyEntries => "too_many",
        }
    }
}

/// A line with its number in the file.
type Line = (usize, Vec<u8>);

/// Lines as they were before folding, with CRLF or LF. Folded are bytes, not characters, so this comes before UTF-8.
fn unfold(bytes: &[u8]) -> Result<Vec<Line>, FileError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut lines: Vec<Line> = Vec::new();
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let number = index + 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match (line.split_first(), lines.last_mut()) {
            (Some((b' ' | b'\t', rest)), Some((_, before))) => before.extend_from_slice(rest),
            _ => lines.push((number, line.to_vec())),
        }
        if lines.last().is_some_and(|(_, line)| line.len() > MAX_LINE) {
            return Err(FileError::LineTooLong(number));
        }
    }
    lines.retain(|(_, line)| !line.iter().all(u8::is_ascii_whitespace));
    Ok(lines)
}

fn read_property(line: &str) -> Option<Property> {
    // Names are read in either case, but the parser knows the types of those in capitals.
    let end = line.find([':', ';'])?;
    let (name, rest) = line.split_at_checked(end)?;
    let line = format!("{}{rest}", name.to_ascii_uppercase());
    let parsed = Parsed::try_from(line.as_str()).ok()?;
    (!parsed.name.as_str().is_empty()).then(|| Property {
        name: parsed.name.as_str().to_owned(),
        value: parsed.val.as_str().to_owned(),
        parameters: parsed
            .params
            .iter()
            .map(|one| {
                let value = one.val.as_ref().map_or("", |value| value.as_str());
                (one.key.as_str().to_ascii_uppercase(), value.to_owned())
            })
            .collect(),
    })
}

/// What a line of a zone says of its name.
#[derive(Default)]
struct Zone {
    id: Option<String>,
    location: Option<String>,
}

/// Reads a file.
///
/// # Errors
/// [`FileError`] where it is no calendar at all. What is wrong with one entry stays with that entry.
pub fn read(bytes: &[u8]) -> Result<CalendarFile, FileError> {
    let lines = unfold(bytes)?;
    if lines.is_empty() {
        return Err(FileError::NoCalendar(1));
    }
    let mut file = CalendarFile::default();
    let mut stack: Vec<String> = Vec::new();
    let mut zone = Zone::default();
    let mut last = 1;
    for (number, bytes) in lines {
        last = number;
        let line = str::from_utf8(&bytes).map_err(|_| FileError::NotUtf8(number))?;
        if let Some(name) = value_of(line, "BEGIN") {
            begin(&mut file, &mut stack, name, number)?;
            zone = Zone::default();
            continue;
        }
        if let Some(name) = value_of(line, "END") {
            if stack.pop().as_deref() != Some(name.as_str()) {
                return Err(FileError::Unbalanced(number));
            }
            if name == "VTIMEZONE"
                && let (Some(id), Some(location)) = (zone.id.take(), zone.location.take())
            {
                file.zones.insert(id, location);
            }
            continue;
        }
        let property = read_property(line);
        match (stack.as_slice(), property) {
            ([], _) => return Err(FileError::NoCalendar(number)),
            ([_], Some(property)) if property.name == "X-WR-TIMEZONE" => {
                file.time_zone = Some(property.value);
            }
            ([_, inner], Some(property)) if inner == "VTIMEZONE" => match property.name.as_str() {
                "TZID" => zone.id = Some(property.value),
                "X-LIC-LOCATION" => zone.location = Some(property.value),
                _ => {}
            },
            ([_, inner], property) if inner == "VEVENT" => {
                if let Some(entry) = file.entries.last_mut() {
                    if entry.properties.len() >= MAX_PROPERTIES {
                        return Err(FileError::TooManyProperties(number));
                    }
                    match property {
                        Some(property) => entry.properties.push(property),
                        None => entry.unreadable.push(number),
                    }
                }
            }
            _ => {}
        }
    }
    match stack.last() {
        Some(_) => Err(FileError::Unfinished(last)),
        None => Ok(file),
    }
}

/// What a BEGIN or an END says, in capitals.
fn value_of(line: &str, name: &str) -> Option<String> {
    let (one, value) = line.split_once(':')?;
    one.eq_ignore_ascii_case(name)
        .then(|| value.trim().to_ascii_uppercase())
}

fn begin(
    file: &mut CalendarFile,
    stack: &mut Vec<String>,
    name: String,
    line: usize,
) -> Result<(), FileError> {
    match (stack.as_slice(), name.as_str()) {
        ([], "VCALENDAR") => {}
        ([], _) => return Err(FileError::NoCalendar(line)),
        (outer, _) if outer.len() >= MAX_DEPTH => return Err(FileError::TooDeep(line)),
        ([_], "VEVENT") => {
            if file.entries.len() >= MAX_ENTRIES {
                return Err(FileError::TooManyEntries);
            }
            file.entries.push(RawEntry {
                line,
                ..RawEntry::default()
            });
        }
        ([_], "VTIMEZONE") => {}
        ([_], _) => {
            let name: String = name.chars().take(100).collect();
            // So many kinds are nobody's calendar; they are counted together.
            let name = match file.ignored.len() {
                0..50 => name,
                _ => "X-OTHER".to_owned(),
            };
            let count = file.ignored.entry(name).or_default();
            *count = count.saturating_add(1);
        }
        ([_, inner], _) if inner == "VEVENT" => {
            if let Some(entry) = file.entries.last_mut()
                && !entry.parts.contains(&name)
                && entry.parts.len() < 20
            {
                entry.parts.push(name.chars().take(100).collect());
            }
        }
        _ => {}
    }
    stack.push(name);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_bytes_are_put_together_before_they_are_read() {
        let text = "\u{feff}BEGIN:VCALENDAR\nBEGIN:VEVENT\nsummary;X=\"a:b\":caf\u{e9} \\, x\n\tyz\nEND:VEVENT\nEND:VCALENDAR\n";
        // A line folded in the middle of a character.
        let mut bytes = text.as_bytes().to_vec();
        let place = bytes.iter().position(|byte| *byte == 0xc3).unwrap() + 1;
        bytes.splice(place..place, *b"\r\n ");
        let file = read(&bytes).unwrap();
        let summary = file.entries[0].find("SUMMARY").unwrap();
        assert_eq!(summary.value, "caf\u{e9} , xyz");
        assert_eq!(summary.parameter("X"), Some("a:b"));
        assert_eq!(file.entries[0].line, 2);
    }

    #[test]
    fn what_is_no_calendar_is_refused() {
        let inside = |text: &str| format!("BEGIN:VCALENDAR\r\n{text}END:VCALENDAR\r\n");
        for (text, code) in [
            ("hello".to_owned(), "not_a_calendar"),
            (
                "BEGIN:VEVENT\r\nEND:VEVENT\r\n".to_owned(),
                "not_a_calendar",
            ),
            ("BEGIN:VCALENDAR\r\n".to_owned(), "unbalanced"),
            (inside("END:VEVENT\r\n"), "unbalanced"),
            (inside(&"BEGIN:A\r\n".repeat(100_000)), "too_deep"),
            (
                inside(&"BEGIN:VEVENT\r\nEND:VEVENT\r\n".repeat(1_001)),
                "too_many",
            ),
            (
                inside(&format!("X:{}\r\n", "x".repeat(500_000))),
                "too_long",
            ),
            (
                inside(&format!("X:{}\r\n", "x\r\n ".repeat(500_000))),
                "too_long",
            ),
            (
                inside(&format!(
                    "BEGIN:VEVENT\r\n{}END:VEVENT\r\n",
                    "A:b\r\n".repeat(1_001)
                )),
                "too_many",
            ),
        ] {
            assert_eq!(read(text.as_bytes()).unwrap_err().code(), code);
        }
        let error = read(b"BEGIN:VCALENDAR\n\xff\n").unwrap_err();
        assert_eq!(error, FileError::NotUtf8(2));
    }
}
