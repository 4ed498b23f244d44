//! What the process gives up before it reads a secret: core dumps, being traced by its own user, gaining privileges, making
//! files that others can read.

use rustix::{
    fs::Mode,
    process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit, umask},
    thread::set_no_new_privs,
};

/// Switches core dumps, tracing by the same user and new privileges off. A kernel that refuses is worth a warning, not a stop.
pub(crate) fn apply() {
    // Files of the data folder are for their owner alone, the database's own side files too.
    umask(Mode::RWXG | Mode::RWXO);
    let steps = [
        ("core dumps", setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })),
        ("tracing by the same user", set_dumpable_behavior(DumpableBehavior::NotDumpable)),
        ("new privileges", set_no_new_privs(true)),
    ];
    for (what, outcome) in steps {
        if let Err(error) = outcome {
            tracing::warn!(%error, "cannot switch off {what}");
        }
    }
}
