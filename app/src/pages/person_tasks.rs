//! The dialogs of one account.

use super::person::PersonTask;
use crate::{
    components::{choice::Choice, form_dialog::FormDialog, password_again::PasswordAgain},
    returned::Returned,
};
use domain::{
    person::{Role, Tier},
    views::PersonPage,
};
use leptos::prelude::*;

/// The dialog for a task.
pub(super) fn dialog(task: PersonTask, page: &PersonPage, returned: Returned) -> AnyView {
    let page = page.clone();
    match task {
        PersonTask::Change => view! { <Change page returned /> }.into_any(),
        PersonTask::Disable => view! { <Disable page returned /> }.into_any(),
        PersonTask::Enable => view! { <Enable page returned /> }.into_any(),
        PersonTask::Reset => view! { <Reset page returned /> }.into_any(),
    }
}

fn path(page: &PersonPage, task: &str) -> String {
    format!("/settings/users/{}{task}", page.line.person.id)
}

fn same(words: impl IntoIterator<Item = &'static str>) -> Vec<(String, String)> {
    words.into_iter().map(|word| (word.to_owned(), word.to_owned())).collect()
}

#[component]
fn Change(page: PersonPage, returned: Returned) -> impl IntoView {
    let person = page.line.person.clone();
    let given = |name, now: &'static str| returned.value(name).unwrap_or(now).to_owned();
    let (role, tier) = (given("role", person.role.as_str()), given("tier", person.tier.as_str()));
    view! {
        <FormDialog
            title="Change role or tier"
            action=path(&page, "/change")
            submit="Save changes"
            cancel=path(&page, "")
            problem=returned.of_form(&["role", "tier", "password"])
        >
            <p>"For " <b class="long">{person.email.to_string()}</b> "."</p>
            <Choice
                name="role"
                label="Role"
                options=same(Role::ALL.iter().map(|role| role.as_str()))
                value=role
                fault=returned.fault("role")
                help="An admin manages people and the installation, and reads nobody's keys. A new role ends the sessions of the account."
            />
            <Choice
                name="tier"
                label="Tier"
                options=same(Tier::ALL.iter().map(|tier| tier.as_str()))
                value=tier
                fault=returned.fault("tier")
                help="It says how many provider keys the account may hold. None is deleted."
            />
            <PasswordAgain needed=page.step_up returned />
        </FormDialog>
    }
}

#[component]
fn Disable(page: PersonPage, returned: Returned) -> impl IntoView {
    let keys = match page.line.keys {
        0 => "It holds no provider keys.".to_owned(),
        1 => "Its provider key stays, and nothing can use it until the account is enabled again.".to_owned(),
        many => format!("Its {many} provider keys stay, and nothing can use them until the account is enabled again."),
    };
    let you = page.is_self().then(|| view! { <p><b>"This is your own account: you will be signed out."</b></p> });
    view! {
        <FormDialog
            title="Disable account"
            action=path(&page, "/disable")
            submit="Disable account"
            cancel=path(&page, "")
            problem=returned.of_form(&["password"])
            danger=true
        >
            <p><b class="long">{page.line.person.email.to_string()}</b> " cannot sign in any more. Every session and every API token ends at once, everywhere."</p>
            {you}
            <p>{keys}</p>
            <PasswordAgain needed=page.step_up returned />
        </FormDialog>
    }
}

#[component]
fn Enable(page: PersonPage, returned: Returned) -> impl IntoView {
    view! {
        <FormDialog
            title="Enable account"
            action=path(&page, "/enable")
            submit="Enable account"
            cancel=path(&page, "")
            problem=returned.of_form(&["password"])
        >
            <p><b class="long">{page.line.person.email.to_string()}</b> " may sign in again, with the password it had. Its API tokens were ended and have to be made anew."</p>
            <PasswordAgain needed=page.step_up returned />
        </FormDialog>
    }
}

#[component]
fn Reset(page: PersonPage, returned: Returned) -> impl IntoView {
    view! {
        <FormDialog
            title="Reset password"
            action=path(&page, "/reset")
            submit="Make a link"
            cancel=path(&page, "")
            problem=returned.of_form(&["password"])
        >
            <p>"Makes a link with which " <b class="long">{page.line.person.email.to_string()}</b> " sets a new password. It works once, within 15 minutes, and an earlier link stops working."</p>
            <p class="fine">"You are shown the link once. Whoever has it can take over the account, so hand it to its owner in a way you trust."</p>
            <PasswordAgain needed=page.step_up returned />
        </FormDialog>
    }
}
