//! `/events`: changes to the caller's keys, as server-sent events. The stream ends with the session or the server.

pub(super) mod limits;

use super::{Caller, RequestInfo, Site};
use crate::{logging, problem};
use axum::{
    Extension,
    extract::State,
    http::{HeaderName, HeaderValue},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use domain::{Problem, views::LiveEvent};
use futures::{Stream, StreamExt, stream};
use std::{convert::Infallible, time::Duration};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// A session that was ended elsewhere is noticed within this time.
const RECHECK: Duration = Duration::from_secs(2);
/// Between comments that keep proxies from closing a quiet stream.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Seconds after which a place may be free.
const RETRY: u32 = 30;

/// Streams the caller's events.
pub(super) async fn stream(State(site): State<Site>, Extension(info): Extension<RequestInfo>, caller: Caller) -> Response {
    let Some(session) = caller.context.identity().map(vault::Identity::proof_id) else {
        return problem::answer(&Problem::NotAuthenticated, info.context.request);
    };
    let Some(place) = site.lifecycle.streams.admit(session) else {
        return problem::answer(&Problem::TooMany { retry_after: RETRY }, info.context.request);
    };
    match site.vault.events(&caller.context) {
        Ok(events) => {
            let body = while_signed_in(site, caller, events, place);
            let mut response = Sse::new(body).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
            // nginx would collect the stream otherwise.
            response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
            response
        }
        Err(failure) => {
            logging::report(&failure);
            problem::answer(failure.problem(), info.context.request)
        }
    }
}

fn while_signed_in(
    site: Site,
    caller: Caller,
    events: impl Stream<Item = LiveEvent> + Send + Unpin + 'static,
    place: limits::Place,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let mut ticks = interval_at(Instant::now() + RECHECK, RECHECK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first line makes the browser's EventSource count as open at once.
    let hello = stream::iter([Ok(Event::default().comment("open"))]);
    let changes = stream::unfold((site, caller, events, ticks, place), |(site, caller, mut events, mut ticks, place)| async move {
        loop {
            let event = tokio::select! {
                biased;
                () = site.stopped() => return None,
                event = events.next() => Some(event?),
                _ = ticks.tick() => None,
            };
            if !caller.is_still_signed_in(&site).await {
                return None;
            }
            if let Some(event) = event {
                // A view is strings and numbers; if it ever were not, the page refreshes at the next event.
                let Ok(message) = Event::default().event(event.name()).json_data(&event) else { continue };
                return Some((Ok(message), (site, caller, events, ticks, place)));
            }
        }
    });
    hello.chain(changes)
}
