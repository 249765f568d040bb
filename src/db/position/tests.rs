use super::*;
use proptest::prelude::*;

fn between(before: Option<&Position>, after: Option<&Position>) -> Position {
    let made = Position::between(before, after).expect("before < after");
    assert!(
        before.is_none_or(|before| *before < made),
        "{before:?} < {made:?}"
    );
    assert!(
        after.is_none_or(|after| made < *after),
        "{made:?} < {after:?}"
    );
    assert_eq!(
        Position::from_bytes(made.0.clone()),
        Ok(made.clone()),
        "what is made is valid"
    );
    made
}

fn hex(text: &str) -> Position {
    Position::from_hex(text).expect(text)
}

#[test]
fn short_keys_at_the_start() {
    let first = Position::first();
    assert_eq!(first.to_hex(), "8000");
    assert_eq!(Position::between(None, None), Some(first.clone()));
    assert_eq!(between(Some(&first), None).to_hex(), "8001");
    assert_eq!(between(None, Some(&first)).to_hex(), "7fff");
    assert_eq!(between(Some(&first), Some(&hex("8001"))).to_hex(), "800080");
    assert_eq!(between(Some(&hex("80ff")), None).to_hex(), "810000");
    assert_eq!(between(None, Some(&hex("7f00"))).to_hex(), "7effff");
    assert_eq!(
        between(Some(&hex("800001")), Some(&hex("800002ff"))).to_hex(),
        "800002"
    );
}

#[test]
fn no_room_where_before_is_not_less_than_after() {
    let (low, high) = (hex("8000"), hex("8001"));
    assert_eq!(Position::between(Some(&low), Some(&low)), None);
    assert_eq!(Position::between(Some(&high), Some(&low)), None);
}

#[test]
fn appending_100_000_times_needs_at_most_4_bytes() {
    let mut last = Position::first();
    for _ in 0..100_000 {
        last = between(Some(&last), None);
        assert!(last.0.len() <= 4, "{last:?}");
    }
}

#[test]
fn prepending_100_000_times_needs_at_most_4_bytes() {
    let mut head = Position::first();
    for _ in 0..100_000 {
        head = between(None, Some(&head));
        assert!(head.0.len() <= 4, "{head:?}");
    }
}

/// Inserts into one gap `choices.len()` times; each choice says which side of the new key the next insert takes.
fn crowd(low: &Position, high: &Position, choices: impl IntoIterator<Item = bool>) {
    let (mut low, mut high) = (low.clone(), high.clone());
    for (count, take_upper_half) in choices.into_iter().enumerate() {
        let middle = between(Some(&low), Some(&high));
        // Two bytes of integer, then one byte for every eight halvings of the gap.
        assert!(
            middle.0.len() <= 2 + count / 8 + 1,
            "{} bytes after {count} inserts",
            middle.0.len()
        );
        *(if take_upper_half { &mut low } else { &mut high }) = middle;
    }
}

#[test]
fn inserting_10_000_times_into_one_gap_costs_one_bit_each() {
    let (low, high) = (hex("8000"), hex("8001"));
    crowd(&low, &high, (0..10_000).map(|_| true));
    crowd(&low, &high, (0..10_000).map(|_| false));
    crowd(&low, &high, (0..10_000).map(|turn| turn % 2 == 0));
    crowd(&low, &high, (0..10_000).map(|turn| turn % 3 == 0));
}

#[test]
fn a_full_gap_answers_none_and_its_neighbours_stay_usable() {
    let (low, mut high) = (hex("8000"), hex("8001"));
    let mut inserts = 0;
    while let Some(middle) = Position::between(Some(&low), Some(&high)) {
        high = middle;
        inserts += 1;
    }
    assert!(inserts > 32_000, "{inserts}");
    assert_eq!(high.0.len(), MAX_BYTES);
    between(Some(&high), None);
    between(None, Some(&high));
}

#[test]
fn there_is_room_beyond_the_ends_of_the_integers() {
    let highest = hex("87ffffffffffffffff");
    assert_eq!(
        between(Some(&highest), None).to_hex(),
        "87ffffffffffffffff80"
    );
    let second_lowest = hex("780000000000000001");
    let mut head = between(None, Some(&second_lowest));
    assert_eq!(head.to_hex(), "78000000000000000080");
    for _ in 0..100 {
        head = between(None, Some(&head));
    }
}

