//! What is in `deploy`, as far as it can be tried without the machine it is for.

use crate::harness::PASSWORD;
use std::{
    fs,
    io::Write,
    net::{TcpListener, TcpStream},
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// As `systemd-analyze security` rates it: 0 is not exposed at all, 10 wholly.
const MOST_EXPOSED: f32 = 1.5;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn file(name: &str) -> String {
    fs::read_to_string(repository().join(name)).unwrap()
}

#[test]
fn systemd_takes_the_unit_and_finds_it_well_closed() {
    let Ok(version) = Command::new("systemd-analyze").arg("--version").output() else {
        println!("NOT RUN: there is no systemd here");
        return;
    };
    assert!(version.status.success());
    let folder = tempfile::tempdir().unwrap();
    // `verify` also asks whether the program is there.
    let unit = file("deploy/keyward.service").replace("/usr/local/bin/keyward", env!("CARGO_BIN_EXE_keyward"));
    let path = folder.path().join("keyward.service");
    fs::write(&path, unit).unwrap();
    let verified = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&path).output().unwrap();
    let told = String::from_utf8_lossy(&verified.stderr);
    // It also speaks of other units of the machine.
    let ours: Vec<_> = told.lines().filter(|line| line.contains("keyward.service")).collect();
    assert!(ours.is_empty(), "{told}");
    let rated = Command::new("systemd-analyze").args(["security", "--offline=true", "--no-pager"]).arg(&path).output().unwrap();
    let told = String::from_utf8_lossy(&rated.stdout);
    let rating = told.lines().find_map(|line| line.split_once("Overall exposure level for keyward.service: ")).expect("a rating").1;
    let rating: f32 = rating.split_whitespace().next().unwrap().parse().unwrap();
    assert!(rating <= MOST_EXPOSED, "{rating}\n{told}");
}

/// The instructions of the container file, joined where a line goes on in the next.
fn instructions() -> Vec<(String, String)> {
    let text = file("deploy/Containerfile").replace("\\\n", " ");
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').unwrap()).map(|(word, rest)| (word.to_owned(), rest.to_owned())).collect()
}

#[test]
fn the_container_file_builds_with_what_is_there() {
    let all = instructions();
    let version = file("rust-toolchain.toml").split("channel = \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let (major, minor) = version.split_once('.').map(|(major, rest)| (major, rest.split('.').next().unwrap())).unwrap();
    assert!(
        all.contains(&("FROM".into(), format!("docker.io/library/rust:{major}.{minor}-bookworm AS build"))),
        "the compiler of the project"
    );
    let ignored: Vec<_> = file(".containerignore").lines().map(str::to_owned).collect();
    assert!(["target", "data", ".env"].iter().all(|name| ignored.iter().any(|line| line.trim_matches('/') == *name)), "{ignored:?}");
    for (word, rest) in &all {
        if word == "COPY" && !rest.starts_with("--from") {
            for source in rest.split_whitespace().rev().skip(1) {
                assert!(repository().join(source).exists(), "{source}");
                assert!(!ignored.iter().any(|line| line.trim_matches('/') == source), "{source} is left out of the build");
            }
        }
        for script in rest.split_whitespace().filter(|part| word == "RUN" && part.starts_with("scripts/")) {
            let mode = fs::metadata(repository().join(script)).unwrap().permissions().mode();
            assert!(mode & 0o111 == 0o111, "{script} is a program");
        }
    }
    // `scripts/build` leaves the program where the next step takes it from.
    assert!(all.iter().any(|(word, rest)| word == "RUN" && rest.contains("scripts/build") && rest.contains("target/release/keyward")));
    assert!(file("scripts/build").contains("--release"));
    assert!(file("deploy/compose.yaml").contains("dockerfile: deploy/Containerfile"));
}

/// Ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = (self.0.kill(), self.0.wait());
    }
}

/// The image in a folder: the program, the C library that it is linked to, and nothing else.
struct Image(tempfile::TempDir);

