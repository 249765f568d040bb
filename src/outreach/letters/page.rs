//! A letter as text and as HTML, made from the same parts.
//!
//! The surprising rule: everything is escaped, also what we wrote ourselves. Whoever registers or plans an event chooses
//! words that end up in the mail of others.

use super::words::{Language, Part, Words};

/// The letter as plain text, lines as long as they are.
pub(super) fn text(words: &Words) -> String {
    let mut blocks: Vec<String> = Vec::new();
    for part in &words.parts {
        blocks.push(match part {
            Part::Paragraph(text) => text.clone(),
            Part::Facts(facts) => facts
                .iter()
                .map(|(label, value)| format!("{label}: {value}"))
                .collect::<Vec<_>>()
                .join("\n"),
            Part::Link { label, address } => format!("{label}:\n{address}"),
            // As mail programs expect what is below the letter itself (RFC 3676 §4.3).
            Part::Note(text) => format!("-- \n{text}"),
        });
    }
    let mut text = blocks.join("\n\n");
    text.push('\n');
    text
}

/// The letter as HTML: no images, no scripts, nothing from elsewhere.
pub(super) fn html(language: Language, words: &Words) -> String {
    let mut body = String::new();
    for part in &words.parts {
        match part {
            Part::Paragraph(text) => {
                body.push_str("<p>");
                body.push_str(&lines(text));
                body.push_str("</p>\n");
            }
            Part::Facts(facts) => {
                body.push_str("<table style=\"border-collapse:collapse\">\n");
                for (label, value) in facts {
                    body.push_str("<tr><th style=\"text-align:left;vertical-align:top;padding:2px 16px 2px 0;font-weight:normal;color:#595959\">");
                    body.push_str(&escaped(label));
                    body.push_str("</th><td style=\"padding:2px 0\">");
                    body.push_str(&linked(value));
                    body.push_str("</td></tr>\n");
                }
                body.push_str("</table>\n");
            }
            Part::Link { label, address } => {
                body.push_str("<p><a href=\"");
                body.push_str(&escaped(address));
                body.push_str("\">");
                body.push_str(&escaped(label));
                body.push_str("</a></p>\n");
            }
            Part::Note(text) => {
                body.push_str("<p style=\"color:#595959;font-size:14px\">");
                body.push_str(&lines(text));
                body.push_str("</p>\n");
            }
        }
    }
    let (tag, subject) = (language.tag(), escaped(&words.subject));
    format!(
        "<!DOCTYPE html>\n<html lang=\"{tag}\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{subject}</title></head>\n<body style=\"font-family:sans-serif;font-size:16px;line-height:1.5;color:#1a1a1a;max-width:40em\">\n{body}</body>\n</html>\n"
    )
}

fn lines(text: &str) -> String {
    escaped(text).replace('\n', "<br>\n")
}

/// A value that is an address as a whole can be followed.
fn linked(value: &str) -> String {
    let escaped = lines(value);
    let is_address = ["https://", "http://"]
        .iter()
        .any(|scheme| value.starts_with(scheme))
        && !value.contains(char::is_whitespace);
    if is_address {
        format!("<a href=\"{escaped}\">{escaped}</a>")
    } else {
        escaped
    }
}

/// Text that is text in HTML, also between quotes.
pub(in crate::outreach) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\r' => {}
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::super::words::{Language, Part, Words};
    use super::{html, text};

    #[test]
    fn what_people_chose_is_escaped() {
        let evil = "<script>\"'&\nBcc: x@example.org";
        let words = Words {
            subject: "</title><script>".to_owned(),
            parts: vec![
                Part::Paragraph(evil.to_owned()),
                Part::Facts(vec![("When", evil.to_owned())]),
                Part::Link {
                    label: "Go",
                    address: "https://host.example/?a=\"><script>".to_owned(),
                },
                Part::Note(evil.to_owned()),
            ],
        };
        let html = html(Language::English, &words);
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("&lt;script&gt;&quot;&#39;&amp;<br>\nBcc"));
        assert!(text(&words).contains(evil));
    }
}
