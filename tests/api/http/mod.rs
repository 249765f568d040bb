//! What holds for every request, whatever it is about: bodies, queries, headers, limits, the connection itself.

mod bodies;
mod codes;
mod connections;
mod documentation;
mod headers;
mod limits;
mod panic;
mod queries;
mod secrets;
mod twice;
