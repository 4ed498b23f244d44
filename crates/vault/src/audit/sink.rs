//! The second place of the trail: a file that checkpoints are appended to, synced, by a thread of its own. Nothing waits for it: a disk
//! that hangs raises an alarm after two seconds and holds up nobody.

use super::checkpoint::Checkpoint;
use crate::{keyring::AuditKey, store::rows::AuditHead};
use domain::Timestamp;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

/// Events between two checkpoints.
const EVENTS: u64 = 1_000;
/// Time between two checkpoints, when there are new events.
const PERIOD: Duration = Duration::from_secs(5 * 60);
/// A checkpoint that is not on the disk by then raises the alarm.
const PATIENCE: Duration = Duration::from_secs(2);
/// What is read of the end of the file to find its last line.
const TAIL: u64 = 4_096;

/// What is to be done with the file.
enum Job {
    /// Find its last checkpoint.
    Resume,
    /// Append one for this event.
    Append(AuditHead, Timestamp),
}

/// The file, as far as it is known.
struct State {
    jobs: mpsc::Sender<Job>,
    answers: mpsc::Receiver<io::Result<Option<Checkpoint>>>,
    /// Since when the thread is at a job.
    waiting: Option<Instant>,
    last: Option<Checkpoint>,
    written: Instant,
    resumed: bool,
}

/// The second place.
pub(crate) struct Sink {
    state: Mutex<State>,
    strict: bool,
    alarm: AtomicBool,
}

impl Sink {
    /// Begins to look at the file. Blocks on nothing.
    pub(crate) fn start(path: PathBuf, key: AuditKey, strict: bool) -> Self {
        let (jobs, todo) = mpsc::channel();
        let (answer, answers) = mpsc::channel();
        let writer = thread::Builder::new().name("audit-sink".into()).spawn(move || {
            while let Ok(job) = todo.recv() {
                let done = match job {
                    Job::Resume => resume(&path),
                    Job::Append(head, at) => append(&path, &key, head, at).map(Some),
                };
                if answer.send(done).is_err() {
                    return;
                }
            }
        });
        if let Err(error) = writer {
            // Nobody answers then, which raises the alarm.
            tracing::error!(%error, "no thread for the second place of the audit trail");
        }
        let waiting = jobs.send(Job::Resume).ok().map(|()| Instant::now());
        let state = State { jobs, answers, waiting, last: None, written: Instant::now(), resumed: false };
        Self { state: Mutex::new(state), strict, alarm: AtomicBool::new(false) }
    }

    /// Whether it does not take checkpoints just now.
    pub(crate) fn alarm(&self) -> bool {
        self.alarm.load(Ordering::Relaxed)
    }
    /// Whether that means that nothing may be done.
    pub(crate) fn forbids_acts(&self) -> bool {
        self.strict && self.alarm()
    }
    /// The last event that a checkpoint on the disk covers.
    pub(crate) fn covered(&self) -> Option<u64> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).last.as_ref().map(|last| last.seq)
    }

    /// Hears what became of the last job, and begins the next if one is due, or with `now` if there are new events.
    pub(crate) fn look(&self, head: AuditHead, at: Timestamp, now: bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.answers.try_recv() {
            Ok(Ok(last)) => {
                state.waiting = None;
                state.resumed = true;
                state.last = last.or(state.last.take());
                state.written = Instant::now();
                if self.alarm.swap(false, Ordering::Relaxed) {
                    tracing::info!("the second place of the audit trail takes checkpoints again");
                }
            }
            Ok(Err(error)) => {
                state.waiting = None;
                self.raise(&error.to_string());
            }
            Err(mpsc::TryRecvError::Disconnected) => self.raise("its thread has ended"),
            Err(mpsc::TryRecvError::Empty) => {
                if state.waiting.is_some_and(|since| since.elapsed() >= PATIENCE) {
                    self.raise("it does not answer");
                }
            }
        }
        if state.waiting.is_some() {
            return;
        }
        let job = if state.resumed {
            let covered = state.last.as_ref().map_or(0, |last| last.seq);
            let new = head.seq.saturating_sub(covered);
            let due = new >= EVENTS || (new > 0 && (now || self.alarm() || state.last.is_none() || state.written.elapsed() >= PERIOD));
            // An event before the last checkpoint is the newest: the trail was cut. A checkpoint would cover that up.
            if !due {
                return;
            }
            Job::Append(head, at)
        } else {
            Job::Resume
        };
        state.waiting = state.jobs.send(job).ok().map(|()| Instant::now());
    }

    /// Whether a job is under way.
    pub(crate) fn is_busy(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).waiting.is_some()
    }

    fn raise(&self, cause: &str) {
        if !self.alarm.swap(true, Ordering::Relaxed) {
            tracing::error!(cause, "ALARM: the second place of the audit trail takes no checkpoints");
        }
    }
}

