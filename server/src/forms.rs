//! Forms without JavaScript: one typed route a form. Success goes on to the next page with 303, refusal shows the same page
//! again with everything that was typed, except secrets.

mod account;
mod accounts;
mod audit;
mod cloudflare;
mod credentials;
mod fields;
mod kept;
mod keys;
mod people;
mod rotation;
mod rows;
mod tokens;

pub(crate) use accounts::local;
pub(crate) use fields::Fields;

use crate::{
    http::{Caller, Ended, RequestInfo, Site, not_there, render, render_with, to_sign_in},
    logging,
};
use app::{done::Done, returned::Returned, shown::Shown};
use axum::{
    Extension, Router,
    body::Body,
    extract::{FromRequestParts, Request},
    http::{HeaderMap, HeaderValue, Uri, header, request::Parts},
    middleware,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use domain::Problem;
use vault::{Actor, Context, Failure, accounts::NewSession};

/// The most bytes of a form; the body's layer has a lower bound.
const LONGEST: usize = 1024 * 1024;

/// Every form.
pub(crate) fn routes(site: &Site) -> Router<Site> {
    Router::new()
        .route("/setup", post(accounts::setup))
        .route("/sign-in", post(accounts::sign_in))
        .route("/sign-out", post(accounts::sign_out))
        .route("/keys/new", post(keys::add))
        .route("/keys/{id}/replace", post(keys::replace))
        .route("/keys/{id}/edit", post(keys::edit))
        .route("/keys/{id}/delete", post(keys::delete))
        .route("/keys/{id}/test", post(rows::test))
        .route("/keys/{id}/enable", post(rows::enable))
        .route("/keys/{id}/disable", post(rows::disable))
        .route("/keys/{id}/default", post(rows::make_default))
        .route("/tokens/new", post(tokens::create))
        .route("/tokens/{id}/revoke", post(tokens::revoke))
        .route("/account", post(account::change_password))
        .route("/account/sessions/{id}/end", post(account::end_session))
        .route("/account/sessions/end-others", post(account::end_other_sessions))
        .route("/account/theme", post(account::choose_theme))
        .route("/reset", post(accounts::reset))
        .route("/settings/users/{id}/change", post(people::change))
        .route("/settings/users/{id}/disable", post(people::disable))
        .route("/settings/users/{id}/enable", post(people::enable))
        .route("/settings/users/{id}/reset", post(people::reset))
        .route("/settings/users/{id}/sessions/end", post(people::end_sessions))
        .route("/settings/users/{id}/sessions/{session}/end", post(people::end_session))
        .route("/settings/vault/rotate", post(rotation::rotate))
        .route("/settings/audit/verify", post(audit::verify))
        .route("/settings/audit/export", post(audit::export))
        .merge(cloudflare::routes())
        .merge(credentials::routes())
        .layer(middleware::from_fn_with_state(site.clone(), kept::layer))
}

/// What every form handler starts from.
struct Visit {
    site: Site,
    info: RequestInfo,
    caller: Caller,
    uri: Uri,
}

impl FromRequestParts<Site> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let Extension(info) = Extension::<RequestInfo>::from_request_parts(parts, site).await.map_err(IntoResponse::into_response)?;
        let caller = Caller::from_request_parts(parts, site).await?;
        Ok(Self { site: site.clone(), info, caller, uri: parts.uri.clone() })
    }
}

impl Visit {
    fn cx(&self) -> &Context {
        &self.caller.context
    }
    /// Goes on in a new session; what is returned tells the browser.
    fn renew(&mut self, session: NewSession) -> Option<HeaderValue> {
        let cookie = self.site.cookie.set(&session, self.cx().now);
        self.caller.token = Some(session.token);
        self.caller.context.actor = Actor::Person(session.identity);
        cookie
    }
    /// Where the form brought the password because a sensitive act asks for it: goes on in a new session.
    ///
    /// # Errors
    /// Those of `Vault::confirm_password`.
    async fn step_up(&mut self, fields: &mut Fields) -> Result<Option<HeaderValue>, Failure> {
        let password = fields.secret("password");
        if password.is_empty() {
            return Ok(None);
        }
        let session = self.site.vault.confirm_password(self.cx(), &password).await?;
        Ok(self.renew(session))
    }
    /// The page at this address, with a secret that is shown this once.
    async fn show_once(self, shown: Shown) -> Response {
        render_with(&self.site, &self.info, self.caller, &self.uri, None, Some(shown)).await
    }
    /// The page again, as `returned` says.
    async fn again(self, returned: Returned) -> Response {
        render(&self.site, &self.info, self.caller, &self.uri, Some(returned)).await
    }
    /// The page again, with what was typed and why the act did not happen. A session that ended asks for signing in.
    async fn refused(self, failure: Failure, fields: Fields) -> Response {
        logging::report(&failure);
        if *failure.problem() == Problem::NotAuthenticated {
            return to_sign_in(&self.uri, Some(Ended::Form));
        }
        let problem = failure.into_problem();
        let elsewhere = problem.of_field("password").is_some_and(|fault| fault.code == "step_up")
            && self.cx().identity().is_some_and(|identity| !identity.has_password);
        let values = fields.into_values();
        if !elsewhere {
            return self.again(Returned { problem: Some(problem), values, ..Returned::default() }).await;
        }
        // The person goes to the provider to prove who they are, and what was typed waits for them here.
        let (site, caller, path) = (self.site.clone(), self.caller.clone(), self.uri.path().to_owned());
        let response = self.again(Returned { problem: Some(problem), values: values.clone(), ..Returned::default() }).await;
        kept::keep(&site, &caller, &path, values, response).await
    }
    /// The keys page, with the sentence of a refusal.
    async fn refused_on_list(mut self, failure: Failure) -> Response {
        let signed_out = *failure.problem() == Problem::NotAuthenticated;
        self.uri = Uri::from_static("/keys");
        if signed_out {
            return to_sign_in(&self.uri, Some(Ended::Page));
        }
        self.refused(failure, Fields::default()).await
    }
}

