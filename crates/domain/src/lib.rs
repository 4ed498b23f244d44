//! What the browser and the server share: ids, parsed values, catalogues, views and public errors.
//!
//! Nothing here does I/O, reads a clock or draws randomness, so every rule can be tested as a plain function
//! and compiled for the browser. Values are parsed once, at the door; below it there are no raw strings.

pub mod catalogue;
pub mod ids;
pub mod key_input;
pub mod names;
pub mod person;
pub mod problem;
pub mod scope;
pub mod services;
pub mod timestamp;
pub mod verdict;
pub mod views;

pub use problem::{FieldProblem, Problem};
pub use timestamp::Timestamp;
pub use verdict::Verdict;
