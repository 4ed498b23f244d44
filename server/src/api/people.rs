//! `/api/v1/users`: accounts, for administrators. Provider keys are counted here and nothing more.

use super::{
    access::{Admin, May},
    body::{Body, JsonBody},
    openapi::Refusals,
    query::number,
};
use crate::{
    http::{Site, request_id},
    problem,
};
use axum::{
    Json,
    extract::{FromRequestParts, Path},
    http::{HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    FieldProblem, Problem, Timestamp,
    ids::UserId,
    key_input::SecretInput,
    person::{Role, Tier},
    views::{PeopleAsked, PersonLine},
};
use serde::{Deserialize, Serialize};
use url::form_urlencoded::{self, Serializer};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use vault::{Actor, Context, Failure, Vault, accounts::PersonChange};

const USUAL_LIMIT: u32 = 200;

/// The routes, to be merged into the table of all routes.
pub(super) fn router() -> OpenApiRouter<Site> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(change))
}

/// An account. What it keeps is a number.
#[derive(Serialize, ToSchema)]
struct User {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: String,
    /// Its name.
    email: String,
    /// `user` or `admin`.
    #[schema(value_type = String)]
    role: Role,
    /// `trial`, `free`, `starter`, `professional` or `enterprise`.
    #[schema(value_type = String)]
    tier: Tier,
    /// Whether it may not sign in.
    disabled: bool,
    /// Provider keys it holds.
    key_count: u32,
    /// API tokens it has.
    token_count: u32,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When one of its sessions was last seen, to the minute.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    last_seen: Option<Timestamp>,
}

impl From<PersonLine> for User {
    fn from(PersonLine { person, keys, tokens, seen }: PersonLine) -> Self {
        Self {
            id: person.id.to_string(),
            email: person.email.into(),
            role: person.role,
            tier: person.tier,
            disabled: person.disabled,
            key_count: keys,
            token_count: tokens,
            created_at: person.created,
            last_seen: seen,
        }
    }
}

/// What to change of an account. What is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UserChange {
    /// `user` or `admin`. The last administrator stays one; a new role ends the account's sessions.
    #[schema(value_type = Option<String>)]
    role: Option<String>,
    /// `trial`, `free`, `starter`, `professional` or `enterprise`.
    #[schema(value_type = Option<String>)]
    tier: Option<String>,
    /// `true` ends sessions and API tokens of the account at once; its keys stay.
    disabled: Option<bool>,
    /// Your password; needed in a session where you last gave it more than ten minutes ago.
    #[schema(value_type = Option<String>, format = Password, write_only)]
    password: Option<SecretInput>,
}

impl Body for UserChange {
    const FIELDS: &'static [&'static str] = &["role", "tier", "disabled", "password"];
}

impl UserChange {
    fn parse(&self) -> Result<PersonChange, FieldProblem> {
        let unknown =
            |field: &'static str| move |error: domain::person::UnknownWord| FieldProblem::new(field, "unknown", format!("It {error}."));
        let role = self.role.as_deref().map(str::parse).transpose().map_err(unknown("role"))?;
        let tier = self.tier.as_deref().map(str::parse).transpose().map_err(unknown("tier"))?;
        Ok(PersonChange { role, tier, disabled: self.disabled })
    }
}

/// The query of the list.
#[derive(Debug)]
struct ListQuery {
    asked: PeopleAsked,
    limit: Option<u32>,
}

impl FromRequestParts<Site> for ListQuery {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &Site) -> Result<Self, Response> {
        let query = parts.uri.query().unwrap_or_default();
        parse(query).map_err(|fault| problem::answer(&Problem::field(fault), request_id(parts)))
    }
}

fn parse(query: &str) -> Result<ListQuery, FieldProblem> {
    let mut found = ListQuery { asked: PeopleAsked::default(), limit: None };
    let mut seen = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if seen.contains(&name) {
            return Err(FieldProblem::new("query", "duplicate", "A parameter of the query is there twice."));
        }
        let unknown =
            |field: &'static str| move |error: domain::person::UnknownWord| FieldProblem::new(field, "unknown", format!("It {error}."));
        match &*name {
            "search" => found.asked.search = value.clone().into_owned(),
            "role" => found.asked.role = Some(value.parse().map_err(unknown("role"))?),
            "tier" => found.asked.tier = Some(value.parse().map_err(unknown("tier"))?),
            "disabled" => {
                found.asked.disabled =
                    Some(value.parse().map_err(|_| FieldProblem::new("disabled", "unknown", "It must be true or false."))?);
            }
            // What is no number is out of range, too.
            "limit" => found.limit = Some(number(&value).unwrap_or(0)),
            "cursor" => {
                let text = URL_SAFE_NO_PAD.decode(&*value).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                let fault = || FieldProblem::new("cursor", "malformed", "Take the cursor from the Link header of the last answer.");
                found.asked.after = Some(text.filter(|text| text.len() <= 254).ok_or_else(fault)?);
            }
            _ => {
                return Err(FieldProblem::new("query", "unknown_field", "The query takes search, role, tier, disabled, limit and cursor."));
            }
        }
        seen.push(name);
    }
    Ok(found)
}

