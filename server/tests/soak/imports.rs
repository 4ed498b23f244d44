//! An import from another system that is killed again and again. Fault this was seen to catch: remembering a row in a transaction before
//! the one that stores its key.

use crate::{old, world::rounds};

#[test]
fn an_import_that_is_killed_two_hundred_times_ends_with_every_row_once() {
    old::interrupted(usize::try_from(rounds()).unwrap());
}
