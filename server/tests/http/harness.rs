//! A server under test, and a client that says exactly what it is told to.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use url::form_urlencoded;

pub const EMAIL: &str = "ann@example.com";
pub const PASSWORD: &str = "violet otter crosses 17 bridges";

/// A port that nobody listens on. The system gives a port out again as soon as it is free; each is given out here once.
pub fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        if GIVEN.lock().unwrap_or_else(PoisonError::into_inner).insert(port) {
            return port;
        }
    }
}

/// A data folder made by `keyward init`, and the settings of the programs that use it.
pub struct Installation {
    data: PathBuf,
    pub setup_token: String,
    /// Holds what the server writes to standard error.
    log: TempDir,
    /// Removed with the value, when the data folder is in it.
    _folder: Option<TempDir>,
    port: u16,
    settings: Vec<(String, String)>,
}

impl Installation {
    pub fn new() -> Self {
        Self::with(&[])
    }
    pub fn with(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut new = Self::in_folder(folder.path(), settings);
        new._folder = Some(folder);
        new
    }
    pub fn in_folder(data: &Path, settings: &[(&str, &str)]) -> Self {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let port = free_port();
        let mut new =
            Self { data: data.to_owned(), setup_token: String::new(), log: tempfile::tempdir().unwrap(), _folder: None, port, settings };
        let made = new.run(&["init"]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let link = String::from_utf8(made.stdout).unwrap();
        new.setup_token = link.trim().split_once("/setup?token=").expect("a set-up link").1.to_owned();
        new
    }
    /// An installation that is in a folder already.
    pub fn on(data: &Path, settings: &[(&str, &str)]) -> Self {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let port = free_port();
        Self { data: data.to_owned(), setup_token: String::new(), log: tempfile::tempdir().unwrap(), _folder: None, port, settings }
    }
    /// A second server on the same database: the same settings and root key, a folder and a port of its own.
    pub fn beside(other: &Self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(other.data().join("root.key"), folder.path().join("root.key")).unwrap();
        let port = free_port();
        Self {
            data: folder.path().to_owned(),
            setup_token: String::new(),
            log: tempfile::tempdir().unwrap(),
            _folder: Some(folder),
            port,
            settings: other.settings.clone(),
        }
    }
    /// The same data under other settings.
    pub fn with_settings(mut self, settings: &[(&str, &str)]) -> Self {
        self.settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self
    }
    /// The same on another database.
    pub fn beside_on(other: &Self, url: &str) -> Self {
        let mut new = Self::beside(other);
        new.settings.retain(|(name, _)| name != "KEYWARD_DATABASE_URL");
        new.settings.push(("KEYWARD_DATABASE_URL".to_owned(), url.to_owned()));
        new
    }
    pub fn data(&self) -> &Path {
        &self.data
    }
    /// Everything that the servers of this installation logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log.path().join("stderr")).unwrap()
    }
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
    /// The program with this installation's settings and no others.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keyward"));
        command.args(arguments).env_clear().env("KEYWARD_DATA_DIR", self.data());
        command.env("KEYWARD_LISTEN", format!("127.0.0.1:{}", self.port)).envs(self.settings.iter().cloned());
        command
    }
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).stdin(Stdio::null()).output().unwrap()
    }
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self.command(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }
    pub fn serve(self) -> Server {
        let log = File::options().create(true).append(true).open(self.log.path().join("stderr")).unwrap();
        let child = self.command(&["serve"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let mut server = Server { at: self, child: Process(child) };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", server.at.port)).is_err() || server.get("/readyz").status != 200 {
            // Another one on its port would answer in its place.
            assert_eq!(server.child.0.try_wait().unwrap(), None, "{}", server.at.log());
            assert!(begun.elapsed() < Duration::from_secs(20), "the server did not start");
            thread::sleep(Duration::from_millis(20));
        }
        server
    }
}

/// A running server; ends with the value.
pub struct Server {
    pub at: Installation,
    child: Process,
}

