//! Server functions: doors to the vault, a few lines each.
//!
//! Each has a fixed address under `/api/fn` and answers a refusal with the problem's own status and [`ApiError`] as JSON.

mod json;
pub mod keys;

#[cfg(feature = "ssr")]
mod caller;

#[cfg(feature = "ssr")]
pub use caller::{logged, respond};
pub use json::Json;
pub use keys::{
    AddKey, DeleteKey, EditKey, ReplaceKey, SetDefault, SetEnabled, TestCandidate, TestKey, add_key, delete_key, edit_key, replace_key,
    set_default, set_enabled, test_candidate, test_key,
};

use domain::{FieldProblem, ids::KeyId};
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use std::borrow::Cow;

/// What a server function answers when it refuses: as much of a public problem as the browser shows, never the text of an inner error.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "ssr", derive(serde::Serialize))]
pub struct ApiError {
    /// The problem's word for programs.
    pub code: Cow<'static, str>,
    /// Its sentence for people.
    pub detail: Cow<'static, str>,
    /// The faulty fields, where fields are at fault.
    pub fields: Vec<FieldProblem>,
    /// The key that has the same secret, where one has.
    pub id: Option<KeyId>,
}

#[cfg(feature = "ssr")]
impl From<domain::Problem> for ApiError {
    fn from(problem: domain::Problem) -> Self {
        let (code, detail) = (problem.code().into(), problem.detail());
        let (fields, id) = match problem {
            domain::Problem::Invalid { fields } => (fields, None),
            domain::Problem::DuplicateKey { id, .. } => (Vec::new(), Some(id)),
            _ => (Vec::new(), None),
        };
        Self { code, detail, fields, id }
    }
}

impl FromServerFnError for ApiError {
    type Encoder = Json;

    #[cfg(feature = "ssr")]
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        caller::unanswered(&error)
    }

    /// The browser got no answer it understands, so nobody knows whether the act happened.
    #[cfg(not(feature = "ssr"))]
    fn from_server_fn_error(_: ServerFnErrorErr) -> Self {
        let detail = "Keyward did not answer. Look at the list of keys to see whether the change was made before you try again.";
        Self { code: "no_answer".into(), detail: detail.into(), fields: Vec::new(), id: None }
    }
}
