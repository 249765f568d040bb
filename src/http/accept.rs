//! Which of several forms of an answer the client would rather have (RFC 9110, 12.5.1).
//!
//! The surprising rule: whoever asks leaves a mark on the request, so that every answer to it, a 304 or a problem too, says
//! `Vary: Accept`, and no cache hands out one form for another.

use actix_web::http::header::{self, HeaderValue, Quality, QualityItem, from_comma_delimited};
use actix_web::mime::{self, Mime};
use actix_web::{HttpMessage, HttpRequest};

/// The mark of a request whose answer depends on its header `Accept`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Negotiated;

/// The media type of `offered` that the header `Accept` wants most. The first one stands for the answer as it always is: it
/// wins where several are wanted as much, and where none of them is wanted.
#[must_use]
pub fn preferred(request: &HttpRequest, offered: &[&'static str]) -> &'static str {
    request.extensions_mut().insert(Negotiated);
    best(request.headers().get_all(header::ACCEPT), offered)
}

fn best<'h>(
    headers: impl Iterator<Item = &'h HeaderValue> + 'h,
    offered: &[&'static str],
) -> &'static str {
    // What cannot be read wants nothing.
    let accepted: Vec<QualityItem<Mime>> = from_comma_delimited(headers).unwrap_or_default();
    let mut best = ("", Quality::ZERO);
    for media_type in offered {
        let quality = quality(&accepted, media_type);
        if best.0.is_empty() || quality > best.1 {
            best = (media_type, quality);
        }
    }
    best.0
}

/// How much a media type is wanted: what the range that fits it best says.
fn quality(accepted: &[QualityItem<Mime>], media_type: &str) -> Quality {
    let kind = media_type.split('/').next().unwrap_or_default();
    let fit = |range: &Mime| {
        if range.essence_str() == media_type {
            Some(3)
        } else if range.subtype() != mime::STAR {
            None
        } else if range.type_() == kind {
            Some(2)
        } else {
            (range.type_() == mime::STAR).then_some(1)
        }
    };
    accepted
        .iter()
        .filter_map(|range| Some((fit(&range.item)?, range.quality)))
        .max()
        .map_or(Quality::ZERO, |(_, quality)| quality)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

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
            let header = HeaderValue::from_static(accept);
            let offered = ["application/json", "image/svg+xml"];
            assert_eq!(best([&header].into_iter(), &offered), expected, "{accept}");
        }
    }
}
