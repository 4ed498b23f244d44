use super::{
    double::{Act, Double, http},
    *,
};
use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};
use uuid::Uuid;

mod certificates;

/// Answers lookups from a list, the last again and again, and counts them.
#[derive(Clone, Default)]
struct Names {
    answers: Arc<Mutex<VecDeque<Vec<IpAddr>>>>,
    lookups: Arc<AtomicUsize>,
    hosts_file: Arc<AtomicUsize>,
}

impl Names {
    fn new(answers: &[&[&str]]) -> Self {
        let parse = |texts: &&[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        Self { answers: Arc::new(Mutex::new(answers.iter().map(parse).collect())), ..Self::default() }
    }
    fn lookups(&self) -> usize {
        self.lookups.load(Ordering::SeqCst)
    }
}

#[async_trait::async_trait]
impl Resolve for Names {
    async fn resolve(&self, _: &str, hosts_file: bool) -> Result<Vec<IpAddr>, NotResolved> {
        self.lookups.fetch_add(1, Ordering::SeqCst);
        self.hosts_file.fetch_add(usize::from(hosts_file), Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        if answers.len() > 1 { answers.pop_front().ok_or(NotResolved) } else { answers.front().cloned().ok_or(NotResolved) }
    }
}

fn short() -> Limits {
    let ms = Duration::from_millis;
    Limits {
        dns: ms(600),
        connect: ms(900),
        first_byte: ms(1_200),
        total: ms(2_100),
        queue: ms(600),
        rest: ms(900),
        floor: ms(50),
        ..Limits::default()
    }
}

fn egress(allow: &[String], names: &Names) -> Egress {
    Egress::with(Settings { allow_endpoints: allow.to_vec(), ..Settings::default() }, short(), Box::new(names.clone())).unwrap()
}

fn user(n: u128) -> UserId {
    UserId::from_uuid(Uuid::from_u128(n))
}

fn get() -> Request {
    let mut headers = HeaderMap::new();
    headers.insert("x-api-key", secret_header("", "canary-secret").unwrap());
    Request { method: Verb::Get, path_and_query: "/models?limit=1".to_owned(), headers, body: None }
}

async fn ask(double: &Double) -> Result<Answer, Refusal> {
    let endpoint = Endpoint::from_catalogue(&format!("{}/v1", double.origin())).unwrap();
    egress(&[double.origin()], &Names::default()).send(user(1), &endpoint, get()).await
}

async fn public(names: &Names, url: &str) -> Result<Answer, Refusal> {
    egress(&[], names).send(user(1), &Endpoint::from_catalogue(url).unwrap(), get()).await
}

#[tokio::test]
async fn an_answer_comes_back_with_status_body_and_latency_and_the_request_is_whole() {
    let double = Double::answering("200 OK", "x-one: 1\r\n", "{}").await;
    let answer = ask(&double).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice(), answer.truncated), (200, b"{}".as_slice(), false));
    assert_eq!(answer.headers["x-one"], "1");
    let requests = double.requests();
    assert_eq!(requests.len(), 1);
    assert!(requests[0].starts_with("GET /v1/models?limit=1 HTTP/1.1\r\n"), "{}", requests[0]);
    assert!(requests[0].contains("x-api-key: canary-secret\r\n"));
    assert!(!requests[0].to_lowercase().contains("referer"));
    assert!(!format!("{answer:?}").contains("x-one"));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Double::answering("200 OK", "", "{}").await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("location: {}/v1/models\r\n", elsewhere.origin());
        let double = Double::answering(&format!("{status} Moved"), &location, "").await;
        let allow = [double.origin(), elsewhere.origin()];
        let endpoint = Endpoint::from_catalogue(&double.origin()).unwrap();
        let answer = egress(&allow, &Names::default()).send(user(1), &endpoint, get()).await.unwrap();
        assert_eq!(answer.status, status);
        let carried = double.requests().iter().filter(|head| head.contains("canary-secret")).count();
        assert_eq!(carried, 1);
    }
    assert_eq!(elsewhere.requests().len(), 0);
}

