//! Cloudflare on loopback: speaks the published API for zones and DNS records, keeps them in memory and remembers every request.
//!
//! Known tokens are [`GOOD`] and [`LIMITED`] (which may read and not write); every other one is refused as Cloudflare refuses it.

#![allow(unreachable_pub, dead_code, reason = "the tests of two crates share it, and neither needs all of it")]

use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// A token that may do everything.
pub const GOOD: &str = "cfut_canary_7Yd3QmVxN2sKp8LrTzWb5HgJcFe9Aa";
/// A token without the permission to write.
pub const LIMITED: &str = "cfut_canary_limited_2sKp8LrTzWb5HgJcFe9Aa0";
/// The account of every zone whose creation names none.
pub const ACCOUNT: &str = "372e67954025e0ba6aaa6d586b9e0b59";
/// A domain that somebody else has.
pub const TAKEN: &str = "taken.example";
/// A domain that Cloudflare does not want.
pub const BANNED: &str = "banned.example";

/// What Cloudflare says of the zone in the description of the system that Keyward replaces.
pub fn example_zone(id: &str, name: &str, status: &str, account: &str) -> Value {
    let activated = (status == "active").then_some("2014-01-02T00:05:00Z");
    json!({
        "id": id,
        "name": name,
        "status": status,
        "paused": false,
        "type": "full",
        "name_servers": ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"],
        "original_name_servers": ["ns1.registrar.example", "ns2.registrar.example"],
        "plan": {
            "id": "0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
            "name": "Free",
            "price": 0,
            "currency": "USD",
            "frequency": "monthly",
            "legacy_id": "free",
            "legacy_discount": false,
            "externally_managed": false,
        },
        "created_on": "2014-01-02T00:01:13.123456Z",
        "modified_on": "2014-01-02T00:01:13.123456Z",
        "activated_on": activated,
        "account": {"id": account, "name": "Example Account"},
        "verification_key": "aee3b0e9c4ef0b03adf6",
    })
}

/// A request as it stood on the wire.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: String,
    /// Path below the base URL.
    pub path: String,
    pub query: Vec<(String, String)>,
    pub token: String,
    pub body: Value,
}

#[derive(Default)]
struct State {
    zones: Vec<Value>,
    records: Vec<Value>,
    received: Vec<Received>,
    forced: VecDeque<(u16, String, String)>,
    serial: u128,
}

/// The double; it lives as long as the process.
pub struct CloudflareDouble {
    /// `http://127.0.0.1:PORT`.
    pub origin: String,
    state: Arc<Mutex<State>>,
}

impl CloudflareDouble {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || serve(stream.unwrap(), &shared));
            }
        });
        Self { origin, state }
    }
    /// The base URL, with the path of the published API.
    pub fn url(&self) -> String {
        format!("{}/client/v4", self.origin)
    }
    /// Everything that was asked.
    pub fn received(&self) -> Vec<Received> {
        self.state.lock().unwrap().received.clone()
    }
    /// The next answer, whatever is asked: status, header lines with their ends, body.
    pub fn force(&self, status: u16, headers: &str, body: &str) {
        self.state.lock().unwrap().forced.push_back((status, headers.to_owned(), body.to_owned()));
    }
    /// A zone that is there already; its id.
    pub fn add_zone(&self, name: &str, status: &str) -> String {
        let mut state = self.state.lock().unwrap();
        let id = state.id();
        state.zones.push(example_zone(&id, name, status, ACCOUNT));
        id
    }
    /// A record that is there already; its id.
    pub fn add_record(&self, zone: &str, kind: &str, name: &str, content: &str) -> String {
        let mut state = self.state.lock().unwrap();
        let body = json!({"type": kind, "name": name, "content": content, "ttl": 1, "priority": 10});
        state.record(zone, &body)["id"].as_str().unwrap().to_owned()
    }
    /// The zones there are.
    pub fn zones(&self) -> Vec<Value> {
        self.state.lock().unwrap().zones.clone()
    }
    /// The records there are.
    pub fn records(&self) -> Vec<Value> {
        self.state.lock().unwrap().records.clone()
    }
}

