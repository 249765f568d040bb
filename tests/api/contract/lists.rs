//! Every list: paged to its end, sorted, counted, narrowed.

use std::cmp::Ordering;
use std::collections::HashSet;

use serde_json::{Value, json};

use super::fixtures::Call;
use super::operations::{Operation, each, resolve, sample, those};
use super::rows::List;
use super::world::World;

fn lists() -> Vec<&'static Operation> {
    those(|one| one.is_get() && one.item().is_some())
}

fn items(page: &Value) -> Vec<Value> {
    page["items"].as_array().expect("items").clone()
}

/// What tells a row from the others: its id, or all that it says.
fn identity(row: &Value) -> String {
    match row["id"].as_str() {
        Some(id) => id.to_owned(),
        None => row.to_string(),
    }
}

/// All rows, page by page. The `Link` header leads to the same page as the cursor.
async fn walk(list: &Call, limit: usize) -> Vec<Value> {
    let list = list.with(&format!("limit={limit}"));
    let mut rows = Vec::new();
    let mut next: Option<String> = None;
    loop {
        let asked = match &next {
            None => list.clone(),
            Some(cursor) => list.with(&format!("cursor={cursor}")),
        };
        let answer = asked.send().await;
        let link = answer.header("link").map(str::to_owned);
        let page = answer.ok();
        let found = items(&page);
        assert!(found.len() <= limit, "{}: {page}", list.path());
        rows.extend(found);
        next = page["next_cursor"].as_str().map(str::to_owned);
        match &next {
            Some(cursor) => assert!(
                link.as_ref().is_some_and(|link| link
                    .contains(&format!("cursor={cursor}>; rel=\"next\""))
                    && link.contains(&format!("limit={limit}"))),
                "{}: {link:?}",
                list.path()
            ),
            None => {
                assert_eq!(link, None, "{}", list.path());
                return rows;
            }
        }
    }
}

/// A member of the schema of an item, be it in one of its parts.
fn member<'s>(schema: &'s Value, name: &str) -> Option<&'s Value> {
    let schema = resolve(schema);
    let parts = schema["allOf"].as_array().into_iter().flatten();
    schema["properties"]
        .get(name)
        .or_else(|| parts.filter_map(|part| member(part, name)).next())
}

/// The order of two values: of words in a closed list that of the list, else their own.
fn compare(schema: &Value, one: &Value, other: &Value) -> Ordering {
    let words = resolve(schema)["enum"].as_array();
    let rank = |value: &Value| words.and_then(|words| words.iter().position(|word| word == value));
    match (rank(one), rank(other)) {
        (Some(one), Some(other)) => one.cmp(&other),
        _ => match (one.as_i64(), other.as_i64()) {
            (Some(one), Some(other)) => one.cmp(&other),
            _ => one.as_str().cmp(&other.as_str()),
        },
    }
}

fn check_order(list: &List<'_>, rows: &[Value], sort: &str, descends: bool) {
    let what = format!("{} by {sort}", list.call.operation.id);
    let schema = list.call.operation.item().expect("an item");
    let schema =
        member(schema, sort).unwrap_or_else(|| panic!("{what}: it shows what it sorts by"));
    let keys: Vec<&Value> = rows.iter().map(|row| &row[sort]).collect();
    let there = keys.iter().take_while(|key| !key.is_null()).count();
    assert!(
        keys.iter().skip(there).all(|key| key.is_null()),
        "{what}: nulls last: {keys:?}"
    );
    let wrong = if descends {
        Ordering::Less
    } else {
        Ordering::Greater
    };
    for pair in keys[..there].windows(2) {
        assert_ne!(
            compare(schema, pair[0], pair[1]),
            wrong,
            "{what}, descending: {descends}: {keys:?}"
        );
    }
}

#[tokio::test]
async fn every_list_is_walked_to_its_end_in_order() {
    let world = World::start().await;
    each(lists(), async |operation| {
        let list = List::filled(&world, operation).await;
        let whole = check_pages(&list.call).await;
        assert!(whole.len() >= 7, "{}: {} rows", operation.id, whole.len());
        check_total(&list.call, whole.len()).await;
        for sort in operation.sorts() {
            for (descends, sign) in [(false, ""), (true, "-")] {
                let sorted = list.call.with(&format!("sort={sign}{sort}"));
                let rows = check_pages(&sorted).await;
                assert_eq!(rows.len(), whole.len(), "{} by {sort}", operation.id);
                check_order(&list, &rows, &sort, descends);
            }
        }
    })
    .await;
}

/// The rows of the list, which are the same whatever the size of the pages, each once.
async fn check_pages(list: &Call) -> Vec<Value> {
    let whole = walk(list, 100).await;
    let ids: Vec<String> = whole.iter().map(identity).collect();
    let different: HashSet<&String> = ids.iter().collect();
    assert_eq!(different.len(), ids.len(), "{}: {ids:?}", list.path());
    // Long lists need not be walked one by one.
    let smallest = if ids.len() > 40 { 13 } else { 1 };
    for limit in [smallest, smallest + 1, smallest + 2] {
        let paged: Vec<String> = walk(list, limit).await.iter().map(identity).collect();
        assert_eq!(paged, ids, "{} by {limit}", list.path());
    }
    whole
}

