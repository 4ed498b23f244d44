//! What an idle server holds, and how soon it answers.

use crate::{
    Bar, ROUNDS,
    arms::{Arm, Bare, World, port, started},
    harness::Installation,
    median,
};
use std::{fs, thread, time::Duration};

/// Keys that are there.
const KEYS: usize = 10_000;

fn resident(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// P7, both halves. Gives back the installation with its keys.
pub fn bars(world: World, page: &[u8], line: fn(&Bar, f64, &str)) -> Installation {
    let mut added = 0.0;
    while added < KEYS as f64 {
        let time = Duration::from_secs(2);
        added += world.adds(64).rate(time) * time.as_secs_f64();
    }
    let (port, request) = (port(&world.server), world.request("/keys"));
    let at = world.server.stop();
    let (mut starts, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let bare = Bare::with(page);
        let (mut ours, start) = started(at.command(&["serve"]), port, &request);
        // What the first page needed is given back by then, if it ever is.
        thread::sleep(Duration::from_millis(500));
        starts.push((start.as_secs_f64(), bare.start.as_secs_f64()));
        memory.push((resident(ours.id()), resident(bare.pid())));
        ours.kill().unwrap();
        ours.wait().unwrap();
    }
    let ratio = |pairs: &[(f64, f64)]| median(pairs.iter().map(|(ours, bare)| ours / bare).collect());
    let both = |pairs: &[(f64, f64)], by: f64, unit: &str| {
        let [ours, bare] = [0, 1].map(|side| median(pairs.iter().map(|pair| if side == 0 { pair.0 } else { pair.1 }).collect()));
        format!("{:.1} : {:.1} {unit}", ours * by, bare * by)
    };
    let bar = |name, target, floor| Bar { name, target, floor, falls: true };
    line(&bar("P7 idle memory with 10,000 keys : bare axum", 5.0, 10.0), ratio(&memory), &both(&memory, 1.0 / 1024.0, "MiB"));
    line(&bar("P7 start to first answer, the keys page : bare axum", 3.0, 6.0), ratio(&starts), &both(&starts, 1_000.0, "ms"));
    at
}
