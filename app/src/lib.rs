//! What people see: pages, components and dialogs rendered on the server, islands that run in the browser, and the server
//! functions between them.
//!
//! Pages and components exist under feature `ssr` alone; the browser gets the islands and nothing else. Every form works
//! without JavaScript: it posts to its own page's path, and a refused form comes back through [`returned::Returned`].

// The type of a page nests one level per element; the keys page with a dialog goes beyond the default of 128.
#![recursion_limit = "512"]

pub mod api;
pub mod done;
pub mod islands;

#[cfg(feature = "hydrate")]
mod browser;
#[cfg(feature = "ssr")]
mod components;
#[cfg(feature = "ssr")]
pub mod fragment;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
mod query;
#[cfg(feature = "ssr")]
pub mod returned;
#[cfg(feature = "ssr")]
mod shell;
#[cfg(feature = "ssr")]
pub mod shown;

#[cfg(feature = "ssr")]
pub use shell::{App, shell};
