//! Pages of `app`, rendered whole on the server, and its server functions.

mod arguments;

use super::{Caller, RequestInfo, Site, cookies, refusals::Named, shown_cookie};
use crate::{forms, logging, problem};
use app::{api::ApiError, returned::Returned, shown::Shown};
use axum::{
    Extension, Json, Router,
    body::Body,
    extract::{FromRequestParts, Path, Request, State, rejection::PathRejection},
    http::{HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use domain::{Problem, ids::TokenId};
use leptos::{
    prelude::{LeptosOptions, provide_context},
    server_fn::axum::server_fn_paths,
};
use url::form_urlencoded;

/// Pages that a signed-out visitor sees. Every other page asks them to sign in.
const OPEN: [&str; 3] = ["/reset", "/setup", "/sign-in"];

/// How the addresses of the administrators' pages begin. Nobody else is told that they are there.
const FOR_ADMINS: &str = "/settings";

/// The page that shows a new token.
const SHOWS_TOKEN: &str = "/tokens/{id}/created";

/// A route for every page and every server function that `app` has.
pub(super) fn routes() -> Router<Site> {
    let mut router = Router::new();
    for listing in leptos_axum::generate_route_list(app::App) {
        router = match listing.path() {
            "/" => router.route("/", get(root)),
            path if path == SHOWS_TOKEN => router.route(path, get(new_token)),
            path if OPEN.contains(&path) => router.route(path, get(open_page)),
            path => router.route(path, get(page)),
        };
    }
    for (path, method) in server_fn_paths() {
        // A GET one could be called by a link on another site.
        assert!(method == Method::POST, "server functions take POST only");
        let arguments = arguments::of(path).expect("every server function is in the table of arguments");
        let call = move |site, info, caller, request| server_function(arguments, site, info, caller, request);
        router = router.route(path, post(call));
    }
    router
}

async fn root() -> Redirect {
    Redirect::to("/keys")
}

async fn open_page(State(site): State<Site>, Extension(info): Extension<RequestInfo>, caller: Caller, request: Request) -> Response {
    if caller.context.identity().is_some() && request.uri().path() == "/sign-in" {
        return Redirect::to("/keys").into_response();
    }
    render(&site, &info, caller, request.uri(), None).await
}

async fn page(State(site): State<Site>, Extension(info): Extension<RequestInfo>, caller: Caller, request: Request) -> Response {
    if caller.context.identity().is_none() {
        return to_sign_in(request.uri(), caller.token.is_some().then_some(Ended::Page));
    }
    if request.uri().path().starts_with(FOR_ADMINS) && !caller.is_admin() {
        return not_there(&site, &info, caller).await;
    }
    let only_list =
        form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()).any(|pair| pair == ("part".into(), "list".into()));
    if request.uri().path() == "/keys" && only_list {
        return list(&site, &info, &caller).await;
    }
    let path = request.uri().path();
    let Some(kept) = cookies::kept_form(request.headers()) else {
        return render(&site, &info, caller, request.uri(), None).await;
    };
    // What was typed before the person signed in again: once.
    let values = site.vault.kept_form(&caller.context, path, kept);
    let returned = values.map(|values| Returned { values, kept: true, ..Returned::default() });
    let mut response = render(&site, &info, caller, request.uri(), returned).await;
    if let Some(cookie) = cookies::keep_form(site.cookie, path, "") {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// The page of a new token: with the token, while the browser that made it still carries it.
async fn new_token(
    State(site): State<Site>,
    Extension(info): Extension<RequestInfo>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    if caller.context.identity().is_none() {
        return to_sign_in(&Uri::from_static("/tokens"), caller.token.is_some().then_some(Ended::Page));
    }
    let id = id.ok().and_then(|Path(id)| id.parse::<TokenId>().ok());
    let shown = match id.zip(shown_cookie::read(request.headers())) {
        Some((id, sealed)) => site.vault.open_for_showing(&caller.context, id, sealed),
        None => Ok(None),
    };
    match shown {
        Ok(token) => render_with(&site, &info, caller, request.uri(), None, Some(Shown::Token(token))).await,
        Err(failure) => {
            logging::report(&failure);
            problem::answer(failure.problem(), info.context.request)
        }
    }
}

/// The list of keys alone, which an open page swaps in when something changed.
async fn list(site: &Site, info: &RequestInfo, caller: &Caller) -> Response {
    match site.vault.keys_page(&caller.context).await {
        Ok(page) => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], app::fragment::keys_list_html(page)).into_response(),
        Err(failure) => {
            logging::report(&failure);
            problem::answer(failure.problem(), info.context.request)
        }
    }
}

/// What led somebody to the sign-in page whose session ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// A page, or a button: nothing that was typed is lost.
    Page,
    /// A form that was sent.
    Form,
}

