//! The buttons of a row.

use super::{SignedIn, Visit, done};
use app::done::Done;
use axum::{
    extract::Path,
    response::{IntoResponse, Redirect, Response},
};
use vault::{Failure, Vault, keys::EditKey};

/// Tests a stored key; its row then shows the outcome, and so does the notice.
pub(super) async fn test(SignedIn(visit): SignedIn, Path(id): Path<String>) -> Response {
    let outcome = match Vault::key_id(&id) {
        Ok(id) => visit.site.vault.test_key(visit.cx(), id).await.map(|_| id),
        Err(failure) => Err(failure),
    };
    match outcome {
        Ok(id) => Redirect::to(&format!("{}&of={id}", Done::Tested.page())).into_response(),
        Err(failure) => visit.refused_on_list(failure).await,
    }
}

/// Lets a key be used.
pub(super) async fn enable(SignedIn(visit): SignedIn, Path(id): Path<String>) -> Response {
    change(visit, &id, EditKey { enabled: Some(true), ..EditKey::default() }, Done::On).await
}

/// Lets a key not be used.
pub(super) async fn disable(SignedIn(visit): SignedIn, Path(id): Path<String>) -> Response {
    change(visit, &id, EditKey { enabled: Some(false), ..EditKey::default() }, Done::Off).await
}

/// Makes a key its provider's default.
pub(super) async fn make_default(SignedIn(visit): SignedIn, Path(id): Path<String>) -> Response {
    change(visit, &id, EditKey { is_default: Some(true), ..EditKey::default() }, Done::Default).await
}

async fn change(visit: Visit, id: &str, edit: EditKey, what: Done) -> Response {
    let outcome = match Vault::key_id(id) {
        Ok(id) => visit.site.vault.edit_key(visit.cx(), id, edit).await.map(|_| ()),
        Err(failure) => Err(failure),
    };
    answer(visit, outcome, what).await
}

async fn answer(visit: Visit, outcome: Result<(), Failure>, what: Done) -> Response {
    match outcome {
        Ok(()) => done(what),
        Err(failure) => visit.refused_on_list(failure).await,
    }
}
