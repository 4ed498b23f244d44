//! Power that fails: of what the server wrote only that is kept which it had synced; of the rest, some sectors are. What was acknowledged has
//! to be there.
//!
//! The disk is a model: a file as it was, and every call on it since, in the order of the kernel's answers as strace tells them. A sync
//! keeps what was written when it began; what was written after it is kept by chance, each sector of 512 bytes on its own, and each change
//! of length. The power fails when the server is killed, and, of the same record, at any line of it.

use crate::{
    acknowledged::{Acknowledged, adding_until_killed, asked, check, person, vault_settings},
    harness::Installation,
    provider::Provider,
    random::Random,
    strace::Strace,
};
use sqlx::Connection;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::Path,
    time::Duration,
};
use uuid::Uuid;

const FILES: [&str; 2] = ["keyward.db", "keyward.db-wal"];
const CALLS: &str =
    "trace=pwrite64,pwritev,pwritev2,write,writev,sendto,sendmsg,ftruncate,truncate,fallocate,fsync,fdatasync,unlink,rename,renameat2";
/// How the answer begins that tells a client that its key is stored, `HTTP/1.1 303`, and what is before the key's id in it.
const ANSWER: &str = r"\x48\x54\x54\x50\x2f\x31\x2e\x31\x20\x33\x30\x33";
const ID: &str = "#key-";

#[derive(Clone)]
enum Change {
    Written { at: usize, bytes: Vec<u8> },
    Cut(usize),
}

/// A file on a disk that keeps for sure only what it was asked to.
#[derive(Clone)]
struct Recorded {
    before: Vec<u8>,
    changes: Vec<Change>,
    /// How many of the changes are kept.
    synced: usize,
}

/// What the disk does with the sectors that nobody asked it to keep.
#[derive(Clone, Copy)]
enum Rest {
    Lost,
    Torn,
}

impl Recorded {
    /// What is found when the power is back.
    fn after(&self, rest: Rest, random: &Random) -> Vec<u8> {
        let mut file = self.before.clone();
        for (n, change) in self.changes.iter().enumerate() {
            let kept = || n < self.synced || (matches!(rest, Rest::Torn) && random.below(2) == 0);
            match change {
                Change::Cut(length) => {
                    if kept() {
                        file.resize(*length, 0);
                    }
                }
                Change::Written { at, bytes } => {
                    let mut from = 0;
                    while from < bytes.len() {
                        let to = bytes.len().min((at + from) / 512 * 512 + 512 - at);
                        if kept() {
                            file.resize(file.len().max(at + to), 0);
                            file[at + from..at + to].copy_from_slice(&bytes[from..to]);
                        }
                        from = to;
                    }
                }
            }
        }
        file
    }
}

/// A call on one of the files.
struct Call {
    name: String,
    file: usize,
    arguments: String,
    /// How many changes of its file were finished when it began.
    since: usize,
}

/// The files of a database, recorded.
#[derive(Clone)]
struct Disk([Recorded; 2]);

impl Disk {
    /// As they are. The server must be held.
    fn of(data: &Path) -> Self {
        Self(FILES.map(|name| Recorded { before: fs::read(data.join(name)).unwrap(), changes: Vec::new(), synced: 0 }))
    }

    /// The beginning of a call as strace writes it, with all its arguments; `None` when it is on nothing in the folder.
    fn begun(&self, text: &str, data: &Path) -> Option<Call> {
        let (name, rest) = text.split_once('(')?;
        let (descriptor, arguments) = rest.split_once('>')?;
        let path = String::from_utf8(unhex(descriptor.split_once('<')?.1)).unwrap();
        let path = Path::new(&path).strip_prefix(data).ok()?.to_str().unwrap();
        let file = FILES.iter().position(|file| *file == path);
        // Of the index of the log nothing outlives a process.
        if file.is_none() && path == "keyward.db-shm" {
            return None;
        }
        let file = file.unwrap_or_else(|| panic!("{name} on {path}, of which this knows nothing"));
        Some(Call { name: name.to_owned(), file, arguments: arguments.to_owned(), since: self.0[file].changes.len() })
    }

