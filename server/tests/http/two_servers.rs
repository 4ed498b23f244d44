//! Two servers on one PostgreSQL.

use crate::{
    cluster::Cluster,
    harness::{EMAIL, Installation, Server},
};
use serde_json::json;
use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

pub struct Pair {
    pub one: Server,
    pub two: Server,
    pub url: String,
    /// The first admin's, on both.
    pub cookie: String,
}

pub fn pair(settings: &[(&str, &str)]) -> Pair {
    let url = Cluster::get().database();
    let mut all = vec![("KEYWARD_DATABASE_URL", url.as_str())];
    all.extend_from_slice(settings);
    let at = Installation::with(&all);
    let beside = Installation::beside(&at);
    let (one, two) = (at.serve(), beside.serve());
    let cookie = one.admin();
    Pair { one, two, cookie, url }
}

/// Each writer counts in the description of a key, and only if the key is still as it was read: what was counted is what was
/// acknowledged. Beside them others fight for one label. Gives back how many changes were counted.
///
/// Fault this was seen to catch: a revision that was compared before the transaction and not in it.
pub fn writers(keys: usize, lasting: Duration) -> usize {
    let pair = pair(&[]);
    let ask = |sql| Cluster::get().ask(&pair.url, sql);
    assert!(pair.one.at.run(&["user", "set-tier", EMAIL, "enterprise"]).status.success());
    let add = |n: usize| {
        ask("delete from limit_hits");
        let secret = format!("sk-writers-0123456789-{n}");
        let body = json!({"provider": "openai", "key": secret, "label": n.to_string(), "description": "0"});
        let made = pair.one.api("POST", "/api/v1/byok/keys/add", Some(&pair.cookie)).json(&body).send();
        made.json()["id"].as_str().unwrap_or_else(|| panic!("{}", made.text())).to_owned()
    };
    let keys: Vec<_> = (0..keys).map(add).collect();
    let (counted, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for writer in 0..8 {
            let (pair, keys, counted, over) = (&pair, &keys, &counted, &over);
            scope.spawn(move || {
                let server = if writer % 2 == 0 { &pair.one } else { &pair.two };
                for round in writer.. {
                    if over.load(Ordering::Relaxed) {
                        return;
                    }
                    let path = format!("/api/v1/byok/keys/{}", keys[round % keys.len()]);
                    let seen = server.api("GET", &path, Some(&pair.cookie)).send();
                    let number: usize = seen.json()["description"].as_str().unwrap().parse().unwrap();
                    let body =
                        if round % 4 == 3 { json!({"label": "contested"}) } else { json!({"description": (number + 1).to_string()}) };
                    let request = server.api("PATCH", &path, Some(&pair.cookie)).header("If-Match", seen.header("etag").unwrap());
                    let begun = Instant::now();
                    let status = request.json(&body).send().status;
                    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
                    assert!([200, 412, 422, 429].contains(&status), "{status}");
                    counted.fetch_add(usize::from(status == 200 && body.get("description").is_some()), Ordering::Relaxed);
                }
            });
        }
        let begun = Instant::now();
        while begun.elapsed() < lasting {
            ask("delete from limit_hits");
            thread::sleep(Duration::from_millis(100));
        }
        over.store(true, Ordering::Relaxed);
    });
    let counted = counted.into_inner();
    assert_eq!(ask("select sum(description::bigint) from provider_keys"), counted.to_string(), "a change was overwritten");
    assert_eq!(ask("select count(*) from provider_keys where label = 'contested'"), "1");
    assert_eq!(ask("select deadlocks from pg_stat_database where datname = current_database()"), "0");
    assert_eq!(ask("select count(*) = max(seq) from audit_events"), "t");
    counted
}
