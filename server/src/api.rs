//! REST, for programs: `/api/v1`.

pub(crate) mod tokens;

use crate::http::Site;
use axum::Router;

/// Every route.
pub(crate) fn routes() -> Router<Site> {
    Router::new().merge(tokens::router())
}
