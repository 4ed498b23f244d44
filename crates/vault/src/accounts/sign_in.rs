//! Signing in, sessions and signing out.

use crate::{
    Context, Failure, Identity, Proof, Vault, access,
    audit::{Event, Object, Outcome},
    limits, passwords,
    store::{
        Tx,
        rows::{AccountRow, SessionRow},
    },
    tokens,
};
use domain::{
    Problem, Timestamp,
    ids::{SessionId, UserId},
    key_input::SecretInput,
    person::Email,
};
use std::time::Duration;

/// A session's last request is written at most this often, and never less often than a tenth of the idle limit.
const TOUCH_EVERY: Duration = Duration::from_secs(60);

/// The secret of a session: 256 random bits, base64url. The database keeps its SHA-256.
#[derive(Clone)]
pub struct SessionToken(String);

impl SessionToken {
    /// Reads the token from a cookie; `None` when it has not the form of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        tokens::well_formed(text).then(|| Self(text.to_owned()))
    }
    /// The text for the cookie. Nothing else may hold it.
    #[must_use]
    pub fn for_cookie(&self) -> &str {
        &self.0
    }
    pub(crate) fn hash(&self) -> [u8; 32] {
        tokens::hash(&self.0)
    }
}

/// A session that was just made.
pub struct NewSession {
    /// For the cookie.
    pub token: SessionToken,
    /// When it ends at the latest.
    pub ends: Timestamp,
    /// Who it is.
    pub identity: Identity,
}

