//! Which page of a long list this is, and the way to its neighbours.

use domain::views::cloudflare::Paging;
use leptos::prelude::*;
use vault::cloudflare::ListQuery;

/// `text` as a part of a query (RFC 3986, section 2.3).
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// The address of a page of the list at `path`, which `only` narrows.
fn address(path: &str, query: &ListQuery, only: &str, page: u32) -> String {
    let mut address = format!("{path}?page={page}");
    for (name, value) in [("search", &query.search), (only, &query.only)] {
        if !value.is_empty() {
            address.push_str(&format!("&{name}={}", encoded(value)));
        }
    }
    address
}

/// Nothing where everything is on one page.
#[component]
pub(crate) fn Pages(paging: Paging, path: String, query: ListQuery, only: &'static str) -> impl IntoView {
    (paging.pages > 1).then(|| {
        let link = |page: u32, word: &'static str, rel: &'static str| {
            view! { <a class="button" rel=rel href=address(&path, &query, only, page)>{word}</a> }
        };
        view! {
            <nav class="pages" aria-label="Pages">
                {(paging.page > 1).then(|| link(paging.page - 1, "Previous", "prev"))}
                <span class="fine">{format!("Page {} of {}", paging.page, paging.pages)}</span>
                {paging.has_next().then(|| link(paging.page + 1, "Next", "next"))}
            </nav>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_carries_what_narrows_the_list() {
        let query = ListQuery { search: "a b&c=\u{e9}".into(), only: "active".into(), ..ListQuery::default() };
        assert_eq!(address("/x", &query, "status", 2), "/x?page=2&search=a%20b%26c%3D%C3%A9&status=active");
        assert_eq!(address("/x", &ListQuery::default(), "status", 1), "/x?page=1");
    }
}
