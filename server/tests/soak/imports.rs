//! An import from another system that is killed again and again. Fault this was seen to catch: remembering a row in a transaction before
//! the one that stores its key.

use crate::{old, world::rounds};

#[test]
fn an_import_that_is_killed_two_hundred_times_ends_with_every_row_once() {
    let rounds = usize::try_from(rounds()).unwrap();
    let effective = old::interrupted(rounds);
    println!("import of 1200 rows: killed {rounds} times, {effective} of them at work; every row there once");
}