impl Image {
    /// What the last stage of the container file copies, and what its base holds of it.
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let program = Path::new(env!("CARGO_BIN_EXE_keyward"));
        let linked = Command::new("ldd").arg(program).output().unwrap();
        let linked = String::from_utf8(linked.stdout).unwrap();
        let libraries: Vec<PathBuf> = linked.split_whitespace().filter(|word| word.starts_with('/')).map(PathBuf::from).collect();
        for library in &libraries {
            let name = library.file_name().unwrap().to_str().unwrap();
            // The base image has these, as its description says.
            let known = ["libc.so", "libm.so", "libgcc_s.so", "ld-linux", "libpthread.so", "libdl.so"];
            assert!(known.iter().any(|known| name.starts_with(known)), "{name} is not in the image");
            Self::put(root.path(), library, library);
        }
        Self::put(root.path(), program, Path::new("/usr/local/bin/keyward"));
        for folder in ["data", "tmp"] {
            fs::create_dir(root.path().join(folder)).unwrap();
            chown(root.path().join(folder), Some(65532), Some(65532)).unwrap();
        }
        Self(root)
    }
    fn put(root: &Path, from: &Path, to: &Path) {
        let to = root.join(to.strip_prefix("/").unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
    }
    /// The program in it, as the image's user, with the image's settings.
    fn command(&self, arguments: &[&str], port: u16) -> Command {
        // By its path: the program is found with the settings of the image, which have none.
        let chroot =
            ["/usr/sbin/chroot", "/usr/bin/chroot"].into_iter().find(|path| Path::new(path).exists()).expect("a system with chroot");
        let mut command = Command::new(chroot);
        command.arg("--userspec=65532:65532").arg(self.0.path()).arg("/usr/local/bin/keyward").args(arguments).env_clear();
        command.env("KEYWARD_DATA_DIR", "/data").env("KEYWARD_LISTEN", format!("0.0.0.0:{port}"));
        command.env("KEYWARD_PUBLIC_URL", format!("http://localhost:{port}"));
        command
    }
}

#[test]
fn the_program_starts_as_the_image_starts_it() {
    let settings = instructions();
    assert!(settings.contains(&("ENV".into(), "KEYWARD_DATA_DIR=/data KEYWARD_LISTEN=0.0.0.0:3000".into())));
    assert!(settings.contains(&("USER".into(), "65532:65532".into())));
    if fs::metadata("/proc/self").map(|own| std::os::unix::fs::MetadataExt::uid(&own)).unwrap_or(1) != 0 {
        println!("NOT RUN: another root folder takes root");
        return;
    }
    let image = Image::new();
    let port = free_port();
    let made = image.command(&["init"], port).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert!(String::from_utf8_lossy(&made.stdout).contains("/setup?token="));
    let mut added = image.command(&["user", "add", "ann@example.com", "--role", "admin", "--password-stdin"], port);
    let mut added = added.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    writeln!(added.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    assert!(added.wait().unwrap().success());
    let log = tempfile::NamedTempFile::new().unwrap();
    let serves = |port| {
        let out = log.reopen().unwrap();
        let mut server = Running(image.command(&["serve"], port).stderr(out).stdout(Stdio::null()).spawn().unwrap());
        let begun = Instant::now();
        while !is_ready(port) && server.0.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < Duration::from_secs(15), "it does not start");
            thread::sleep(Duration::from_millis(50));
        }
        server.0.try_wait().unwrap().is_none()
    };
    // Somebody else may take a port between the two.
    assert!((0..3).any(|_| serves(free_port())), "{}", fs::read_to_string(log.path()).unwrap());
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn is_ready(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let mut answer = String::new();
    let asked = write!(stream, "GET /readyz HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n");
    asked.and_then(|()| std::io::Read::read_to_string(&mut stream, &mut answer)).is_ok() && answer.starts_with("HTTP/1.1 200")
}
