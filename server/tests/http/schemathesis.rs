//! Thousands of calls that schemathesis makes up from the OpenAPI document: what it allows, what it forbids, and what comes of
//! several in a row. Every answer has to be one that the document describes.

use crate::{
    callers::{Cast, Who},
    cloudflare_double::{CloudflareDouble, GOOD},
    database,
    harness::Server,
};
use serde_json::Value;
use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

/// Cases at least, by both ways to prove who calls together.
const CASES: usize = 10_000;
/// Of those that are drawn at random, for each way. Others come from the document: its borders, and calls after calls.
const DRAWN: usize = 5_500;

/// Each request comes from another network, because failed proofs are limited by network. Nothing that is sent is a secret
/// that the log must not show; the secrets are what the server makes of it.
const HOOKS: &str = r#"
import itertools
import schemathesis

numbers = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    number = next(numbers)
    case.headers["X-Forwarded-For"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
"#;

/// What the schema of a field cannot say (a label that is taken, a control character, a provider that is not there) is no fault.
/// A call with an outdated `If-Match` is refused for that before its body is looked at.
const CONFIGURATION: &str = r#"
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "401", "403", "404", "409", "412", "422", "429", "503"]

[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "406", "409", "412", "413", "415", "422", "428", "429", "503"]
"#;

/// Every provider and service of the catalogue at one address that says yes to everything, as nothing here may leave the machine.
/// Cloudflare has a double of its own.
fn provider(server: &Path) -> (String, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 8192]);
            let body = r#"{"object":"list","data":[]}"#;
            let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    let catalogue = fs::read_to_string(server).unwrap();
    let ids = catalogue.lines().filter_map(|line| line.strip_prefix("[providers.")?.strip_suffix(']'));
    let mut overlay: String =
        ids.filter(|id| !id.contains('.') && *id != "custom").map(|id| format!("[providers.{id}]\nbase_url = \"{url}/v1\"\n")).collect();
    for id in ["github", "namecheap", "stripe"] {
        overlay.push_str(&format!("[services.{id}]\nbase_url = \"{url}/v1\"\n"));
    }
    (url, overlay)
}

/// The calls that take a way to prove who calls, and not a word about that: what is given for all calls would count as missing in
/// those that are made up without it. What happens without a proof is in `api_access`.
fn calls_with(document: &Value, scheme: &str) -> Value {
    let mut document = document.clone();
    for methods in document["paths"].as_object_mut().unwrap().values_mut() {
        methods.as_object_mut().unwrap().retain(|_, call| {
            let ways = call.as_object_mut().unwrap().remove("security").unwrap();
            ways.as_array().unwrap().iter().any(|way| way.get(scheme).is_some())
        });
    }
    document
}

/// Makes the calls; gives back how many there were.
fn run(server: &Server, folder: &Path, scheme: &str, proof: &[(&str, String)]) -> usize {
    let document = calls_with(&server.get("/api/openapi.json").json(), scheme);
    let calls: usize = document["paths"].as_object().unwrap().values().map(|methods| methods.as_object().unwrap().len()).sum();
    let described = folder.join(format!("{scheme}.json"));
    fs::write(&described, document.to_string()).unwrap();
    fs::write(folder.join("hooks.py"), HOOKS).unwrap();
    fs::write(folder.join("schemathesis.toml"), CONFIGURATION).unwrap();
    let mut command = Command::new("schemathesis");
    command.arg("--config-file").arg(folder.join("schemathesis.toml")).arg("run").arg(&described).args(["--url", &server.at.origin()]);
    for (name, value) in proof {
        command.arg("--header").arg(format!("{name}: {value}"));
    }
    let examples = DRAWN.div_ceil(calls).to_string();
    command.args(["--checks", "all", "--max-examples", &examples, "--workers", "2", "--request-timeout", "5"]);
    command.args(["--continue-on-failure", "--no-color", "--warnings", "off"]);
    command.env("SCHEMATHESIS_HOOKS", "hooks").env("PYTHONPATH", folder).env("NO_PROXY", "*").current_dir(folder);
    let ran = command.output().expect("schemathesis is installed by the set-up of the tests");
    let told = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success(), "{told}\n{}", String::from_utf8_lossy(&ran.stderr));
    let cases = told.lines().find_map(|line| line.trim().split_once(" generated, ")).expect("a summary").0;
    cases.parse().unwrap()
}

/// Faults this was seen to catch: an empty `expires_at` that was taken for none; a status that the document did not have.
#[test]
#[ignore = "takes minutes; a stage of its own in scripts/test"]
fn every_made_up_call_is_answered_as_the_document_says() {
    let folder = tempfile::tempdir().unwrap();
    let (url, overlay) = provider(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/domain/catalogue/providers.toml"));
    let catalogue = folder.path().join("catalogue.toml");
    fs::write(&catalogue, overlay).unwrap();
    let cloudflare = CloudflareDouble::start();
    // The token of the environment answers whenever none is stored, so there always is one.
    let cast = Cast::with(&[
        ("KEYWARD_CATALOGUE", catalogue.to_str().unwrap()),
        ("KEYWARD_ALLOW_ENDPOINTS", &format!("{url},{}", cloudflare.origin)),
        ("CLOUDFLARE_API_BASE_URL", &cloudflare.url()),
        ("CLOUDFLARE_API_TOKEN", GOOD),
    ]);
    let (owner, admin) = (Who::Owner.email().unwrap(), Who::Admin.email().unwrap());
    for email in [owner, admin] {
        assert!(cast.server.at.run(&["user", "set-tier", email, "enterprise"]).status.success());
    }
    let scopes =
        ["keys:read", "keys:write", "keys:test", "credentials:read", "credentials:write", "cloudflare:read", "cloudflare:write", "admin"];
    let arguments = ["token", "create", "--user", admin, "--name", "made up"];
    let made = cast.server.at.run(&[&arguments[..], &scopes.map(|scope| ["--scope", scope]).concat()].concat());
    let token = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    let cookie = cast.cookie(Who::Owner).unwrap().to_owned();
    let over = AtomicBool::new(false);
    let cases: usize = thread::scope(|scope| {
        // Otherwise most of them would meet a limit and nothing else.
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                database::forget_limits(&cast.server);
                thread::sleep(Duration::from_millis(200));
            }
        });
        let runs = [
            scope.spawn(|| run(&cast.server, folder.path(), "token", &[("Authorization", format!("Bearer {token}"))])),
            scope.spawn(|| run(&cast.server, folder.path(), "session", &[("Cookie", cookie), ("Origin", cast.server.at.origin())])),
        ];
        let outcomes = runs.map(thread::ScopedJoinHandle::join);
        over.store(true, Ordering::Relaxed);
        outcomes.map(|outcome| outcome.unwrap_or_else(|cause| std::panic::resume_unwind(cause))).iter().sum()
    });
    println!("cases: {cases}");
    assert!(cases >= CASES, "only {cases} cases");
    let log = cast.server.at.log();
    assert!(!log.contains("panicked") && !log.contains(&token[8..]), "{log}");
    assert_eq!(cast.server.get("/readyz").status, 200);
}
