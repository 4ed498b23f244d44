//! The vault, for administrators, alone or behind the dialog that begins a rotation.

use crate::{
    api::logged,
    components::{
        form_dialog::FormDialog,
        frame::{Frame, Place, Setting},
        notice::Notice,
        password_again::PasswordAgain,
        vault_facts::VaultFacts,
        vault_keys::{DataKeys, Quarantine, Rotation, grouped},
    },
    done::Done,
    islands::{LiveStatus, Times},
    pages::failed::failed,
    returned::Returned,
};
use domain::views::VaultPage;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use vault::{Context, Vault};

const PLACE: Place = Place::Settings(Setting::Vault);

/// Reads how the vault stands and shows it.
#[component]
pub(crate) fn VaultHome(#[prop(optional)] rotate: bool) -> impl IntoView {
    let returned = use_context::<Returned>().unwrap_or_default();
    let done = use_query_map().with_untracked(|query| query.get("done")).as_deref().and_then(Done::parse);
    let caller = use_context::<Vault>().zip(use_context::<Context>());
    let response = use_context::<ResponseOptions>();
    view! {
        <Suspense>
            {Suspend::new(async move {
                let (vault, cx) = caller?;
                Some(match vault.vault_page(&cx).await {
                    Ok(page) => shown(page, rotate, done, returned),
                    Err(failure) => failed("Vault", "/settings/vault", PLACE, logged(failure), response.as_ref()),
                })
            })}
        </Suspense>
    }
}

#[component]
fn Rotate(page: VaultPage, returned: Returned) -> impl IntoView {
    let values = page.status.data_keys.iter().map(|key| key.rows).sum();
    view! {
        <FormDialog
            title="Rotate the data key"
            action="/settings/vault/rotate".to_owned()
            submit="Rotate"
            cancel="/settings/vault"
            problem=returned.of_form(&["password"])
        >
            <p>"A new data key is made, and every stored value is sealed anew under it while everybody works on: " <b>{grouped(values)}</b> " in all."</p>
            <p>"It can be interrupted at any moment and goes on by itself. A value that does not open stays as it is and is listed on the page."</p>
            <PasswordAgain needed=page.step_up returned />
        </FormDialog>
    }
}

pub(super) fn shown(page: VaultPage, rotate: bool, done: Option<Done>, returned: Returned) -> AnyView {
    let dialog = rotate.then(|| view! { <Rotate page=page.clone() returned=returned.clone() /> });
    let notice = (!rotate).then(|| view! { <Notice done returned /> });
    let status = page.status.clone();
    let at_work = status.rotation.as_ref().is_some_and(|rotation| !rotation.state.is_over());
    // Beside a running rotation there is nothing to begin.
    let begin =
        (!at_work).then(|| view! { <a class="button" id="rotate" href="/settings/vault/rotate" data-opens="">"Rotate the data key"</a> });
    view! {
        <Title text="Vault" />
        <Frame account=Some(page.account.clone()) place=PLACE inert=rotate>
            {notice}
            <div inert=rotate>
                <div id="live-status" data-live=at_work.then_some("")>
                    <div class="head">
                        <div>
                            <h1 tabindex="-1">"Vault"</h1>
                            <p>"Secrets are sealed under a data key. The data keys are sealed under the root key, which is not in the database."</p>
                        </div>
                        {begin}
                    </div>
                    {status.rotation.clone().map(|rotation| view! { <Rotation rotation /> })}
                    <Quarantine status=status.clone() />
                    <DataKeys status />
                    <VaultFacts page />
                </div>
            </div>
            {dialog}
        </Frame>
        <LiveStatus />
        <Times />
    }
    .into_any()
}