/// The `Link` header to what follows.
fn next_link(asked: &PeopleAsked, limit: Option<u32>, after: &str) -> Option<HeaderValue> {
    let mut query = Serializer::new(String::new());
    if !asked.search.is_empty() {
        query.append_pair("search", &asked.search);
    }
    let words = [("role", asked.role.map(Role::as_str)), ("tier", asked.tier.map(Tier::as_str))];
    query.extend_pairs(words.into_iter().filter_map(|(name, word)| Some((name, word?))));
    if let Some(disabled) = asked.disabled {
        query.append_pair("disabled", if disabled { "true" } else { "false" });
    }
    if let Some(limit) = limit {
        query.append_pair("limit", &limit.to_string());
    }
    query.append_pair("cursor", &URL_SAFE_NO_PAD.encode(after));
    HeaderValue::try_from(format!("</api/v1/users?{}>; rel=\"next\"", query.finish())).ok()
}

/// Accounts
#[utoipa::path(
    get, path = "/api/v1/users", operation_id = "list_users", tag = "people", security(("session" = []), ("token" = ["admin"])),
    params(
        ("search" = Option<String>, Query, description = "A part of the e-mail address", max_length = 254),
        ("role" = Option<String>, Query, description = "Only this role"),
        ("tier" = Option<String>, Query, description = "Only this tier"),
        ("disabled" = Option<bool>, Query, description = "Only accounts that may not sign in, or only the others"),
        ("limit" = Option<u32>, Query, description = "At most this many; 200 when absent", minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query, description = "Where to go on, from the Link header of the last answer"),
    ),
    responses(
        (status = 200, description = "Accounts, by e-mail address", body = Vec<User>, headers(("Link" = String, description = "The next accounts, as rel=next, when there are more"))),
        Refusals<3>,
    )
)]
async fn list(may: May<Admin>, ListQuery { asked, limit }: ListQuery) -> Response {
    let found = may.site.vault.people(&may.cx, &asked, limit.unwrap_or(USUAL_LIMIT)).await;
    may.answer(found.map(|slice| {
        let mut response = Json(slice.people.into_iter().map(User::from).collect::<Vec<_>>()).into_response();
        if let Some(link) = slice.next.and_then(|after| next_link(&asked, limit, &after)) {
            response.headers_mut().insert(header::LINK, link);
        }
        response
    }))
}

/// The id in a path. What is no id names nothing.
struct Id(UserId);

impl FromRequestParts<Site> for Id {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let text = Path::<String>::from_request_parts(parts, site).await;
        let id = text.ok().and_then(|Path(text)| Vault::user_id(&text).ok());
        id.map(Self).ok_or_else(|| problem::answer(&Problem::NotFound, request_id(parts)))
    }
}

/// Goes on in a new session, where the body brought the password.
async fn step_up(site: &Site, cx: Context, password: Option<SecretInput>) -> Result<(Context, Option<HeaderValue>), Failure> {
    let Some(password) = password.filter(|password| !password.is_empty()) else { return Ok((cx, None)) };
    let session = site.vault.confirm_password(&cx, &password).await?;
    let cookie = site.cookie.set(&session, cx.now);
    Ok((cx.with_actor(Actor::Person(session.identity)), cookie))
}

/// Change role, tier or state of an account
#[utoipa::path(
    patch, path = "/api/v1/users/{id}", operation_id = "change_user", tag = "people", security(("session" = []), ("token" = ["admin"])),
    params(("id" = String, Path, description = "The account's id")), request_body = UserChange,
    responses((status = 200, description = "The account as it is now", body = User), Refusals<5>)
)]
async fn change(may: May<Admin>, Id(id): Id, JsonBody(body): JsonBody<UserChange>) -> Response {
    let begun = async {
        let wanted = body.parse()?;
        Ok::<_, Failure>((wanted, step_up(&may.site, may.cx.clone(), body.password).await?))
    };
    let (wanted, (cx, cookie)) = match begun.await {
        Ok(begun) => begun,
        Err(failure) => return may.answer(Err(failure)),
    };
    let changed = may.site.vault.change_person(&cx, id, wanted).await;
    let mut response = may.answer(changed.map(|line| Json(User::from(line)).into_response()));
    // The session goes on under a new id, whatever became of the change.
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was_given() {
        let asked = PeopleAsked { search: "a&b".into(), role: Some(Role::Admin), disabled: Some(true), ..PeopleAsked::default() };
        let link = next_link(&asked, Some(2), "ann+x@example.com").expect("a header");
        let link = link.to_str().expect("ASCII");
        let query = link.split_once('?').and_then(|(_, rest)| rest.split_once('>')).expect("a query").0;
        let back = parse(query).expect("our own query");
        assert_eq!(back.limit, Some(2));
        assert_eq!(back.asked, PeopleAsked { after: Some("ann+x@example.com".into()), ..asked });
    }

    #[test]
    fn what_is_not_in_the_contract_is_refused() {
        for (query, code) in [
            ("owner=1", "unknown_field"),
            ("limit=1&limit=2", "duplicate"),
            ("cursor=%ff", "malformed"),
            ("role=king", "unknown"),
            ("disabled=maybe", "unknown"),
        ] {
            assert_eq!(parse(query).expect_err("a refusal").code, code, "{query}");
        }
        assert_eq!(parse("limit=-1").expect("it is read").limit, Some(0));
    }
}
