//! What the team's list takes: filters and sorts.

use serde::Deserialize;
use utoipa::IntoParams;

use super::state::{Origin, RegistrationState};
use crate::http::Text;
use crate::http::query::{AnyOf, Number};
use crate::text_enum;

/// Which registrations are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RegistrationFilter {
    /// Any of these states, separated by commas. Those that were never confirmed by e-mail (`unverified`) are listed only
    /// when they are asked for.
    #[param(value_type = Option<String>, max_length = 200, example = "confirmed,attended")]
    pub(super) state: Option<AnyOf<RegistrationState>>,
    /// How the people came to be registered.
    #[param(value_type = Option<String>, max_length = 40, example = "public")]
    pub(super) origin: Option<AnyOf<Origin>>,
    /// Any of these values of `utm_source`, separated by commas.
    #[param(value_type = Option<String>, max_length = 1000, example = "newsletter")]
    pub(super) source: Option<AnyOf<String>>,
    /// With so many seats or more.
    #[param(value_type = Option<i64>, minimum = 0, example = 2)]
    pub(super) seats_gte: Option<Number>,
    /// Text that the name, the companions' names or the address contain; case and accents do not matter.
    #[param(value_type = Option<String>, max_length = 200)]
    pub(super) q: Option<Text<1, 200>>,
}

text_enum! {
    /// What the list sorts by; `-` before it turns the order round.
    pub enum RegistrationSort {
        /// When it was made.
        CreatedAt = "created_at",
        /// The person's name.
        Name = "name",
        /// The rank among those who wait; who does not wait comes last.
        Rank = "rank",
    }
}
