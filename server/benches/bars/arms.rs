//! The two sides of a bar.

use crate::{
    cluster::Cluster,
    database::forget_limits,
    harness::{Answer, Installation, PASSWORD, Server},
    load,
};
use axum::{Router, routing::get, serve::ListenerExt};
use std::{
    fs::{self, File},
    io::Write,
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

/// Connections of the load on reads.
const CONNECTIONS: usize = 16;
/// People whose keys are added to: each of them may add thirty a minute.
const PEOPLE: usize = 64;

/// One side of a bar.
pub trait Arm {
    /// What it gets done in a second, or what one takes, measured over about `time`.
    fn rate(&mut self, time: Duration) -> f64;
}

impl<F: FnMut(Duration) -> f64> Arm for F {
    fn rate(&mut self, time: Duration) -> f64 {
        self(time)
    }
}

/// Keyward with a person who has ten keys, and others who add.
pub struct World {
    pub server: Server,
    url: Option<String>,
    cookie: String,
    people: Vec<String>,
    serial: AtomicUsize,
}

pub fn port(server: &Server) -> u16 {
    server.at.origin().rsplit_once(':').unwrap().1.parse().unwrap()
}

impl World {
    pub fn on_sqlite() -> Self {
        Self::new(None)
    }
    pub fn on_postgres() -> Self {
        Self::new(Some(Cluster::get().database()))
    }
    fn new(url: Option<String>) -> Self {
        let mut settings = vec![("KEYWARD_TIER_LIMITS", "starter=unlimited"), ("KEYWARD_TRUSTED_PROXIES", "127.0.0.1")];
        settings.extend(url.as_deref().map(|url| ("KEYWARD_DATABASE_URL", url)));
        let server = Installation::with(&settings).serve();
        let cookie = server.admin();
        let people = if url.is_some() { Vec::new() } else { (0..PEOPLE).map(|n| Self::person(&server, n)).collect() };
        let new = Self { server, url, cookie, people, serial: AtomicUsize::new(0) };
        for n in 0..10 {
            let body = format!(r#"{{"provider":"openai","key":"sk-bench-0123456789-{n}","label":"Key {n}"}}"#);
            let request = new.server.api("POST", "/api/v1/byok/keys/add", Some(&new.cookie));
            assert_eq!(request.body("application/json", body).send().status, 200);
        }
        new
    }
    fn person(server: &Server, n: usize) -> String {
        let email = format!("p{n}@example.com");
        assert!(server.at.run_with_input(&["user", "add", &email, "--role", "user", "--password-stdin"], PASSWORD).status.success());
        let form = server.form("/sign-in", &[("email", &email), ("password", PASSWORD)]);
        form.header("X-Forwarded-For", &format!("10.0.0.{n}")).send().cookie()
    }
    pub fn get(&self, path: &str) -> Answer {
        let answer = self.server.request("GET", path).cookie(&self.cookie).send();
        assert_eq!(answer.status, 200);
        answer
    }
    /// One request for a page or a call, as everybody makes it.
    pub fn request(&self, path: &str) -> Vec<u8> {
        asks(path, &self.cookie)
    }
    /// That request by everybody.
    pub fn loads(&self, path: &str) -> impl Arm + use<> {
        let (request, port) = (self.request(path), port(&self.server));
        move |time| load::rate(port, CONNECTIONS, time, 200, |_, _| request.clone())
    }
    /// Adds by so many clients. The limits are forgotten before each part of the time, within which nobody comes near them.
    pub fn adds(&self, clients: usize) -> impl Arm {
        const PARTS: u32 = 4;
        move |time: Duration| {
            let part = || {
                forget_limits(&self.server.at);
                load::rate(port(&self.server), clients, time / PARTS, 200, |client, count| {
                    let number = self.serial.fetch_add(1, Ordering::Relaxed);
                    let cookie = &self.people[(client + count * clients.max(7)) % PEOPLE];
                    adds(cookie, number)
                })
            };
            (0..PARTS).map(|_| part()).sum::<f64>() / f64::from(PARTS)
        }
    }
    /// Writes of a page, each synced, to a file beside the database.
    pub fn syncs(&self) -> impl Arm + use<> {
        let mut file = File::create(self.server.at.data().join("ballast")).unwrap();
        move |time| {
            let begun = Instant::now();
            let mut count = 0;
            while begun.elapsed() < time {
                file.write_all(&[7; 4096]).unwrap();
                file.sync_data().unwrap();
                count += 1;
            }
            f64::from(count) / begun.elapsed().as_secs_f64()
        }
    }
    /// The bytes of scripts and WASM that the page names, as a browser gets them.
    pub fn bundle_size(&self, page: &str) -> usize {
        let start = page.find("/pkg-").expect("a bundle");
        let folder = page[start..].split('/').nth(1).unwrap();
        let size = |name: &str| {
            let answer = self.server.request("GET", &format!("/{folder}/{name}")).header("Accept-Encoding", "br").send();
            assert_eq!((answer.status, answer.header("content-encoding")), (200, Some("br")));
            answer.body.len()
        };
        size("keyward.js") + size("keyward_bg.wasm")
    }
    /// `pgbench -S` with as many clients, on a database of its own in the same cluster.
    pub fn pgbench(&self) -> impl Arm + use<> {
        let program = Cluster::get().program("pgbench");
        let url = Cluster::get().database();
        let made = Command::new(&program).args(["-i", "-q", "-s", "1", &url]).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        move |time: Duration| {
            let seconds = time.as_secs_f64().ceil().to_string();
            let ran = Command::new(&program)
                .args(["-S", "-n", "-j", "2", "-c", &CONNECTIONS.to_string(), "-T", &seconds, &url])
                .output()
                .unwrap();
            let told = String::from_utf8(ran.stdout).unwrap();
            let tps = told.lines().find_map(|line| line.strip_prefix("tps = ")).expect("a rate");
            tps.split(' ').next().unwrap().parse().unwrap()
        }
    }
}

/// A request for a page or a call.
pub fn asks(path: &str, cookie: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n").into_bytes()
}

/// A request that adds a key of its own name.
pub fn adds(cookie: &str, number: usize) -> Vec<u8> {
    let body = format!(r#"{{"provider":"openai","key":"sk-bench-{number:020}","label":"Key {number}"}}"#);
    let head = "POST /api/v1/byok/keys/add HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json";
    format!("{head}\r\nCookie: {cookie}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// A new process, and how long it took to answer the request.
pub fn started(mut command: Command, port: u16, request: &[u8]) -> (Child, Duration) {
    let begun = Instant::now();
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::sleep(Duration::from_micros(200));
    }
    assert_eq!(load::Connection::open(port).exchange(request), 200);
    (child, begun.elapsed())
}

/// A server that answers with fixed bytes, in a process of its own.
pub struct Bare {
    child: Child,
    pub port: u16,
    /// From the start of the process to the first answer.
    pub start: Duration,
    _body: tempfile::NamedTempFile,
}

impl Bare {
    pub fn with(body: &[u8]) -> Self {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), body).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let program = std::env::current_exe().unwrap();
        let mut command = Command::new(program);
        command.arg("--bare").arg(port.to_string()).arg(file.path());
        let (child, start) = started(command, port, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        Self { child, port, start, _body: file }
    }
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
    pub fn loads(self) -> impl Arm {
        move |time| {
            // The process lives as long as the whole value.
            let bare = &self;
            load::rate(bare.port, CONNECTIONS, time, 200, |_, _| b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec())
        }
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = (self.child.kill(), self.child.wait());
    }
}

/// Runs the server of [`Bare`] until it is killed.
pub fn serve_bare(port: &str, body: &str) {
    let body = axum::body::Bytes::from(fs::read(body).unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await.unwrap();
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
        axum::serve(listener, Router::new().route("/", get(move || async move { body.clone() }))).await.unwrap();
    });
}