async fn check_total(list: &Call, rows: usize) {
    let what = list.path();
    let page = list.with("limit=1").send().await.ok();
    assert_eq!(
        (&page["total"], &page["total_is_exact"]),
        (&Value::Null, &Value::Null),
        "{what}"
    );
    for counted in ["include_total=true&limit=1", "include_total=true&limit=100"] {
        let page = list.with(counted).send().await.ok();
        assert_eq!(
            (&page["total"], &page["total_is_exact"]),
            (&json!(rows), &json!(true)),
            "{what}&{counted}"
        );
    }
}

#[tokio::test]
async fn pages_hold_while_rows_come_and_go() {
    let world = World::start().await;
    each(lists(), async |operation| {
        let mut orders = vec![String::new()];
        for sort in operation.sorts() {
            orders.extend([format!("sort={sort}"), format!("sort=-{sort}")]);
        }
        let mut list = List::filled(&world, operation).await;
        for order in orders {
            check_moving(&mut list, &order).await;
        }
    })
    .await;
}

async fn check_moving(list: &mut List<'_>, order: &str) {
    let asked = list.call.with("limit=2").with(order);
    let mut there = walk(&list.call, 100).await;
    let mut seen: Vec<String> = Vec::new();
    let mut next: Option<String> = None;
    let mut gap = 0;
    loop {
        let asked = match &next {
            None => asked.clone(),
            Some(cursor) => asked.with(&format!("cursor={cursor}")),
        };
        let page = asked.send().await.ok();
        seen.extend(items(&page).iter().map(identity));
        next = page["next_cursor"].as_str().map(str::to_owned);
        if next.is_none() {
            break;
        }
        gap += 1;
        if gap > 3 {
            continue;
        }
        list.grow().await;
        // The last one seen, on which the cursor stands, or one that is still to come.
        let leaving = there.iter().position(|row| {
            let is_seen = seen.contains(&identity(row));
            match gap {
                1 => seen.last() == Some(&identity(row)),
                _ => !is_seen,
            }
        });
        if let Some(index) = leaving
            && list.shrink(&there[index]).await
        {
            there.remove(index);
        }
    }
    let what = asked.path();
    let different: HashSet<&String> = seen.iter().collect();
    assert_eq!(different.len(), seen.len(), "{what}: twice: {seen:?}");
    for row in there.iter().map(identity) {
        assert!(seen.contains(&row), "{what}: {row} was there all the time");
    }
}

#[tokio::test]
async fn what_a_list_does_not_take_is_refused() {
    let world = World::start().await;
    // A cursor of another team's list.
    let there = World::start().await;
    let other = lists().into_iter().find(|one| one.is_in_team()).unwrap();
    let other = List::filled(&there, other).await.call;
    let foreign = other.with("limit=1").send().await.ok()["next_cursor"].clone();
    each(lists(), async |operation| {
        let mut list = List::filled(&world, operation).await.call;
        list.query.push("limit=2".to_owned());
        let what = &operation.id;
        let cursor = list.send().await.ok()["next_cursor"].clone();
        let with_cursor =
            |cursor: &Value| list.with(&format!("cursor={}", cursor.as_str().unwrap()));
        for cursor in [&foreign, &json!("nonsense"), &json!(""), &json!("e30")] {
            with_cursor(cursor)
                .send()
                .await
                .problem(400, "invalid_cursor");
        }
        for filter in filters(operation) {
            let other = with_cursor(&cursor).with(&filter).send().await;
            assert_eq!(
                (other.status, other.body["code"].as_str()),
                (400, Some("invalid_cursor")),
                "{what}?{filter}: {}",
                other.text
            );
        }
        list.query.pop();
        for wrong in [
            "limit=0",
            "limit=101",
            "limit=x",
            "limit=-1",
            "limit=",
            "include_total=yes",
            "fields=nonsense",
            "fields=",
            "limit=1&limit=2",
        ] {
            let refused = list.with(wrong).send().await;
            assert_eq!(
                (refused.status, refused.body["code"].as_str()),
                (400, Some("invalid_query")),
                "{what}?{wrong}: {}",
                refused.text
            );
        }
        if !operation.sorts().is_empty() {
            for wrong in ["sort=nonsense", "sort=", "sort=-"] {
                list.with(wrong).send().await.problem(400, "invalid_query");
            }
        }
        check_fields(&list).await;
    })
    .await;
}

/// A value for every filter of the list, one by one.
fn filters(operation: &Operation) -> Vec<String> {
    let about_the_page = ["limit", "cursor", "fields", "expand", "include_total"];
    operation
        .query()
        .filter(|one| !about_the_page.contains(&one["name"].as_str().unwrap()))
        // Already there.
        .filter(|one| one["name"] != "after" && one["required"] != true)
        .map(sample)
        .collect()
}

async fn check_fields(list: &Call) {
    let rows = walk(list, 100).await;
    let members: Vec<&String> = rows[0].as_object().expect("an object").keys().collect();
    let (first, last) = (members[0], members[members.len() - 1]);
    for (fields, expected) in [
        (first.clone(), vec![first]),
        (format!("{last},{first}"), vec![first, last]),
    ] {
        let narrow = walk(&list.with(&format!("fields={fields}")), 100).await;
        assert_eq!(narrow.len(), rows.len(), "{}", list.path());
        for (row, whole) in narrow.iter().zip(&rows) {
            let kept: Vec<&String> = row.as_object().expect("an object").keys().collect();
            assert_eq!(kept, expected, "{}?fields={fields}", list.path());
            assert_eq!(row[first], whole[first], "{}", list.path());
        }
    }
}
