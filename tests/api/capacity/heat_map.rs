//! The workload as a picture: XML that any reader takes, in which nothing is told by colour alone.

use std::collections::BTreeSet;

use roxmltree::{Document, Node};
use serde_json::json;

use super::workload::{on_monday, task, work};
use crate::vocabulary::{Answer, Member};

async fn picture(by: &Member, query: &str) -> Answer {
    by.request("GET", &format!("/workload?{query}"))
        .header("accept", "image/svg+xml")
        .send()
        .await
}

/// What each cell says, how it is filled and framed, and what is written in it.
#[derive(Debug)]
struct Cell {
    sentence: String,
    fill: String,
    stroke: String,
    is_bold: bool,
    figure: String,
}

fn child<'d, 'x>(node: &Node<'d, 'x>, name: &str) -> Node<'d, 'x> {
    node.children()
        .find(|one| one.has_tag_name(("http://www.w3.org/2000/svg", name)))
        .unwrap_or_else(|| panic!("no {name}"))
}

fn attribute(node: &Node<'_, '_>, name: &str) -> String {
    node.attribute(name).unwrap_or_default().to_owned()
}

fn cells(document: &Document<'_>) -> Vec<Cell> {
    document
        .descendants()
        .filter(|one| one.attribute("role") == Some("img"))
        .map(|cell| {
            let title = child(&cell, "title");
            assert_eq!(
                cell.attribute("aria-labelledby"),
                title.attribute("id"),
                "a cell is labelled by its own title"
            );
            let (rect, text) = (child(&cell, "rect"), child(&cell, "text"));
            Cell {
                sentence: title.text().unwrap().to_owned(),
                fill: attribute(&rect, "fill"),
                stroke: attribute(&rect, "stroke-width"),
                is_bold: text.attribute("font-weight") == Some("700"),
                figure: text.text().unwrap().to_owned(),
            }
        })
        .collect()
}

#[tokio::test]
async fn the_picture_is_xml_and_tells_what_is_unknown_and_what_is_too_much() {
    let app = on_monday().await;
    let [lead, ann, bob, zoe] = app.team_with(["lead", "member", "member", "member"]).await;
    for (member, name) in [
        (&lead, "Lea"),
        (&ann, "A <b>& \"Co\"</b> ]]> \u{fffe} 漢"),
        (&bob, "Bob"),
        (&zoe, "Zoe"),
    ] {
        let place = format!("/members/{}", member.id);
        member
            .patch(&place, json!({"display_name": name}))
            .await
            .ok();
    }
    // Nobody knows how much Bob works; Zoe does not work at all.
    for (member, minutes) in [(&ann, 480), (&zoe, 0)] {
        work(
            &lead,
            &format!("/members/{}/working-hours", member.id),
            minutes,
        )
        .await;
    }
    for (member, minutes) in [(&ann, 501), (&bob, 90), (&zoe, 61)] {
        let body = json!({"due_on": "2054-11-23", "estimate_minutes": minutes});
        task(&lead, member, body).await;
    }
    let days = format!(
        "from=2054-11-23&to=2054-11-24&by=day&member_id={},{},{}",
        ann.id, bob.id, zoe.id
    );
    let answer = picture(&lead, &days).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.header("content-type"), Some("image/svg+xml"));
    let document = Document::parse(&answer.text).expect("well-formed XML");
    let root = document.root_element();
    assert!(root.has_tag_name(("http://www.w3.org/2000/svg", "svg")));
    // The whole has a title and a description, and they are its labels.
    let labels: Vec<String> = ["title", "desc"]
        .iter()
        .map(|name| attribute(&child(&root, name), "id"))
        .collect();
    assert_eq!(attribute(&root, "aria-labelledby"), labels.join(" "));
    // Each id once, and each reference has one.
    let ids: Vec<&str> = document
        .descendants()
        .filter_map(|one| one.attribute("id"))
        .collect();
    let once: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), once.len());
    for one in document.descendants() {
        for name in attribute(&one, "aria-labelledby").split_whitespace() {
            assert!(once.contains(name), "{name}");
        }
        let fill = attribute(&one, "fill");
        if let Some(name) = fill.strip_prefix("url(#") {
            assert!(once.contains(name.trim_end_matches(')')), "{fill}");
        }
        // Nothing that runs, and nothing from elsewhere.
        assert!(!matches!(
            one.tag_name().name(),
            "script" | "style" | "image" | "a" | "use"
        ));
        assert!(
            one.attributes()
                .all(|at| !at.name().starts_with("on") && at.name() != "href")
        );
    }
    let rows: Vec<String> = document
        .descendants()
        .filter(|one| one.attribute("role") == Some("group"))
        .map(|one| attribute(&one, "aria-label"))
        .collect();
    assert_eq!(
        rows,
        ["A <b>& \"Co\"</b> ]]> \u{fffd} 漢", "Bob", "Zoe"],
        "as it was written, but for what XML has no place for"
    );

    let cells = cells(&document);
    assert_eq!(cells.len(), 6);
    let [over, free, unknown, still_unknown, no_time, off] = &cells[..] else {
        panic!("six cells");
    };
    assert!(over.sentence.ends_with(", Mon 23 Nov 2054: 105 % of 8 h taken; allocated 0 min, tasks 8 h 21 min, 21 min too much."), "{over:?}");
    assert_eq!(over.figure, "105");
    assert!(
        free.sentence.ends_with(
            "Tue 24 Nov 2054: 0 % of 8 h taken; allocated 0 min, tasks 0 min, 8 h free."
        ),
        "{free:?}"
    );
    assert_eq!(
        unknown.sentence,
        "Bob, Mon 23 Nov 2054: how much time there is is unknown; allocated 0 min, tasks 1 h 30 min."
    );
    for one in [unknown, still_unknown] {
        assert_eq!((&*one.fill, &*one.figure), ("url(#unknown)", "?"));
    }
    assert_eq!(
        no_time.sentence,
        "Zoe, Mon 23 Nov 2054: no time; allocated 0 min, tasks 1 h 1 min."
    );
    assert_eq!((&*no_time.figure, &*off.figure), ("+2 h", "–"));
    // What is too much has a colour, a frame and a heavier figure; nothing else has any of these.
    for one in &cells {
        let is_over = std::ptr::eq(one, over) || std::ptr::eq(one, no_time);
        assert_eq!(one.fill == over.fill, is_over, "{one:?}");
        assert_eq!(one.stroke == "1.5", is_over, "{one:?}");
        assert_eq!(one.is_bold, is_over, "{one:?}");
    }
}