#[tokio::test]
async fn hostile_answers_end_within_the_limits() {
    let many: String = (0..100_000).map(|n| format!("h{n}: v\r\n")).collect();
    let wide = format!("x: {}\r\n", "v".repeat(70_000));
    let cases = [
        (Act::Hang, Refusal::Timeout),
        (Act::Drip(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()), Refusal::Timeout),
        (Act::Endless(b"".to_vec(), b"HTTP/1.1 102 Processing\r\n\r\n".to_vec()), Refusal::Timeout),
        (Act::Reset, Refusal::Reset),
        (Act::Send(b"not http at all\r\n\r\n".to_vec()), Refusal::BadAnswer),
        (Act::Send(http("200 OK", &wide, b"{}")), Refusal::TooLarge),
    ];
    for (act, refusal) in cases {
        let start = Instant::now();
        assert_eq!(ask(&Double::start(act).await).await.unwrap_err(), refusal);
        assert!(start.elapsed() < short().total * 2, "{refusal}");
    }
    assert!(ask(&Double::start(Act::Send(http("200 OK", &many, b"{}"))).await).await.is_err());
    let hundred: String = (0..98).map(|n| format!("h{n}: v\r\n")).collect();
    assert_eq!(ask(&Double::start(Act::Send(http("200 OK", &hundred, b"{}"))).await).await.unwrap().status, 200);
}

#[tokio::test]
async fn at_most_one_mebibyte_of_a_body_is_read_and_nothing_is_decompressed() {
    let endless = Act::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b'x'; 65_536]);
    let answer = ask(&Double::start(endless).await).await.unwrap();
    assert!(answer.truncated);
    assert_eq!(answer.body.len(), 1024 * 1024);
    let large = ask(&Double::start(Act::Send(http("200 OK", "", &vec![b'x'; 10_000_000]))).await).await.unwrap();
    assert!(large.truncated);
    // A gzip member of 28 bytes that would unpack to `{}`.
    let gzip = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xab, 0xae, 5, 0, 0x43, 0xbf, 0xa6, 0xa3, 2, 0, 0, 0];
    let packed = ask(&Double::start(Act::Send(http("200 OK", "content-encoding: gzip\r\n", &gzip))).await).await.unwrap();
    assert_eq!(packed.body, gzip);
}

#[tokio::test]
async fn a_host_that_speaks_no_tls_or_has_an_unknown_certificate_is_refused() {
    let double = Double::start(Act::Send(b"HTTP/1.1 200 OK\r\n\r\n".to_vec())).await;
    let origin = format!("https://127.0.0.1:{}", double.port);
    let endpoint = Endpoint::from_catalogue(&origin).unwrap();
    let outcome = egress(&[origin], &Names::default()).send(user(1), &endpoint, get()).await;
    assert_eq!(outcome.unwrap_err(), Refusal::Tls);
    assert!(double.requests().iter().all(|head| !head.contains("canary")));
}

#[tokio::test]
async fn a_handshake_that_stalls_ends_within_the_limits() {
    let double = Double::start(Act::Hang).await;
    let origin = format!("https://127.0.0.1:{}", double.port);
    let endpoint = Endpoint::from_catalogue(&origin).unwrap();
    let start = Instant::now();
    let outcome = egress(&[origin], &Names::default()).send(user(1), &endpoint, get()).await;
    assert_eq!(outcome.unwrap_err(), Refusal::Timeout);
    assert!(start.elapsed() < short().total * 2);
}

#[tokio::test]
async fn the_hosts_file_counts_for_listed_names() {
    let resolver = SystemResolver::default();
    let answers = resolver.resolve("localhost", true).await.unwrap();
    assert!(!answers.is_empty() && answers.iter().all(IpAddr::is_loopback), "{answers:?}");
}

