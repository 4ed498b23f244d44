//! How many live streams there are: each holds a connection and asks the database every other second.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use uuid::Uuid;

/// Streams at once of one session: a stream is for a page that somebody looks at.
const EACH: usize = 8;
/// Streams at once of everybody, half of the connections.
const ALL: usize = 512;

/// Streams by session.
#[derive(Clone, Default)]
pub(crate) struct Streams(Arc<Mutex<HashMap<Uuid, usize>>>);

/// One stream's place; given back when dropped.
pub(super) struct Place {
    streams: Streams,
    session: Uuid,
}

impl Streams {
    /// A place for one more stream of `session`, if there is one.
    pub(super) fn admit(&self, session: Uuid) -> Option<Place> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.get(&session).copied().unwrap_or_default();
        if count >= EACH || counts.values().sum::<usize>() >= ALL {
            return None;
        }
        counts.insert(session, count + 1);
        Some(Place { streams: self.clone(), session })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.session) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.session);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_an_end_to_all_streams_together() {
        let streams = Streams::default();
        let session = |n: usize| Uuid::from_u128(u128::try_from(n / EACH).expect("a small number"));
        let mut places: Vec<_> = (0..ALL).map(|n| streams.admit(session(n)).expect("a place")).collect();
        assert!(streams.admit(Uuid::max()).is_none());
        places.pop();
        assert!(streams.admit(Uuid::max()).is_some());
        drop(places);
        assert!(streams.0.lock().expect("a lock").is_empty(), "nothing is kept of who left");
    }
}
