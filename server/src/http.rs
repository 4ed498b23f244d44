//! The web server: one table of routes, and the layers that every request passes.

mod accept;
mod bearer;
mod body_limit;
mod catch_panic;
mod client_address;
pub(crate) mod cookies;
mod csrf;
mod events;
mod health;
mod host;
mod pages;
mod provider;
mod refusals;
mod request;
mod scrub;
mod security_headers;
mod session_cookie;
pub(crate) mod shown_cookie;
mod static_files;
mod trace;

pub(crate) use accept::serve;
pub(crate) use pages::{Ended, not_there, render, render_with, to_sign_in};
pub(crate) use request::{Caller, RequestInfo, request_id};
pub(crate) use session_cookie::SessionCookie;

use crate::{api, assets, config::Config, forms};
use axum::{Router, middleware, routing::get};
use leptos::config::{Env, LeptosOptions};
use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::watch;
use vault::Vault;

/// What every handler can reach. Cheap to clone: every layer does so for every request.
#[derive(Clone)]
pub(crate) struct Site(Arc<Parts>);

/// What a [`Site`] holds.
pub(crate) struct Parts {
    /// Use-cases.
    pub(crate) vault: Vault,
    /// Settings.
    pub(crate) config: Arc<Config>,
    /// The session cookie's name and attributes.
    pub(crate) cookie: SessionCookie,
    /// For `app::shell`.
    pub(crate) leptos: LeptosOptions,
    bearers: bearer::Failures,
    lifecycle: Lifecycle,
}

impl Deref for Site {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Whether the process takes requests, and when it stops.
struct Lifecycle {
    ready: AtomicBool,
    stopping: watch::Sender<bool>,
    streams: events::limits::Streams,
}

impl Site {
    fn new(config: Arc<Config>, vault: Vault) -> Self {
        let leptos = LeptosOptions::builder().output_name("keyward").site_pkg_dir(assets::PKG).site_root("").env(Env::PROD).build();
        let cookie = SessionCookie::new(config.public_url.is_https());
        let lifecycle = Lifecycle { ready: AtomicBool::new(true), stopping: watch::Sender::new(false), streams: Default::default() };
        Self(Arc::new(Parts { vault, config, cookie, leptos, bearers: Default::default(), lifecycle }))
    }
    fn is_ready(&self) -> bool {
        self.lifecycle.ready.load(Ordering::Relaxed)
    }
    /// Readiness turns false; requests are still answered.
    fn leave(&self) {
        self.lifecycle.ready.store(false, Ordering::Relaxed);
    }
    /// Open streams end.
    fn stop_streams(&self) {
        self.lifecycle.stopping.send_replace(true);
    }
    async fn stopped(&self) {
        // The sender lives as long as `self`, so an error cannot happen; if it did, stopping is right.
        let _ = self.lifecycle.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }
}

/// Every route of the program. Layers further down run first.
fn router(site: Site) -> Router {
    Router::new()
        .merge(pages::routes())
        .merge(provider::routes())
        .merge(forms::routes(&site))
        .merge(api::routes())
        .route("/events", get(events::stream))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .merge(static_files::routes())
        .fallback(pages::not_found)
        .method_not_allowed_fallback(request::method_not_allowed)
        .layer(middleware::from_fn_with_state(site.clone(), refusals::layer))
        .layer(middleware::from_fn(body_limit::layer))
        .layer(middleware::from_fn(scrub::layer))
        .layer(middleware::from_fn_with_state(site.clone(), csrf::layer))
        .layer(middleware::from_fn(catch_panic::layer))
        .layer(middleware::from_fn(host::layer))
        .layer(middleware::from_fn(trace::layer))
        .layer(middleware::from_fn_with_state(site.clone(), security_headers::layer))
        .layer(middleware::from_fn_with_state(site.clone(), request::layer))
        .with_state(site)
}
