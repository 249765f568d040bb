//! Content lines (RFC 5545 §3.1): how names, parameters and values become lines that every calendar reads.
//!
//! The surprising rule: this is our own because the `icalendar` crate, which reads for us, cannot write what we need. It
//! adds a UID and a DTSTAMP to time zones, has no way to make one, and leaves NAME and parameters as they come, so that
//! a line break in a title would begin a line of its own.

/// The longest line, in bytes, without its CRLF.
const LONGEST: usize = 75;

/// A calendar that is being written.
#[derive(Debug, Default)]
pub(super) struct Lines(String);

impl Lines {
    /// A line whose value is written as it is: a number, a time, an address.
    pub(super) fn put(&mut self, name: &str, value: &str) {
        self.fold(&format!("{name}:{value}"));
    }

    /// A line whose value is text (§3.3.11).
    pub(super) fn text(&mut self, name: &str, value: &str) {
        self.fold(&format!("{name}:{}", escaped(value)));
    }

    /// A line with parameters, whose value is written as it is.
    pub(super) fn with(&mut self, name: &str, parameters: &[(&str, &str)], value: &str) {
        let mut line = name.to_owned();
        for (parameter, says) in parameters {
            line.push(';');
            line.push_str(parameter);
            line.push('=');
            line.push_str(&parameter_value(says));
        }
        line.push(':');
        line.push_str(value);
        self.fold(&line);
    }

    pub(super) fn begin(&mut self, component: &str) {
        self.put("BEGIN", component);
    }

    pub(super) fn end(&mut self, component: &str) {
        self.put("END", component);
    }

    /// Writes a line in pieces of at most 75 bytes that end between characters. Whatever came in, a line stays one
    /// line: control characters are left out here at the latest.
    fn fold(&mut self, line: &str) {
        let mut bytes = 0;
        for character in line.chars() {
            if character.is_control() && character != '\t' {
                continue;
            }
            if bytes + character.len_utf8() > LONGEST {
                self.0.push_str("\r\n ");
                bytes = 1;
            }
            self.0.push(character);
            bytes += character.len_utf8();
        }
        self.0.push_str("\r\n");
    }

    /// The lines.
    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// Text as a value: what has a meaning there is escaped.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' | ';' | ',' => {
                escaped.push('\\');
                escaped.push(character);
            }
            '\r' => {
                characters.next_if_eq(&'\n');
                escaped.push_str("\\n");
            }
            '\n' => escaped.push_str("\\n"),
            character => escaped.push(character),
        }
    }
    escaped
}

/// Text as the value of a parameter: quoted where it must be, and with RFC 6868 for what quotes cannot hold.
fn parameter_value(text: &str) -> String {
    let mut value = String::with_capacity(text.len() + 2);
    for character in text.chars() {
        match character {
            '^' => value.push_str("^^"),
            '"' => value.push_str("^'"),
            '\n' => value.push_str("^n"),
            character => value.push(character),
        }
    }
    if value.contains([':', ';', ',']) {
        format!("\"{value}\"")
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> String {
        let mut lines = Lines::default();
        lines.text("SUMMARY", value);
        lines.finish()
    }

    #[test]
    fn text_stays_on_its_line() {
        assert_eq!(
            text("a\r\nBEGIN:VALARM\rb\u{85}\u{0}c"),
            "SUMMARY:a\\nBEGIN:VALARM\\nbc\r\n"
        );
        assert_eq!(
            text("a, b; c\\n: \"d\""),
            "SUMMARY:a\\, b\\; c\\\\n: \"d\"\r\n"
        );
    }

    #[test]
    fn a_parameter_cannot_be_left() {
        let mut lines = Lines::default();
        lines.with("X", &[("LABEL", "a\";X=^\r\n:b")], "c");
        assert_eq!(lines.finish(), "X;LABEL=\"a^';X=^^^n:b\":c\r\n");
    }

    #[test]
    fn lines_are_folded_between_characters() {
        for letter in ["a", "é", "日", "🎉"] {
            for ahead in 0..4 {
                let value = format!("{}{}", "x".repeat(ahead), letter.repeat(120));
                let written = text(&value);
                for line in written.split("\r\n") {
                    assert!(line.len() <= LONGEST, "{line}");
                }
                assert_eq!(written.replace("\r\n ", ""), format!("SUMMARY:{value}\r\n"));
            }
        }
    }
}
