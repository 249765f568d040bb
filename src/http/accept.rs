//! Which of several forms of an answer the client would rather have (RFC 9110, 12.5.1).

use actix_web::HttpRequest;
use actix_web::http::header;

/// The media type of `offered` that the header `Accept` wants most. The first one stands for the answer as it always is: it
/// wins where several are wanted as much, and where none of them is wanted.
#[must_use]
pub fn preferred(request: &HttpRequest, offered: &[&'static str]) -> &'static str {
    let accepted: Vec<&str> = request
        .headers()
        .get_all(header::ACCEPT)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    best(&accepted, offered)
}

fn best(accepted: &[&str], offered: &[&'static str]) -> &'static str {
    let mut best = ("", 0);
    for media_type in offered {
        let quality = quality(accepted, media_type);
        if best.0.is_empty() || quality > best.1 {
            best = (media_type, quality);
        }
    }
    best.0
}

/// How much a media type is wanted, in thousandths: what the range that fits it best says.
fn quality(accepted: &[&str], media_type: &str) -> u32 {
    let kind = media_type.split('/').next().unwrap_or_default();
    let mut found = (0, 0);
    for range in accepted {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let fit = if name.eq_ignore_ascii_case(media_type) {
            3
        } else if name
            .strip_suffix("/*")
            .is_some_and(|name| name.eq_ignore_ascii_case(kind))
        {
            2
        } else if name == "*/*" {
            1
        } else {
            continue;
        };
        let quality = parts
            .find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
            .map_or(1000, thousandths);
        found = found.max((fit, quality));
    }
    found.1
}

/// `0.85` as 850; what is no such number as 0.
fn thousandths(text: &str) -> u32 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits: String = part.chars().chain("000".chars()).take(3).collect();
    let whole: u32 = whole.parse().unwrap_or_default();
    let part: u32 = digits.parse().unwrap_or_default();
    (whole.min(1) * 1000 + part).min(1000)
}

#[cfg(test)]
mod tests {
    use super::best;

    #[test]
    fn the_form_that_is_wanted_most_is_sent() {
        for (accept, expected) in [
            ("", "application/json"),
            ("*/*", "application/json"),
            ("image/svg+xml", "image/svg+xml"),
            ("IMAGE/SVG+XML", "image/svg+xml"),
            ("image/*", "image/svg+xml"),
            ("image/svg+xml;q=0.5, application/json", "application/json"),
            ("image/svg+xml, application/json", "application/json"),
            ("image/svg+xml;q=0.9, */*;q=0.1", "image/svg+xml"),
            ("image/svg+xml;q=0, */*;q=0.1", "application/json"),
            ("image/svg+xml;q=x", "application/json"),
            // A picture in a page, and an address typed into a browser.
            (
                "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
                "image/svg+xml",
            ),
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
                "application/json",
            ),
            ("text/html", "application/json"),
        ] {
            let accepted: Vec<&str> = accept.split(',').collect();
            let offered = ["application/json", "image/svg+xml"];
            assert_eq!(best(&accepted, &offered), expected, "{accept}");
        }
    }
}