/// To the sign-in page, and back to `uri` after it. The page there says which of its sentences goes with `ended`.
pub(crate) fn to_sign_in(uri: &Uri, ended: Option<Ended>) -> Response {
    let next = uri.path_and_query().map_or("/keys", |path| path.as_str());
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("next", next);
    if let Some(ended) = ended {
        query.append_pair("ended", if ended == Ended::Form { "form" } else { "page" });
    }
    let query = query.finish();
    Redirect::to(&format!("/sign-in?{query}")).into_response()
}

/// Renders the page at `uri`; a form that did not go through comes back with what was typed.
pub(crate) async fn render(site: &Site, info: &RequestInfo, caller: Caller, uri: &Uri, returned: Option<Returned>) -> Response {
    render_with(site, info, caller, uri, returned, None).await
}

/// The same, with a secret that is shown this once.
pub(crate) async fn render_with(
    site: &Site,
    info: &RequestInfo,
    caller: Caller,
    uri: &Uri,
    returned: Option<Returned>,
    shown: Option<Shown>,
) -> Response {
    let problem = returned.as_ref().and_then(|returned| returned.problem.clone());
    let context = context(site.clone(), info.clone(), caller, returned, shown);
    let options: LeptosOptions = site.leptos.clone();
    let handler = leptos_axum::render_app_async_with_context(context, move || app::shell(options.clone()));
    // The app looks at the address alone. Headers of the request would only bring the session's secret into its reach.
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = uri.clone();
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("text/html"));
    let mut response = handler(request).await;
    if let Some(problem) = problem.filter(|_| response.status() == StatusCode::OK) {
        *response.status_mut() = problem::status(&problem);
        problem::add_retry_after(&problem, &mut response);
    }
    response
}

fn context(
    site: Site,
    info: RequestInfo,
    caller: Caller,
    returned: Option<Returned>,
    shown: Option<Shown>,
) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        provide_context(site.vault.clone());
        provide_context(caller.context.clone());
        // Replaces the nonce that leptos drew: the policy of this answer names ours.
        provide_context(info.nonce.clone());
        if let Some(theme) = info.theme {
            provide_context(theme);
        }
        if let Some(returned) = &returned {
            provide_context(returned.clone());
        }
        if let Some(shown) = &shown {
            provide_context(shown.clone());
        }
    }
}

/// Server functions answer a refusal with an [`ApiError`] as JSON. All of them are for signed-in people, which is decided before
/// anything submitted is read.
async fn server_function(
    arguments: &'static [&'static str],
    State(site): State<Site>,
    Extension(info): Extension<RequestInfo>,
    caller: Caller,
    request: Request,
) -> Response {
    if caller.context.identity().is_none() {
        return refused(Problem::NotAuthenticated);
    }
    let (request, named) = match forms::checked(request, arguments).await {
        Ok((request, fields)) => (request, Named(fields.get("id").and_then(|id| id.parse().ok()))),
        Err(problem) => return refused(problem),
    };
    let (mut parts, body) = request.into_parts();
    // What the answer looks like must not depend on headers: leptos would answer a browser's plain form with a redirect to its Referer.
    parts.headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let request = Request::from_parts(parts, body);
    let mut response = leptos_axum::handle_server_fns_with_context(context(site, info, caller, None, None), request).await.into_response();
    response.extensions_mut().insert(named);
    response
}

fn refused(problem: Problem) -> Response {
    (problem::status(&problem), Json(ApiError::from(problem))).into_response()
}

/// No route: a page for people, a problem for programs.
pub(super) async fn not_found(State(site): State<Site>, Extension(info): Extension<RequestInfo>, request: Request) -> Response {
    let is_page = matches!(*request.method(), Method::GET | Method::HEAD) && !request.uri().path().starts_with("/api/");
    if !is_page {
        return problem::answer(&Problem::NotFound, info.context.request);
    }
    let (mut parts, _) = request.into_parts();
    let caller = match Caller::from_request_parts(&mut parts, &site).await {
        Ok(caller) => caller,
        Err(answer) => return answer,
    };
    not_there(&site, &info, caller).await
}

/// The page that says that there is none at this address, whatever is.
pub(crate) async fn not_there(site: &Site, info: &RequestInfo, caller: Caller) -> Response {
    // Never the address that was asked for: whoever takes it apart in another way may find a page there.
    let mut response = render(site, info, caller, &Uri::from_static("/not-found"), None).await;
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}