/// A form of a signed-in person. Everybody else is asked to sign in.
struct SignedIn(Visit);

impl FromRequestParts<Site> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let visit = Visit::from_request_parts(parts, site).await?;
        match visit.caller.context.identity() {
            Some(_) => Ok(Self(visit)),
            None => {
                // Whoever sends a form had its page, with a session or without JavaScript for longer than the cookie lives. A button
                // that has no page of its own brings nothing that was typed.
                let back = came_from(parts);
                let ended = if back == parts.uri { Ended::Form } else { Ended::Page };
                Err(to_sign_in(&back, Some(ended)))
            }
        }
    }
}

/// A form of an administrator. A signed-in person with another role gets the answer of an address that is not there.
struct ByAdmin(Visit);

impl FromRequestParts<Site> for ByAdmin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let SignedIn(visit) = SignedIn::from_request_parts(parts, site).await?;
        if visit.caller.is_admin() { Ok(Self(visit)) } else { Err(not_there(&visit.site, &visit.info, visit.caller).await) }
    }
}

/// Where to come back to: buttons of a row have no page of their own.
fn came_from(parts: &Parts) -> Uri {
    let path = parts.uri.path();
    if let Some((page, _)) = path.split_once("/credentials/").filter(|_| path.ends_with("/test")) {
        return format!("{page}/credentials").parse().unwrap_or_else(|_| Uri::from_static("/account"));
    }
    let on_list = ["/test", "/enable", "/disable", "/default", "/sign-out"].iter().any(|end| path.ends_with(end));
    for (begin, page) in [
        ("/account/sessions/", "/account"),
        ("/account/theme", "/account"),
        ("/settings/users/", "/settings/users"),
        ("/settings/audit/", "/settings/audit"),
        ("/settings/vault/", "/settings/vault"),
    ] {
        if path.starts_with(begin) {
            return Uri::from_static(page);
        }
    }
    if on_list { Uri::from_static("/keys") } else { parts.uri.clone() }
}

/// The answer with one more `Set-Cookie`.
fn with_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// To the page that announces what was done.
fn done(done: Done) -> Response {
    Redirect::to(&done.page()).into_response()
}

/// The same request and its fields, if its body is a form that names each field once and all of them are among `known`.
///
/// # Errors
/// Those of [`Fields::parse`], and `UnsupportedBody` for what is not declared to be a form.
pub(crate) async fn checked(request: Request, known: &'static [&'static str]) -> Result<(Request, Fields), Problem> {
    if !is_form(request.headers()) {
        return Err(Problem::UnsupportedBody);
    }
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, LONGEST).await.map_err(|_| Problem::UnsupportedBody)?;
    let fields = Fields::parse(&body, known)?;
    Ok((Request::from_parts(parts, Body::from(body)), fields))
}

/// Whether the one `Content-Type` is that of a form, in UTF-8 if it names a character set.
fn is_form(headers: &HeaderMap) -> bool {
    let mut declared = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(Ok(only)), None) = (declared.next().map(HeaderValue::to_str), declared.next()) else { return false };
    let mut parts = only.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let is_utf8 = |parameter: &str| {
        let (name, value) = parameter.split_once('=').unwrap_or_default();
        name.eq_ignore_ascii_case("charset") && value.trim_matches('"').eq_ignore_ascii_case("utf-8")
    };
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") && parts.all(is_utf8)
}

/// Reads a form's fields, all of them among `known`.
async fn read(request: Request, known: &'static [&'static str]) -> Result<Fields, Problem> {
    Fields::parse(&bytes(request).await?, known)
}

/// The same for a form that also has fields whose names begin so.
async fn read_with(request: Request, known: &'static [&'static str], beginning: &'static str) -> Result<Fields, Problem> {
    Fields::parse_with(&bytes(request).await?, known, Some(beginning))
}

async fn bytes(request: Request) -> Result<axum::body::Bytes, Problem> {
    if !is_form(request.headers()) {
        return Err(Problem::UnsupportedBody);
    }
    // The body's layer has bounded it already.
    axum::body::to_bytes(request.into_body(), LONGEST).await.map_err(|_| Problem::UnsupportedBody)
}
