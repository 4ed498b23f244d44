//! A running server under strace.

use crate::harness::Server;
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStderr, Command, Stdio},
};

/// Attached as long as the value lives.
pub struct Strace {
    child: Child,
    /// It ends when nobody would hear what else it says.
    _told: BufReader<ChildStderr>,
}

impl Strace {
    /// What it sees goes to the file. Every thread is followed, and descriptors are named by their paths.
    pub fn attach(server: &Server, to: &Path, arguments: &[&str]) -> Self {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-yy", "-o"]).arg(to).args(arguments).args(["-p", &server.pid().to_string()]);
        let mut child = strace.stderr(Stdio::piped()).spawn().expect("strace is installed by the set-up of the tests");
        let (mut told, mut attached) = (BufReader::new(child.stderr.take().unwrap()), String::new());
        // Of paths that are looked for it says where they lead, first.
        while !attached.contains("attached") {
            attached.clear();
            assert!(told.read_line(&mut attached).unwrap() > 0, "strace did not attach");
        }
        Self { child, _told: told }
    }
    /// Waits until it has told everything of a server that was killed. Interrupted at that moment, it would wait for ever.
    pub fn finish(mut self) {
        self.child.wait().unwrap();
    }
}

impl Drop for Strace {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_none()) {
            let _ = (Command::new("kill").args(["-INT", &self.child.id().to_string()]).status(), self.child.wait());
        }
    }
}
