//! The workload as a heat map: a row for each member, a column for each period.
//!
//! The surprising rule: nothing is told by colour alone, and nothing by style sheets. Each cell has its figure, what is over has
//! a frame, what is unknown is hatched, and each has its sentence for whoever hears the picture; blue against orange is
//! told apart with any kind of colour blindness. The answer's `Content-Security-Policy` allows no styles, so colours and fonts are
//! attributes.

use std::fmt::{self, Write};

use chrono::NaiveDate;

use super::model::{MemberWorkload, Period, Workload, WorkloadBy};
use crate::db::Date;
use crate::http::{Code, Problem};

/// The most cells of a picture: some 8 MB.
const MAX_CELLS: usize = 20_000;

const NAMES: usize = 200;
const TOP: usize = 132;
const ROW: usize = 28;
const EDGE: usize = 16;
const LEAST_WIDTH: usize = 820;
const INK: &str = "#1b1f24";
const QUIET: &str = "#57606a";
const LINE: &str = "#d0d7de";
const FAINT: &str = "#f6f8fa";
const PAPER: &str = "#ffffff";
const OVER: &str = "#f58231";
/// How much of the time is taken, from the lightest to the darkest blue; the last is orange.
const SHADES: [(i64, &str, &str); 5] = [
    (24, "#eff6fc", "under 25 %"),
    (49, "#c6dbef", "25 to 49 %"),
    (74, "#9ecae1", "50 to 74 %"),
    (100, "#5aa5d8", "75 to 100 %"),
    (i64::MAX, OVER, "over 100 %"),
];

/// What a cell shows.
struct Cell {
    fill: &'static str,
    figure: Figure,
    is_over: bool,
    said: Said,
}

/// The figure in a cell.
enum Figure {
    Unknown,
    NoTime,
    /// So many hours where there is no time at all, rounded up.
    Hours(i64),
    Percent(i64),
}

impl fmt::Display for Figure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => out.write_str("?"),
            Self::NoTime => out.write_str("–"),
            Self::Hours(hours) => write!(out, "+{hours} h"),
            Self::Percent(1000..) => out.write_str("999+"),
            Self::Percent(percent) => write!(out, "{percent}"),
        }
    }
}

/// What is said of a cell, behind who and when.
struct Said {
    capacity: Option<i64>,
    allocated: i64,
    demand: i64,
    percent: i64,
}

impl fmt::Display for Said {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (allocated, demand) = (self.allocated, self.demand);
        let parts = Parts(allocated, demand);
        match self.capacity {
            None => write!(out, "how much time there is is unknown; {parts}."),
            Some(0) => write!(out, "no time; {parts}."),
            Some(capacity) => {
                let (percent, left) = (self.percent, capacity - allocated - demand);
                write!(out, "{percent} % of {} taken; {parts}, ", Hours(capacity))?;
                if left < 0 {
                    write!(out, "{} too much.", Hours(-left))
                } else {
                    write!(out, "{} free.", Hours(left))
                }
            }
        }
    }
}

/// What takes the time: allocations and tasks.
struct Parts(i64, i64);

impl fmt::Display for Parts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "allocated {}, tasks {}", Hours(self.0), Hours(self.1))
    }
}

/// Text as it may stand in XML 1.0, which has no place for two of Unicode's non-characters.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for one in self.0.chars() {
            match one {
                '&' => out.write_str("&amp;")?,
                '<' => out.write_str("&lt;")?,
                '>' => out.write_str("&gt;")?,
                '"' => out.write_str("&quot;")?,
                '\'' => out.write_str("&#39;")?,
                '\u{fffe}' | '\u{ffff}' => out.write_char('\u{fffd}')?,
                '\t' | '\n' | '\r' => out.write_char(' ')?,
                one if one < ' ' => {}
                one => out.write_char(one)?,
            }
        }
        Ok(())
    }
}

/// Minutes as people say them.
struct Hours(i64);

impl fmt::Display for Hours {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0 / 60, self.0 % 60) {
            (0, minutes) => write!(out, "{minutes} min"),
            (hours, 0) => write!(out, "{hours} h"),
            (hours, minutes) => write!(out, "{hours} h {minutes} min"),
        }
    }
}

fn day(on: NaiveDate) -> String {
    on.format("%-d %b %Y").to_string()
}

fn days(period: &Period) -> String {
    let (first, last) = (period.first_on.naive(), period.last_on.naive());
    if first == last {
        first.format("%a %-d %b %Y").to_string()
    } else {
        format!("{} to {}", day(first), day(last))
    }
}

