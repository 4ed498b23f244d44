//! A private PostgreSQL cluster for the tests of one program: made when first asked for, gone with the process.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

/// See the beginning of the script. The browser tests use it, too.
const SUPERVISOR: &str = include_str!("cluster.sh");

/// A running PostgreSQL of the tests' own. It listens on a socket only.
pub(crate) struct Cluster {
    bin: PathBuf,
    folder: PathBuf,
    port: u16,
    supervisor: Mutex<(Child, BufReader<ChildStdout>)>,
    databases: AtomicU32,
}

impl Cluster {
    /// The cluster of this test program.
    pub(crate) fn get() -> &'static Self {
        static ONE: OnceLock<Cluster> = OnceLock::new();
        ONE.get_or_init(Self::start)
    }

    /// A cluster of the caller's own, to be killed.
    pub(crate) fn start() -> Self {
        Self::launch(5432, &[])
    }

    /// A cluster that also listens on a port of 127.0.0.1, and shows this certificate to who asks for TLS. Both are PEM.
    #[allow(dead_code, reason = "not every test program asks for TLS")]
    pub(crate) fn start_with_tls(port: u16, certificate: &str, key: &str) -> Self {
        Self::launch(port, &[("TEST_CERTIFICATE", certificate), ("TEST_KEY", key)])
    }

    fn launch(port: u16, variables: &[(&str, &str)]) -> Self {
        let bin = binaries();
        // Memory, where there is any: the server syncs as in earnest, and nothing waits for a disk.
        let place = if Path::new("/dev/shm").is_dir() { "/dev/shm" } else { "/tmp" };
        let mut command = if is_root() {
            // PostgreSQL refuses to run as root.
            let mut command = Command::new("setpriv");
            command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        let mut child = command
            .args(["-c", SUPERVISOR, "cluster"])
            .arg(&bin)
            .arg(place)
            .arg(port.to_string())
            .envs(variables.iter().copied())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the shell that looks after PostgreSQL starts");
        let mut output = BufReader::new(child.stdout.take().expect("it was piped"));
        let mut line = String::new();
        output.read_line(&mut line).expect("the shell says where the cluster is");
        assert!(!line.trim().is_empty(), "PostgreSQL did not start; what it said is above");
        Self { bin, folder: line.trim().into(), port, supervisor: Mutex::new((child, output)), databases: AtomicU32::new(0) }
    }

    /// The address of a new, empty database.
    pub(crate) fn database(&self) -> String {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let made = Command::new(self.bin.join("createdb"))
            .arg("--host")
            .arg(&self.folder)
            .args(["--port", &self.port.to_string(), "--username=keyward", "--template=template0", &name])
            .output()
            .expect("createdb runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        format!("postgres:///{name}?host={}&port={}&user=keyward", self.folder.display(), self.port)
    }

    /// The socket that it listens on.
    #[allow(dead_code, reason = "not every test program puts something in front of it")]
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join(format!(".s.PGSQL.{}", self.port))
    }

    /// Where a program of PostgreSQL's is.
    #[allow(dead_code, reason = "not every test program runs one")]
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }

    /// What `psql` answers to a statement, without decoration.
    #[allow(dead_code, reason = "not every test program asks")]
    pub(crate) fn ask(&self, url: &str, sql: &str) -> String {
        let asked = Command::new(self.bin.join("psql")).args(["--no-psqlrc", "-qtA", "-d", url, "-c", sql]).output().expect("psql runs");
        assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
        String::from_utf8_lossy(&asked.stdout).trim().to_owned()
    }

    /// Kills every process of the cluster with SIGKILL.
    #[allow(dead_code, reason = "not every test program kills it")]
    pub(crate) fn kill(&self) {
        self.say("kill", "killed");
    }

    /// Starts it again; returns when it takes connections.
    #[allow(dead_code, reason = "not every test program kills it")]
    pub(crate) fn start_again(&self) {
        self.say("start", "started");
    }

    /// Stops every process of the cluster where it is: connections stay open and nothing answers.
    #[allow(dead_code, reason = "not every test program stops it")]
    pub(crate) fn hang(&self) {
        self.say("hang", "hung");
    }

    /// Lets them go on.
    #[allow(dead_code, reason = "not every test program stops it")]
    pub(crate) fn go_on(&self) {
        self.say("go", "gone");
    }

    fn say(&self, word: &str, reply: &str) {
        let mut supervisor = self.supervisor.lock().expect("nobody panicked while talking to it");
        writeln!(supervisor.0.stdin.as_mut().expect("it was piped"), "{word}").expect("the shell listens");
        let mut line = String::new();
        supervisor.1.read_line(&mut line).expect("the shell answers");
        assert_eq!(line.trim(), reply);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Ok(supervisor) = self.supervisor.get_mut() {
            drop(supervisor.0.stdin.take());
            // If it cannot be waited for, it is gone.
            let _ = supervisor.0.wait();
        }
    }
}

fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().any(|line| line.starts_with("Uid:") && line.split_whitespace().nth(2) == Some("0"))
}

/// The newest PostgreSQL of Debian's packages, or one in a folder that distributions use.
fn binaries() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(version, bin)| *version >= 15 && bin.join("initdb").exists())
        .collect();
    found.sort();
    let usual = ["/usr/bin", "/usr/local/bin", "/usr/local/pgsql/bin", "/opt/homebrew/bin"].map(PathBuf::from);
    let usual = usual.into_iter().find(|bin| bin.join("initdb").exists() && bin.join("postgres").exists());
    found.pop().map(|(_, bin)| bin).or(usual).expect("the tests need PostgreSQL 15 or newer; scripts/setup test installs it")
}
