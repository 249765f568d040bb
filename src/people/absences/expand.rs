//! What absences refer to, shown beside them.
//!
//! The surprising rule: a substitute who has left the team is named and not shown.

use std::collections::BTreeSet;

use serde::Serialize;
use utoipa::ToSchema;

use super::model::{Absence, AbsencePage};
use crate::access::Sight;
use crate::http::{Expand, Expanded, Problem};
use crate::people::members::{self, MembersById};
use crate::text_enum;

text_enum! {
    /// What an absence refers to.
    pub enum AbsenceReference {
        /// Who is away.
        Member = "member",
        /// Who stands in.
        Substitute = "substitute",
        /// Who entered it.
        RequestedBy = "requested_by",
        /// Who approved or rejected it.
        DecidedBy = "decided_by",
    }
}

/// What absences refer to, as far as it was asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct AbsenceExpansion {
    /// Who is away, who stands in, who entered it and who decided.
    pub members: MembersById,
}

/// An absence, with what it refers to.
pub type ExpandedAbsence = Expanded<Absence, AbsenceExpansion>;
/// A page of absences, with what they refer to.
pub type ExpandedAbsencePage = Expanded<AbsencePage, AbsenceExpansion>;

/// What the absences that are shown refer to.
///
/// # Errors
/// What the database answers.
pub fn expand(
    sight: &mut Sight<'_>,
    wanted: &Expand<AbsenceReference>,
    shown: &[Absence],
) -> Result<Option<AbsenceExpansion>, Problem> {
    let Some(references) = wanted.references() else {
        return Ok(None);
    };
    let mut people = BTreeSet::new();
    for reference in references {
        for absence in shown {
            match reference {
                AbsenceReference::Member => people.extend([absence.member_id]),
                AbsenceReference::Substitute => people.extend(absence.substitute_id),
                AbsenceReference::RequestedBy => people.extend([absence.requested_by_id]),
                AbsenceReference::DecidedBy => people.extend(absence.decided_by_id),
            }
        }
    }
    Ok(Some(AbsenceExpansion {
        members: members::these(sight, people)?,
    }))
}
