//! `/api/v1/cloudflare`: zones and DNS records at Cloudflare through the installation's token, for administrators. Objects are
//! Cloudflare's own.

mod query;
mod records;
mod wire;
mod zones;

use crate::{
    http::{Site, request_id},
    problem,
};
use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
    response::Response,
};
use domain::{
    Problem,
    cloudflare::{RecordId, ZoneId},
};
use std::collections::HashMap;
use utoipa_axum::{router::OpenApiRouter, routes};
use vault::cloudflare::Cloudflare;

/// The routes, to be merged into the table of all routes.
pub(super) fn router() -> OpenApiRouter<Site> {
    OpenApiRouter::new()
        .routes(routes!(zones::list, zones::create))
        .routes(routes!(zones::show, zones::delete))
        .routes(routes!(zones::check))
        .routes(routes!(records::list, records::create))
        .routes(routes!(records::change, records::delete))
}

/// The zone that a path names, and the record if it names one. A word that is no id of Cloudflare's names nothing.
struct Named {
    zone: ZoneId,
    record: Option<RecordId>,
}

impl FromRequestParts<Site> for Named {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let words = Path::<HashMap<String, String>>::from_request_parts(parts, site).await.map(|Path(words)| words).unwrap_or_default();
        let named = || {
            let zone = Cloudflare::zone_id(words.get("id").map(String::as_str).unwrap_or_default()).ok()?;
            let record = match words.get("record_id") {
                None => None,
                Some(text) => Some(Cloudflare::record_id(text).ok()?),
            };
            Some(Self { zone, record })
        };
        named().ok_or_else(|| problem::answer(&Problem::NotFound, request_id(parts)))
    }
}
