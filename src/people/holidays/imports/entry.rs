//! From an entry of a file to a holiday.

use chrono::{Days, NaiveDate};

use super::super::model::ExternalId;
use super::super::queries::Draft;
use crate::db::Date;
use crate::http::imports::calendar::{EntryError, Property, RawEntry};
use crate::http::period;
use crate::http::text::Name;

/// What an entry says, or all that is wrong with it.
pub(super) fn read(entry: &RawEntry) -> Result<Draft, Vec<EntryError>> {
    let mut errors = Vec::new();
    for line in &entry.unreadable {
        errors.push(EntryError::new(
            None,
            "unreadable",
            format!("Line {line} cannot be read."),
        ));
    }
    for property in ["RRULE", "RDATE", "RECURRENCE-ID"] {
        if entry.find(property).is_some() {
            errors.push(EntryError::new(
                property,
                "recurring",
                "A holiday is on its own days: import a file that lists each year's.",
            ));
        }
    }
    if entry
        .find("STATUS")
        .is_some_and(|status| status.value.eq_ignore_ascii_case("CANCELLED"))
    {
        errors.push(EntryError::new(
            "STATUS",
            "cancelled",
            "It is cancelled. Where it was imported before, delete it.",
        ));
    }
    let external_id = match entry.find("UID").map(|uid| ExternalId::new(&uid.value)) {
        Some(Ok(uid)) => Some(uid),
        Some(Err(fault)) => {
            errors.push(EntryError::new("UID", "invalid", fault.to_string()));
            None
        }
        None => {
            errors.push(EntryError::new(
                "UID",
                "required",
                "An entry is found again by its UID.",
            ));
            None
        }
    };
    let name = match entry
        .find("SUMMARY")
        .map(|summary| Name::new(&summary.value))
    {
        Some(Ok(name)) => Some(name),
        Some(Err(fault)) => {
            errors.push(EntryError::new("SUMMARY", "invalid", fault.to_string()));
            None
        }
        None => {
            errors.push(EntryError::new(
                "SUMMARY",
                "required",
                "A holiday has a name.",
            ));
            None
        }
    };
    let days = match days(entry) {
        Ok(days) => Some(days),
        Err(error) => {
            errors.push(error);
            None
        }
    };
    match (external_id, name, days) {
        (Some(external_id), Some(name), Some((first_on, last_on))) if errors.is_empty() => {
            Ok(Draft {
                name,
                first_on,
                last_on,
                external_id: Some(external_id),
            })
        }
        _ => Err(errors),
    }
}

/// The first and the last day. DTEND is the day after the last (RFC 5545, section 3.6.1).
fn days(entry: &RawEntry) -> Result<(Date, Date), EntryError> {
    let start = entry
        .find("DTSTART")
        .ok_or_else(|| EntryError::new("DTSTART", "required", "A holiday has a first day."))?;
    let first_on = day(start, "DTSTART")?;
    let last_on = match (entry.find("DTEND"), entry.find("DURATION")) {
        (Some(end), _) => day(end, "DTEND")?.pred_opt().unwrap_or(first_on),
        (None, Some(duration)) => {
            let more = whole_days(&duration.value)
                .and_then(|days| days.checked_sub(1))
                .ok_or_else(|| {
                    EntryError::new("DURATION", "not_all_day", "Whole days, such as P2D or P1W.")
                })?;
            first_on
                .checked_add_days(Days::new(more))
                .unwrap_or(first_on)
        }
        (None, None) => first_on,
    };
    // Some calendars end an entry of one day on its own day.
    let last_on = if last_on.succ_opt() == Some(first_on) {
        first_on
    } else {
        last_on
    };
    let (first_on, last_on) = (Date::from(first_on), Date::from(last_on));
    match period::wrong(first_on, last_on, "") {
        None => Ok((first_on, last_on)),
        Some(error) if error.code == "before_start" => {
            Err(EntryError::new("DTEND", "before_start", error.detail))
        }
        Some(error) => Err(EntryError::new("DTEND", "too_long", error.detail)),
    }
}

