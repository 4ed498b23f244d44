//! Everybody who may come: people with their sessions, and those who count no longer.

use crate::{
    api::add,
    database,
    harness::{EMAIL, Installation, PASSWORD, Server},
};
use serde_json::json;
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    io::Write,
};
use tempfile::NamedTempFile;

pub const MISSING: &str = "00000000-0000-0000-0000-000000000000";

/// A column of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    Nobody = 0,
    Owner = 1,
    Other = 2,
    Admin = 3,
}

impl Who {
    pub fn email(self) -> Option<&'static str> {
        match self {
            Self::Nobody => None,
            Self::Owner => Some("owner@example.com"),
            Self::Other => Some("other@example.com"),
            Self::Admin => Some(EMAIL),
        }
    }
}

/// What a request says about who sent it, with a name for it.
pub type Proof = (&'static str, Vec<(&'static str, String)>);

/// A server with an admin and two users.
pub struct Cast {
    pub server: Server,
    cookies: HashMap<Who, String>,
    /// Which addresses were given out.
    addresses: Cell<u32>,
    keys: RefCell<u32>,
    _catalogue: NamedTempFile,
}

impl Cast {
    pub fn new() -> Self {
        Self::with(&[])
    }
    pub fn with(settings: &[(&str, &str)]) -> Self {
        // No test of a credential leaves the machine: this address is not among those that may be reached.
        let mut catalogue = NamedTempFile::new().unwrap();
        writeln!(catalogue, "[services.github]\nbase_url = \"http://127.0.0.1:9\"").unwrap();
        let own = [("KEYWARD_TRUSTED_PROXIES", "127.0.0.1"), ("KEYWARD_CATALOGUE", catalogue.path().to_str().unwrap())];
        let own = own.into_iter().filter(|(name, _)| !settings.iter().any(|(other, _)| other == name));
        let all: Vec<_> = own.chain(settings.iter().copied()).collect();
        let server = Installation::with(&all).serve();
        let admin = server.admin();
        let [owner, other] = [Who::Owner, Who::Other].map(|who| server.user(who.email().unwrap(), "user"));
        let cookies = HashMap::from([(Who::Admin, admin), (Who::Owner, owner), (Who::Other, other)]);
        Self { server, cookies, addresses: Cell::new(0), keys: RefCell::new(0), _catalogue: catalogue }
    }
    pub fn cookie(&self, who: Who) -> Option<&str> {
        self.cookies.get(&who).map(String::as_str)
    }
    /// A new session for somebody whose old one ended.
    pub fn sign_in_again(&mut self, who: Who) {
        if let Some(email) = who.email() {
            self.cookies.insert(who, self.new_session(email));
        }
    }
    pub fn new_session(&self, email: &str) -> String {
        database::forget_limits(&self.server);
        let answer = self.server.form("/sign-in", &[("email", email), ("password", PASSWORD)]).send();
        assert_eq!(answer.status, 303, "{}", answer.text());
        answer.cookie()
    }
    /// A client that nobody has seen.
    pub fn fresh_address(&self) -> String {
        let n = self.addresses.get();
        self.addresses.set(n + 1);
        format!("10.{}.{}.{}", n >> 16 & 255, n >> 8 & 255, n & 255)
    }
    /// A key of the owner's: the same one as long as it is there. Its provider has no check.
    pub fn key(&self) -> String {
        self.key_of(Who::Owner)
    }
    pub fn key_of(&self, who: Who) -> String {
        database::forget_limits(&self.server);
        let cookie = self.cookie(who).unwrap();
        let known = self.server.api("GET", "/api/v1/byok/keys?provider=perplexity", Some(cookie)).send().json();
        if let Some(id) = known[0]["id"].as_str() {
            return id.to_owned();
        }
        let mut serial = self.keys.borrow_mut();
        *serial += 1;
        let key = json!({"provider": "perplexity", "key": format!("pplx-canary-of-{who:?}-{serial}"), "label": "Mine"});
        add(&self.server, cookie, &key)["id"].as_str().unwrap().to_owned()
    }
    /// A service credential of everybody's own, and one of the installation, each stored where it is not there.
    pub fn keep_credentials(&self) {
        database::forget_limits(&self.server);
        let own = "/api/v1/account/credentials";
        for (who, path) in [(Who::Admin, "/api/v1/credentials"), (Who::Admin, own), (Who::Owner, own), (Who::Other, own)] {
            let cookie = self.cookie(who);
            if self.server.api("GET", &format!("{path}/github/api_token"), cookie).send().status == 404 {
                let body = json!({"service": "github", "credential_type": "api_token", "value": format!("ghp_canary-of-{who:?}")});
                let stored = self.server.api("POST", path, cookie).json(&body).send();
                assert_eq!(stored.status, 201, "{}", stored.text());
            }
        }
    }
    /// `Bearer` with a new token.
    pub fn token(&self, email: &str, scope: &str) -> String {
        let made = self.server.at.run(&["token", "create", "--user", email, "--name", scope, "--scope", scope]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        format!("Bearer {}", String::from_utf8(made.stdout).unwrap().trim())
    }

    /// Cookies of sessions that ended, each in another way. All of them worked before.
    pub fn former_sessions(&self) -> Vec<Proof> {
        let arguments = ["user", "add", "gone@example.com", "--role", "admin", "--password-stdin"];
        assert!(self.server.at.run_with_input(&arguments, PASSWORD).status.success());
        let [gone, signed_out, over, idle] = ["gone@example.com", EMAIL, EMAIL, EMAIL].map(|email| self.new_session(email));
        for cookie in [&gone, &signed_out, &over, &idle] {
            assert_eq!(self.server.request("GET", "/keys").cookie(cookie).send().status, 200);
        }
        // The last two sessions are the newest of their account.
        database::execute(
            &self.server,
            "update sessions set ends_at = 1 where rowid = (select rowid from sessions order by created_at desc limit 1 offset 1); \
             update sessions set seen_at = 1 where rowid = (select rowid from sessions order by created_at desc limit 1)",
        );
        assert!(self.server.at.run(&["user", "disable", "gone@example.com"]).status.success());
        assert_eq!(self.server.form("/sign-out", &[]).cookie(&signed_out).send().status, 303);
        [("a disabled account", gone), ("signed out", signed_out), ("past its end", over), ("idle for too long", idle)]
            .map(|(what, cookie)| (what, vec![("Cookie", cookie)]))
            .into()
    }

    /// API tokens that work no longer, or never did.
    pub fn former_tokens(&self) -> Vec<Proof> {
        let arguments = ["user", "add", "left@example.com", "--role", "admin", "--password-stdin"];
        assert!(self.server.at.run_with_input(&arguments, PASSWORD).status.success());
        let scope = "keys:read";
        let [left, revoked, expired] = ["left@example.com", EMAIL, EMAIL].map(|email| self.token(email, scope));
        for token in [&left, &revoked, &expired] {
            let answer = self.server.request("GET", "/api/v1/byok/keys").header("Authorization", token).send();
            assert_eq!(answer.status, 200, "{}", answer.text());
        }
        assert!(self.server.at.run(&["user", "disable", "left@example.com"]).status.success());
        let cookie = self.cookie(Who::Admin);
        let list = self.server.api("GET", "/api/v1/tokens", cookie).send().json();
        let named = |token: &str| {
            list.as_array().unwrap().iter().find(|entry| token["Bearer ".len()..].starts_with(entry["prefix"].as_str().unwrap())).unwrap()["id"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let revoke = format!("/api/v1/tokens/{}", named(&revoked));
        assert_eq!(self.server.api("DELETE", &revoke, cookie).send().status, 204);
        database::execute(
            &self.server,
            "update api_tokens set expires_at = 1 where account_id = (select id from accounts where email = 'ann@example.com')",
        );
        let mut other = expired.clone();
        // Another secret under a handle that is there.
        other.replace_range(40..41, if &other[40..41] == "a" { "b" } else { "a" });
        [
            ("the token of a disabled account", left),
            ("a revoked token", revoked),
            ("an expired token", expired),
            ("a token with another character", other),
            ("another scheme", "Basic YW5uOnB3".to_owned()),
            ("no token", "Bearer".to_owned()),
        ]
        .map(|(what, header)| (what, vec![("Authorization", header)]))
        .into()
    }

    /// A good token where none is read, and a session beside a header that proves nothing.
    pub fn tokens_in_the_wrong_place(&self, email: &str) -> Vec<Proof> {
        let header = self.token(email, "keys:read");
        let bare = header["Bearer ".len()..].to_owned();
        let session = self.cookie(Who::Admin).unwrap().to_owned();
        vec![
            ("X-Api-Key", vec![("X-Api-Key", bare.clone())]),
            ("Api-Key", vec![("Api-Key", bare.clone())]),
            ("Proxy-Authorization", vec![("Proxy-Authorization", header.clone())]),
            ("X-Forwarded-Authorization", vec![("X-Forwarded-Authorization", header.clone())]),
            ("a cookie of the session's name", vec![("Cookie", format!("sid={bare}"))]),
            ("a cookie of another name", vec![("Cookie", format!("token={bare}; access_token={bare}"))]),
            ("two headers", vec![("Authorization", header.clone()), ("Authorization", header)]),
            ("a session beside a header that proves nothing", vec![("Cookie", session), ("Authorization", "Bearer x".to_owned())]),
        ]
    }
}
