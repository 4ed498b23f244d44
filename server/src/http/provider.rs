//! Signing in at the OpenID provider: there by a link, and back.

use super::{Caller, RequestInfo, Site, cookies, not_there, render};
use crate::{forms::local, logging, problem};
use app::returned::Returned;
use axum::{
    Extension, Router,
    extract::{Request, State},
    http::{HeaderValue, Uri, header},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use domain::{Problem, sign_in::ProviderRefusal};
use url::form_urlencoded;
use vault::{
    Failure,
    identity::{Arrival, ProviderAnswer},
};

/// Their routes.
pub(super) fn routes() -> Router<Site> {
    Router::new().route("/sign-in/oidc", get(begin)).route("/sign-in/oidc/callback", get(complete))
}

/// A name of the query that is there once.
fn one(uri: &Uri, name: &str) -> Result<Option<String>, ()> {
    let mut found = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).filter(|(found, _)| found == name);
    match (found.next(), found.next()) {
        (None, _) => Ok(None),
        (Some((_, value)), None) => Ok(Some(value.into_owned())),
        (Some(_), Some(_)) => Err(()),
    }
}

/// Whether a person goes to the page, as far as the browser says: pictures and frames of other sites begin no sign-ins.
fn is_visit(request: &Request) -> bool {
    request.headers().get("sec-fetch-dest").is_none_or(|dest| dest == "document")
}

/// Leads to the provider.
async fn begin(State(site): State<Site>, Extension(info): Extension<RequestInfo>, caller: Caller, request: Request) -> Response {
    if !is_visit(&request) {
        return problem::answer(&Problem::CrossSite, info.context.request);
    }
    let uri = request.uri();
    if site.vault.provider_name().is_none() {
        return not_there(&site, &info, caller).await;
    }
    let next = one(uri, "next").ok().flatten();
    let next = next.as_deref().and_then(local).unwrap_or("/keys").to_owned();
    let confirm = caller.context.identity().is_some();
    match site.vault.begin_provider_sign_in(&caller.context, &next, confirm).await {
        Ok(begun) => {
            let mut response = Redirect::to(&begun.location).into_response();
            append(&mut response, cookies::Pending(site.cookie).set(&begun.cookie));
            response
        }
        Err(failure) => failed(&site, &info, caller, &next, failure).await,
    }
}

/// Takes up what the provider sent the browser back with.
async fn complete(State(site): State<Site>, Extension(info): Extension<RequestInfo>, caller: Caller, request: Request) -> Response {
    if !is_visit(&request) {
        return problem::answer(&Problem::CrossSite, info.context.request);
    }
    let uri = request.uri();
    if site.vault.provider_name().is_none() {
        return not_there(&site, &info, caller).await;
    }
    let cookie = cookies::Pending(site.cookie);
    let held = cookie.read(request.headers());
    // A name that is there twice belongs to no answer of the provider: what is left then fits no sign-in.
    let answer = match (one(uri, "code"), one(uri, "state"), one(uri, "iss"), one(uri, "error")) {
        (Ok(code), Ok(state), Ok(issuer), Ok(error)) => ProviderAnswer { code, state, issuer, denied: error.is_some() },
        _ => ProviderAnswer::default(),
    };
    let held = held.as_ref().map(|held| held.verbatim());
    let outcome = site.vault.complete_provider_sign_in(&caller.context, held, &answer, caller.token.as_ref()).await;
    let mut response = match outcome {
        Ok(Arrival::SignedIn { session, next }) => {
            let mut response = Redirect::to(local(&next).unwrap_or("/keys")).into_response();
            append(&mut response, site.cookie.set(&session, caller.context.now));
            let cx = caller.context.with_actor(vault::Actor::Person(session.identity));
            match site.vault.theme(&cx).await {
                Ok(theme) => append(&mut response, cookies::set_theme(site.cookie, theme)),
                Err(failure) => logging::report(&failure),
            }
            response
        }
        Ok(Arrival::Refused { why, next }) => Redirect::to(&refused(&caller, why, next.as_deref())).into_response(),
        Err(failure) => failed(&site, &info, caller, "/keys", failure).await,
    };
    append(&mut response, cookie.clear());
    response
}

fn append(response: &mut Response, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// The page that says why. The word is one of a closed set; nothing of the provider's answer goes into an address.
fn refused(caller: &Caller, why: ProviderRefusal, next: Option<&str>) -> String {
    let page = if caller.context.identity().is_some() { "/account" } else { "/sign-in" };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("refused", why.as_str());
    if let Some(next) = next.and_then(local).filter(|_| page == "/sign-in") {
        query.append_pair("next", next);
    }
    format!("{page}?{}", query.finish())
}

/// The page the visitor came from, with the sentence of a failure.
async fn failed(site: &Site, info: &RequestInfo, caller: Caller, next: &str, failure: Failure) -> Response {
    logging::report(&failure);
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
    let page = if caller.context.identity().is_some() { "/account".to_owned() } else { format!("/sign-in?{query}") };
    let uri = page.parse().unwrap_or_else(|_| Uri::from_static("/sign-in"));
    let problem = match failure.into_problem() {
        Problem::NotFound => Problem::Internal,
        problem => problem,
    };
    render(site, info, caller, &uri, Some(Returned { problem: Some(problem), ..Returned::default() })).await
}
