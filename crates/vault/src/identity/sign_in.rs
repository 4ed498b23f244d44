//! Signing in at the provider with a browser: authorisation code with PKCE (OpenID Connect Core 1.0, section 3.1; RFC 7636).
//!
//! The browser gets a cookie with 256 random bits. State, nonce and verifier are derived from it, so what comes back fits this browser
//! or nothing, and the database keeps only the cookie's SHA-256: whoever reads it can finish nobody's sign-in. A sign-in that was begun
//! is used up by the first answer, right or wrong, and ends after ten minutes.

use super::{
    answer::{self, ProviderAnswer, Refused, derived},
    people::NoAccount,
};
use crate::{
    Context, Failure, Vault, access,
    accounts::{NewSession, SessionToken},
    audit::{Event, Object, Outcome},
    limits,
    store::rows::PendingSignInRow,
    tokens,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Problem, sign_in::ProviderRefusal};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// How long a sign-in may take.
pub const PENDING: Duration = Duration::from_secs(10 * 60);

/// A sign-in that was begun.
pub struct Begun {
    /// Where the browser goes.
    pub location: String,
    /// For the cookie that brings it back.
    pub cookie: String,
}

/// What an answer came to.
pub enum Arrival {
    /// The person is signed in, or confirmed who they are.
    SignedIn {
        /// The new session.
        session: NewSession,
        /// Where they wanted to go.
        next: String,
    },
    /// They are not.
    Refused {
        /// Why.
        why: ProviderRefusal,
        /// Where they wanted to go, if that is known.
        next: Option<String>,
    },
}

