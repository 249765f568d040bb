//! Dependencies: which task waits for which.

use crate::text_enum;
use crate::work::task_status::TaskStatus;

text_enum! {
    /// What has to happen before what.
    pub enum DependencyType {
        /// The predecessor is done before the task starts.
        FinishToStart = "FS",
        /// The predecessor has started before the task starts.
        StartToStart = "SS",
        /// The predecessor is done before the task is done.
        FinishToFinish = "FF",
        /// The predecessor has started before the task is done.
        StartToFinish = "SF",
    }
}

impl DependencyType {
    /// Whether it has a say when a task goes from one status to another.
    #[must_use]
    pub fn guards(self, from: TaskStatus, to: TaskStatus) -> bool {
        match self {
            Self::FinishToStart | Self::StartToStart => {
                from == TaskStatus::Todo && to == TaskStatus::InProgress
            }
            Self::FinishToFinish | Self::StartToFinish => to == TaskStatus::Done,
        }
    }

    /// Whether a predecessor with this status lets the task go on. One that was given up holds nobody back.
    #[must_use]
    pub fn is_satisfied_by(self, predecessor: TaskStatus) -> bool {
        match self {
            _ if predecessor == TaskStatus::Cancelled => true,
            Self::FinishToStart | Self::FinishToFinish => predecessor == TaskStatus::Done,
            Self::StartToStart | Self::StartToFinish => predecessor != TaskStatus::Todo,
        }
    }
}
