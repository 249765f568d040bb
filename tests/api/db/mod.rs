//! Databases that fail: locked, lost, slow, exhausted, or brought down by the work itself.

mod lost;
mod writer;
