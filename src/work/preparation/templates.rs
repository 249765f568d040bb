//! The built-in templates: which tasks an event of a kind needs, and when, seen from its first day.
//!
//! The surprising rule: a task's number in its template is a part of its external id. Numbers are never given to
//! another task; a task that goes leaves a gap, a new one comes at the end.

use actix_web::get;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::AccountScope;
use crate::http::{Answer, Reply};
use crate::text_enum;
use crate::work::tasks::Priority;
use crate::work::tasks::Priority::{High, Low, Normal, Urgent};

text_enum! {
    /// A template of the tasks that an event needs.
    pub enum EventTemplateName {
        /// A talk with slides, and questions at the end.
        Webinar = "webinar",
        /// Ask me anything: questions and answers.
        Ama = "ama",
        /// A broadcast that people watch and comment.
        Livestream = "livestream",
    }
}

/// A task of a template.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(example = json!({"number": 1, "title": "Agree on topic and speakers", "days": -28, "estimate_minutes": 120, "priority": "high", "checklist": ["Topic in one sentence", "Speakers have said yes"]}))]
pub struct EventTemplateTask {
    /// Its number in the template.
    #[schema(minimum = 1, maximum = 99)]
    pub number: u8,
    /// What is to be done.
    #[schema(max_length = 200)]
    pub title: &'static str,
    /// When it is due: that many days after the day on which the event begins, or before it when negative.
    #[schema(minimum = -366, maximum = 366)]
    pub days: i16,
    /// How much work it is.
    #[schema(minimum = 0, maximum = 5_256_000)]
    pub estimate_minutes: u32,
    /// How urgent it is.
    pub priority: Priority,
    /// Its checklist.
    #[schema(max_items = 20)]
    pub checklist: &'static [&'static str],
}

/// A template.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"name": "webinar", "tasks": [{"number": 1, "title": "Agree on topic and speakers", "days": -28, "estimate_minutes": 120, "priority": "high", "checklist": []}]}))]
pub struct EventTemplate {
    /// What it is called.
    pub name: EventTemplateName,
    /// Its tasks.
    #[schema(max_items = 50)]
    pub tasks: &'static [EventTemplateTask],
}

/// All templates.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"items": [{"name": "ama", "tasks": []}]}))]
pub struct EventTemplates {
    /// The templates.
    #[schema(max_items = 20)]
    pub items: Vec<EventTemplate>,
}

const fn task(
    number: u8,
    days: i16,
    estimate_minutes: u32,
    priority: Priority,
    title: &'static str,
    checklist: &'static [&'static str],
) -> EventTemplateTask {
    EventTemplateTask {
        number,
        title,
        days,
        estimate_minutes,
        priority,
        checklist,
    }
}

#[rustfmt::skip]
const WEBINAR: &[EventTemplateTask] = &[
    task(1, -28, 120, High, "Agree on topic and speakers", &["Topic in one sentence", "Speakers have said yes", "Date is free for all"]),
    task(2, -21, 90, Normal, "Write the announcement and the questions for registration", &["Title and description", "Biographies and pictures of the speakers", "Questions"]),
    task(3, -21, 60, High, "Set up the platform and try the link", &["Room is made", "Join address is in the event", "Recording is on"]),
    task(4, -18, 30, High, "Open registration and publish the page", &[]),
    task(5, -14, 60, Normal, "Announce it to the community", &["Newsletter", "Forum and chat", "Social media"]),
    task(6, -10, 240, Normal, "Draft the slides", &[]),
    task(7, -5, 60, High, "Rehearse with the speakers", &["Sound and picture", "Slides are shared", "Somebody else can take over"]),
    task(8, -3, 30, Normal, "Announce it once more", &[]),
    task(9, -1, 30, High, "Settle who moderates, who watches the chat and who lets people in", &[]),
    task(10, 0, 120, Urgent, "Hold the webinar", &["Everybody is there half an hour before", "Recording runs", "Questions are collected"]),
    task(11, 2, 90, Normal, "Publish recording and slides, and thank everybody", &["Recording is cut", "Slides are linked", "Open questions are answered"]),
    task(12, 7, 45, Low, "Look back: figures, what went well, what to change", &[]),
];