impl Vault {
    /// Begins signing in at the provider; with `confirm`, begins proving again who the caller is.
    ///
    /// # Errors
    /// `NotFound` without a provider, `TooMany`, `ProviderUnavailable`, `NotAuthenticated` (to confirm), `Unavailable`.
    pub async fn begin_provider_sign_in(&self, cx: &Context, next: &str, confirm: bool) -> Result<Begun, Failure> {
        let provider = self.identity_provider().ok_or(Problem::NotFound)?;
        let session = if confirm { Some(access::person(cx)?.2) } else { None };
        let cookie = tokens::generate()?;
        let row = PendingSignInRow {
            cookie_hash: tokens::hash(&cookie),
            session,
            next: next.to_owned(),
            created_at: cx.now,
            ends_at: cx.now + PENDING,
        };
        let (network, unit_cx) = (limits::network(cx.client), cx.clone());
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    limits::admit(tx, limits::SIGN_INS_BY_NETWORK, &network, &unit_cx).await?;
                    Ok(tx.insert_pending_sign_in(&row, unit_cx.now).await?)
                })
            })
            .await?;
        let metadata = provider.metadata(cx.now).await.map_err(super::unavailable)?;
        let settings = &provider.settings;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(derived(&cookie, b"verifier")?.as_bytes()));
        let mut location = metadata.authorization.clone();
        location
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &settings.client_id)
            .append_pair("redirect_uri", &settings.redirect_uri)
            .append_pair("scope", &settings.scopes.join(" "))
            .append_pair("state", &derived(&cookie, b"state")?)
            .append_pair("nonce", &derived(&cookie, b"nonce")?)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        // With a greatest age, the ID token has to say when the person last proved who they are (section 3.1.2.1).
        if confirm {
            location.query_pairs_mut().append_pair("prompt", "login").append_pair("max_age", "0");
        } else {
            location.query_pairs_mut().append_pair("max_age", &self.0.session_max.as_secs().to_string());
        }
        Ok(Begun { location: location.into(), cookie })
    }

    /// Ends signing in at the provider, with what the browser came back with. `previous` is the session it has; it ends.
    ///
    /// # Errors
    /// `TooMany` for answers that belong to nothing, `Unavailable`.
    pub async fn complete_provider_sign_in(
        &self,
        cx: &Context,
        cookie: Option<&str>,
        answer: &ProviderAnswer,
        previous: Option<&SessionToken>,
    ) -> Result<Arrival, Failure> {
        let provider = self.identity_provider().ok_or(Problem::NotFound)?;
        let cookie = cookie.filter(|cookie| tokens::well_formed(cookie));
        let Some((cookie, pending)) = self.take_pending(cx, cookie).await? else {
            return Ok(Arrival::Refused { why: ProviderRefusal::Unfinished, next: None });
        };
        let signed_in = match answer::hear(provider, cx, cookie, &pending, answer).await? {
            Ok(signed_in) => signed_in,
            Err(refused) => return self.turn_away(cx, &pending, refused).await,
        };
        let token = tokens::generate()?;
        let issuer = provider.settings.issuer.clone();
        let previous = previous.map(SessionToken::hash);
        let (me, unit_cx, row) = (self.clone(), cx.clone(), pending.clone());
        let outcome = self
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    let cx = &unit_cx;
                    if let Some(confirmed) = row.session {
                        let identity = cx.identity().filter(|identity| identity.session() == Some(confirmed));
                        let account =
                            tx.account_by_identity(&issuer, &signed_in.told.subject).await?.filter(|row| row.disabled_at.is_none());
                        let (Some(identity), Some(account)) = (identity, account) else { return Ok(Err(ProviderRefusal::AnotherPerson)) };
                        if account.id != identity.user || !tx.delete_session(confirmed).await? {
                            return Ok(Err(ProviderRefusal::AnotherPerson));
                        }
                        me.record(tx, cx, Event::success("session.confirm").on(Object::Account(account.id)).word("through", "provider"))
                            .await?;
                        return me.begin_session_of(tx, cx, account, signed_in.authenticated_at, token, None).await.map(Ok);
                    }
                    let account = match me.account_of(tx, cx, &issuer, &signed_in.told).await? {
                        Ok(account) => account,
                        Err(NoAccount::Taken) => return Ok(Err(ProviderRefusal::Taken)),
                        Err(NoAccount::Disabled(_)) => return Ok(Err(ProviderRefusal::Disabled)),
                    };
                    tx.touch_identity(account.id, cx.now).await?;
                    tx.delete_ended_sessions(cx.now).await?;
                    let event = Event::success("session.begin").on(Object::Account(account.id)).by(account.id).word("through", "provider");
                    me.record(tx, cx, event).await?;
                    me.begin_session_of(tx, cx, account, signed_in.authenticated_at, token, previous).await.map(Ok)
                })
            })
            .await?;
        match outcome {
            Ok(session) => Ok(Arrival::SignedIn { session, next: pending.next }),
            Err(why) => self.turn_away(cx, &pending, Refused(why, why.as_str())).await,
        }
    }

    /// The sign-in that a cookie began, used up. Answers that belong to none are counted, and noted as far as they are admitted.
    async fn take_pending<'c>(&self, cx: &Context, cookie: Option<&'c str>) -> Result<Option<(&'c str, PendingSignInRow)>, Failure> {
        let hash = cookie.map(tokens::hash);
        let (me, cx) = (self.clone(), cx.clone());
        let row = self
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(hash) = hash
                        && let Some(row) = tx.take_pending_sign_in(&hash, cx.now).await?
                    {
                        return Ok(Some(row));
                    }
                    limits::admit(tx, limits::SIGN_INS_BY_NETWORK, &limits::network(cx.client), &cx).await?;
                    me.record(tx, &cx, Event::new("session.begin", Outcome::Refused).because(Some("unfinished"))).await?;
                    Ok(None)
                })
            })
            .await?;
        Ok(cookie.zip(row))
    }

    /// Notes why nobody was signed in.
    async fn turn_away(&self, cx: &Context, pending: &PendingSignInRow, Refused(why, reason): Refused) -> Result<Arrival, Failure> {
        let action = if pending.session.is_some() { "session.confirm" } else { "session.begin" };
        let event = Event::new(action, Outcome::Refused).because(Some(reason)).word("through", "provider");
        tracing::warn!(reason, "a sign-in at the OpenID provider was refused");
        let (me, cx) = (self.clone(), cx.clone());
        self.store().write(move |tx| Box::pin(async move { me.record(tx, &cx, event).await })).await?;
        Ok(Arrival::Refused { why, next: Some(pending.next.clone()) })
    }

    /// Where the caller goes to sign out at the provider too, when that is where they signed in.
    pub async fn provider_sign_out(&self, cx: &Context) -> Option<String> {
        let provider = self.identity_provider()?;
        cx.identity().filter(|identity| !identity.has_password && identity.session().is_some())?;
        let metadata = match provider.known_metadata() {
            Some(metadata) => metadata,
            None => provider.metadata(cx.now).await.ok()?,
        };
        let mut url = metadata.end_session.clone()?;
        // OpenID Connect RP-Initiated Logout 1.0, section 2. No ID token is kept, so the provider asks before it ends its session.
        url.query_pairs_mut()
            .append_pair("client_id", &provider.settings.client_id)
            .append_pair("post_logout_redirect_uri", &provider.settings.signed_out_uri);
        Some(url.into())
    }
}
