//! The browser side of the islands: `web-sys` and `gloo-net` are used here and nowhere else.
//!
//! Islands add behaviour to what the server rendered. Text from the server is only ever put into text nodes; what markup
//! is fetched, the list of keys and a dialog that comes back, is the server's own rendering and is parsed without running scripts.

pub(crate) mod copy;
pub(crate) mod dialog;
mod dom;
mod in_place;
pub(crate) mod live;
mod problems;
mod rows;
pub(crate) mod secret;
pub(crate) mod times;