    /// A call that ended with the number, or never.
    fn ended(&mut self, call: &Call, answer: Option<usize>) {
        let file = &mut self.0[call.file];
        let number = |text: &str| text.trim_end_matches(')').trim().parse::<usize>().unwrap();
        match call.name.as_str() {
            "pwrite64" => {
                let Some((text, rest)) = call.arguments.split_once('"').and_then(|(_, rest)| rest.split_once('"')) else {
                    assert!(answer.is_none(), "strace left something out");
                    // The memory of a process that is dying cannot always be read. What it was about to write is lost.
                    return;
                };
                let mut bytes = unhex(text);
                let (length, at) = rest.trim_start_matches(", ").split_once(", ").unwrap();
                assert_eq!(bytes.len(), number(length), "strace left something out");
                bytes.truncate(answer.unwrap_or(bytes.len()));
                file.changes.push(Change::Written { at: number(at), bytes });
            }
            "ftruncate" => file.changes.push(Change::Cut(number(call.arguments.trim_start_matches(", ")))),
            "fsync" | "fdatasync" if answer.is_some() => file.synced = file.synced.max(call.since),
            "fsync" | "fdatasync" => {}
            other => panic!("{other} on a database file, of which this knows nothing"),
        }
    }

    /// What strace saw. Gives back the ids of the keys whose owner was told that they are stored. Of a thread that is killed strace may tell
    /// another's call once more: that changes neither these nor what is kept.
    fn record<'told>(&mut self, told: impl IntoIterator<Item = &'told str>, data: &Path) -> BTreeSet<Uuid> {
        let mut pending: HashMap<&str, Call> = HashMap::new();
        let mut answers = BTreeSet::new();
        for line in told {
            if let Some(at) = line.find(ANSWER) {
                let answer = String::from_utf8(unhex(line[at..].split('"').next().unwrap())).unwrap();
                answers.insert(answer.split_once(ID).unwrap().1[..36].parse().unwrap());
            }
            let Some((thread, line)) = line.split_once(' ').map(|(thread, line)| (thread, line.trim_start())) else { continue };
            if let Some(begun) = line.strip_suffix(" <unfinished ...>").filter(|line| !line.starts_with("<...")) {
                if let Some(call) = self.begun(begun, data) {
                    pending.insert(thread, call);
                }
                continue;
            }
            let Some((begun, answer)) = line.rsplit_once(" = ") else { continue };
            let call = if begun.starts_with("<...") { pending.remove(thread) } else { self.begun(begun.trim_end(), data) };
            let answer = answer.split(' ').next().unwrap();
            match (call, answer) {
                (None, _) => {}
                // Whether it still happened nobody knows.
                (Some(call), "?") => self.ended(&call, None),
                (Some(call), "-1") => panic!("{} failed: {line}", call.name),
                (Some(call), answer) => self.ended(&call, Some(answer.parse().unwrap())),
            }
        }
        for call in pending.into_values() {
            self.ended(&call, None);
        }
        answers
    }

    /// Leaves in a folder what is there when the power is back.
    fn leave(&self, data: &Path, rest: Rest, random: &Random) {
        for (name, file) in FILES.iter().zip(&self.0) {
            fs::write(data.join(name), file.after(rest, random)).unwrap();
        }
    }
}

/// The bytes of strace's `-xx`.
fn unhex(text: &str) -> Vec<u8> {
    text.split("\\x").skip(1).map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

/// The keys that are in a database. That of a disk which keeps nothing for sure may not even be one.
fn found(data: &Path, asked: &[Acknowledged]) -> Result<BTreeMap<Uuid, Acknowledged>, sqlx::Error> {
    let rows: Vec<(Vec<u8>, String)> = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let mut connection = sqlx::SqliteConnection::connect(data.join(FILES[0]).to_str().unwrap()).await?;
        let sql = "select k.id, k.label from provider_keys k join accounts a on a.id = k.owner_id where a.email = $1";
        sqlx::query_as(sql).bind(asked[0].0.clone()).fetch_all(&mut connection).await
    })?;
    let key = |label: String| asked.iter().find(|(_, asked, _)| *asked == label).unwrap().clone();
    Ok(rows.into_iter().map(|(id, label)| (Uuid::from_slice(&id).unwrap(), key(label))).collect())
}

