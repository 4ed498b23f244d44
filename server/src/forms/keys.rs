//! The dialogs of the keys page.

use super::{Fields, SignedIn, Visit, done, read};
use app::{done::Done, returned::Returned};
use axum::{
    extract::{Path, Request},
    response::{IntoResponse, Redirect, Response},
};
use domain::{FieldProblem, Problem, ids::KeyId, views::TestReport};
use vault::{
    Failure, Vault,
    keys::{AddKey, EditKey},
};

/// What the buttons of a dialog ask for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Save,
    Test,
}

fn act(fields: &Fields) -> Result<Act, Failure> {
    match fields.get("act") {
        None | Some("" | "save") => Ok(Act::Save),
        Some("test") => Ok(Act::Test),
        Some(_) => Err(FieldProblem::new("act", "unknown", "Use one of the buttons of the form.").into()),
    }
}

/// What a dialog comes to, when nothing refused it.
enum Outcome {
    Added(KeyId),
    Done(Done),
    Tested(TestReport),
}

async fn answer(visit: Visit, outcome: Result<Outcome, Failure>, fields: Fields) -> Response {
    match outcome {
        Ok(Outcome::Added(id)) => Redirect::to(&Done::Added.on_key(id)).into_response(),
        Ok(Outcome::Done(what)) => done(what),
        Ok(Outcome::Tested(report)) => {
            visit.again(Returned { values: fields.into_values(), test: Some(report), ..Returned::default() }).await
        }
        Err(failure) => visit.refused(failure, fields).await,
    }
}

/// Adds a key, or tests it first.
pub(super) async fn add(SignedIn(visit): SignedIn, request: Request) -> Response {
    const KNOWN: &[&str] = &["provider", "key", "label", "description", "endpoint", "allow_duplicate", "act"];
    let mut fields = match read(request, KNOWN).await {
        Ok(fields) => fields,
        Err(problem) => return visit.refused(problem.into(), Fields::default()).await,
    };
    let outcome = try_add(&visit, &mut fields).await;
    answer(visit, outcome, fields).await
}

async fn try_add(visit: &Visit, fields: &mut Fields) -> Result<Outcome, Failure> {
    let key = fields.secret("key");
    let (provider, endpoint) = (fields.text("provider"), fields.text("endpoint"));
    match act(fields)? {
        Act::Test => visit.site.vault.test_candidate(visit.cx(), &provider, key, &endpoint).await.map(Outcome::Tested),
        Act::Save => {
            let (label, description) = (fields.text("label"), fields.text("description"));
            let allow_duplicate = fields.is_ticked("allow_duplicate");
            let new = AddKey { provider, key, label, description, endpoint, allow_duplicate, ..AddKey::default() };
            visit.site.vault.add_key(visit.cx(), new).await.map(|key| Outcome::Added(key.id))
        }
    }
}

/// Replaces a key's secret, or tests the new one first.
pub(super) async fn replace(SignedIn(visit): SignedIn, Path(id): Path<String>, request: Request) -> Response {
    // The page's script tests with `provider` and `endpoint`; here both come from the stored key.
    const KNOWN: &[&str] = &["key", "allow_duplicate", "act", "provider", "endpoint"];
    let mut fields = match read(request, KNOWN).await {
        Ok(fields) => fields,
        Err(problem) => return visit.refused(problem.into(), Fields::default()).await,
    };
    let outcome = try_replace(&visit, &id, &mut fields).await;
    answer(visit, outcome, fields).await
}

async fn try_replace(visit: &Visit, id: &str, fields: &mut Fields) -> Result<Outcome, Failure> {
    let key = fields.secret("key");
    let id = Vault::key_id(id)?;
    let vault = &visit.site.vault;
    match act(fields)? {
        Act::Test => {
            let stored = vault.key(visit.cx(), id).await?;
            let endpoint = stored.endpoint.unwrap_or_default();
            vault.test_candidate(visit.cx(), stored.provider.as_str(), key, &endpoint).await.map(Outcome::Tested)
        }
        Act::Save => {
            let allow_duplicate = fields.is_ticked("allow_duplicate");
            vault.replace_key(visit.cx(), id, key, allow_duplicate, None).await.map(|_| Outcome::Done(Done::Replaced))
        }
    }
}

/// Changes what is said about a key.
pub(super) async fn edit(SignedIn(visit): SignedIn, Path(id): Path<String>, request: Request) -> Response {
    const KNOWN: &[&str] = &["label", "description", "enabled", "enabled_present", "is_default", "endpoint", "key", "revision", "act"];
    let mut fields = match read(request, KNOWN).await {
        Ok(fields) => fields,
        Err(problem) => return visit.refused(problem.into(), Fields::default()).await,
    };
    let outcome = try_edit(&visit, &id, &mut fields).await;
    answer(visit, outcome, fields).await
}

async fn try_edit(visit: &Visit, id: &str, fields: &mut Fields) -> Result<Outcome, Failure> {
    let key = fields.secret("key");
    let id = Vault::key_id(id)?;
    let owned = |name: &str| fields.get(name).map(str::to_owned);
    let revision = match fields.get("revision") {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| Problem::Changed)?),
    };
    // A form sends the address it was shown; only another one is a change.
    let endpoint = match owned("endpoint") {
        None => None,
        Some(given) => {
            let stored = visit.site.vault.key(visit.cx(), id).await?.endpoint.unwrap_or_default();
            (given.trim() != stored).then_some(given)
        }
    };
    let edit = EditKey {
        label: owned("label"),
        description: owned("description"),
        // An empty checkbox sends nothing; the hidden field says that it was there.
        enabled: fields.get("enabled_present").map(|_| fields.is_ticked("enabled")),
        is_default: fields.is_ticked("is_default").then_some(true),
        endpoint,
        key,
        revision,
        ..EditKey::default()
    };
    visit.site.vault.edit_key(visit.cx(), id, edit).await.map(|_| Outcome::Done(Done::Saved))
}

/// Deletes a key.
pub(super) async fn delete(SignedIn(visit): SignedIn, Path(id): Path<String>) -> Response {
    let outcome = match Vault::key_id(&id) {
        Ok(id) => visit.site.vault.delete_key(visit.cx(), id, None).await.map(|_| Outcome::Done(Done::Deleted)),
        Err(failure) => Err(failure),
    };
    answer(visit, outcome, Fields::default()).await
}
