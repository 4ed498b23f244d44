//! A signed-in page whose data could not be read.

use crate::{
    api::respond,
    components::frame::{Frame, Place},
    pages::unavailable::Unavailable,
};
use domain::Problem;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

/// The failed state in its frame; a session that ended meanwhile goes to sign-in instead.
pub(crate) fn failed(title: &'static str, path: &str, place: Place, problem: Problem, response: Option<&ResponseOptions>) -> AnyView {
    if problem == Problem::NotAuthenticated {
        leptos_axum::redirect(&format!("/sign-in?next={path}&ended=page"));
        return ().into_any();
    }
    if let Some(response) = response {
        respond(response, &problem);
    }
    let again = path.to_owned();
    view! {
        <Frame account=None place>
            <Unavailable title problem again />
        </Frame>
    }
    .into_any()
}
