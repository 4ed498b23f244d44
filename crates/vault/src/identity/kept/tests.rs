use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};

const MINUTE: u64 = 60;

fn at(minutes: u64) -> Timestamp {
    Timestamp::from_micros(1_000_000_000) + Duration::from_secs(minutes * MINUTE)
}

fn kept() -> Kept<usize> {
    Kept::new(Duration::from_secs(10 * MINUTE), Duration::from_secs(60 * MINUTE))
}

async fn up(kept: &Kept<usize>, now: Timestamp, value: usize) -> Option<usize> {
    kept.get(now, || async { Ok(value) }).await.ok().map(|value| *value)
}

async fn down(kept: &Kept<usize>, now: Timestamp) -> Result<usize, Refusal> {
    kept.get(now, || async { Err(Refusal::Connect) }).await.map(|value| *value)
}

#[tokio::test]
async fn a_value_is_asked_for_again_after_ten_minutes() {
    let kept = kept();
    assert_eq!(up(&kept, at(0), 1).await, Some(1));
    assert_eq!(up(&kept, at(9), 2).await, Some(1));
    assert_eq!(up(&kept, at(10), 2).await, Some(2));
}

/// Seen red without the time for which an old value is still good, and without an end to it.
#[tokio::test]
async fn an_old_value_serves_for_an_hour_more_when_there_is_no_answer() {
    let kept = kept();
    assert_eq!(down(&kept, at(0)).await, Err(Refusal::Connect), "nothing is held");
    assert_eq!(up(&kept, at(1), 1).await, Some(1));
    for minutes in [12, 30, 51, 70] {
        assert_eq!(down(&kept, at(minutes)).await, Ok(1), "{minutes}");
    }
    assert!(down(&kept, at(72)).await.is_err(), "an hour and ten minutes");
    assert_eq!(up(&kept, at(73), 2).await, Some(2), "and back");
}

#[tokio::test]
async fn while_there_is_no_answer_it_is_asked_for_once_a_minute() {
    let kept = kept();
    up(&kept, at(0), 1).await;
    let asked = AtomicUsize::new(0);
    for seconds in 0..180 {
        let fetch = || async {
            asked.fetch_add(1, Ordering::Relaxed);
            Err(Refusal::Timeout)
        };
        assert!(kept.get(at(10) + Duration::from_secs(seconds), fetch).await.is_ok());
    }
    assert_eq!(asked.load(Ordering::Relaxed), 3);
}

/// Seen red with a fetch for each caller.
#[tokio::test]
async fn ten_thousand_who_miss_something_cost_one_fetch_a_minute() {
    let kept = kept();
    up(&kept, at(0), 1).await;
    let asked = AtomicUsize::new(0);
    for n in 0..10_000_u64 {
        let seen = kept.last().expect("a value");
        let fetch = || async { Ok(asked.fetch_add(1, Ordering::Relaxed) + 2) };
        kept.renew(at(5) + Duration::from_millis(n * 5), &seen, fetch).await;
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn of_many_who_find_nothing_one_asks_and_all_are_served() {
    let kept = kept();
    let asked = AtomicUsize::new(0);
    let tries = (0..50).map(|_| {
        kept.get(at(0), || async {
            asked.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            Ok(1)
        })
    });
    assert!(futures::future::join_all(tries).await.iter().all(Result::is_ok));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}
