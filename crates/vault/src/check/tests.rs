use super::*;
use crate::egress::{
    Limits, NotResolved, Resolve, Settings,
    double::{Act, Double, http},
};
use domain::catalogue::{Catalogue, ProviderId};
use std::{net::IpAddr, time::Duration};
use uuid::Uuid;

const KEY: &str = "sk-canary-secret-1234567890";

struct NoNames;

#[async_trait::async_trait]
impl Resolve for NoNames {
    async fn resolve(&self, _: &str, _: bool) -> Result<Vec<IpAddr>, NotResolved> {
        Err(NotResolved)
    }
}

fn provider(id: &str) -> Provider {
    Catalogue::built_in().get(&ProviderId::parse(id).unwrap()).unwrap().clone()
}

fn egress(allow: Vec<String>) -> Egress {
    let ms = Duration::from_millis;
    let limits = Limits { dns: ms(100), connect: ms(1_500), first_byte: ms(1_500), total: ms(2_500), floor: ms(80), ..Limits::default() };
    Egress::with(Settings { allow_endpoints: allow, ..Settings::default() }, limits, Box::new(NoNames)).unwrap()
}

async fn ask(id: &str, double: &Double) -> CheckResult {
    let endpoint = Endpoint::from_catalogue(&double.origin()).unwrap();
    let provider = provider(id);
    let secret = Some(KEY).filter(|_| !provider.keyless);
    check(&egress(vec![double.origin()]), &provider, &endpoint, secret, UserId::from_uuid(Uuid::nil())).await
}

