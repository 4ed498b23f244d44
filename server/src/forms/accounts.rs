//! Set-up, sign-in and sign-out.

use super::{Fields, Visit, done, read};
use crate::{http::cookies, logging};
use app::done::Done;
use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};
use domain::Problem;
use url::Url;
use vault::{Failure, accounts::NewSession};

/// The most bytes of an address to come back to.
const LONGEST_NEXT: usize = 2048;

/// Makes the first admin.
pub(super) async fn setup(visit: Visit, request: Request) -> Response {
    let mut fields = match read(request, &["token", "email", "password"]).await {
        Ok(fields) => fields,
        Err(problem) => return visit.refused(problem.into(), Fields::default()).await,
    };
    let password = fields.secret("password");
    match visit.site.vault.complete_setup(visit.cx(), &fields.text("token"), &fields.text("email"), &password).await {
        Ok(session) => enter(&visit, session, "/keys").await,
        Err(failure) => visit.refused(failure, fields).await,
    }
}

/// Sets a new password through a link. Signing in with it is the next step, not this one: who has a link proves no more than that.
pub(super) async fn reset(visit: Visit, request: Request) -> Response {
    let mut fields = match read(request, &["token", "password"]).await {
        Ok(fields) => fields,
        Err(problem) => return visit.refused(problem.into(), Fields::default()).await,
    };
    let password = fields.secret("password");
    match visit.site.vault.reset_password(visit.cx(), &fields.text("token"), &password).await {
        Ok(()) => done(Done::PasswordReset),
        Err(failure) => visit.refused(failure, fields).await,
    }
}

/// Signs in, and ends the session that the browser came with.
pub(super) async fn sign_in(visit: Visit, request: Request) -> Response {
    let mut fields = match read(request, &["email", "password", "next"]).await {
        Ok(fields) => fields,
        Err(problem) => return visit.refused(problem.into(), Fields::default()).await,
    };
    let password = fields.secret("password");
    let previous = visit.caller.token.as_ref();
    match visit.site.vault.sign_in(visit.cx(), &fields.text("email"), &password, previous).await {
        Ok(session) => enter(&visit, session, local(&fields.text("next")).unwrap_or("/keys")).await,
        Err(failure) => visit.refused(failure, fields).await,
    }
}

/// Ends the session here and at once everywhere, and has the browser forget what it kept of this site.
pub(super) async fn sign_out(visit: Visit) -> Response {
    let outcome = match visit.cx().identity() {
        Some(_) => visit.site.vault.sign_out(visit.cx()).await,
        None => Ok(()),
    };
    match outcome {
        Err(failure) if *failure.problem() != Problem::NotAuthenticated => return visit.refused_on_list(failure).await,
        Ok(()) | Err(_) => {}
    }
    let elsewhere = visit.site.vault.provider_sign_out(visit.cx()).await;
    let mut response = Redirect::to(elsewhere.as_deref().unwrap_or("/sign-in")).into_response();
    if let Some(cookie) = visit.site.cookie.clear() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    // Cookies are cleared for the whole registrable domain: the provider may be in it, and has to know whom to sign out.
    let forget = if elsewhere.is_some() { "\"cache\", \"storage\"" } else { "\"cache\", \"cookies\", \"storage\"" };
    response.headers_mut().insert(HeaderName::from_static("clear-site-data"), HeaderValue::from_static(forget));
    response
}

async fn enter(visit: &Visit, session: NewSession, next: &str) -> Response {
    let Some(cookie) = visit.site.cookie.set(&session, visit.cx().now) else {
        // A token is base64url, which a header can always carry.
        return crate::problem::answer(Failure::from(Problem::Internal).problem(), visit.cx().request);
    };
    let mut response = Redirect::to(next).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie);
    let cx = visit.cx().clone().with_actor(vault::Actor::Person(session.identity));
    match visit.site.vault.theme(&cx).await {
        Ok(theme) if theme == visit.info.theme => response,
        Ok(theme) => super::with_cookie(response, cookies::set_theme(visit.site.cookie, theme)),
        Err(failure) => {
            logging::report(&failure);
            response
        }
    }
}

/// The address to come back to, if it is a path of this site and nothing that a browser could read otherwise.
pub(crate) fn local(next: &str) -> Option<&str> {
    const HERE: &str = "https://here.invalid";
    let plain = next.len() <= LONGEST_NEXT && next.starts_with('/') && next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let here = Url::parse(HERE).ok()?;
    let url = here.join(next).ok()?;
    let elsewhere = ["/reset", "/sign-in", "/sign-out", "/setup"].contains(&url.path());
    (plain && url.origin() == here.origin() && !elsewhere).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn only_paths_of_this_site_are_followed() {
        for path in ["/keys", "/keys/new?provider=openai", "/keys?a=//b"] {
            assert_eq!(local(path), Some(path));
        }
        for path in [
            "",
            "keys",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "/a\nb",
            "/sign-in",
            "/\u{e4}",
            "///x",
        ] {
            assert_eq!(local(path), None, "{path:?}");
        }
        assert_eq!(local(&format!("/{}", "a".repeat(3000))), None);
    }
}