/// The start of a name that has room beside its row. East Asian characters take twice the room.
fn shortened(name: &str) -> String {
    const ROOM: usize = 24;
    let width = |one: char| if one >= '\u{1100}' { 2 } else { 1 };
    if name.chars().map(width).sum::<usize>() <= ROOM {
        return name.to_owned();
    }
    let mut room = ROOM - 1;
    let mut short: String = name
        .chars()
        .take_while(|one| {
            let fits = width(*one) <= room;
            room = room.saturating_sub(width(*one));
            fits
        })
        .collect();
    short.push('…');
    short
}

/// What a member's cell shows. Per cents are rounded down, and up where they are more than all.
fn cell(member: &MemberWorkload, at: usize) -> Option<Cell> {
    let capacity = *member.capacity_minutes.get(at)?;
    let allocated = *member.allocated_minutes.get(at)?;
    let demand = *member.demand_minutes.get(at)?;
    let taken = allocated + demand;
    let is_over = capacity.is_some_and(|capacity| taken > capacity);
    let (fill, figure, percent) = match capacity {
        None => ("url(#unknown)", Figure::Unknown, 0),
        Some(0) if is_over => (OVER, Figure::Hours((taken + 59) / 60), 0),
        Some(0) => (PAPER, Figure::NoTime, 0),
        Some(capacity) => {
            let percent = if is_over {
                (taken * 100 + capacity - 1) / capacity
            } else {
                taken * 100 / capacity
            };
            let shade = SHADES.iter().find(|(most, ..)| percent <= *most)?;
            (shade.1, Figure::Percent(percent), percent)
        }
    };
    let said = Said {
        capacity,
        allocated,
        demand,
        percent,
    };
    Some(Cell {
        fill,
        figure,
        is_over,
        said,
    })
}

/// The picture.
///
/// # Errors
/// `invalid_query` when it had more cells than anybody can look at.
pub(super) fn draw(workload: &Workload, today: Date) -> Result<String, Problem> {
    if workload.members.len() * workload.periods.len() > MAX_CELLS {
        let detail = format!(
            "A picture has at most {MAX_CELLS} cells: ask by week, for a shorter time, or for fewer members."
        );
        return Err(Problem::parameter(Code::InvalidQuery, "by", detail));
    }
    let mut out = String::with_capacity(
        4_000 + workload.members.len() * (workload.periods.len() * 480 + 300),
    );
    picture(&mut out, workload, today).map_err(Problem::internal)?;
    Ok(out)
}

