//! A change of the root key that is killed at random points: one of the two opens the database every time.

use crate::{harness::Installation, random::Random, world::rounds};
use std::{
    fs,
    path::Path,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

fn opens(at: &Installation, root: &Path) -> bool {
    root.exists() && at.command(&["user", "list"]).env("KEYWARD_ROOT_KEY_FILE", root).output().unwrap().status.success()
}

fn kill(at: &Installation, root: &Path, arguments: &[&str], after: u64) -> bool {
    let mut command = at.command(arguments);
    let mut child = command.env("KEYWARD_ROOT_KEY_FILE", root).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    thread::sleep(Duration::from_micros(after));
    let alive = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    alive
}

#[test]
fn a_killed_change_of_the_root_key_leaves_one_that_opens() {
    let random = Random::new("root key");
    let mut at = Installation::new();
    let folder = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    assert!(at.run(&["user", "list"]).status.success());
    let whole = u64::try_from(begun.elapsed().as_micros()).unwrap();
    let (mut kills, mut changes) = (0, 0);
    let mut old = folder.path().join("0");
    fs::copy(at.data().join("root.key"), &old).unwrap();
    let mut round = 0;
    while round < rounds() {
        let new = folder.path().join(format!("{}", changes + 1));
        let begin = ["keyring", "rekey-root", "--new-root-key", new.to_str().unwrap()];
        // Killed until it went through by itself.
        while round < rounds() {
            round += 1;
            let alive = kill(&at, &old, &begin, random.below(2 * whole));
            kills += u64::from(alive);
            assert!(opens(&at, &old), "the old root key opens until the end");
            if !alive {
                break;
            }
        }
        let done = at.command(&begin).env("KEYWARD_ROOT_KEY_FILE", &old).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        assert!(opens(&at, &old) && opens(&at, &new), "both open");
        fs::copy(&new, at.data().join("root.key")).unwrap();
        let server = at.serve();
        thread::sleep(Duration::from_millis(1_200));
        at = server.stop();
        while round < rounds() {
            round += 1;
            let alive = kill(&at, &new, &["keyring", "rekey-root", "--finalise"], random.below(2 * whole));
            kills += u64::from(alive);
            assert!(opens(&at, &new), "the new root key opens from now on");
            if !alive {
                break;
            }
        }
        assert!(at.run(&["keyring", "rekey-root", "--finalise"]).status.success());
        assert!(opens(&at, &new) && !opens(&at, &old), "the old one opens nothing");
        (old, changes) = (new, changes + 1);
    }
    assert!(String::from_utf8_lossy(&at.run(&["audit", "verify"]).stdout).contains("intact"));
    println!("root key: {changes} changes, killed {kills} times of {round}, one of the two opened every time");
}
