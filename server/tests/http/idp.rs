//! An OpenID provider on loopback that does what it is told to, and remembers what it was asked.

use crate::{
    harness::{Answer, Installation, Server},
    signer::{Signer, encode, now},
};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    io::{Read, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};
use url::{Url, form_urlencoded};

pub const CLIENT: &str = "keyward";
pub const CLIENT_SECRET: &str = "canary-of-the-client-4tY7";

/// What was asked for with a code.
#[derive(Clone)]
struct Grant {
    nonce: String,
    challenge: String,
    claims: Value,
}

/// How it behaves.
pub struct Behaviour {
    /// Public keys as it tells them; a status other than 200 says that it is down.
    pub keys: (u16, String),
    /// Laid over what it says of itself.
    pub description: Value,
    /// Laid over the claims of ID tokens; `null` takes one away.
    pub id_token: Value,
    /// Instead of the answer of the token endpoint.
    pub token: Option<(u16, String)>,
    /// The header of ID tokens.
    pub header: Value,
    pub user_info: Value,
    pub user_info_fails: bool,
    /// Before each answer.
    pub slowness: Duration,
    codes: HashMap<String, Grant>,
    /// How many codes there were.
    given: usize,
}

pub struct Idp {
    pub issuer: String,
    pub signer: Arc<Signer>,
    pub state: Arc<Mutex<Behaviour>>,
    seen: Arc<Mutex<Vec<String>>>,
}

/// Lays one object over another; `null` takes a name away.
pub fn over(mut base: Value, top: &Value) -> Value {
    for (name, value) in top.as_object().unwrap() {
        match value {
            Value::Null => drop(base.as_object_mut().unwrap().remove(name)),
            value => base[name] = value.clone(),
        }
    }
    base
}

impl Idp {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://{}/realms/main", listener.local_addr().unwrap());
        let signer = Arc::new(Signer::new());
        let state = Arc::new(Mutex::new(Behaviour {
            keys: (200, signer.keys("rsa").to_string()),
            description: json!({}),
            id_token: json!({}),
            token: None,
            header: json!({"alg": "RS256", "typ": "JWT", "kid": "rsa"}),
            user_info: json!({}),
            user_info_fails: false,
            slowness: Duration::ZERO,
            codes: HashMap::new(),
            given: 0,
        }));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let idp = Self { issuer, signer, state, seen };
        let me = Self { issuer: idp.issuer.clone(), signer: idp.signer.clone(), state: idp.state.clone(), seen: idp.seen.clone() };
        let me = Arc::new(me);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, me) = (stream.unwrap(), me.clone());
                thread::spawn(move || {
                    let request = read(&mut stream);
                    let (status, body) = me.answer(&request);
                    let head = format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
                    let _ = stream.write_all((head + &body).as_bytes());
                });
            }
        });
        idp
    }
    /// The settings of a server that takes people and tokens from here.
    pub fn settings(&self) -> Vec<(&str, &str)> {
        let fixed = [
            ("KEYWARD_OIDC_CLIENT_ID", CLIENT),
            ("KEYWARD_OIDC_CLIENT_SECRET", CLIENT_SECRET),
            ("KEYWARD_TRUSTED_PROXIES", "127.0.0.1/32"),
        ];
        [("KEYWARD_OIDC_ISSUER", self.issuer.as_str())].into_iter().chain(fixed).collect()
    }
    pub fn server(&self) -> Server {
        Installation::with(&self.settings()).serve()
    }
    pub fn requests(&self, path: &str) -> usize {
        self.seen.lock().unwrap().iter().filter(|request| request.split(' ').nth(1) == Some(&format!("/realms/main{path}"))).count()
    }
    pub fn change(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.state.lock().unwrap());
    }
    /// The person agrees: what the provider sends the browser back with.
    pub fn agree(&self, location: &str, claims: &Value) -> String {
        let url = Url::parse(location).unwrap();
        let asked: HashMap<_, _> = url.query_pairs().into_owned().collect();
        let mut state = self.state.lock().unwrap();
        let code = format!("code-{}", state.given);
        state.given += 1;
        let grant = Grant { nonce: asked["nonce"].clone(), challenge: asked["code_challenge"].clone(), claims: claims.clone() };
        state.codes.insert(code.clone(), grant);
        let query =
            form_urlencoded::Serializer::new(String::new()).append_pair("code", &code).append_pair("state", &asked["state"]).finish();
        format!("/sign-in/oidc/callback?{query}")
    }
    /// An access token for a subject, for us.
    pub fn access(&self, subject: &str) -> String {
        self.signer.token(&json!({"alg": "RS256", "typ": "at+jwt", "kid": "rsa"}), &self.claims(subject))
    }
    /// The claims of an access token as Keycloak makes it.
    pub fn claims(&self, subject: &str) -> Value {
        json!({"iss": self.issuer, "aud": [CLIENT, "account"], "azp": "cli", "sub": subject, "typ": "Bearer", "exp": now() + 300,
            "iat": now(), "jti": subject, "email": format!("{subject}@id.example.com"), "scope": "openid"})
    }

    fn answer(&self, request: &str) -> (u16, String) {
        self.seen.lock().unwrap().push(request.to_owned());
        let path = request.split(' ').nth(1).unwrap_or_default();
        let slowness = self.state.lock().unwrap().slowness;
        thread::sleep(slowness);
        let mut state = self.state.lock().unwrap();
        let base = &self.issuer;
        match path.strip_prefix("/realms/main").unwrap_or_default() {
            "/.well-known/openid-configuration" => {
                let said = json!({"issuer": base, "authorization_endpoint": format!("{base}/auth"), "token_endpoint": format!("{base}/token"),
                    "jwks_uri": format!("{base}/jwks"), "userinfo_endpoint": format!("{base}/userinfo"),
                    "end_session_endpoint": format!("{base}/logout")});
                (200, over(said, &state.description).to_string())
            }
            "/jwks" => state.keys.clone(),
            "/userinfo" if state.user_info_fails => (503, "{}".to_owned()),
            "/userinfo" if request.contains("authorization: Bearer access-") => (200, state.user_info.to_string()),
            "/token" => self.exchange(&mut state, request),
            _ => (404, "{}".to_owned()),
        }
    }

    /// Checks what a provider checks: the client, the code once, the verifier.
    fn exchange(&self, state: &mut Behaviour, request: &str) -> (u16, String) {
        use sha2::{Digest, Sha256};
        if let Some(answer) = &state.token {
            return answer.clone();
        }
        let body = request.split("\r\n\r\n").nth(1).unwrap_or_default();
        let form: HashMap<_, _> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        let refused = |error: &str| (400, json!({"error": error, "error_description": "canary"}).to_string());
        use base64::{Engine, engine::general_purpose::STANDARD};
        if !request.contains(&STANDARD.encode(format!("{CLIENT}:{CLIENT_SECRET}"))) {
            return refused("invalid_client");
        }
        let Some(grant) = form.get("code").and_then(|code| state.codes.remove(code)) else { return refused("invalid_grant") };
        let verifier = form.get("code_verifier").cloned().unwrap_or_default();
        if encode(Sha256::digest(verifier.as_bytes())) != grant.challenge {
            return refused("invalid_grant");
        }
        let claims = json!({"iss": self.issuer, "aud": CLIENT, "exp": now() + 300, "iat": now(), "auth_time": now(), "nonce": grant.nonce});
        let claims = over(over(claims, &grant.claims), &state.id_token);
        let id_token = self.signer.token(&state.header, &claims);
        (200, json!({"access_token": format!("access-{}", grant.nonce), "token_type": "Bearer", "id_token": id_token}).to_string())
    }
}