#[tokio::test]
async fn the_verdict_follows_from_status_and_shape_alone() {
    use Verdict::{NoCredit, RateLimited, Rejected, Unexpected, Unreachable, Valid};
    const MODELS: &str = r#"{"object":"list","data":[{"id":"m","object":"model"}]}"#;
    const HTML: &str = "<!doctype html><title>Sign in to the network</title>";
    const XAI: &str =
        r#"{"redacted_api_key":"xai-...b14o","name":"k","acls":[],"api_key_blocked":false,"api_key_disabled":false,"team_blocked":false}"#;
    const GOOGLE_REJECTS: &str =
        r#"{"error":{"code":400,"message":"x","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#;
    const NO_SCOPE: &str =
        r#"{"error":{"message":"You have insufficient permissions for this operation. Missing scopes: api.model.read."}}"#;
    let table: &[(&str, &str, &str, Verdict)] = &[
        ("openai", "200 OK", MODELS, Valid),
        ("openai", "200 OK", r#"{"object":"list","data":[]}"#, Valid),
        ("openai", "200 OK", HTML, Unexpected),
        ("openai", "200 OK", "", Unexpected),
        ("openai", "200 OK", "{}", Unexpected),
        ("openai", "200 OK", "[]", Unexpected),
        ("openai", "200 OK", "null", Unexpected),
        ("openai", "200 OK", "true", Unexpected),
        ("openai", "200 OK", r#"{"ok":true}"#, Unexpected),
        ("openai", "200 OK", r#"{"data":[{"id":"m"}]}"#, Unexpected),
        ("openai", "200 OK", r#"{"object":"list","data":{}}"#, Unexpected),
        ("openai", "200 OK", r#"{"object":"list","data":[{"name":"m"}]}"#, Unexpected),
        ("openai", "200 OK", r#"{"object":"list","data":["m"]}"#, Unexpected),
        ("openai", "200 OK", r#"{"object":"error","data":[]}"#, Unexpected),
        ("openai", "200 OK", r#"{"object":"list","data":[]"#, Unexpected),
        ("openai", "200 OK", r#"{"object":"list","data":[]} trailing"#, Unexpected),
        ("openai", "200 OK", r#"{"error":{"code":"insufficient_quota"}}"#, Unexpected),
        ("openai", "201 Created", MODELS, Valid),
        ("openai", "204 No Content", "", Unexpected),
        ("openai", "400 Bad Request", "{}", Unexpected),
        ("openai", "401 Unauthorized", r#"{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}"#, Rejected),
        ("openai", "401 Unauthorized", HTML, Rejected),
        ("openai", "401 Unauthorized", "", Rejected),
        ("openai", "401 Unauthorized", NO_SCOPE, Valid),
        ("openai", "403 Forbidden", NO_SCOPE, Valid),
        ("openai", "403 Forbidden", "{}", Rejected),
        ("openai", "402 Payment Required", "", NoCredit),
        ("openai", "404 Not Found", "{}", Unexpected),
        ("openai", "407 Proxy Authentication Required", "", Unexpected),
        ("openai", "418 Teapot", MODELS, Unexpected),
        ("openai", "429 Too Many Requests", r#"{"error":{"code":"rate_limit_exceeded"}}"#, RateLimited),
        ("openai", "429 Too Many Requests", "", RateLimited),
        ("openai", "429 Too Many Requests", r#"{"error":{"type":"insufficient_quota","code":"insufficient_quota"}}"#, NoCredit),
        ("openai", "429 Too Many Requests", r#"{"error":{"type":"insufficient_quota"}}"#, NoCredit),
        ("openai", "429 Too Many Requests", r#"{"error":{"message":"insufficient_quota"}}"#, RateLimited),
        ("openai", "500 Internal Server Error", MODELS, Unreachable),
        ("openai", "502 Bad Gateway", HTML, Unreachable),
        ("openai", "503 Service Unavailable", "", Unreachable),
        ("openai", "529 Overloaded", "", Unreachable),
        ("openrouter", "200 OK", r#"{"data":{"label":"sk-or-v1-0e6","usage":1.5,"limit":null}}"#, Valid),
        ("openrouter", "200 OK", r#"{"data":[{"id":"m"}]}"#, Unexpected),
        ("openrouter", "200 OK", r#"{"data":{}}"#, Unexpected),
        ("anthropic", "200 OK", r#"{"data":[{"id":"claude","type":"model"}],"has_more":false,"first_id":"a","last_id":"a"}"#, Valid),
        ("anthropic", "200 OK", MODELS, Unexpected),
        (
            "anthropic",
            "401 Unauthorized",
            r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#,
            Rejected,
        ),
        ("google", "200 OK", r#"{"models":[{"name":"models/gemini"}],"nextPageToken":"x"}"#, Valid),
        ("google", "200 OK", r#"{"models":[]}"#, Unexpected),
        ("google", "400 Bad Request", GOOGLE_REJECTS, Rejected),
        ("google", "400 Bad Request", r#"{"error":{"code":400,"message":"page size"}}"#, Unexpected),
        ("google", "403 Forbidden", r#"{"error":{"code":403,"status":"PERMISSION_DENIED"}}"#, Rejected),
        ("mistral", "200 OK", MODELS, Valid),
        ("groq", "200 OK", MODELS, Valid),
        ("together", "200 OK", r#"[{"id":"m","object":"model","created":1,"type":"chat"}]"#, Valid),
        ("together", "200 OK", "[]", Unexpected),
        ("together", "200 OK", MODELS, Unexpected),
        ("cohere", "200 OK", r#"{"models":[{"name":"command"}],"next_page_token":"x"}"#, Valid),
        ("cohere", "498 Invalid Token", r#"{"message":"invalid api token"}"#, Rejected),
        ("huggingface", "200 OK", r#"{"type":"user","id":"1","name":"someone","auth":{}}"#, Valid),
        ("huggingface", "200 OK", r#"{"type":"user"}"#, Unexpected),
        ("xai", "200 OK", XAI, Valid),
        ("xai", "200 OK", r#"{"redacted_api_key":"x","name":"k","acls":[],"api_key_blocked":true}"#, Rejected),
        ("xai", "200 OK", r#"{"api_key_blocked":true}"#, Unexpected),
        ("xai", "400 Bad Request", r#"{"code":"invalid argument","error":"Incorrect API key provided: xa***yz."}"#, Rejected),
        ("deepseek", "200 OK", r#"{"is_available":true,"balance_infos":[]}"#, Valid),
        ("deepseek", "200 OK", r#"{"is_available":false,"balance_infos":[]}"#, NoCredit),
        ("fireworks", "200 OK", MODELS, Valid),
        ("ollama", "200 OK", r#"{"models":[]}"#, Valid),
        ("ollama", "200 OK", r#"{"models":[{"name":"llama3"}]}"#, Valid),
        ("ollama", "200 OK", "Ollama is running", Unexpected),
        ("custom", "200 OK", MODELS, Valid),
        ("custom", "200 OK", r#"{"data":[]}"#, Unexpected),
    ];
    assert!(table.len() >= 40);
    for (id, status, body, verdict) in table {
        let double = Double::answering(status, "content-type: application/json\r\n", body).await;
        let result = ask(id, &double).await;
        assert_eq!(result.verdict, *verdict, "{id} {status} {body}");
        let code = status.split(' ').next().unwrap().parse().ok();
        let reachable = *verdict != Unreachable;
        assert_eq!(result.status_code, code.filter(|_| reachable), "{id} {status}");
        assert_eq!(result.latency_ms.is_some(), reachable, "{id} {status}");
        assert_eq!(result.reason, if reachable { None } else { Some("server_error") }, "{id} {status}");
    }
}

#[tokio::test]
async fn redirects_and_bombs_prove_nothing() {
    for status in [301, 302, 303, 307, 308] {
        let double = Double::answering(&format!("{status} Moved"), "location: https://api.example.com/\r\n", "").await;
        let result = ask("openai", &double).await;
        assert_eq!((result.verdict, result.status_code), (Verdict::Unexpected, Some(status)));
    }
    let mut body = br#"{"object":"list","data":[],"x":""#.to_vec();
    body.resize(10_000_000, b'x');
    body.extend_from_slice(b"\"}");
    let double = Double::start(Act::Send(http("200 OK", "", &body))).await;
    assert_eq!(ask("openai", &double).await.verdict, Verdict::Unexpected);
    let deep = "[".repeat(100_000);
    assert_eq!(ask("together", &Double::answering("200 OK", "", &deep).await).await.verdict, Verdict::Unexpected);
}

#[tokio::test]
async fn every_way_of_not_reaching_a_provider_looks_alike_to_the_caller() {
    let openai = provider("openai");
    let user = UserId::from_uuid(Uuid::nil());
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed_origin = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let doubles = [Double::start(Act::Hang).await, Double::start(Act::Reset).await, Double::answering("500 Oh", "", "").await];
    let garbage = Double::start(Act::Send(b"garbage".to_vec())).await;
    let tls_origin = format!("https://127.0.0.1:{}", garbage.port);
    let mut urls: Vec<String> = doubles.iter().map(Double::origin).collect();
    urls.extend([closed_origin, tls_origin]);
    let egress = egress(urls.clone());
    urls.extend([
        "https://no-such-name.example.com".to_owned(),
        "http://127.0.0.1:9".to_owned(),
        "https://10.0.0.1".to_owned(),
        "https://db.internal".to_owned(),
    ]);
    let mut reasons = Vec::new();
    for url in urls {
        let start = std::time::Instant::now();
        let result = check(&egress, &openai, &Endpoint::from_catalogue(&url).unwrap(), Some(KEY), user).await;
        assert!(start.elapsed() >= egress.limits().floor, "{url}");
        assert_eq!((result.verdict, result.status_code, result.latency_ms), (Verdict::Unreachable, None, None), "{url}");
        reasons.push(result.reason.unwrap());
    }
    let expected =
        ["timeout", "reset", "server_error", "connect", "tls", "dns", "forbidden_endpoint", "forbidden_endpoint", "forbidden_endpoint"];
    assert_eq!(reasons, expected);
}

#[tokio::test]
async fn the_key_travels_only_in_the_providers_header() {
    for (id, line) in [
        ("openai", format!("authorization: Bearer {KEY}\r\n")),
        ("anthropic", format!("x-api-key: {KEY}\r\n")),
        ("google", format!("x-goog-api-key: {KEY}\r\n")),
    ] {
        let double = Double::answering("200 OK", "", "{}").await;
        ask(id, &double).await;
        let request = double.requests().remove(0);
        assert!(request.contains(&line), "{id}");
        assert_eq!(request.matches(KEY).count(), 1, "{id}");
        assert!(!request.lines().next().unwrap().contains(KEY), "{id}");
        assert_eq!(request.contains("anthropic-version: 2023-06-01\r\n"), id == "anthropic");
    }
}

#[tokio::test]
async fn a_keyless_provider_is_asked_without_a_key_and_another_never_is() {
    let double = Double::answering("200 OK", "", r#"{"models":[]}"#).await;
    let endpoint = Endpoint::from_catalogue(&double.origin()).unwrap();
    let egress = egress(vec![double.origin()]);
    let user = UserId::from_uuid(Uuid::nil());
    assert_eq!(check(&egress, &provider("ollama"), &endpoint, Some(KEY), user).await.verdict, Verdict::Valid);
    let request = double.requests().remove(0);
    assert!(request.starts_with("GET /api/tags HTTP/1.1\r\n") && !request.contains(KEY) && !request.contains("authorization"));
    assert_eq!(check(&egress, &provider("openai"), &endpoint, None, user).await.reason, Some("unsendable"));
    assert_eq!(double.requests().len(), 1);
}

#[tokio::test]
async fn a_provider_without_a_check_is_not_asked() {
    for id in ["perplexity", "ollama_cloud"] {
        let double = Double::answering("200 OK", "", "{}").await;
        assert_eq!(ask(id, &double).await, CheckResult::UNCHECKED);
        assert_eq!(double.requests().len(), 0);
    }
}