#[rustfmt::skip]
const AMA: &[EventTemplateTask] = &[
    task(1, -21, 60, High, "Invite the guest and agree on the topics", &["The guest has said yes", "What is not to be asked"]),
    task(2, -14, 60, Normal, "Write the announcement", &["Who the guest is", "How to ask"]),
    task(3, -14, 45, High, "Set up the place and try the link", &[]),
    task(4, -10, 45, Normal, "Announce it and collect questions in advance", &["Newsletter", "Forum and chat"]),
    task(5, -3, 60, Normal, "Sort the questions and show them to the guest", &["Double ones are merged", "The first five are chosen"]),
    task(6, -2, 30, High, "Go through the hour with the guest", &[]),
    task(7, 0, 90, Urgent, "Hold the AMA", &["Somebody collects questions", "Somebody writes the answers down"]),
    task(8, 2, 90, Normal, "Publish questions and answers, and thank everybody", &[]),
    task(9, 5, 60, Normal, "Answer what was left open", &[]),
    task(10, 7, 30, Low, "Look back: figures, what went well, what to change", &[]),
];

#[rustfmt::skip]
const LIVESTREAM: &[EventTemplateTask] = &[
    task(1, -21, 120, High, "Write the running order and agree on who is on camera", &["Running order by the minute", "Everybody has said yes"]),
    task(2, -18, 90, Normal, "Check rights: music, pictures, consent of all on camera", &[]),
    task(3, -14, 180, High, "Set up scenes, overlays and the stream's address", &["Start, break and end screens", "Names are spelt right", "Key of the stream is safe"]),
    task(4, -14, 60, Normal, "Announce it", &["Newsletter", "Forum and chat", "Social media"]),
    task(5, -7, 120, High, "Test the whole way: cameras, sound, bandwidth, a second line", &["Half an hour without a dropped frame", "Sound is even", "The second line takes over"]),
    task(6, -3, 30, Normal, "Announce it once more", &[]),
    task(7, -2, 45, High, "Brief the moderators of the chat", &["Rules of the chat", "Who decides"]),
    task(8, -1, 90, High, "Dress rehearsal", &[]),
    task(9, 0, 180, Urgent, "Stream", &["Everybody is there an hour before", "Local recording runs"]),
    task(10, 1, 120, Normal, "Cut highlights and publish the recording", &["Chapters", "Captions"]),
    task(11, 5, 45, Low, "Look back: viewers over time, what went well, what to change", &[]),
];

impl EventTemplateName {
    /// The tasks of the template.
    #[must_use]
    pub const fn tasks(self) -> &'static [EventTemplateTask] {
        match self {
            Self::Webinar => WEBINAR,
            Self::Ama => AMA,
            Self::Livestream => LIVESTREAM,
        }
    }
}

/// List the templates of events
///
/// Which tasks `POST …/events/{event_id}/prepare` makes, and when they are due; the same in every team.
#[utoipa::path(tag = "events", responses((status = 200, body = EventTemplates)))]
#[get("/v1/event-templates")]
pub async fn list_event_templates(scope: AccountScope) -> Answer {
    scope
        .read(|_| {
            let items = EventTemplateName::ALL
                .iter()
                .map(|name| EventTemplate {
                    name: *name,
                    tasks: name.tasks(),
                })
                .collect();
            Reply::ok(&EventTemplates { items })
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::EventTemplateName;
    use crate::http::text::Title;

    #[test]
    fn templates_are_in_order_and_their_texts_fit() {
        for name in EventTemplateName::ALL {
            let tasks = name.tasks();
            assert!((8..=12).contains(&tasks.len()), "{name}");
            assert!(
                tasks
                    .windows(2)
                    .all(|pair| pair[0].days <= pair[1].days && pair[0].number < pair[1].number),
                "{name}"
            );
            for task in tasks {
                assert!(Title::new(task.title).is_ok(), "{}", task.title);
                assert!(task.checklist.iter().all(|step| Title::new(step).is_ok()));
            }
        }
    }
}
