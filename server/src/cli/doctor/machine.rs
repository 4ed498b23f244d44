//! Files, their modes, and the disk they are on.

use super::Finding;
use crate::config::{Config, RootKeySource};
use rustix::fs::{StatVfs, statfs, statvfs};
use std::{
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

const MIB: u64 = 1024 * 1024;
/// Below it writes will soon be refused.
const LEAST_FREE: u64 = 256 * MIB;
/// Syncs that are timed.
const SYNCS: usize = 9;

pub(super) fn check(config: &Config) -> Vec<Finding> {
    let folder = &config.data_dir;
    if !folder.is_dir() {
        return vec![Finding::problem(
            "data folder",
            format!("there is none at {}", folder.display()),
            "Make one with: keyward init. If it is somewhere else, set KEYWARD_DATA_DIR.",
        )];
    }
    let mut findings = vec![modes(config)];
    findings.extend(owner(folder));
    let kept = config.vault.database.file().and_then(Path::parent).unwrap_or(folder);
    if config.vault.database.file().is_some() {
        findings.push(file_system(kept));
        findings.push(sync(kept));
    }
    findings.push(space(kept));
    findings
}

fn modes(config: &Config) -> Finding {
    let beside = |end: &str| {
        let mut name = config.vault.database.file()?.as_os_str().to_owned();
        name.push(end);
        Some(PathBuf::from(name))
    };
    let mut files: Vec<PathBuf> = ["", "-wal", "-shm"].into_iter().filter_map(beside).collect();
    match &config.root_key {
        RootKeySource::DataFolder => files.push(config.root_key_path()),
        RootKeySource::File(path) => files.push(path.clone()),
        RootKeySource::Given { .. } => {}
    }
    files.push(config.data_dir.clone());
    let open = |path: &&PathBuf| fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o077 != 0);
    match files.iter().find(open) {
        None => Finding::fine("file modes", "root key, database and folder are for their owner alone"),
        Some(path) => {
            let mode = if path.is_dir() { "700" } else { "600" };
            let found = format!("other users of this machine can get at {}", path.display());
            Finding::problem("file modes", found, format!("chmod {mode} {}", path.display()))
        }
    }
}

fn owner(folder: &Path) -> Option<Finding> {
    let owner = fs::metadata(folder).ok()?.uid();
    let me = rustix::process::geteuid().as_raw();
    (owner != me).then(|| {
        Finding::advice(
            "owner",
            format!("{} belongs to user {owner}, and this command runs as user {me}", folder.display()),
            "Run commands as the user that serves: files that another user makes there cannot be written by the server.",
        )
    })
}

/// File systems on which a SQLite database is lost or damaged, by the kernel's number.
const UNFIT: [(u32, &str); 6] = [
    (0x0102_1994, "tmpfs, which is memory: everything is gone after a restart of the machine"),
    (0x8584_58f6, "ramfs, which is memory: everything is gone after a restart of the machine"),
    (0x0000_6969, "NFS, on which the locks of SQLite do not hold"),
    (0xff53_4d42, "CIFS, on which the locks of SQLite do not hold"),
    (0xfe53_4d42, "SMB, on which the locks of SQLite do not hold"),
    (0x0000_517b, "SMB, on which the locks of SQLite do not hold"),
];

fn file_system(folder: &Path) -> Finding {
    let number = statfs(folder).map(|found| found.f_type as u32);
    match number.ok().and_then(|number| UNFIT.iter().find(|(unfit, _)| *unfit == number)) {
        None => Finding::fine("file system", format!("{} is on a local disk", folder.display())),
        Some((_, what)) => Finding::problem(
            "file system",
            format!("{} is on {what}", folder.display()),
            "Move the data folder to a local disk and set KEYWARD_DATA_DIR, or use PostgreSQL (KEYWARD_DATABASE_URL).",
        ),
    }
}

/// How long the disk takes to say that something is kept.
fn sync(folder: &Path) -> Finding {
    let probe = folder.join(format!(".doctor-{}", std::process::id()));
    let timed = time_syncs(&probe);
    // It may never have been made.
    let _ = fs::remove_file(&probe);
    match timed {
        Ok(took) => Finding::fine("disk sync", format!("a write is on the disk after {:.2} ms", took.as_secs_f64() * 1e3)),
        Err(error) => Finding::problem(
            "disk sync",
            format!("nothing can be written and synced in {}: {error}", folder.display()),
            "Check that the disk is not full or read-only, and that the folder belongs to the user that serves.",
        ),
    }
}

fn time_syncs(probe: &Path) -> std::io::Result<Duration> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(probe)?;
    let mut took = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let begun = Instant::now();
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    Ok(took[SYNCS / 2])
}

fn space(folder: &Path) -> Finding {
    let free = |disk: StatVfs| disk.f_bavail.saturating_mul(disk.f_frsize);
    match statvfs(folder).map(free) {
        Ok(free) if free < LEAST_FREE => Finding::problem(
            "disk space",
            format!("only {} MiB are free", free / MIB),
            "Make room: when the disk is full, every change is refused until there is some.",
        ),
        Ok(free) => Finding::fine("disk space", format!("{} MiB are free", free / MIB)),
        Err(error) => Finding::advice("disk space", format!("it cannot be asked: {error}"), "Look at it by hand: df -h"),
    }
}