fn read(stream: &mut impl Read) -> String {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                return text;
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return text,
            Ok(n) => request.extend_from_slice(&buffer[..n]),
        }
    }
}

/// `name=value` of a cookie that was set and not taken away.
pub fn cookie(answer: &Answer, name: &str) -> Option<String> {
    let set = answer.headers.iter().filter(|(header, _)| header == "set-cookie").map(|(_, value)| value.split(';').next().unwrap());
    set.filter_map(|pair| pair.split_once('=')).find(|(found, value)| *found == name && !value.is_empty()).map(|(n, v)| format!("{n}={v}"))
}

/// A claim set of a person as Keycloak makes it.
pub fn person(subject: &str, roles: &[&str], tier: Option<&str>) -> Value {
    json!({"sub": subject, "email": format!("{subject}@id.example.com"), "email_verified": true, "realm_access": {"roles": roles},
        "subscription_tier": tier})
}

/// Begins signing in: where the browser is sent, and its cookie.
pub fn begin(server: &Server, session: Option<&str>) -> (String, String) {
    let request = server.request("GET", "/sign-in/oidc?next=%2Ftokens");
    let answer = match session {
        Some(session) => request.cookie(session).send(),
        None => request.send(),
    };
    assert_eq!(answer.status, 303, "{}", answer.text());
    (answer.header("location").unwrap().to_owned(), cookie(&answer, "sign-in").expect("a cookie"))
}

/// Signs a person in and gives back their cookie.
pub fn sign_in(server: &Server, idp: &Idp, claims: &Value) -> String {
    let (location, held) = begin(server, None);
    let answer = server.request("GET", &idp.agree(&location, claims)).cookie(&held).send();
    assert_eq!(answer.header("location"), Some("/tokens"), "{}", server.at.log());
    cookie(&answer, "sid").expect("a session")
}