#[tokio::test]
async fn a_picture_has_no_more_cells_than_anybody_looks_at() {
    let app = on_monday().await;
    let members = app.team_with(["member"; 55]).await;
    // With the owner 56: on 357 days they have 19,992 cells, and with one more 20,048.
    let lead = &members[0];
    let refused = picture(lead, "from=2054-11-23&to=2055-11-15&by=day")
        .await
        .problem(400, "invalid_query");
    assert_eq!(
        refused["detail"],
        "by: A picture has at most 20000 cells: ask by week, for a shorter time, or for fewer members."
    );
    for (query, expected) in [
        ("from=2054-11-23&to=2055-11-14&by=day", 19_992),
        ("from=2054-11-23&to=2055-11-15&by=week", 52 * 56),
    ] {
        let answer = picture(lead, query).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.text);
        let document = Document::parse(&answer.text).expect("well-formed XML");
        assert_eq!(cells(&document).len(), expected, "{query}");
    }
    // As figures it may be more.
    lead.get("/workload?from=2054-11-23&to=2055-11-23&by=day")
        .await
        .ok();
}

#[tokio::test]
async fn what_has_several_forms_says_so_to_caches() {
    let app = on_monday().await;
    let [lead] = app.team_with(["lead"]).await;
    let place = "/workload?from=2054-11-23&to=2054-12-06";
    let varies = |answer: &Answer| -> BTreeSet<String> {
        answer
            .headers
            .get_all("vary")
            .iter()
            .flat_map(|line| line.to_str().unwrap().split(','))
            .map(|name| name.trim().to_lowercase())
            .collect()
    };
    let mut tags = BTreeSet::new();
    for accept in ["image/svg+xml", "application/json", "*/*"] {
        let with = |tag: &str| {
            lead.request("GET", place)
                .header("accept", accept)
                .header("if-none-match", tag)
        };
        let answer = with("\"another\"").send().await;
        assert_eq!(answer.status, 200);
        assert!(varies(&answer).contains("accept"), "{accept}");
        assert!(varies(&answer).contains("on-behalf-of"), "{accept}");
        let tag = answer.header("etag").unwrap().to_owned();
        let again = with(&tag).send().await;
        assert_eq!(again.status, 304, "{accept}");
        assert!(varies(&again).contains("accept"), "{accept}");
        tags.insert(tag);
    }
    assert_eq!(tags.len(), 2, "each form has a tag of its own");
    let problem = lead
        .request("GET", "/workload?from=2054-11-23&to=2054-11-22")
        .header("accept", "image/svg+xml")
        .send()
        .await;
    assert!(varies(&problem).contains("accept"));
    problem.problem(400, "invalid_query");
    // What has one form does not.
    let one_form = lead.get("/tasks").await;
    assert!(!varies(&one_form).contains("accept"));
}
