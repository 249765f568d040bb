//! What holds for every operation, every table and every file, so that a new one is covered the day it appears.
//!
//! The tests that walk the document take each operation from it ([`operations`]), make a request that succeeds
//! ([`fixtures`]) in a world of two teams ([`world`]), and then change one thing: who asks, an id, a header.

mod callers;
mod conditions;
mod deputies;
mod document;
mod expand;
mod fixtures;
mod foreign_ids;
mod guests;
mod house;
mod lists;
mod methods;
mod operations;
mod patches;
mod payloads;
mod records;
mod rows;
mod schema;
mod world;
mod writes;