#[tokio::test]
async fn an_unresolved_name_and_a_closed_port_have_reasons_of_their_own() {
    assert_eq!(public(&Names::default(), "https://api.example.com/v1").await.unwrap_err(), Refusal::Dns);
    assert_eq!(public(&Names::new(&[&[]]), "https://api.example.com/v1").await.unwrap_err(), Refusal::Dns);
    let many = ["8.8.8.8"; 17];
    assert_eq!(public(&Names::new(&[&many]), "https://api.example.com/v1").await.unwrap_err(), Refusal::Dns);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    drop(listener);
    let outcome =
        egress(std::slice::from_ref(&origin), &Names::default()).send(user(1), &Endpoint::from_catalogue(&origin).unwrap(), get()).await;
    assert_eq!(outcome.unwrap_err(), Refusal::Connect);
}

#[tokio::test]
async fn any_forbidden_answer_refuses_all_of_them_after_exactly_one_lookup() {
    let mixed: [&[&str]; 6] = [
        &["127.0.0.1"],
        &["8.8.8.8", "127.0.0.1"],
        &["8.8.8.8", "10.0.0.1"],
        &["2606:4700:4700::1111", "::1"],
        &["::ffff:169.254.169.254"],
        &["8.8.8.8", "64:ff9b::7f00:1"],
    ];
    for answers in mixed {
        let names = Names::new(&[answers]);
        assert_eq!(public(&names, "https://api.example.com/v1").await.unwrap_err(), Refusal::ForbiddenAddress, "{answers:?}");
        assert_eq!((names.lookups(), names.hosts_file.load(Ordering::SeqCst)), (1, 0));
    }
}

#[tokio::test]
async fn a_name_that_turns_to_loopback_is_refused_at_its_next_request() {
    // Documentation addresses would be refused; an address of 1.1.1.0/24 is public, and the short time limit ends the attempt.
    let names = Names::new(&[&["1.1.1.255"], &["127.0.0.1"]]);
    let egress = egress(&[], &names);
    let endpoint = Endpoint::from_catalogue("https://api.example.com").unwrap();
    let first = egress.send(user(1), &endpoint, get()).await.unwrap_err();
    assert!(!matches!(first, Refusal::ForbiddenAddress | Refusal::Dns), "{first}");
    assert_eq!(names.lookups(), 1);
    assert_eq!(egress.send(user(1), &endpoint, get()).await.unwrap_err(), Refusal::ForbiddenAddress);
    assert_eq!(names.lookups(), 2);
}

#[tokio::test]
async fn a_listed_name_may_be_private_but_never_a_metadata_address() {
    let double = Double::answering("200 OK", "", "{}").await;
    let origin = format!("http://ollama.lan:{}", double.port);
    let endpoint = Endpoint::from_catalogue(&origin).unwrap();
    let names = Names::new(&[&["127.0.0.1"]]);
    let answer = egress(std::slice::from_ref(&origin), &names).send(user(1), &endpoint, get()).await.unwrap();
    assert_eq!((answer.status, names.lookups(), names.hosts_file.load(Ordering::SeqCst)), (200, 1, 1));
    for answers in [["169.254.169.254"], ["100.100.100.200"], ["0.0.0.0"], ["::ffff:168.63.129.16"]] {
        let names = Names::new(&[&answers]);
        let outcome = egress(std::slice::from_ref(&origin), &names).send(user(1), &endpoint, get()).await;
        assert_eq!(outcome.unwrap_err(), Refusal::ForbiddenAddress);
    }
}

#[tokio::test]
async fn a_listed_name_that_leads_to_ourselves_is_refused() {
    let double = Double::answering("200 OK", "", "{}").await;
    let origin = format!("http://ollama.lan:{}", double.port);
    let own_addresses = vec![SocketAddr::from(([0, 0, 0, 0], double.port))];
    let settings = Settings { allow_endpoints: vec![origin.clone()], own_addresses, ..Settings::default() };
    let egress = Egress::with(settings, short(), Box::new(Names::new(&[&["127.0.0.1"]]))).unwrap();
    let outcome = egress.send(user(1), &Endpoint::from_catalogue(&origin).unwrap(), get()).await;
    assert_eq!(outcome.unwrap_err(), Refusal::ForbiddenAddress);
    assert_eq!(double.requests().len(), 0);
}

