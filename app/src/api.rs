//! Server functions: doors to the vault, a few lines each.
//!
//! Each has a fixed address under `/api/fn` and answers a refusal with the problem's own status and its JSON.

pub mod keys;
mod wire;

#[cfg(feature = "ssr")]
mod caller;

#[cfg(feature = "ssr")]
pub use caller::{logged, respond};
pub use keys::{
    AddKey, DeleteKey, EditKey, ReplaceKey, SetDefault, SetEnabled, TestCandidate, TestKey, add_key, delete_key, edit_key, replace_key,
    set_default, set_enabled, test_candidate, test_key,
};

use domain::{FieldProblem, Problem};
use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::Serialize;

/// What a server function answers when it refuses: a public problem, never the text of an inner error.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(transparent)]
pub struct ApiError(pub Problem);

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        Self(match error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => Problem::UnsupportedBody,
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) | ServerFnErrorErr::Deserialization(_) => no_answer(),
            _ => Problem::Internal,
        })
    }
}

/// The browser got no answer it understands, so nobody knows whether the act happened.
fn no_answer() -> Problem {
    let message = "Keyward did not answer. Look at the list of keys to see whether the change was made before you try again.";
    Problem::field(FieldProblem::new("form", "no_answer", message))
}
