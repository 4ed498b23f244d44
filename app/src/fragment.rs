//! The list of keys on its own, for `GET /keys?part=list`.

use crate::components::keys_list::KeysList;
use domain::views::KeysPage;
use leptos::{prelude::*, reactive::owner::Owner};

/// The list as the keys page shows it.
pub fn keys_list_fragment(page: KeysPage) -> impl IntoView {
    view! { <KeysList page /> }
}

/// The list as HTML text.
#[must_use]
pub fn keys_list_html(page: KeysPage) -> String {
    Owner::new().with(|| keys_list_fragment(page).to_html())
}