impl Vault {
    /// Signs in with a local account. `previous` is the session the browser came with; it ends.
    ///
    /// # Errors
    /// `SignInFailed` (the same for an unknown, disabled and mistyped account), `TooMany`, `Unavailable`.
    pub async fn sign_in(
        &self,
        cx: &Context,
        email: &str,
        password: &SecretInput,
        previous: Option<&SessionToken>,
    ) -> Result<NewSession, Failure> {
        passwords::room()?;
        let name = email.trim().to_lowercase();
        self.admit_sign_in(cx, name.clone()).await?;
        let account = match Email::parse(email) {
            Ok(email) => self.store().account_by_email(&email).await?,
            Err(_) => None,
        };
        let stored = account.as_ref().and_then(|account| account.password_hash.clone());
        let fits = passwords::verify(password, stored).await?;
        let account = match account {
            Some(account) if fits && account.disabled_at.is_none() => account,
            other => return self.refuse_sign_in(cx, other.map(|account| account.id)).await,
        };
        let token = tokens::generate()?;
        let previous = previous.map(SessionToken::hash);
        let (me, cx) = (self.clone(), cx.clone());
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    // The account may have been disabled, or its password changed, while the hash was computed.
                    let current = tx.account(account.id).await?;
                    let current = current.filter(|now| now.disabled_at.is_none() && now.password_hash == account.password_hash);
                    let account = current.ok_or(Problem::SignInFailed)?;
                    limits::forgive(tx, limits::SIGN_INS_BY_CALLER, &limits::caller(&name, cx.client)).await?;
                    tx.delete_ended_sessions(cx.now).await?;
                    me.record(tx, &cx, Event::success("session.begin").on(Object::Account(account.id)).by(account.id)).await?;
                    me.begin_session(tx, &cx, account, token, previous).await
                })
            })
            .await
    }

    pub(super) async fn admit_sign_in(&self, cx: &Context, name: String) -> Result<(), Failure> {
        let network = limits::network(cx.client);
        let cx = cx.clone();
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    limits::admit(tx, limits::SIGN_INS_BY_NETWORK, &network, &cx).await?;
                    limits::admit(tx, limits::SIGN_INS_BY_CALLER, &limits::caller(&name, cx.client), &cx).await?;
                    let client = cx.client.map(|address| address.to_string());
                    if let (Some(client), Ok(email)) = (client, Email::parse(&name))
                        && tx.is_known_client(&email, &client, cx.now).await?
                    {
                        return Ok(());
                    }
                    limits::admit(tx, limits::SIGN_INS_BY_STRANGERS, &name, &cx).await
                })
            })
            .await
    }

    async fn refuse_sign_in(&self, cx: &Context, account: Option<UserId>) -> Result<NewSession, Failure> {
        let event = Event::new("session.begin", Outcome::Refused);
        let event = account.into_iter().fold(event, |event, account| event.on(Object::Account(account)));
        let (me, cx) = (self.clone(), cx.clone());
        self.store().write(move |tx| Box::pin(async move { me.record(tx, &cx, event).await })).await?;
        Err(Problem::SignInFailed.into())
    }

    /// Adds a session under a new id, then ends the one the browser came with.
    pub(super) async fn begin_session(
        &self,
        tx: &mut dyn Tx,
        cx: &Context,
        account: AccountRow,
        token: String,
        previous: Option<[u8; 32]>,
    ) -> Result<NewSession, Failure> {
        self.begin_session_of(tx, cx, account, cx.now, token, previous).await
    }

    /// The same, for a person who proved who they are at another moment than now.
    pub(crate) async fn begin_session_of(
        &self,
        tx: &mut dyn Tx,
        cx: &Context,
        account: AccountRow,
        authenticated_at: Timestamp,
        token: String,
        previous: Option<[u8; 32]>,
    ) -> Result<NewSession, Failure> {
        let token = SessionToken(token);
        let session = SessionRow {
            token_hash: token.hash(),
            id: SessionId::from_uuid(cx.new_id()),
            account: account.id,
            created_at: cx.now,
            seen_at: cx.now,
            ends_at: cx.now + self.0.session_max,
            authenticated_at,
            client: cx.client.map(|address| address.to_string()),
        };
        tx.insert_session(&session).await?;
        if let Some(previous) = previous
            && let Some(ended) = tx.delete_session_by_hash(&previous).await?
        {
            self.record(tx, cx, Event::success("session.end").on(Object::Session(ended)).by(account.id)).await?;
        }
        Ok(NewSession { token, ends: session.ends_at, identity: identity(account, &session) })
    }

    /// Who a session belongs to; `None` when it ended, was revoked or never was one. Asked on every request.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn authenticate(&self, cx: &Context, token: &SessionToken) -> Result<Option<Identity>, Failure> {
        let Some((session, account)) = self.store().session(&token.hash()).await? else { return Ok(None) };
        if account.disabled_at.is_some() || !self.stands(&session, cx.now) {
            return Ok(None);
        }
        if cx.now.since(session.seen_at) >= TOUCH_EVERY.min(self.0.session_idle / 10) {
            let (me, id, now) = (self.clone(), session.id, cx.now);
            tokio::spawn(async move {
                let touched = me.store().write(move |tx| Box::pin(async move { Ok(tx.touch_session(id, now).await?) })).await;
                if let Err(failure) = touched {
                    tracing::debug!(%failure, "a session's last request was not noted");
                }
            });
        }
        Ok(Some(identity(account, &session)))
    }

    /// Whether a session still stands, for a stream that stays open: asking is no request of the person and does not keep
    /// the session from going idle.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn session_stands(&self, cx: &Context, token: &SessionToken) -> Result<bool, Failure> {
        let Some((session, account)) = self.store().session(&token.hash()).await? else { return Ok(false) };
        Ok(account.disabled_at.is_none() && self.stands(&session, cx.now))
    }

    /// Ends the caller's session, everywhere and at once.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Unavailable`.
    pub async fn sign_out(&self, cx: &Context) -> Result<(), Failure> {
        let (_, _, session) = access::person(cx)?;
        let (me, cx) = (self.clone(), cx.clone());
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    tx.delete_session(session).await?;
                    me.record(tx, &cx, Event::success("session.end").on(Object::Session(session))).await
                })
            })
            .await
    }
}

fn identity(account: AccountRow, session: &SessionRow) -> Identity {
    account.identified_by(Proof::Session { id: session.id, authenticated_at: session.authenticated_at })
}
