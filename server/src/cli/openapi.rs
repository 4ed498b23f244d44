//! `keyward openapi`.

use super::{CommandFailure, say};
use crate::api;

/// Prints the OpenAPI document. Needs no data folder.
pub(super) fn run() -> Result<(), CommandFailure> {
    say(api::document())
}
