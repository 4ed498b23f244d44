use super::*;
use crate::egress::{
    Limits, NotResolved, Resolve, Settings,
    double::{Act, Double, http},
};
use domain::services::{MetadataValue, ServiceCatalogue, ServiceId};
use std::{net::IpAddr, time::Duration};
use uuid::Uuid;

const SECRET: &str = "canary-secret-0123456789abcdef";

struct NoNames;

#[async_trait::async_trait]
impl Resolve for NoNames {
    async fn resolve(&self, _: &str, _: bool) -> Result<Vec<IpAddr>, NotResolved> {
        Err(NotResolved)
    }
}

/// Asks a service at the double about a secret.
async fn ask_with(id: &str, kind: usize, double: &Double, secret: &str, values: &[(&str, &str)], allowed: bool) -> Checked {
    let ms = Duration::from_millis;
    let limits = Limits { dns: ms(100), connect: ms(1_500), first_byte: ms(1_500), total: ms(2_500), floor: ms(80), ..Limits::default() };
    let settings = Settings { allow_endpoints: allowed.then(|| double.origin()).into_iter().collect(), ..Settings::default() };
    let egress = Egress::with(settings, limits, Box::new(NoNames)).unwrap();
    let service = ServiceCatalogue::built_in().get(&ServiceId::parse(id).unwrap()).unwrap().clone();
    let endpoint = Endpoint::from_catalogue(&double.origin()).unwrap();
    let metadata = Metadata(values.iter().map(|(name, value)| ((*name).to_owned(), MetadataValue::Text((*value).to_owned()))).collect());
    let (kind, user) = (&service.types[kind], UserId::from_uuid(Uuid::nil()));
    check(&Question { egress: &egress, service: &service, kind, endpoint: &endpoint, metadata: &metadata, secret, user }).await
}

async fn ask(id: &str, kind: usize, double: &Double) -> Checked {
    ask_with(id, kind, double, SECRET, &[], true).await
}

/// What is known after an answer with this status, these header lines and this body.
async fn verdict(id: &str, kind: usize, status: &str, headers: &str, body: &str) -> Verdict {
    ask(id, kind, &Double::answering(status, headers, body).await).await.result.verdict
}

