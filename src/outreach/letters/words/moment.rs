//! Days and times as a language writes them, in the event's own time zone.
//!
//! The surprising rule: a time without its zone is no time. Each ends with the zone's name and how far it is from UTC.

use chrono::{DateTime, Datelike, Offset as _, Timelike as _};
use chrono_tz::Tz;

use super::Language;
use crate::db::Instant;
use crate::outreach::events::Event;

const ENGLISH_DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
const ENGLISH_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const FRENCH_DAYS: [&str; 7] = [
    "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
];
const FRENCH_MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// When an event takes place: `Tuesday, 20 April 2027, 19:00 to 20:30 (Europe/Paris, UTC+02:00)`.
pub(in crate::outreach) fn period(language: Language, event: &Event) -> String {
    let zone = event.starts.0.time_zone.0;
    let start = event.starts_at.utc().with_timezone(&zone);
    let end = event.ends_at.utc().with_timezone(&zone);
    let (day, from) = (day(language, &start), time(language, &start));
    let (last_day, to) = (self::day(language, &end), time(language, &end));
    let spoken = match (language, day == last_day) {
        (Language::English, true) => format!("{day}, {from} to {to}"),
        (Language::English, false) => format!("{day}, {from} to {last_day}, {to}"),
        (Language::French, true) => format!("{day}, de {from} à {to}"),
        (Language::French, false) => format!("du {day}, {from} au {last_day}, {to}"),
    };
    format!("{spoken} ({})", place(&start, &end))
}

/// An instant where the event is: `Tuesday, 20 April 2027, 19:00 (Europe/Paris, UTC+02:00)`.
pub(in crate::outreach) fn instant(language: Language, instant: Instant, event: &Event) -> String {
    let zone = event.starts.0.time_zone.0;
    let then = instant.utc().with_timezone(&zone);
    let (day, time) = (day(language, &then), time(language, &then));
    let spoken = match language {
        Language::English => format!("{day}, {time}"),
        Language::French => format!("{day} à {time}"),
    };
    format!("{spoken} ({})", place(&then, &then))
}

fn day(language: Language, then: &DateTime<Tz>) -> String {
    let weekday = usize::try_from(then.weekday().num_days_from_monday()).unwrap_or_default();
    let month = usize::try_from(then.month0()).unwrap_or_default();
    let (days, months) = match language {
        Language::English => (ENGLISH_DAYS, ENGLISH_MONTHS),
        Language::French => (FRENCH_DAYS, FRENCH_MONTHS),
    };
    let weekday = days.get(weekday).copied().unwrap_or_default();
    let month = months.get(month).copied().unwrap_or_default();
    let (number, year) = (then.day(), then.year());
    match language {
        Language::English => format!("{weekday}, {number} {month} {year}"),
        Language::French if number == 1 => format!("{weekday} 1er {month} {year}"),
        Language::French => format!("{weekday} {number} {month} {year}"),
    }
}

fn time(language: Language, then: &DateTime<Tz>) -> String {
    let (hour, minute) = (then.hour(), then.minute());
    match language {
        Language::English => format!("{hour:02}:{minute:02}"),
        // With a space that does not break, as French typography asks.
        Language::French => format!("{hour}\u{a0}h\u{a0}{minute:02}"),
    }
}

/// The zone's name, and how far it is from UTC where that stays the same.
fn place(start: &DateTime<Tz>, end: &DateTime<Tz>) -> String {
    let zone = start.timezone().name();
    let (first, last) = (start.offset().fix(), end.offset().fix());
    if first == last && zone != "UTC" {
        format!("{zone}, UTC{first}")
    } else {
        zone.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone as _, Utc};

    use super::{Language, day, place, time};

    #[test]
    fn days_and_times_are_spoken() {
        let zone = chrono_tz::Europe::Paris;
        let then = Utc
            .with_ymd_and_hms(2027, 7, 31, 22, 5, 0)
            .unwrap()
            .with_timezone(&zone);
        assert_eq!(day(Language::English, &then), "Sunday, 1 August 2027");
        assert_eq!(day(Language::French, &then), "dimanche 1er août 2027");
        assert_eq!(time(Language::English, &then), "00:05");
        assert_eq!(time(Language::French, &then), "0\u{a0}h\u{a0}05");
        assert_eq!(place(&then, &then), "Europe/Paris, UTC+02:00");
        let winter = Utc
            .with_ymd_and_hms(2027, 10, 31, 3, 0, 0)
            .unwrap()
            .with_timezone(&zone);
        assert_eq!(place(&then, &winter), "Europe/Paris");
    }
}
