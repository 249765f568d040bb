//! How much is promised: minutes in total, minutes a day, a part of somebody's capacity, units, or money.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::values::{Int, Money};
use crate::http::{FieldError, Problem};

/// How much is promised: exactly one of the members.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"minutes": 600}))]
pub struct Amount {
    /// Minutes in total, anywhere within the period. Of a person.
    pub minutes: Option<Int<1, 5_256_000>>,
    /// Minutes on each working day of the period. Of a person.
    pub minutes_per_day: Option<Int<1, 1_440>>,
    /// So many hundredths of what the person works on each day of the period.
    pub percent: Option<Int<1, 100>>,
    /// So many of a thing, for the whole period.
    pub units: Option<Int<1, 100_000>>,
    /// Money of a budget, at least one minor unit.
    pub money: Option<Money>,
}

/// What an amount says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Quantity {
    /// Minutes in total.
    Minutes(i64),
    /// Minutes on each working day.
    MinutesPerDay(i64),
    /// Hundredths of what is worked on each day.
    Percent(i64),
    /// Units.
    Units(i64),
    /// Money.
    Money(Money),
}

impl Amount {
    /// What it says, where it says exactly one thing.
    fn said(&self) -> Vec<Quantity> {
        [
            self.minutes.map(|one| Quantity::Minutes(one.get())),
            self.minutes_per_day
                .map(|one| Quantity::MinutesPerDay(one.get())),
            self.percent.map(|one| Quantity::Percent(one.get())),
            self.units.map(|one| Quantity::Units(one.get())),
            self.money.clone().map(Quantity::Money),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// What it says.
    ///
    /// # Errors
    /// `exactly_one` at `/amount` when it says nothing or several things; `out_of_range` for no money at all.
    pub fn quantity(&self) -> Result<Quantity, Box<FieldError>> {
        match self.said().as_slice() {
            [Quantity::Money(money)] if money.amount_minor.get() == 0 => Err(Box::new(
                FieldError::body("/amount/money/amount_minor", "out_of_range", "At least 1."),
            )),
            [one] => Ok(one.clone()),
            _ => Err(Box::new(FieldError::body(
                "/amount",
                "exactly_one",
                "Exactly one of minutes, minutes_per_day, percent, units and money.",
            ))),
        }
    }

    /// What an amount says that was checked when it came in.
    ///
    /// # Errors
    /// When it was not.
    pub fn kept(&self) -> Result<Quantity, Problem> {
        self.quantity()
            .map_err(|fault| Problem::internal(fault.detail))
    }

    /// The money that it is, in minor units.
    #[must_use]
    pub fn minor(&self) -> Option<i64> {
        self.money.as_ref().map(|money| money.amount_minor.get())
    }
}

impl From<Quantity> for Amount {
    fn from(quantity: Quantity) -> Self {
        let none = Self::default();
        match quantity {
            Quantity::Minutes(number) => Self {
                minutes: Some(Int::clamped(number)),
                ..none
            },
            Quantity::MinutesPerDay(number) => Self {
                minutes_per_day: Some(Int::clamped(number)),
                ..none
            },
            Quantity::Percent(number) => Self {
                percent: Some(Int::clamped(number)),
                ..none
            },
            Quantity::Units(number) => Self {
                units: Some(Int::clamped(number)),
                ..none
            },
            Quantity::Money(money) => Self {
                money: Some(money),
                ..none
            },
        }
    }
}

impl Quantity {
    /// Its number: minutes, hundredths, units, or minor units.
    #[must_use]
    pub const fn number(&self) -> i64 {
        match self {
            Self::Minutes(number)
            | Self::MinutesPerDay(number)
            | Self::Percent(number)
            | Self::Units(number) => *number,
            Self::Money(money) => money.amount_minor.get(),
        }
    }

    /// The same with another number.
    #[must_use]
    pub fn with_number(&self, number: i64) -> Self {
        match self {
            Self::Minutes(_) => Self::Minutes(number),
            Self::MinutesPerDay(_) => Self::MinutesPerDay(number),
            Self::Percent(_) => Self::Percent(number),
            Self::Units(_) => Self::Units(number),
            Self::Money(money) => Self::Money(Money {
                amount_minor: Int::clamped(number),
                currency: money.currency,
            }),
        }
    }

    /// The member of an amount that says it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Minutes(_) => "minutes",
            Self::MinutesPerDay(_) => "minutes_per_day",
            Self::Percent(_) => "percent",
            Self::Units(_) => "units",
            Self::Money(_) => "money",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Amount, Quantity};

    #[test]
    fn an_amount_says_exactly_one_thing() {
        let read = |text: &str| serde_json::from_str::<Amount>(text).unwrap().quantity();
        assert_eq!(read(r#"{"percent": 50}"#).unwrap(), Quantity::Percent(50));
        assert!(read("{}").is_err());
        assert!(read(r#"{"percent": 50, "units": 1}"#).is_err());
        assert!(read(r#"{"money": {"amount_minor": 0, "currency": "EUR"}}"#).is_err());
    }
}