#[tokio::test]
async fn a_catalogue_address_outside_the_rules_needs_an_entry_of_the_allow_list() {
    let double = Double::answering("200 OK", "", "{}").await;
    let endpoint = Endpoint::from_catalogue(&double.origin()).unwrap();
    let other = format!("http://localhost:{}", double.port);
    for allow in
        [vec![], vec![other], vec![format!("https://127.0.0.1:{}", double.port)], vec![format!("http://127.0.0.1:{}", double.port ^ 1)]]
    {
        let outcome = egress(&allow, &Names::default()).send(user(1), &endpoint, get()).await;
        assert_eq!(outcome.unwrap_err(), Refusal::ForbiddenEndpoint, "{allow:?}");
    }
    assert_eq!(double.requests().len(), 0);
}

#[tokio::test]
async fn a_host_is_left_alone_after_five_failures_and_tried_again_later() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
    drop(listener);
    let egress = egress(std::slice::from_ref(&origin), &Names::default());
    let endpoint = Endpoint::from_catalogue(&origin).unwrap();
    for _ in 0..5 {
        assert_eq!(egress.send(user(1), &endpoint, get()).await.unwrap_err(), Refusal::Connect);
    }
    assert_eq!(egress.send(user(2), &endpoint, get()).await.unwrap_err(), Refusal::Breaker);
    tokio::time::sleep(Duration::from_millis(960)).await;
    assert_eq!(egress.send(user(1), &endpoint, get()).await.unwrap_err(), Refusal::Connect);
}

#[tokio::test]
async fn a_user_has_two_places_and_all_users_together_eight() {
    let double = Double::start(Act::Hang).await;
    let endpoint = Endpoint::from_catalogue(&double.origin()).unwrap();
    let egress = egress(&[double.origin()], &Names::default());
    let mine = futures::future::join_all((0..3).map(|_| egress.send(user(1), &endpoint, get()))).await;
    assert_eq!(mine.iter().filter(|outcome| matches!(outcome, Err(Refusal::Busy))).count(), 1);
    let ours = futures::future::join_all((0..12).map(|n| egress.send(user(10 + n), &endpoint, get()))).await;
    assert_eq!(ours.iter().filter(|outcome| matches!(outcome, Err(Refusal::Busy))).count(), 4);
}

#[test]
fn a_proxy_of_the_environment_has_no_effect() {
    const WORD: &str = "KEYWARD_PROXY_TEST_CHILD";
    #[allow(clippy::disallowed_methods, reason = "the test starts itself again and must know which of the two it is")]
    if std::env::var_os(WORD).is_none() {
        // Variables are set for a process of its own, since they belong to all of its threads.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let proxy = format!("http://{}", listener.local_addr().unwrap());
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child
            .args(["--exact", "egress::tests::a_proxy_of_the_environment_has_no_effect"])
            .env(WORD, "1")
            .env_remove("NO_PROXY")
            .env_remove("no_proxy");
        for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            child.env(name, &proxy);
        }
        let output = child.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
        assert!(listener.accept().is_err(), "the proxy was asked");
        return;
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(async {
        let double = Double::answering("200 OK", "", "{}").await;
        assert_eq!(ask(&double).await.unwrap().status, 200);
        assert_eq!(double.requests().len(), 1);
    });
}

#[test]
fn a_secret_is_never_shown_and_must_fit_a_header() {
    let value = secret_header("Bearer ", "canary-secret").unwrap();
    assert!(value.is_sensitive());
    assert!(!format!("{value:?}").contains("canary"));
    for secret in ["line\nbreak", "nul\0", "carriage\r"] {
        assert_eq!(secret_header("", secret), Err(Refusal::Unsendable));
    }
}
