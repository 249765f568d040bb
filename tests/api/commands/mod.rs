//! The command line, run as a stranger runs it: the program itself, with its own folder.

mod accounts;
mod backup;
mod client;
mod demo;
mod full;
mod gone;
mod import;
mod keys;
mod operating;
mod program;
mod settings;
mod slow;
mod start;
