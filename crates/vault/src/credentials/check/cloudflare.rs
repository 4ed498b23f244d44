//! Cloudflare: tokens of users and of accounts, and what they may do as far as reading calls tell.

use super::{Checked, Question, address_in, unreachable};
use crate::check::{CheckResult, evidence::json};
use domain::{
    Timestamp, Verdict,
    catalogue::Check,
    views::credentials::{Findings, Grant},
};
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;

/// For all calls that only look for permissions.
const PROBING: Duration = Duration::from_secs(8);
/// How a token of an account begins.
const OF_ACCOUNT: &str = "cfat_";

/// A token that was verified, or not.
struct Verified {
    result: CheckResult,
    body: Option<Value>,
    /// Where its description is, for a token that may read it.
    tokens: String,
}

pub(super) async fn check(question: &Question<'_>, check: &Check) -> Checked {
    let mut verified = match verify(question, check, "/user").await {
        Ok(verified) => verified,
        Err(checked) => return checked,
    };
    let mut advice = Vec::new();
    if verified.result.verdict == Verdict::Rejected {
        // A token of an account is unknown where users' tokens are verified.
        match account(question).await {
            Some(account) => match verify(question, check, &format!("/accounts/{account}")).await {
                Ok(of_account) if of_account.result.verdict != Verdict::Rejected => verified = of_account,
                Ok(_) => {}
                Err(checked) => return checked,
            },
            None if !is_limited(verified.body.as_ref()) => {
                advice.push("If the token belongs to an account, give its account ID, so that it can be asked as one.".to_owned());
            }
            None => {}
        }
    }
    let grants = match verified.result.verdict {
        Verdict::Valid => timeout(PROBING, Grants::read(question, &verified)).await.unwrap_or_default(),
        _ => Grants::default(),
    };
    let body = verified.body.as_ref();
    let refused = verified.result.verdict == Verdict::Rejected;
    let code = body.and_then(|body| body.pointer("/errors/0/code")).and_then(Value::as_u64).and_then(|code| u32::try_from(code).ok());
    if refused && is_limited(body) {
        advice.push("The token may be used from certain addresses only, and this server's is not one of them.".to_owned());
    }
    let findings = Findings {
        permissions: question.permissions(|id| grants.of(id), verified.result),
        error_code: code,
        allow_address: body.filter(|body| refused && is_limited(Some(body))).and_then(error_text).and_then(address_in),
        expires_at: body.and_then(|body| body.pointer("/result/expires_on")).and_then(Value::as_str).and_then(Timestamp::parse),
        advice,
        ..Findings::default()
    };
    Checked { result: verified.result, findings }
}

async fn verify(question: &Question<'_>, check: &Check, owner: &str) -> Result<Verified, Checked> {
    let path = check.path.strip_prefix("/user").map_or_else(|| check.path.clone(), |rest| format!("{owner}{rest}"));
    let answer = question.get(&path).await.map_err(unreachable)?;
    let body = json(&answer);
    let result = question.judge(check, &answer, body.as_ref());
    Ok(Verified { result, body, tokens: format!("{owner}/tokens") })
}

/// The account to ask as: the one that was given, or for a token that says it is of an account, that of a zone it sees.
async fn account(question: &Question<'_>) -> Option<String> {
    if let Some(given) = question.metadata.text("account_id") {
        return Some(given.to_owned());
    }
    if !question.secret.starts_with(OF_ACCOUNT) {
        return None;
    }
    let zones = question.get("/zones?per_page=1").await.ok().filter(|answer| answer.status == 200)?;
    let id = json(&zones)?.pointer("/result/0/account/id")?.as_str()?.to_owned();
    is_id(&id).then_some(id)
}

fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn error_text(body: &Value) -> Option<&str> {
    body.pointer("/errors/0/message").and_then(Value::as_str)
}

/// Whether the token is refused for where the request comes from.
fn is_limited(body: Option<&Value>) -> bool {
    body.and_then(error_text).is_some_and(|text| text.contains("from location"))
}

/// What reading calls tell of permissions.
#[derive(Default)]
struct Grants {
    /// Names of permission groups that the token's description allows, when it may be read.
    groups: Option<Vec<String>>,
    /// Whether listing zones is refused, which takes less than any permission on zones.
    no_zones: bool,
    /// Whether listing the records of a zone is refused.
    no_records: bool,
}

impl Grants {
    async fn read(question: &Question<'_>, verified: &Verified) -> Self {
        let id = verified.body.as_ref().and_then(|body| body.pointer("/result/id")).and_then(Value::as_str).filter(|id| is_id(id));
        if let Some(id) = id
            && let Ok(answer) = question.get(&format!("{}/{id}", verified.tokens)).await
            && answer.status == 200
            && let Some(groups) = json(&answer).as_ref().and_then(groups)
        {
            return Self { groups: Some(groups), ..Self::default() };
        }
        let Ok(zones) = question.get("/zones?per_page=1").await else { return Self::default() };
        if matches!(zones.status, 401 | 403) {
            return Self { no_zones: true, no_records: true, ..Self::default() };
        }
        let zone = json(&zones).and_then(|body| Some(body.pointer("/result/0/id")?.as_str()?.to_owned())).filter(|id| is_id(id));
        let Some(zone) = zone else { return Self::default() };
        let records = question.get(&format!("/zones/{zone}/dns_records?per_page=1")).await;
        Self { no_records: records.is_ok_and(|answer| matches!(answer.status, 401 | 403)), ..Self::default() }
    }

    /// `Zone:Edit` is the group "Zone Write" in a token's description.
    fn of(&self, permission: &str) -> Grant {
        let (area, _) = permission.split_once(':').unwrap_or((permission, ""));
        match &self.groups {
            Some(groups) if groups.iter().any(|group| *group == format!("{area} Write") || *group == format!("{area} Edit")) => {
                Grant::Granted
            }
            Some(_) => Grant::Missing,
            None if area == "Zone" && self.no_zones => Grant::Missing,
            None if area == "DNS" && self.no_records => Grant::Missing,
            None => Grant::Unknown,
        }
    }
}

/// The groups that policies allow; `None` when the answer is not a token's description, or a policy takes something away again.
fn groups(body: &Value) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for policy in body.pointer("/result/policies")?.as_array()? {
        if policy.get("effect")?.as_str()? != "allow" {
            return None;
        }
        let groups = policy.get("permission_groups")?.as_array()?;
        names.extend(groups.iter().filter_map(|group| group.get("name")?.as_str().map(str::to_owned)));
    }
    Some(names)
}