fn serve(mut stream: TcpStream, state: &Mutex<State>) {
    let Some(received) = read(&mut stream) else { return };
    let (status, headers, body) = {
        let mut state = state.lock().unwrap();
        state.received.push(received.clone());
        match state.forced.pop_front() {
            Some(forced) => forced,
            None => {
                let (status, body) = state.answer(&received);
                (status, String::new(), body.to_string())
            }
        }
    };
    let head = format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n", body.len());
    let _ = stream.write_all((head + &body).as_bytes());
}

fn read(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(n) => bytes.extend_from_slice(&buffer[..n]),
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(String, String)> =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    let header = |name: &str| headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str());
    let length: usize = header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = bytes[end + 4..].to_vec();
    while body.len() < length {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => break,
            Ok(n) => body.extend_from_slice(&buffer[..n]),
        }
    }
    let (path, query) = target.split_once('?').unwrap_or((target.as_str(), ""));
    Some(Received {
        method,
        path: path.strip_prefix("/client/v4").unwrap_or("").to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        token: header("authorization").and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default().to_owned(),
        body: serde_json::from_slice(&body).unwrap_or_default(),
    })
}

type Reply = (u16, Value);

fn good(result: impl Into<Value>) -> Reply {
    let result = result.into();
    (200, json!({"success": true, "errors": [], "messages": [], "result": result}))
}
fn bad(status: u16, code: u32, message: &str) -> Reply {
    (status, json!({"success": false, "errors": [{"code": code, "message": message}], "messages": [], "result": null}))
}

impl State {
    fn id(&mut self) -> String {
        self.serial += 1;
        format!("{:032x}", 0xc029_d2ce_45c1_2046_0000_0000_0000_0000_u128 + self.serial)
    }

    fn answer(&mut self, received: &Received) -> Reply {
        let parts: Vec<&str> = received.path.split('/').skip(1).collect();
        match received.token.as_str() {
            GOOD => {}
            LIMITED if received.method == "GET" => {}
            LIMITED => return bad(403, 10000, "Authentication error"),
            _ => return bad(403, 9109, "Invalid access token"),
        }
        match (received.method.as_str(), parts.as_slice()) {
            ("GET", ["user", "tokens", "verify"]) => good(json!({"id": "ed17574386854bf78a67040be0a770b0", "status": "active"})),
            ("GET", ["zones"]) => self.list_zones(received),
            ("POST", ["zones"]) => self.create_zone(&received.body),
            (method, ["zones", id, rest @ ..]) => {
                let Some(zone) = self.zones.iter().position(|zone| zone["id"] == *id) else {
                    return bad(404, 1001, "Invalid zone identifier");
                };
                self.in_zone(method, zone, id, rest, received)
            }
            _ => bad(404, 7003, "Could not route to that path, perhaps your object identifier is invalid?"),
        }
    }

    fn in_zone(&mut self, method: &str, zone: usize, id: &str, rest: &[&str], received: &Received) -> Reply {
        match (method, rest) {
            ("GET", []) => good(self.zones[zone].clone()),
            ("DELETE", []) => {
                self.zones.remove(zone);
                self.records.retain(|record| record["zone_id"] != id);
                good(json!({"id": id}))
            }
            ("PUT", ["activation_check"]) => good(json!({"id": id})),
            ("GET", ["dns_records"]) => {
                let own = self.records.iter().filter(|record| record["zone_id"] == id);
                let asked = |name: &str| received.query.iter().find(|(query, _)| query == name).map(|(_, value)| value.as_str());
                let fits = |record: &&Value| {
                    asked("type").is_none_or(|kind| record["type"] == kind)
                        && asked("search").is_none_or(|text| record.to_string().contains(text))
                };
                page(own.filter(fits).cloned().collect(), received)
            }
            ("POST", ["dns_records"]) => {
                let name = &received.body["name"];
                if self.records.iter().any(|record| record["zone_id"] == id && record["type"] == "CNAME" && record["name"] == *name) {
                    return bad(400, 81053, "An A, AAAA, or CNAME record with that host already exists.");
                }
                let body = received.body.clone();
                good(self.record(id, &body))
            }
            (method, ["dns_records", record]) => {
                let Some(at) = self.records.iter().position(|own| own["id"] == *record && own["zone_id"] == id) else {
                    return bad(404, 81044, "Record does not exist.");
                };
                match method {
                    "GET" => good(self.records[at].clone()),
                    "PATCH" => {
                        for (name, value) in received.body.as_object().unwrap() {
                            self.records[at][name] = value.clone();
                        }
                        good(self.records[at].clone())
                    }
                    "DELETE" => {
                        self.records.remove(at);
                        good(json!({"id": record}))
                    }
                    _ => bad(405, 10405, "Method not allowed"),
                }
            }
            _ => bad(404, 7003, "Could not route to that path, perhaps your object identifier is invalid?"),
        }
    }

