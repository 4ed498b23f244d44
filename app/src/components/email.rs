//! An e-mail address.

use leptos::prelude::*;

/// An address that breaks before its host, if it has to break.
#[component]
pub(crate) fn Email(address: String) -> impl IntoView {
    let (person, host) = address.split_at(address.find('@').unwrap_or(address.len()));
    view! { {person.to_owned()} <wbr /> {host.to_owned()} }
}
