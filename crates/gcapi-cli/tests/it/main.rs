//! The program as a black box: a real process, a real server over TLS.

mod account;
mod bad_input;
mod catalogue;
mod download;
mod interruption;
mod listing;
mod program;
mod serve;
mod usage;