/// Ends with the server it belongs to.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Server {
    pub fn new() -> Self {
        Installation::new().serve()
    }
    pub fn request(&self, method: &str, path: &str) -> Request {
        Request { port: self.at.port, method: method.to_owned(), path: path.to_owned(), headers: Vec::new(), body: Vec::new() }
    }
    pub fn get(&self, path: &str) -> Answer {
        self.request("GET", path).send()
    }
    /// A form as this site's own page sends it.
    pub fn form(&self, path: &str, fields: &[(&str, &str)]) -> Request {
        self.request("POST", path).header("Sec-Fetch-Site", "same-origin").fields(fields)
    }
    /// A call of REST as this site's own page makes it, or as nobody without a cookie.
    pub fn api(&self, method: &str, path: &str, cookie: Option<&str>) -> Request {
        let request = self.request(method, path).header("Sec-Fetch-Site", "same-origin");
        match cookie {
            Some(cookie) => request.cookie(cookie),
            None => request,
        }
    }
    /// Adds an account and gives back its cookie.
    pub fn user(&self, email: &str, role: &str) -> String {
        let made = self.at.run_with_input(&["user", "add", email, "--role", role, "--password-stdin"], PASSWORD);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let answer = self.form("/sign-in", &[("email", email), ("password", PASSWORD)]).send();
        assert_eq!(answer.status, 303, "{}", answer.text());
        answer.cookie()
    }
    /// Makes the first admin and gives back their cookie.
    pub fn admin(&self) -> String {
        let fields = [("token", self.at.setup_token.as_str()), ("email", EMAIL), ("password", PASSWORD)];
        let answer = self.form("/setup", &fields).send();
        assert_eq!(answer.status, 303, "{}", answer.text());
        answer.cookie()
    }
    /// Signs the first admin in once more.
    pub fn admin_again(&self) -> String {
        self.form("/sign-in", &[("email", EMAIL), ("password", PASSWORD)]).send().cookie()
    }
    pub fn pid(&self) -> u32 {
        self.child.0.id()
    }
    /// Memory that it has, in bytes.
    pub fn resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1_024
    }
    /// Sends the process a signal, by its name.
    pub fn signal(&self, name: &str) {
        assert!(Command::new("kill").args(["-s", name, &self.pid().to_string()]).status().unwrap().success());
    }
    /// Ends the process with SIGKILL, as a power cut of the process would; it is reaped later.
    pub fn kill(&self) {
        self.signal("KILL");
    }
    /// Holds the whole process where it is, until it gets SIGCONT: what changes meanwhile was not changed by it.
    pub fn hold(&self) {
        self.signal("STOP");
        let tasks = format!("/proc/{}/task", self.pid());
        let held = |task: fs::DirEntry| fs::read_to_string(task.path().join("stat")).is_ok_and(|stat| stat.contains(") T "));
        while !fs::read_dir(&tasks).unwrap().all(|task| held(task.unwrap())) {
            thread::sleep(Duration::from_millis(1));
        }
    }
    /// Ends the process and keeps its data.
    pub fn stop(self) -> Installation {
        drop(self.child);
        self.at
    }
    /// A new process on the same data, after this one ended.
    pub fn restart(self) -> Self {
        self.stop().serve()
    }
    /// Waits for the process to end by itself.
    pub fn wait(&mut self) -> std::process::ExitStatus {
        self.child.0.wait().unwrap()
    }
}

pub struct Request {
    port: u16,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
    pub fn cookie(self, cookie: &str) -> Self {
        self.header("Cookie", cookie)
    }
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        let length = self.body.len().to_string();
        self.header("Content-Type", content_type).header("Content-Length", &length)
    }
    pub fn fields(self, fields: &[(&str, &str)]) -> Self {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.body("application/x-www-form-urlencoded", body)
    }
    pub fn json(self, body: &serde_json::Value) -> Self {
        self.body("application/json", body.to_string())
    }
    /// Writes the request and leaves the answer in the socket.
    pub fn open(&self) -> TcpStream {
        self.try_open().unwrap()
    }
    /// The same, but for the last byte of its body.
    pub fn hold(mut self) -> Held {
        let last = self.body.pop().expect("a body");
        Held { stream: self.open(), last }
    }
    /// The same, when the server may be gone.
    pub fn try_open(&self) -> io::Result<TcpStream> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        let mut head = format!("{} {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n", self.method, self.path, self.port);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes())?;
        // A server may answer and close before it has read everything.
        let _ = stream.write_all(&self.body);
        Ok(stream)
    }
    pub fn send(self) -> Answer {
        let mut bytes = Vec::new();
        // A reset after the answer is the server's way to stop a body it does not want.
        let _ = self.open().read_to_end(&mut bytes);
        Answer::parse(&bytes)
    }
}

/// A request whose last byte is still to come.
pub struct Held {
    stream: TcpStream,
    last: u8,
}

impl Held {
    pub fn finish(mut self) -> Answer {
        let mut bytes = Vec::new();
        let _ = (self.stream.write_all(&[self.last]), self.stream.read_to_end(&mut bytes));
        Answer::parse(&bytes)
    }
}

pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a whole head");
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<_> =
            lines.map(|line| line.split_once(": ").unwrap()).map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        let mut answer = Self { status, headers, body: bytes[end + 4..].to_vec() };
        if answer.header("transfer-encoding") == Some("chunked") {
            answer.body = unchunk(&answer.body);
        }
        answer
    }
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
    /// `name=value` of the cookie that was set.
    pub fn cookie(&self) -> String {
        self.header("set-cookie").expect("a cookie").split(';').next().unwrap().to_owned()
    }
    /// The word for programs in a problem's body.
    pub fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        for name in ["type", "title", "status", "detail", "request_id", "errors"] {
            assert!(body.get(name).is_some(), "{name}");
        }
        assert_eq!(body["status"], self.status);
        body["code"].as_str().unwrap().to_owned()
    }
}

fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        if length == 0 || rest.len() < end + 2 + length {
            break;
        }
        whole.extend_from_slice(&rest[end + 2..end + 2 + length]);
        rest = &rest[(end + 4 + length).min(rest.len())..];
    }
    whole
}