#[test]
fn only_positions_in_canonical_form_are_read() {
    use InvalidPosition::{Malformed, NotHex, TooLong};
    for (text, expected) in [
        ("800", NotHex),
        ("80AB", NotHex),
        ("80 0", NotHex),
        ("80é", NotHex),
        ("", Malformed),
        ("80", Malformed),
        ("8100", Malformed),
        ("800000", Malformed),
        ("8000ff00", Malformed),
        ("77000000000000000000", Malformed),
        ("88000000000000000000", Malformed),
        ("780000000000000000", Malformed),
    ] {
        assert_eq!(Position::from_hex(text), Err(expected), "{text:?}");
    }
    let longest = format!("8000{}", "ff".repeat(MAX_BYTES - 2));
    assert_eq!(
        Position::from_hex(&longest).map(|position| position.0.len()),
        Ok(MAX_BYTES)
    );
    assert_eq!(Position::from_hex(&format!("{longest}ff")), Err(TooLong));
}

#[test]
fn on_the_wire_it_is_a_string() {
    let json = serde_json::to_string(&Position::first()).unwrap();
    assert_eq!(json, r#""8000""#);
    assert_eq!(
        serde_json::from_str::<Position>(&json).unwrap(),
        Position::first()
    );
    assert!(serde_json::from_str::<Position>(r#""8000AA""#).is_err());
}

/// Any valid key, also the odd ones that only a client could send.
fn any_position() -> impl Strategy<Value = Position> {
    let digit = prop_oneof![Just(0u8), Just(1), Just(0xff), any::<u8>()];
    (
        LOWEST_LEVEL..=HIGHEST_LEVEL,
        prop::collection::vec(digit, 8..14),
    )
        .prop_filter_map("ends in zero", |(level, bytes)| {
            let mut key = vec![START.wrapping_add_signed(level)];
            key.extend(&bytes[8 - width(level)..]);
            Position::from_bytes(key).ok()
        })
}

proptest! {
    #[test]
    fn any_two_positions_have_room_between_and_around(one in any_position(), other in any_position()) {
        let (low, high) = if one < other { (one, other) } else { (other, one) };
        between(None, Some(&low));
        between(Some(&high), None);
        if low < high {
            let middle = between(Some(&low), Some(&high));
            prop_assert!(middle.0.len() <= low.0.len().max(high.0.len()) + 1);
        }
    }

    #[test]
    fn hex_reads_back_and_sorts_alike(one in any_position(), other in any_position()) {
        prop_assert_eq!(&Position::from_hex(&one.to_hex()).unwrap(), &one);
        prop_assert_eq!(one.to_hex().cmp(&other.to_hex()), one.cmp(&other));
    }

    #[test]
    fn from_hex_never_panics(text in ".{0,40}", digits in "[0-9a-f]{0,40}") {
        let _ = Position::from_hex(&text);
        if let Ok(position) = Position::from_hex(&digits) {
            between(None, Some(&position));
        }
    }

    #[test]
    fn any_path_into_one_gap_costs_one_bit_an_insert(choices in prop::collection::vec(any::<bool>(), 0..600)) {
        crowd(&hex("8000"), &hex("8001"), choices);
    }

    /// Inserts, moves and removals keep the order of a plain list. `from` and `to` are taken modulo the length.
    #[test]
    fn moves_keep_the_order_of_a_list(acts in prop::collection::vec((0u8..5, any::<usize>(), any::<usize>()), 1..400)) {
        let mut list: Vec<(usize, Position)> = Vec::new();
        for (name, (kind, from, to)) in acts.into_iter().enumerate() {
            let item = match kind {
                0 | 1 => name,
                _ if list.is_empty() => continue,
                2 => { list.remove(from % list.len()); continue }
                _ => list.remove(from % list.len()).0,
            };
            let to = to % (list.len() + 1);
            let before = to.checked_sub(1).map(|index| &list[index].1);
            let position = between(before, list.get(to).map(|(_, position)| position));
            list.insert(to, (item, position));
        }
        let mut sorted = list.clone();
        sorted.sort_by(|(_, one), (_, other)| one.cmp(other));
        prop_assert_eq!(sorted, list);
    }
}