fn day(property: &Property, name: &'static str) -> Result<NaiveDate, EntryError> {
    let text = property.value.trim();
    if text.len() != 8 {
        return Err(EntryError::new(
            name,
            "not_all_day",
            "A holiday takes whole days: a date such as 20261225, without a time.",
        ));
    }
    NaiveDate::parse_from_str(text, "%Y%m%d")
        .ok()
        .filter(|day| day.format("%Y-%m-%d").to_string().parse::<Date>().is_ok())
        .ok_or_else(|| {
            EntryError::new(
                name,
                "invalid",
                "A date such as 20261225, years 1900 to 2999.",
            )
        })
}

/// `P2D` is 2, `P1W` is 7.
fn whole_days(text: &str) -> Option<u64> {
    let rest = text.trim().strip_prefix('P')?;
    let (digits, times) = match (rest.strip_suffix('D'), rest.strip_suffix('W')) {
        (Some(days), _) => (days, 1),
        (None, Some(weeks)) => (weeks, 7),
        (None, None) => return None,
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits
        .parse::<u64>()
        .ok()
        .filter(|_| is_number)
        .and_then(|number| number.checked_mul(times))
        .filter(|days| *days <= 100_000)
}

#[cfg(test)]
mod tests {
    use super::{read, whole_days};
    use crate::http::imports::calendar;

    /// What becomes of an entry with these lines: its days, or the codes of what is wrong.
    fn days_of(lines: &str) -> Result<(String, String), Vec<String>> {
        let text = format!(
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:A\n{lines}\nEND:VEVENT\nEND:VCALENDAR\n"
        );
        let file = calendar::read(text.as_bytes()).unwrap();
        match read(&file.entries[0]) {
            Ok(draft) => Ok((draft.first_on.to_string(), draft.last_on.to_string())),
            Err(errors) => Err(errors.into_iter().map(|error| error.code).collect()),
        }
    }

    #[test]
    fn the_end_of_an_entry_is_the_day_after_its_last() {
        let from_to = |first: &str, last: &str| Ok((first.to_owned(), last.to_owned()));
        for (lines, expected) in [
            (
                "DTSTART;VALUE=DATE:20261225",
                from_to("2026-12-25", "2026-12-25"),
            ),
            (
                "DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261226",
                from_to("2026-12-25", "2026-12-25"),
            ),
            (
                "DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261227",
                from_to("2026-12-25", "2026-12-26"),
            ),
            (
                "DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261225",
                from_to("2026-12-25", "2026-12-25"),
            ),
            (
                "DTSTART;VALUE=DATE:20261228\nDURATION:P1W",
                from_to("2026-12-28", "2027-01-03"),
            ),
            ("DTSTART:20261225T000000Z", Err(vec!["not_all_day"])),
            ("DTSTART;VALUE=DATE:20260230", Err(vec!["invalid"])),
            ("DTSTART;VALUE=DATE:18991231", Err(vec!["invalid"])),
            (
                "DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261220",
                Err(vec!["before_start"]),
            ),
            (
                "DTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20361225",
                Err(vec!["too_long"]),
            ),
            (
                "DTSTART;VALUE=DATE:20261225\nDURATION:PT1H",
                Err(vec!["not_all_day"]),
            ),
            (
                "DTSTART;VALUE=DATE:20261225\nRRULE:FREQ=YEARLY\nSTATUS:CANCELLED",
                Err(vec!["recurring", "cancelled"]),
            ),
            ("X-NOTHING:1", Err(vec!["required"])),
        ] {
            let expected = expected.map_err(|codes: Vec<&str>| {
                codes.into_iter().map(str::to_owned).collect::<Vec<_>>()
            });
            assert_eq!(days_of(lines), expected, "{lines}");
        }
    }

    #[test]
    fn durations_of_whole_days_are_read() {
        for (text, days) in [
            ("P1D", Some(1)),
            ("P2W", Some(14)),
            ("P", None),
            ("PD", None),
            ("P+1D", None),
            ("P99999999999999999999D", None),
            ("P1DT1H", None),
        ] {
            assert_eq!(whole_days(text), days, "{text}");
        }
    }
}