/// The last whole checkpoint of the file; `None` when there is none, or it is no file one could read back.
fn resume(path: &Path) -> io::Result<Option<Checkpoint>> {
    match fs::metadata(path) {
        Ok(found) if found.is_file() => last_of(&mut File::open(path)?).map(|(last, _)| last),
        Ok(_) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The last whole checkpoint, and whether the file ends with a whole line.
fn last_of(file: &mut File) -> io::Result<(Option<Checkpoint>, bool)> {
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let last = tail.split(|byte| *byte == b'\n').rev().find_map(Checkpoint::parse);
    Ok((last, tail.last().is_none_or(|byte| *byte == b'\n')))
}

/// Appends a line that follows the last one of the file, whichever process wrote that: commands have the same settings as the server. One
/// write, then a sync. What is in the file already, or newer, is not written again.
fn append(path: &Path, key: &AuditKey, head: AuditHead, at: Timestamp) -> io::Result<Checkpoint> {
    let made = |last: Option<Checkpoint>| Checkpoint::new(key, head.seq, head.hash, at, last.map_or([0; 32], |last| last.mac));
    // A pipe can be neither read back nor locked.
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        let checkpoint = made(None);
        OpenOptions::new().append(true).open(path)?.write_all(&checkpoint.line())?;
        return Ok(checkpoint);
    }
    let mut file = OpenOptions::new().create(true).read(true).append(true).mode(0o600).open(path)?;
    file.lock()?;
    let (last, ends_well) = last_of(&mut file)?;
    if let Some(last) = last.as_ref().filter(|last| last.seq >= head.seq) {
        return Ok(last.clone());
    }
    let checkpoint = made(last);
    let mut line = checkpoint.line();
    if !ends_well {
        line.insert(0, b'\n');
    }
    file.write_all(&line)?;
    file.sync_data()?;
    Ok(checkpoint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::Keyring;

    fn ring() -> Keyring {
        Keyring::generate(Timestamp::from_micros(0)).expect("randomness")
    }
    fn head(seq: u64) -> AuditHead {
        AuditHead { seq, hash: [u8::try_from(seq % 256).expect("a byte"); 32] }
    }
    /// Looks until nothing is under way.
    fn settle(sink: &Sink, seq: u64, now: bool) {
        let begun = Instant::now();
        let mut now = now;
        loop {
            sink.look(head(seq), Timestamp::from_micros(1), now);
            now = false;
            if !sink.is_busy() || begun.elapsed() > Duration::from_secs(4) {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
    fn lines(path: &Path) -> usize {
        fs::read_to_string(path).map_or(0, |text| text.lines().count())
    }

    #[test]
    fn a_checkpoint_is_written_at_the_start_after_a_thousand_events_and_when_asked_for() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("checkpoints");
        let ring = ring();
        let sink = Sink::start(path.clone(), ring.audit_key(), false);
        settle(&sink, 5, false);
        settle(&sink, 5, false);
        assert_eq!((lines(&path), sink.covered()), (1, Some(5)));
        settle(&sink, 1_004, false);
        assert_eq!(lines(&path), 1, "999 events are not enough");
        settle(&sink, 1_005, false);
        settle(&sink, 1_006, true);
        assert_eq!((lines(&path), sink.covered(), sink.alarm()), (3, Some(1_006), false));
        // Another process goes on where this one stopped, behind a line that was cut off.
        fs::OpenOptions::new().append(true).open(&path).and_then(|mut file| file.write_all(b"{\"seq\":1007,")).expect("a torn line");
        let next = Sink::start(path.clone(), ring.audit_key(), false);
        settle(&next, 1_006, true);
        settle(&next, 1_008, true);
        let text = fs::read(&path).expect("the file");
        let whole = super::super::checkpoint::read(&ring.audit_key(), &text);
        assert!(matches!(&whole, super::super::checkpoint::Checkpoints::Whole(all) if all.len() == 4), "{whole:?}");
    }

    /// Fault this was seen to catch: a process that remembers the last line instead of reading it again.
    #[test]
    fn lines_of_two_processes_on_one_file_are_one_chain() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("checkpoints");
        let ring = ring();
        let one = Sink::start(path.clone(), ring.audit_key(), false);
        let two = Sink::start(path.clone(), ring.audit_key(), false);
        settle(&one, 1, true);
        settle(&two, 1, true);
        for seq in 2..8 {
            settle(if seq % 2 == 0 { &one } else { &two }, seq, true);
        }
        let whole = super::super::checkpoint::read(&ring.audit_key(), &fs::read(&path).expect("the file"));
        assert!(matches!(&whole, super::super::checkpoint::Checkpoints::Whole(all) if all.len() >= 6), "{whole:?}");
    }

    #[test]
    fn a_trail_that_is_shorter_than_its_last_checkpoint_gets_no_new_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("checkpoints");
        let ring = ring();
        let sink = Sink::start(path.clone(), ring.audit_key(), false);
        settle(&sink, 5, false);
        settle(&sink, 5, false);
        settle(&sink, 3, true);
        assert_eq!((lines(&path), sink.covered()), (1, Some(5)));
    }

    /// Fault this was seen to catch: opening the file in the caller's thread hangs at the pipe.
    #[test]
    fn a_place_that_hangs_raises_the_alarm_and_holds_up_nobody() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
        let ring = ring();
        let sink = Sink::start(pipe, ring.audit_key(), true);
        let begun = Instant::now();
        while !sink.alarm() {
            let look = Instant::now();
            sink.look(head(5), Timestamp::from_micros(1), true);
            assert!(look.elapsed() < Duration::from_millis(500), "a look waits for nothing");
            assert!(begun.elapsed() < Duration::from_secs(5), "there is no alarm");
            thread::sleep(Duration::from_millis(50));
        }
        assert!(sink.forbids_acts());
    }

    #[test]
    fn a_place_that_cannot_be_written_raises_the_alarm_until_it_can() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let place = folder.path().join("missing");
        let ring = ring();
        let sink = Sink::start(place.join("checkpoints"), ring.audit_key(), false);
        settle(&sink, 5, true);
        settle(&sink, 5, true);
        assert!(sink.alarm() && !sink.forbids_acts());
        fs::create_dir(&place).expect("a folder");
        settle(&sink, 5, false);
        settle(&sink, 5, false);
        assert!(!sink.alarm());
        assert_eq!(sink.covered(), Some(5));
    }
}