#[tokio::test]
async fn the_verdict_follows_from_what_the_service_documents() {
    use Verdict::{RateLimited, Rejected, Unexpected, Unreachable, Valid};
    const HTML: &str = "<!doctype html><title>Sign in to the network</title>";
    const ACTIVE: &str = r#"{"success":true,"errors":[],"messages":[],"result":{"id":"x","status":"active"}}"#;
    const USER: &str = r#"{"login":"octocat","id":1}"#;
    const BALANCE: &str = r#"{"object":"balance","available":[],"livemode":false}"#;
    let cloudflare = |code: u32| format!(r#"{{"success":false,"errors":[{{"code":{code},"message":"x"}}],"messages":[],"result":null}}"#);
    let namecheap =
        |number: &str| format!(r#"<ApiResponse Status="ERROR"><Errors><Error Number="{number}">x</Error></Errors></ApiResponse>"#);
    let stripe =
        |code: &str| format!(r#"{{"error":{{"type":"invalid_request_error","code":"{code}","message":"Invalid API Key provided"}}}}"#);
    let github = |message: &str| format!(r#"{{"message":"{message}","documentation_url":"x"}}"#);
    const NO_PERMISSION: &str =
        r#"{"error":{"message":"The provided key 'rk_test_***' does not have the required permissions for this endpoint"}}"#;
    let table: &[(&str, usize, &str, &str, &str, Verdict)] = &[
        ("cloudflare", 0, "200 OK", "", ACTIVE, Valid),
        ("cloudflare", 0, "200 OK", "", &ACTIVE.replace("active", "disabled"), Rejected),
        ("cloudflare", 0, "200 OK", "", &ACTIVE.replace("active", "expired"), Rejected),
        ("cloudflare", 0, "200 OK", "", &ACTIVE.replace("active", "new"), Unexpected),
        ("cloudflare", 0, "200 OK", "", &ACTIVE.replace("true", "false"), Unexpected),
        ("cloudflare", 0, "200 OK", "", &cloudflare(10000), Unexpected),
        ("cloudflare", 0, "200 OK", "", HTML, Unexpected),
        ("cloudflare", 0, "401 Unauthorized", "", &cloudflare(1000), Rejected),
        ("cloudflare", 0, "403 Forbidden", "", &cloudflare(9109), Rejected),
        ("cloudflare", 0, "400 Bad Request", "", &cloudflare(10000), Rejected),
        ("cloudflare", 0, "400 Bad Request", "", &cloudflare(6003), Rejected),
        ("cloudflare", 0, "400 Bad Request", "", &cloudflare(1061), Unexpected),
        ("cloudflare", 0, "429 Too Many Requests", "retry-after: 30\r\n", &cloudflare(10429), RateLimited),
        ("cloudflare", 0, "502 Bad Gateway", "", HTML, Unreachable),
        ("cloudflare", 0, "302 Found", "location: https://evil.example\r\n", "", Unexpected),
        ("github", 0, "200 OK", "", USER, Valid),
        ("github", 1, "200 OK", "x-oauth-scopes: repo\r\n", USER, Valid),
        ("github", 0, "200 OK", "", r#"{"message":"hello"}"#, Unexpected),
        ("github", 0, "200 OK", "", HTML, Unexpected),
        ("github", 0, "401 Unauthorized", "", &github("Bad credentials"), Rejected),
        ("github", 0, "403 Forbidden", "", &github("Forbidden"), Rejected),
        ("github", 0, "403 Forbidden", "x-ratelimit-remaining: 10\r\n", &github("Forbidden"), Rejected),
        ("github", 0, "403 Forbidden", "x-ratelimit-remaining: 0\r\n", &github("x"), RateLimited),
        ("github", 0, "403 Forbidden", "retry-after: 60\r\n", &github("x"), RateLimited),
        ("github", 0, "403 Forbidden", "", &github("You have exceeded a secondary rate limit"), RateLimited),
        ("github", 0, "403 Forbidden", "", &github("Resource not accessible by integration"), Valid),
        ("github", 0, "429 Too Many Requests", "", "", RateLimited),
        ("github", 0, "404 Not Found", "", &github("Not Found"), Unexpected),
        ("stripe", 0, "200 OK", "", BALANCE, Valid),
        ("stripe", 0, "200 OK", "", r#"{"object":"account"}"#, Unexpected),
        ("stripe", 0, "401 Unauthorized", "", &stripe("api_key_invalid"), Rejected),
        ("stripe", 0, "401 Unauthorized", "", &stripe("secret_key_required"), Rejected),
        ("stripe", 1, "401 Unauthorized", "", &stripe("secret_key_required"), Valid),
        ("stripe", 1, "401 Unauthorized", "", &stripe("api_key_expired"), Rejected),
        ("stripe", 0, "403 Forbidden", "", NO_PERMISSION, Valid),
        ("stripe", 0, "403 Forbidden", "", &stripe("x"), Rejected),
        ("stripe", 0, "429 Too Many Requests", "", &stripe("rate_limit"), RateLimited),
        ("stripe", 0, "500 Internal Server Error", "", "", Unreachable),
        ("namecheap", 0, "200 OK", "", r#"<ApiResponse Status="OK"><Errors/></ApiResponse>"#, Valid),
        ("namecheap", 0, "200 OK", "", &namecheap("1011102"), Rejected),
        ("namecheap", 0, "200 OK", "", &namecheap("1011150"), Rejected),
        ("namecheap", 0, "200 OK", "", &namecheap("1030408"), Rejected),
        ("namecheap", 0, "200 OK", "", &namecheap("1019103"), Rejected),
        ("namecheap", 0, "200 OK", "", &namecheap("1017411"), RateLimited),
        ("namecheap", 0, "200 OK", "", &namecheap("500000"), RateLimited),
        ("namecheap", 0, "200 OK", "", &namecheap("1050900"), Unexpected),
        ("namecheap", 0, "200 OK", "", HTML, Unexpected),
        ("namecheap", 0, "200 OK", "", "{}", Unexpected),
        ("namecheap", 0, "200 OK", "", r#"<ApiResponse Status="MAYBE"><Errors/></ApiResponse>"#, Unexpected),
        ("namecheap", 0, "405 Method Not Allowed", "", "", Unexpected),
        ("namecheap", 0, "503 Service Unavailable", "", "", Unreachable),
    ];
    for (id, kind, status, headers, body, expected) in table {
        assert_eq!(verdict(id, *kind, status, headers, body).await, *expected, "{id} {status} {headers} {body}");
    }
}

#[tokio::test]
async fn an_address_that_may_not_be_reached_gets_no_request_and_tells_nothing_else() {
    let double = Double::answering("200 OK", "", "{}").await;
    for (id, values) in [("cloudflare", &[][..]), ("namecheap", &[("client_ip", "203.0.113.7")])] {
        let checked = ask_with(id, 0, &double, SECRET, values, false).await;
        assert_eq!((checked.result.verdict, checked.result.status_code, checked.result.latency_ms), (Verdict::Unreachable, None, None));
        assert_eq!(checked.findings, Findings::default());
    }
    assert!(double.requests().is_empty());
}

#[tokio::test]
async fn a_secret_is_in_a_header_as_the_service_wants_it_and_in_no_address() {
    for (id, header) in [
        ("cloudflare", format!("authorization: Bearer {SECRET}")),
        ("github", format!("authorization: Bearer {SECRET}")),
        ("stripe", format!("authorization: Basic {}", STANDARD.encode(format!("{SECRET}:")))),
    ] {
        let double = Double::answering("401 Unauthorized", "", "{}").await;
        ask(id, 0, &double).await;
        let request = double.requests().remove(0);
        assert!(request.contains(&header), "{id}: {request}");
        assert!(request.contains("user-agent: keyward/"), "GitHub refuses who does not say who they are: {request}");
        assert!(!request.lines().next().unwrap().contains(SECRET), "{request}");
    }
}

#[tokio::test]
async fn scopes_are_told_by_name_and_what_is_no_name_is_left_out() {
    let headers = "x-oauth-scopes: repo, read:org,, <script>, a b\r\n";
    let checked = ask("github", 1, &Double::answering("200 OK", headers, r#"{"login":"octocat","id":1}"#).await).await;
    assert_eq!(checked.findings.scopes, Some(vec!["repo".to_owned(), "read:org".to_owned()]));
    let none = ask("github", 0, &Double::answering("200 OK", "", r#"{"login":"octocat","id":1}"#).await).await;
    assert_eq!(none.findings.scopes, None, "a fine-grained token has none, which is not the same as no permission");
    let rejected = ask("github", 1, &Double::answering("401 Unauthorized", headers, "{}").await).await;
    assert_eq!(rejected.findings.scopes, None);
}

#[tokio::test]
async fn a_full_key_of_a_live_account_is_advised_against() {
    let double = Double::answering("200 OK", "", r#"{"object":"balance","available":[]}"#).await;
    let advice = |secret: &'static str| {
        let double = &double;
        async move { ask_with("stripe", 0, double, secret, &[], true).await.findings.advice }
    };
    assert!(advice("sk_live_0123456789abcdef").await[0].contains("restricted key"));
    assert!(advice("rk_live_0123456789abcdef").await.is_empty());
    assert!(advice("sk_test_0123456789abcdef").await.is_empty());
}

/// A Cloudflare that answers by path.
async fn cloudflare(routes: &'static [(&'static str, &'static str, &'static str)]) -> Double {
    Double::routed(move |path| {
        let found = routes.iter().find(|(start, ..)| path.starts_with(start));
        let (status, body) = found.map_or(("404 Not Found", "{}"), |(_, status, body)| (*status, *body));
        Act::Send(http(status, "", body.as_bytes()))
    })
    .await
}

const INVALID: &str = r#"{"success":false,"errors":[{"code":1000,"message":"Invalid API Token"}],"messages":[],"result":null}"#;
const ACTIVE: &str = r#"{"success":true,"errors":[],"messages":[],"result":{"id":"ed17574386854bf78a67040be0a770b0","status":"active","expires_on":"2030-01-01T00:00:00Z"}}"#;
const ACCOUNT: &str = "372e67954025e0ba6aaa6d586b9e0b59";

fn grants(checked: &Checked) -> Vec<String> {
    checked.findings.permissions.iter().map(|found| format!("{} {}", found.id, found.grant.as_str())).collect()
}

#[tokio::test]
async fn permissions_are_granted_missing_or_unknown_and_never_change_the_verdict() {
    const DESCRIBED: &str = r#"{"success":true,"result":{"policies":[{"effect":"allow","permission_groups":[{"id":"a","name":"DNS Write"},{"id":"b","name":"Zone Read"}]}]}}"#;
    const DENIED: &str =
        r#"{"success":true,"result":{"policies":[{"effect":"deny","permission_groups":[{"id":"a","name":"DNS Write"}]}]}}"#;
    const REFUSED: &str = r#"{"success":false,"errors":[{"code":10000,"message":"Authentication error"}]}"#;
    const ZONES: &str =
        r#"{"success":true,"result":[{"id":"023e105f4ecef8ad9ca31a8372d0c353","account":{"id":"372e67954025e0ba6aaa6d586b9e0b59"}}]}"#;
    const VERIFY: (&str, &str, &str) = ("/user/tokens/verify", "200 OK", ACTIVE);
    const TOKEN: &str = "/user/tokens/ed17574386854bf78a67040be0a770b0";
    const RECORDS: &str = "/zones/023e105f4ecef8ad9ca31a8372d0c353/dns_records";
    type Routes = &'static [(&'static str, &'static str, &'static str)];
    let cases: [(Routes, [&str; 2]); 6] = [
        (&[VERIFY, (TOKEN, "200 OK", DESCRIBED)], ["Zone:Edit missing", "DNS:Edit granted"]),
        (
            &[VERIFY, (TOKEN, "200 OK", DENIED), (RECORDS, "200 OK", "{}"), ("/zones", "200 OK", ZONES)],
            ["Zone:Edit unknown", "DNS:Edit unknown"],
        ),
        (&[VERIFY, (RECORDS, "403 Forbidden", REFUSED), ("/zones", "200 OK", ZONES)], ["Zone:Edit unknown", "DNS:Edit missing"]),
        (&[VERIFY, ("/zones", "403 Forbidden", REFUSED)], ["Zone:Edit missing", "DNS:Edit missing"]),
        (&[VERIFY, ("/zones", "200 OK", r#"{"success":true,"result":[]}"#)], ["Zone:Edit unknown", "DNS:Edit unknown"]),
        (&[VERIFY, ("/zones", "500 Oops", "")], ["Zone:Edit unknown", "DNS:Edit unknown"]),
    ];
    for (routes, expected) in cases {
        let double = cloudflare(routes).await;
        let checked = ask("cloudflare", 0, &double).await;
        assert_eq!((checked.result.verdict, grants(&checked)), (Verdict::Valid, expected.map(str::to_owned).to_vec()), "{routes:?}");
        assert!(double.requests().iter().all(|request| request.starts_with("GET ")), "only reading calls");
        assert!(checked.findings.expires_at.is_some());
    }
    let rejected = ask("cloudflare", 0, &cloudflare(&[("/user/tokens/verify", "401 Unauthorized", INVALID)]).await).await;
    assert!(grants(&rejected).is_empty());
}

#[tokio::test]
async fn a_token_of_an_account_is_asked_as_one() {
    const VERIFY: &str = "/accounts/372e67954025e0ba6aaa6d586b9e0b59/tokens/verify";
    const ROUTES: &[(&str, &str, &str)] = &[
        ("/user/tokens/verify", "401 Unauthorized", INVALID),
        (VERIFY, "200 OK", ACTIVE),
        ("/zones", "200 OK", r#"{"success":true,"result":[{"id":"z","account":{"id":"372e67954025e0ba6aaa6d586b9e0b59"}}]}"#),
    ];
    let double = cloudflare(ROUTES).await;
    let named = ask_with("cloudflare", 0, &double, SECRET, &[("account_id", ACCOUNT)], true).await;
    assert_eq!((named.result.verdict, named.findings.error_code), (Verdict::Valid, None));
    let found = ask_with("cloudflare", 0, &double, "cfat_0123456789abcdef", &[], true).await;
    assert_eq!(found.result.verdict, Verdict::Valid, "its zone tells the account");
    let unknown = ask("cloudflare", 0, &double).await;
    assert_eq!((unknown.result.verdict, unknown.findings.error_code), (Verdict::Rejected, Some(1000)));
    assert!(unknown.findings.advice[0].contains("account ID"));
}

#[tokio::test]
async fn a_token_that_is_bound_to_other_addresses_says_which_one_to_allow() {
    const LIMITED: &str =
        r#"{"success":false,"errors":[{"code":9109,"message":"Cannot use the access token from location: 203.0.113.9"}],"result":null}"#;
    let checked = ask("cloudflare", 0, &cloudflare(&[("/user/tokens/verify", "403 Forbidden", LIMITED)]).await).await;
    assert_eq!(checked.result.verdict, Verdict::Rejected);
    assert_eq!(checked.findings.allow_address, Some(Ipv4Addr::new(203, 0, 113, 9)));
    assert!(checked.findings.advice[0].contains("certain addresses"));
}
