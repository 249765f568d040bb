//! What holds for every operation, every table and every file, so that a new one is covered the day it appears.

mod document;
mod house;
mod schema;
