//! How pages look: as the system does, light or dark.

use domain::person::Theme;
use leptos::prelude::*;

/// Three buttons of one form; the one in force is pressed.
#[component]
pub(crate) fn ThemeChoice() -> impl IntoView {
    let chosen = use_context::<Theme>();
    let button = |theme: Option<Theme>, label: &'static str| {
        let word = theme.map_or("system", Theme::as_str);
        let pressed = if theme == chosen { "true" } else { "false" };
        view! { <button class="button" name="theme" value=word aria-pressed=pressed>{label}</button> }
    };
    view! {
        <section class="group" aria-labelledby="theme-title">
            <header>
                <h2 id="theme-title">"Theme"</h2>
            </header>
            <form class="card-form choice" method="post" action="/account/theme" aria-labelledby="theme-title">
                {button(None, "As the system")} {button(Some(Theme::Light), "Light")} {button(Some(Theme::Dark), "Dark")}
            </form>
        </section>
    }
}
