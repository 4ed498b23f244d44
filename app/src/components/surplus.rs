//! Keys beyond what the tier holds.

use domain::views::KeysPage;
use leptos::prelude::*;

/// Why no key that is off can be switched on, if so.
pub(crate) fn may_switch_on_no_more(page: &KeysPage) -> Option<String> {
    let account = &page.account;
    let on = page.keys.iter().filter(|key| key.enabled).count();
    match account.key_limit {
        _ if !account.may_add => Some(format!("Your tier, {}, cannot hold provider keys.", account.tier)),
        Some(limit) if on >= limit as usize => {
            Some(format!("Your tier, {}, holds {limit} keys. Switch off or delete another first.", account.tier))
        }
        _ => None,
    }
}

/// What a smaller tier did to the keys.
#[component]
pub(crate) fn Surplus(page: KeysPage) -> impl IntoView {
    let account = page.account;
    let beyond =
        account.key_limit.filter(|_| account.may_add).map_or(page.keys.len(), |limit| page.keys.len().saturating_sub(limit as usize));
    let beyond = if account.may_add && account.key_limit.is_none() { 0 } else { beyond };
    let holds = match account.key_limit.filter(|_| account.may_add) {
        Some(limit) => format!("holds {limit} keys"),
        None => "holds no keys".to_owned(),
    };
    let tier = account.tier;
    (beyond > 0).then(|| {
        view! {
            <div class="note note--warn" id="surplus">
                <p>{format!("Your tier, {tier}, {holds}. Those beyond it are switched off; none was deleted. Ask an admin for another tier, or delete what you do not need.")}</p>
            </div>
        }
    })
}