fn picture(out: &mut String, workload: &Workload, today: Date) -> fmt::Result {
    let column = match workload.by {
        // Wide enough for "999+" in bold.
        WorkloadBy::Day => 40,
        WorkloadBy::Week => 52,
    };
    let width = (NAMES + workload.periods.len() * column + EDGE).max(LEAST_WIDTH);
    let bottom = TOP + workload.members.len().max(1) * ROW;
    let height = bottom + 48;
    let (from, to) = (day(workload.from.naive()), day(workload.to.naive()));
    let what = match workload.by {
        WorkloadBy::Day => "day",
        WorkloadBy::Week => "week",
    };
    write!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" role="graphics-document document" aria-labelledby="workload-title workload-description" lang="en" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif" font-size="12" fill="{INK}">
<title id="workload-title">Workload from {from} to {to}</title>
<desc id="workload-description">How much of the time of {members} members is taken, by {what}, in per cent: by approved allocations and by open tasks with an estimate.</desc>
<defs><pattern id="unknown" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="{FAINT}"/><rect width="2" height="6" fill="{LINE}"/></pattern></defs>
<rect width="{width}" height="{height}" fill="{PAPER}"/>
<text x="{EDGE}" y="30" font-size="18" font-weight="600" aria-hidden="true">Workload</text>
<text x="{EDGE}" y="50" fill="{QUIET}" aria-hidden="true">{from} to {to}, by {what}: how much of the time is taken, in per cent</text>
"#,
        members = workload.members.len(),
    )?;
    legend(out)?;
    header(out, workload, today, column)?;
    // A picture has many cells: what is the same in each row and each column is made once.
    let when: Vec<String> = workload.periods.iter().map(days).collect();
    let quiet = format!(r#" stroke="{LINE}""#);
    let loud = format!(r#" stroke="{INK}" stroke-width="1.5""#);
    for (row, member) in workload.members.iter().enumerate() {
        let top = TOP + row * ROW;
        let name = Escaped(member.display_name.as_str()).to_string();
        write!(
            out,
            r#"<g role="group" aria-label="{name}"><text x="{EDGE}" y="{y}" font-size="13">{short}<title>{name}</title></text><g text-anchor="middle">"#,
            short = Escaped(&shortened(member.display_name.as_str())),
            y = top + 18,
        )?;
        for (at, when) in when.iter().enumerate() {
            let Some(cell) = cell(member, at) else {
                continue;
            };
            let left = NAMES + at * column;
            let (frame, weight) = if cell.is_over {
                (&loud, r#" font-weight="700""#)
            } else {
                (&quiet, "")
            };
            write!(
                out,
                r#"<g role="img" aria-labelledby="w{row}-{at}"><title id="w{row}-{at}">{name}, {when}: {said}</title><rect x="{x}" y="{y}" width="{w}" height="{h}" rx="3" fill="{fill}"{frame}/><text x="{middle}" y="{base}"{weight}>{figure}</text></g>"#,
                said = cell.said,
                x = left + 2,
                y = top + 1,
                w = column - 4,
                h = ROW - 4,
                fill = cell.fill,
                middle = left + column / 2,
                base = top + 17,
                figure = cell.figure,
            )?;
        }
        out.push_str("</g></g>\n");
    }
    if workload.members.is_empty() {
        let y = TOP + 18;
        writeln!(
            out,
            r#"<text x="{EDGE}" y="{y}">Nobody was asked for.</text>"#
        )?;
    }
    let note = if workload.is_complete {
        "Minutes that may be done on several days are laid on these in proportion to what each has open."
    } else {
        "Only the first 500 members are shown. Minutes that may be done on several days are laid on these in proportion to what each has open."
    };
    let y = bottom + 26;
    write!(
        out,
        r#"<text x="{EDGE}" y="{y}" font-size="11" fill="{QUIET}">{note}</text>
</svg>
"#
    )
}

fn legend(out: &mut String) -> fmt::Result {
    let others = [("url(#unknown)", "? unknown"), (PAPER, "– no time")];
    let shades = SHADES
        .iter()
        .map(|(most, fill, label)| (*most, *fill, *label));
    let all = shades.chain(others.map(|(fill, label)| (0, fill, label)));
    out.push_str(r#"<g aria-hidden="true" font-size="11">"#);
    for (at, (most, fill, label)) in all.enumerate() {
        let x = EDGE + at * 112;
        let stroke = if most == i64::MAX { INK } else { LINE };
        write!(
            out,
            r#"<rect x="{x}" y="62" width="18" height="14" rx="3" fill="{fill}" stroke="{stroke}"/><text x="{}" y="73">{label}</text>"#,
            x + 24,
        )?;
    }
    out.push_str("</g>\n");
    Ok(())
}

/// The columns: the month where it changes, the day on which each begins, and today's in bold.
fn header(out: &mut String, workload: &Workload, today: Date, column: usize) -> fmt::Result {
    out.push_str(r#"<g aria-hidden="true" text-anchor="middle" font-size="11">"#);
    let mut month = String::new();
    for (at, period) in workload.periods.iter().enumerate() {
        let first = period.first_on.naive();
        let x = NAMES + at * column + column / 2;
        let named = first.format("%b %Y").to_string();
        if named != month {
            let left = NAMES + at * column + 2;
            write!(
                out,
                r#"<text x="{left}" y="102" text-anchor="start" font-weight="600">{named}</text>"#
            )?;
            month = named;
        }
        let label = match workload.by {
            WorkloadBy::Day => first.format("%-d"),
            WorkloadBy::Week => first.format("%-d %b"),
        };
        let look = if (period.first_on..=period.last_on).contains(&today) {
            r#" font-weight="700" text-decoration="underline""#.to_owned()
        } else {
            format!(r#" fill="{QUIET}""#)
        };
        write!(out, r#"<text x="{x}" y="122"{look}>{label}</text>"#)?;
    }
    out.push_str("</g>\n");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Escaped, Hours, shortened};

    #[test]
    fn names_cannot_leave_their_place() {
        let name = "<script>\"a\" & 'b'</script>\u{ffff}\u{1}";
        assert_eq!(
            Escaped(name).to_string(),
            "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;\u{fffd}"
        );
    }

    #[test]
    fn long_names_are_shortened_to_their_room() {
        assert_eq!(shortened("Ada Lovelace"), "Ada Lovelace");
        assert_eq!(shortened(&"a".repeat(24)), "a".repeat(24));
        assert_eq!(shortened(&"a".repeat(25)), format!("{}…", "a".repeat(23)));
        assert_eq!(shortened(&"漢".repeat(13)), format!("{}…", "漢".repeat(11)));
    }

    #[test]
    fn minutes_are_said_as_people_say_them() {
        let said: Vec<String> = [0, 45, 60, 150]
            .iter()
            .map(|minutes| Hours(*minutes).to_string())
            .collect();
        assert_eq!(said, ["0 min", "45 min", "1 h", "2 h 30 min"]);
    }
}
