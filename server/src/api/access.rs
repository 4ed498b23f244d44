//! Who may call: decided from the head of a request alone.

use crate::{
    http::{Caller, Site, request_id},
    logging, problem,
};
use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
    response::Response,
};
use domain::{Problem, scope::Scope};
use std::marker::PhantomData;
use vault::{Context, Failure, access};

/// What a call needs.
pub(super) trait Needs: Send + Sync + 'static {
    /// The scope.
    const SCOPE: Scope;
}

macro_rules! needs {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        pub(super) struct $name;
        impl Needs for $name {
            const SCOPE: Scope = Scope::$name;
        }
    )*};
}

needs! {
    /// `admin`.
    Admin,
    /// `credentials:read`.
    CredentialsRead,
    /// `credentials:write`.
    CredentialsWrite,
    /// `keys:read`.
    KeysRead,
    /// `keys:write`.
    KeysWrite,
    /// `keys:test`.
    KeysTest,
}

/// A caller whose proof is good for `S`. First argument of every handler.
pub(super) struct May<S> {
    /// Use-cases and settings.
    pub(super) site: Site,
    /// The call.
    pub(super) cx: Context,
    needs: PhantomData<S>,
}

impl<S> May<S> {
    /// The answer to the call: a refusal becomes a problem, its cause goes to the log.
    pub(super) fn answer(&self, result: Result<Response, Failure>) -> Response {
        result.unwrap_or_else(|failure| {
            logging::report(&failure);
            problem::answer(failure.problem(), self.cx.request)
        })
    }
}

impl<S: Needs> FromRequestParts<Site> for May<S> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let cx = Caller::from_request_parts(parts, site).await?.context;
        // Where a session cookie proves the caller, the layer of `csrf` has asked already where the request came from.
        match access::owner(&cx, S::SCOPE) {
            Ok(_) => Ok(Self { site: site.clone(), cx, needs: PhantomData }),
            Err(refusal) => Err(problem::answer(&refusal, cx.request)),
        }
    }
}

/// A caller whose proof is good for `S`, and who is an administrator.
pub(super) struct ByAdmin<S>(pub(super) May<S>);

impl<S: Needs> FromRequestParts<Site> for ByAdmin<S> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let may = May::<S>::from_request_parts(parts, site).await?;
        match access::admin(&may.cx, S::SCOPE) {
            Ok(_) => Ok(Self(may)),
            Err(refusal) => Err(problem::answer(&refusal, may.cx.request)),
        }
    }
}

/// The word in a path: a key's id or a provider.
pub(super) struct Word(pub(super) String);

impl FromRequestParts<Site> for Word {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        match Path::<String>::from_request_parts(parts, site).await {
            Ok(Path(word)) => Ok(Self(word)),
            // It is no UTF-8, so it is neither id nor provider.
            Err(_) => Err(problem::answer(&Problem::InvalidProvider, request_id(parts))),
        }
    }
}
