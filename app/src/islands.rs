//! What runs in the browser. None takes props: they would bring a parser into the bundle.

#![allow(missing_docs, reason = "the island macro makes public modules and types without docs")]

pub mod copy_button;
pub mod dialog_form;
pub mod live_keys;
pub mod live_status;
pub mod secret_field;
pub mod times;

pub use copy_button::CopyButton;
pub use dialog_form::{DialogForm, Task};
pub use live_keys::LiveKeys;
pub use live_status::LiveStatus;
pub use secret_field::SecretField;
pub use times::Times;
