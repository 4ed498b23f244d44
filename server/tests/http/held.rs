//! Requests whose body is held back until what let their caller in has ended.

use crate::{
    api_access::{TABLE, address, body_of},
    callers::{Cast, Who},
    database,
};
use std::{thread, time::Duration};

/// Seen red without `access::still` in the units of work: every call did what it was asked to.
#[test]
fn a_session_that_ends_while_the_body_is_on_its_way_is_no_session() {
    let mut cast = Cast::new();
    let mut tried = 0;
    for row in TABLE {
        let who = if row.3[Who::Owner as usize] < 300 { Who::Owner } else { Who::Admin };
        // Nothing at Cloudflare can be asked for here, whoever asks.
        let Some(body) = body_of(row, who).filter(|_| row.3[who as usize] != 503) else { continue };
        let id = cast.key();
        cast.keep_credentials();
        let cookie = cast.cookie(who).unwrap();
        let held = cast.server.api(row.0, &address(row, &id), Some(cookie)).json(&body).hold();
        // By then its head was read, and its caller let in.
        thread::sleep(Duration::from_millis(100));
        assert_eq!(cast.server.form("/sign-out", &[]).cookie(cookie).send().status, 303);
        let before = database::snapshot(&cast.server);
        let answer = held.finish();
        // There is no such account: that may be said first.
        let expected = if row.1.ends_with("/users/{id}") { [401, 404] } else { [401, 401] };
        assert!(expected.contains(&answer.status), "{row:?} {} {}", answer.status, answer.text());
        assert_eq!(database::snapshot(&cast.server), before, "{row:?}");
        cast.sign_in_again(who);
        tried += 1;
    }
    assert!(tried > 10, "{tried}");
}
