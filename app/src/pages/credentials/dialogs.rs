//! The dialogs of a page of service credentials.

use crate::{
    components::{
        credential_fields::{SecretValue, Values, WhereToMake, names},
        field::{FieldError, described_by},
        form_dialog::FormDialog,
        password_again::PasswordAgain,
        time::Time,
    },
    returned::Returned,
};
use domain::{
    services::Metadata,
    views::{
        CredentialView,
        credentials::{KindView, ServiceView},
    },
};
use leptos::prelude::*;

fn problem(service: &ServiceView, returned: &Returned) -> Option<String> {
    let names = names(service);
    returned.of_form(&names.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Which kind it is: said, where there is nothing to choose.
#[component]
fn KindField(service: ServiceView, kind: KindView, returned: Returned) -> impl IntoView {
    let fault = returned.fault("type").or_else(|| returned.fault("credential_type"));
    let free: Vec<_> = service.kinds.iter().filter(|other| other.credential.is_none() || other.id == kind.id).cloned().collect();
    if free.len() < 2 && fault.is_none() {
        return view! { <input type="hidden" name="type" value=kind.id.to_string() /> }.into_any();
    }
    let options =
        free.into_iter().map(|other| view! { <option value=other.id.to_string() selected=other.id == kind.id>{other.name}</option> });
    view! {
        <div class="field">
            <label for="type">"Kind"</label>
            <select
                id="type"
                name="type"
                class="input"
                autofocus=fault.is_some()
                aria-describedby=described_by("type", false, fault.is_some())
                aria-invalid=fault.is_some().then_some("true")
            >
                {options.collect_view()}
            </select>
            <FieldError name="type" message=fault />
        </div>
    }
    .into_any()
}

/// Stores a credential, or replaces the one that is given.
#[component]
pub(super) fn Give(
    at: String,
    service: ServiceView,
    kind: KindView,
    #[prop(optional)] credential: Option<CredentialView>,
    step_up: bool,
    returned: Returned,
) -> impl IntoView {
    let stored = credential.as_ref().map(|credential| credential.metadata.clone()).unwrap_or_default();
    let (title, action, submit) = match &credential {
        Some(_) => (format!("Replace the {} of {}", lower(&kind.name), service.name), format!("{at}/{}/replace", kind.id), "Replace"),
        None => (format!("Add a credential for {}", service.name), format!("{at}/new"), "Save"),
    };
    let first = match credential {
        Some(credential) => view! { <Replaced credential /> }.into_any(),
        None => view! { <KindField service=service.clone() kind=kind.clone() returned=returned.clone() /> }.into_any(),
    };
    let stored: Metadata = stored;
    view! {
        <FormDialog title action submit cancel=at problem=problem(&service, &returned) testable=service.checkable tested=returned.clone()>
            {first}
            <WhereToMake kind=kind.clone() />
            <SecretValue kind returned=returned.clone() />
            <Values fields=service.fields.clone() stored returned=returned.clone() />
            <PasswordAgain needed=step_up returned />
        </FormDialog>
    }
}

#[component]
fn Replaced(credential: CredentialView) -> impl IntoView {
    view! {
        <p>
            "The new one takes the place of " <span class="hint">{credential.masked().to_owned()}</span>
            ". The old one is gone at once, and the last test result with it."
        </p>
    }
}

fn lower(name: &str) -> String {
    // "API token" stays as it is; "Secret key" becomes "secret key".
    let second_is_capital = name.chars().nth(1).is_some_and(char::is_uppercase);
    if second_is_capital {
        name.to_owned()
    } else {
        name.chars().take(1).flat_map(char::to_lowercase).chain(name.chars().skip(1)).collect()
    }
}

/// Deletes a credential, after saying what depends on it and what answers from then on.
#[component]
pub(super) fn Delete(
    at: String,
    service: ServiceView,
    kind: KindView,
    credential: CredentialView,
    step_up: bool,
    returned: Returned,
) -> impl IntoView {
    let used = match credential.used {
        Some(at) => view! { "It was last used " <Time at />"." }.into_any(),
        None => view! { "It has never been used." }.into_any(),
    };
    let afterwards = match &kind.variable {
        Some(variable) => view! { <code>{variable.clone()}</code> " is set in the environment and answers from then on." }.into_any(),
        None => view! { {format!("Nothing takes its place: whatever uses {} stops working at once.", service.name)} }.into_any(),
    };
    view! {
        <FormDialog
            title=format!("Delete the {} of {}", lower(&kind.name), service.name)
            action=format!("{at}/{}/delete", kind.id)
            submit="Delete"
            cancel=at
            problem=problem(&service, &returned)
            danger=true
        >
            <p><span class="hint">{credential.masked().to_owned()}</span> " is deleted for good."</p>
            <p>{afterwards}</p>
            <p>{used}</p>
            <p class="fine">{format!("It stays valid at {}: revoke it there if nobody should use it.", service.name)}</p>
            <PasswordAgain needed=step_up returned />
        </FormDialog>
    }
}

/// Stores what the environment has.
#[component]
pub(super) fn MoveIn(at: String, service: ServiceView, kind: KindView, step_up: bool, returned: Returned) -> impl IntoView {
    let variable = kind.variable.clone().unwrap_or_default();
    view! {
        <FormDialog
            title="Move into Keyward"
            action=format!("{at}/{}/move", kind.id)
            submit="Move"
            cancel=at
            problem=problem(&service, &returned)
        >
            <p>"What " <code>{variable.clone()}</code> " holds is sealed and stored here, and is used from here from then on."</p>
            <p>"Afterwards, delete the line that begins with " <code>{format!("{variable}=")}</code> " from the file that sets the environment."</p>
            <PasswordAgain needed=step_up returned />
        </FormDialog>
    }
}
