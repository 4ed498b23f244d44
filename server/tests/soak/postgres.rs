//! A PostgreSQL that dies again and again, and clients that go away in the middle of what they asked for.

use crate::{
    failing_postgres::{killed, storm},
    world::rounds,
};

#[test]
fn a_database_that_is_killed_under_load_loses_nothing_that_was_acknowledged() {
    let kills = usize::try_from(rounds()).unwrap() / 4;
    let (acknowledged, refused, slowest) = killed(kills);
    println!(
        "PostgreSQL killed {kills} times: {acknowledged} keys acknowledged, 0 lost, {refused} refused with 503, back after {slowest:?} at the latest"
    );
}

#[test]
fn after_thousands_of_disconnects_what_is_acknowledged_is_committed() {
    let (cut, after) = (usize::try_from(rounds()).unwrap() * 10, usize::try_from(rounds()).unwrap() * 5);
    let begun = storm(cut, after);
    println!(
        "{cut} requests cut off, {begun} of them committed; {after} of {after} keys acknowledged after that are there, no connection is left in a transaction"
    );
}
