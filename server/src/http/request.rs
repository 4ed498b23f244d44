//! What is known of a request: its id, time, client address, nonce, and (when somebody asks) who sent it.

use super::{Site, bearer, client_address, cookies};
use crate::{logging, problem};
use axum::{
    Extension,
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, request::Parts},
    middleware::Next,
    response::Response,
};
use domain::{
    ids::RequestId,
    person::{Role, Theme},
};
use leptos::nonce::Nonce;
use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
};
use vault::{Actor, Context, accounts::SessionToken};

/// The other end of the connection.
#[derive(Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

/// A request before anybody asked who sent it.
#[derive(Clone)]
pub(crate) struct RequestInfo {
    /// Its actor is nobody.
    pub(crate) context: Context,
    /// For inline scripts of the answer.
    pub(crate) nonce: Nonce,
    /// The look that the browser was told.
    pub(crate) theme: Option<Theme>,
    /// Whether it goes to REST, where an `Authorization` header counts.
    pub(crate) is_api: bool,
    /// Whoever sent it, once somebody has asked.
    caller: Arc<OnceLock<Caller>>,
}

impl RequestInfo {
    pub(super) fn new(context: Context, theme: Option<Theme>, is_api: bool) -> Self {
        Self { context, nonce: Nonce::new(), theme, is_api, caller: Arc::default() }
    }
    /// Whoever sent it, when a handler or extractor has asked.
    pub(super) fn known_caller(&self) -> Option<&Caller> {
        self.caller.get()
    }
}

/// Gives the request its id and notes where it came from.
pub(super) async fn layer(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
    let client = peer.map(|peer| client_address::of(peer, request.headers(), &site.config.trusted_proxies));
    let context = Context::new(Actor::Nobody, client);
    let is_api = request.uri().path().starts_with("/api/v1/");
    let theme = cookies::theme(request.headers());
    let id = HeaderValue::try_from(context.request.to_string());
    request.extensions_mut().insert(RequestInfo::new(context, theme, is_api));
    let mut response = next.run(request).await;
    if let Ok(id) = id {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), id);
    }
    response
}

/// The id of a request that is inside the layer that gives it one.
pub(crate) fn request_id(parts: &Parts) -> RequestId {
    parts.extensions.get::<RequestInfo>().expect("every route is inside the layer that makes it").context.request
}

/// The answer where an address does not take a method.
pub(super) async fn method_not_allowed(Extension(info): Extension<RequestInfo>) -> Response {
    problem::method_not_allowed(info.context.request)
}

/// Who sent a request: nobody, the person whose session the cookie proves, or (under `/api/v1` alone) whom an `Authorization`
/// header proves. Handlers that do not ask cost no look-up.
#[derive(Clone)]
pub(crate) struct Caller {
    /// With the actor.
    pub(crate) context: Context,
    /// What the cookie held, whether it proved anything or not. Nothing, when a header decided.
    pub(crate) token: Option<SessionToken>,
}

impl Caller {
    /// Whether an administrator sent it.
    pub(crate) fn is_admin(&self) -> bool {
        self.context.identity().is_some_and(|identity| identity.role == Role::Admin)
    }
    /// Asks the database.
    async fn find(info: &RequestInfo, headers: &HeaderMap, site: &Site) -> Result<Self, Response> {
        if bearer::decides(info, headers) {
            let context = bearer::authenticate(site, info, headers).await?;
            return Ok(Self { context, token: None });
        }
        let token = site.cookie.read(headers);
        let found = match &token {
            Some(token) => site.vault.authenticate(&info.context, token).await,
            None => Ok(None),
        };
        match found {
            Ok(identity) => {
                let actor = identity.map_or(Actor::Nobody, Actor::Person);
                Ok(Self { context: info.context.clone().with_actor(actor), token })
            }
            Err(failure) => {
                logging::report(&failure);
                Err(problem::answer(failure.problem(), info.context.request))
            }
        }
    }
    /// Whether the session this request came with still stands.
    pub(super) async fn is_still_signed_in(&self, site: &Site) -> bool {
        let Some(token) = &self.token else { return false };
        let now = Context::new(Actor::Nobody, self.context.client);
        match site.vault.session_stands(&now, token).await {
            Ok(stands) => stands,
            Err(failure) => {
                logging::report(&failure);
                false
            }
        }
    }
}

impl FromRequestParts<Site> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let info = parts.extensions.get::<RequestInfo>().expect("every route is inside the layer that makes it");
        if let Some(known) = info.known_caller() {
            return Ok(known.clone());
        }
        let found = Self::find(info, &parts.headers, site).await?;
        Ok(info.caller.get_or_init(|| found).clone())
    }
}
