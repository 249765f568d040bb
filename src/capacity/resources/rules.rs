//! What a resource of each kind has, and has not.

use crate::http::FieldError;

use super::model::{NewResource, Resource, ResourceKind, ResourcePatch};

/// What is not said of a resource of this kind.
fn not_of(kind: ResourceKind, name: &str) -> FieldError {
    FieldError::body(
        format!("/{name}"),
        "not_for_kind",
        format!("Not for the kind {kind}."),
    )
}

/// What is wrong with a new resource.
pub(super) fn faults(new: &NewResource) -> Vec<FieldError> {
    let kind = new.kind;
    let mut faults = Vec::new();
    if kind == ResourceKind::Person {
        faults.push(FieldError::body(
            "/kind",
            "not_by_hand",
            "A person is made with the member: invite somebody with POST …/invitations.",
        ));
        return faults;
    }
    let of_units = [
        ("units", new.units.is_some()),
        ("booking", new.booking.is_some()),
        ("opening_hours", new.opening_hours.is_some()),
    ];
    let of_money = [
        ("currency", new.currency.is_some()),
        ("limit_minor", new.limit_minor.is_some()),
    ];
    if kind.has_units() {
        faults.extend(
            of_money
                .iter()
                .filter(|(_, is_given)| *is_given)
                .map(|(name, _)| not_of(kind, name)),
        );
    } else {
        faults.extend(
            of_units
                .iter()
                .filter(|(_, is_given)| *is_given)
                .map(|(name, _)| not_of(kind, name)),
        );
        faults.extend(
            of_money
                .iter()
                .filter(|(_, is_given)| !is_given)
                .map(|(name, _)| {
                    FieldError::body(format!("/{name}"), "required", "A budget needs it.")
                }),
        );
    }
    if let Some(hours) = &new.opening_hours {
        faults.extend(hours.faults("/opening_hours"));
    }
    faults
}

/// What is wrong with a change.
pub(super) fn patch_faults(before: &Resource, patch: &ResourcePatch) -> Vec<FieldError> {
    let kind = before.kind;
    let mut faults = Vec::new();
    let mut refuse = |name: &str, is_given: bool| {
        if is_given {
            faults.push(not_of(kind, name));
        }
    };
    if !kind.has_units() {
        refuse("units", patch.units.is_some());
        refuse(
            "opening_hours",
            matches!(patch.opening_hours, Some(Some(_))),
        );
    }
    if kind != ResourceKind::Budget {
        refuse("currency", patch.currency.is_some());
        refuse("limit_minor", patch.limit_minor.is_some());
    }
    if kind == ResourceKind::Person {
        for (name, is_given) in [
            ("name", patch.name.is_some()),
            ("skills", patch.skills.is_some()),
        ] {
            if is_given {
                faults.push(FieldError::body(
                    format!("/{name}"),
                    "not_for_kind",
                    "A person's is that of the member: change it with PATCH …/members/{member_id}.",
                ));
            }
        }
    }
    if let Some(Some(hours)) = &patch.opening_hours {
        faults.extend(hours.0.faults("/opening_hours"));
    }
    faults
}