#[derive(Default)]
pub struct Figures {
    /// Disks that were looked at.
    pub cuts: usize,
    pub acknowledged: usize,
    /// Changes of files, lost or torn.
    pub torn: usize,
    /// Keys that would have been lost by a disk that keeps nothing for sure.
    pub unsynced: usize,
}

/// Four clients add keys until their server is killed, `rounds` times. Each time the power fails at so many moments of that and at its
/// end, with what was not synced lost and torn, and it goes on with what the last of them left.
///
/// Fault this was seen to catch: `synchronous=NORMAL`, of which the others that kill a server notice nothing.
pub fn cuts(rounds: u64, moments: usize) -> Figures {
    let random = Random::new("power");
    let provider = Provider::start();
    let mut server = Installation::with(&provider.settings()).serve();
    let (mut journal, mut figures) = (Vec::new(), Figures::default());
    for round in 0..rounds {
        let email = format!("p{round}@example.com");
        let cookie = person(&server, &email);
        server.hold();
        let before = Disk::of(server.at.data());
        let told = tempfile::NamedTempFile::new().unwrap();
        let strace = Strace::attach(&server, told.path(), &["-xx", "-s", "1000000", "-e", CALLS]);
        server.signal("CONT");
        let acknowledged = adding_until_killed(&server, (&email, &cookie), round, Duration::from_millis(20 + random.below(300)));
        strace.finish();
        let at = server.stop();

        let told = fs::read_to_string(told.path()).unwrap();
        let lines: Vec<_> = told.lines().collect();
        let asked = asked(&email, round);
        let mut moments: Vec<_> = (0..moments).map(|_| usize::try_from(random.below(lines.len() as u64)).unwrap()).collect();
        moments.push(lines.len());
        for moment in moments {
            let mut disk = before.clone();
            let answers = disk.record(lines[..moment].iter().copied(), at.data());
            figures.torn += disk.0.iter().map(|file| file.changes.len() - file.synced).sum::<usize>();
            for rest in [Rest::Lost, Rest::Torn] {
                let _ = fs::remove_file(at.data().join("keyward.db-shm"));
                disk.leave(at.data(), rest, &random);
                let copy = copy(at.data());
                let found = found(copy.path(), &asked).unwrap();
                let lost = answers.iter().filter(|id| !found.contains_key(id)).count();
                assert_eq!(lost, 0, "of {} keys that were acknowledged", answers.len());
                check(&vault_settings(copy.path(), &provider), copy.path(), &found.into_values().collect::<Vec<_>>());
                figures.cuts += 1;
            }
            disk.0.iter_mut().for_each(|file| file.synced = 0);
            let copy = copy(at.data());
            disk.leave(copy.path(), Rest::Torn, &random);
            let found = found(copy.path(), &asked).unwrap_or_default();
            figures.unsynced += answers.iter().filter(|id| !found.contains_key(id)).count();
        }
        journal.extend(acknowledged);
        server = at.serve();
    }
    let at = server.stop();
    check(&vault_settings(at.data(), &provider), at.data(), &journal);
    for (_, _, secret) in &journal {
        assert!(provider.requests().iter().any(|request| request.contains(secret.as_str())), "a key opened to something else");
    }
    figures.acknowledged = journal.len();
    assert!(figures.torn > 0 && figures.unsynced > 0, "a disk that syncs nothing lost nothing: this finds no loss");
    figures
}

fn copy(data: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in FILES.into_iter().chain(["root.key"]) {
        fs::copy(data.join(name), folder.path().join(name)).unwrap();
    }
    folder
}