    fn list_zones(&self, received: &Received) -> Reply {
        let asked = |name: &str| received.query.iter().find(|(query, _)| query == name).map(|(_, value)| value.as_str());
        let part = asked("name").and_then(|text| text.strip_prefix("contains:"));
        let fits = |zone: &&Value| {
            asked("status").is_none_or(|status| zone["status"] == status)
                && part.is_none_or(|part| zone["name"].as_str().unwrap().contains(part))
        };
        let mut zones: Vec<Value> = self.zones.iter().filter(fits).cloned().collect();
        zones.sort_by_key(|zone| zone["name"].as_str().unwrap().to_owned());
        page(zones, received)
    }

    fn create_zone(&mut self, body: &Value) -> Reply {
        let name = body["name"].as_str().unwrap_or_default().to_owned();
        if name == TAKEN || self.zones.iter().any(|zone| zone["name"] == name.as_str()) {
            return bad(400, 1061, &format!("{name} already exists"));
        }
        if name == BANNED {
            let message = "This zone is banned and cannot be added to Cloudflare at this time, please contact Cloudflare Support.";
            return bad(403, 1097, message);
        }
        let id = self.id();
        let zone = example_zone(&id, &name, "pending", body["account"]["id"].as_str().unwrap_or(ACCOUNT));
        self.zones.push(zone.clone());
        good(zone)
    }

    fn record(&mut self, zone: &str, body: &Value) -> Value {
        let id = self.id();
        let kind = body["type"].as_str().unwrap_or_default();
        let domain =
            self.zones.iter().find(|own| own["id"] == zone).map(|own| own["name"].as_str().unwrap().to_owned()).unwrap_or_default();
        let name = match body["name"].as_str().unwrap_or_default() {
            "@" => domain.clone(),
            name if name == domain || name.ends_with(&format!(".{domain}")) => name.to_owned(),
            name => format!("{name}.{domain}"),
        };
        let data = &body["data"];
        let content = match kind {
            "SRV" if data.is_object() => format!("{} {} {}", data["weight"], data["port"], data["target"].as_str().unwrap_or_default()),
            "CAA" if data.is_object() => {
                format!("{} {} \"{}\"", data["flags"], data["tag"].as_str().unwrap_or_default(), data["value"].as_str().unwrap_or_default())
            }
            _ => body["content"].as_str().unwrap_or_default().to_owned(),
        };
        let (proxiable, proxied) = (["A", "AAAA", "CNAME"].contains(&kind), body["proxied"] == true);
        let ttl = body["ttl"].as_u64().unwrap_or(1);
        let mut record = json!({
            "id": id, "zone_id": zone, "zone_name": domain, "type": kind, "name": name, "content": content,
            "proxiable": proxiable, "proxied": proxied,
            "ttl": ttl, "comment": body["comment"], "tags": [],
            "created_on": "2014-01-01T05:20:00.12345Z", "modified_on": "2014-01-01T05:20:00.12345Z",
        });
        if ["MX", "SRV"].contains(&kind) {
            record["priority"] = if data["priority"].is_null() { body["priority"].clone() } else { data["priority"].clone() };
        }
        if data.is_object() {
            record["data"] = data.clone();
        }
        self.records.push(record.clone());
        record
    }
}

fn page(all: Vec<Value>, received: &Received) -> Reply {
    let number = |name: &str, usual: usize| {
        received.query.iter().find(|(query, _)| query == name).and_then(|(_, value)| value.parse().ok()).unwrap_or(usual)
    };
    let (page, per_page) = (number("page", 1), number("per_page", 20));
    let total = all.len();
    let result: Vec<Value> = all.into_iter().skip((page - 1) * per_page).take(per_page).collect();
    let (pages, count) = (total.div_ceil(per_page), result.len());
    let info = json!({"page": page, "per_page": per_page, "total_pages": pages, "count": count, "total_count": total});
    (200, json!({"success": true, "errors": [], "messages": [], "result": result, "result_info": info}))
}
