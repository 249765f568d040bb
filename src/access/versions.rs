//! Versions and revisions as entity tags: `If-Match` and `If-None-Match` (RFC 9110, sections 13.1.1 and 13.1.2).
//!
//! The surprising rule: a weak tag never satisfies `If-Match`, so the tag of a list cannot guard a write.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderName};

use super::Reading;
use crate::db::Id;
use crate::http::reply::etag;
use crate::http::{Answer, Code, Problem, Reply};

/// The tags of a condition.
#[derive(Debug, Clone)]
pub enum Tags {
    /// `*`: whatever is there.
    Any,
    /// These, as they were sent.
    These(Vec<String>),
}

impl Tags {
    fn read(request: &HttpRequest, name: HeaderName) -> Result<Option<Self>, Problem> {
        let refuse = || {
            Problem::new(Code::InvalidHeader).detail(format!(
                "{name} takes * or entity tags such as \"12\" or W/\"r7-lead\"."
            ))
        };
        // Several lines are one list (RFC 9110, section 5.3).
        let lines: Vec<&str> = request
            .headers()
            .get_all(&name)
            .map(|value| value.to_str().map_err(|_| refuse()))
            .collect::<Result<_, _>>()?;
        let text = match lines.as_slice() {
            [] => return Ok(None),
            [only] if only.trim() == "*" => return Ok(Some(Self::Any)),
            lines => lines.join(","),
        };
        let tags: Vec<String> = text.split(',').map(|tag| tag.trim().to_owned()).collect();
        let is_tag = |tag: &String| {
            let bare = tag.strip_prefix("W/").unwrap_or(tag);
            bare.strip_prefix('"')
                .and_then(|bare| bare.strip_suffix('"'))
                .is_some_and(|bare| !bare.contains('"'))
        };
        if tags.iter().all(is_tag) {
            Ok(Some(Self::These(tags)))
        } else {
            Err(refuse())
        }
    }

    /// `If-Match`, where it was sent.
    ///
    /// # Errors
    /// `invalid_header` when it is no list of tags.
    pub fn if_match(request: &HttpRequest) -> Result<Option<Self>, Problem> {
        Self::read(request, header::IF_MATCH)
    }

    /// `If-None-Match`, where it was sent.
    ///
    /// # Errors
    /// `invalid_header` when it is no list of tags.
    pub fn if_none_match(request: &HttpRequest) -> Result<Option<Self>, Problem> {
        Self::read(request, header::IF_NONE_MATCH)
    }

    /// The answer, or 304 where its tag is among those that the client has.
    pub(super) fn unless_known(known: Option<&Self>, reply: Reply) -> Reply {
        match (&reply.etag, known) {
            (Some(etag), Some(known)) if known.includes(etag) => Reply::not_modified(etag.clone()),
            _ => reply,
        }
    }

    /// Whether the tag is among them, compared weakly, as a GET does.
    #[must_use]
    pub fn includes(&self, tag: &str) -> bool {
        let bare = |tag: &str| tag.strip_prefix("W/").unwrap_or(tag).to_owned();
        match self {
            Self::Any => true,
            Self::These(tags) => tags.iter().any(|one| bare(one) == bare(tag)),
        }
    }
}

impl Reading<'_> {
    /// The weak tag of everything in the team, as this caller sees it.
    #[must_use]
    pub fn etag(&self) -> String {
        format!("W/\"r{}-{}\"", self.revision, self.viewer())
    }

    /// What the team's revision decides: 304 before `work` where the client has this very answer. With `*` it claims to
    /// have some answer, so `work` first says whether there is one.
    pub(super) fn listed(
        &mut self,
        known: Option<&Tags>,
        work: impl FnOnce(&mut Self) -> Answer,
    ) -> Answer {
        let etag = self.etag();
        if let Some(these @ Tags::These(_)) = known
            && these.includes(&etag)
        {
            return Ok(Reply::not_modified(etag));
        }
        Ok(Tags::unless_known(known, work(self)?.tagged(etag)))
    }

    /// The same for what the day decides too (what is overdue, say), in one of several forms: each day and each form has its
    /// own.
    #[must_use]
    pub fn etag_today(&self, form: &str) -> String {
        let (revision, viewer, today) = (self.revision, self.viewer(), self.today());
        format!("W/\"r{revision}-{viewer}-{today}-{form}\"")
    }

    /// The tag of a record that is shown together with others, as this caller sees it: `version` is the record's own, and
    /// what `If-Match` is compared with; `latest` is the latest of all that is shown.
    #[must_use]
    pub fn etag_with(&self, version: i64, latest: i64) -> String {
        format!("\"{version}+{latest}-{}\"", self.viewer())
    }

    fn viewer(&self) -> String {
        let tail = |member: Id| member.to_string().get(24..).unwrap_or_default().to_owned();
        let mut viewer = format!("{}-{}", self.me.role, tail(self.me.member_id));
        if let Some(deputy) = self.deputy_id {
            viewer.push('-');
            viewer.push_str(&tail(deputy));
        }
        viewer
    }
}

/// Checks `If-Match` against the version that is there, inside the transaction that will change it. Of a tag such as
/// `"12+40-lead"` (a record shown together with others, see [`Reading::etag_with`]) only the
/// version counts.
///
/// # Errors
/// `version_conflict` with the present tag.
pub fn expect(condition: Option<&Tags>, version: i64) -> Result<(), Problem> {
    let present = etag(version);
    match condition {
        Some(Tags::These(tags)) if !tags.iter().any(|tag| is_version(tag, version)) => {
            Err(Problem::new(Code::VersionConflict).member("current_etag", present))
        }
        _ => Ok(()),
    }
}

fn is_version(tag: &str, version: i64) -> bool {
    tag.strip_prefix('"')
        .and_then(|tag| tag.strip_suffix('"'))
        .map(|tag| tag.split_once('+').map_or(tag, |(version, _)| version))
        .is_some_and(|tag| tag == version.to_string())
}

#[cfg(test)]
mod tests {
    use super::is_version;

    #[test]
    fn only_the_version_of_a_strong_tag_counts() {
        assert!(is_version("\"12\"", 12));
        assert!(is_version("\"12+40-lead\"", 12));
        for tag in [
            "\"1\"",
            "\"120\"",
            "\"40+12\"",
            "W/\"12\"",
            "12",
            "\"\"",
            "\"+12\"",
        ] {
            assert!(!is_version(tag, 12), "{tag}");
        }
    }
}
