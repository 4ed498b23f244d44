//! The services of a page of credentials, as tabs that are links.

use domain::views::credentials::{ServiceView, Source};
use leptos::prelude::*;

/// A link for each service; the one that is shown is the current page.
#[component]
pub(crate) fn ServiceTabs(at: &'static str, services: Vec<ServiceView>, shown: String) -> impl IntoView {
    let tab = |service: ServiceView| {
        let current = (service.id.as_str() == shown).then_some("page");
        let source = service.source();
        let class = if source == Source::NotSet { "tag tag--off" } else { "tag" };
        view! {
            <a href=format!("{at}/{}", service.id) aria-current=current>
                {service.name.clone()} " " <span class=class>{source.word()}</span>
            </a>
        }
    };
    let tabs = services.into_iter().map(tab).collect_view();
    view! { <nav class="tabs" aria-label="Services">{tabs}</nav> }.into_any()
}
