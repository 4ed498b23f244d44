//! The sessions of an account, as its owner sees and ends them.

use crate::{
    Context, Failure, Vault, access,
    audit::{Event, Object},
    context::CLOCK_LEEWAY,
    store::rows::SessionRow,
};
use domain::{
    Problem, Timestamp,
    ids::SessionId,
    views::{AccountPage, SessionView},
};

impl Vault {
    /// The account page of the caller.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Forbidden` for a token, `Unavailable`.
    pub async fn account_page(&self, cx: &Context) -> Result<AccountPage, Failure> {
        Ok(AccountPage { account: self.account(cx).await?, sessions: self.sessions(cx).await? })
    }

    /// Whether a session neither ended nor went idle, and was not begun in a future that the clock has left again.
    pub(super) fn stands(&self, session: &SessionRow, now: Timestamp) -> bool {
        let begun = session.created_at <= now + CLOCK_LEEWAY;
        begun && session.ends_at > now && now.since(session.seen_at) < self.0.session_idle
    }

    /// The caller's sessions that still stand: the one that asks first, then the last seen.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Forbidden` for a token, `Unavailable`.
    pub async fn sessions(&self, cx: &Context) -> Result<Vec<SessionView>, Failure> {
        let (owner, _, mine) = access::person(cx)?;
        let view = |row: SessionRow| SessionView {
            id: row.id,
            created: row.created_at,
            seen: row.seen_at,
            client: row.client,
            current: row.id == mine,
        };
        let mut sessions: Vec<_> =
            self.store().sessions(owner).await?.into_iter().filter(|row| self.stands(row, cx.now)).map(view).collect();
        sessions.sort_by_key(|session| !session.current);
        Ok(sessions)
    }

    /// Ends a session of the caller, everywhere and at once.
    ///
    /// # Errors
    /// `NotFound`, `NotAuthenticated`, `Forbidden` for a token, `Unavailable`.
    pub async fn end_session(&self, cx: &Context, id: SessionId) -> Result<(), Failure> {
        let (owner, ..) = access::person(cx)?;
        let (me, cx) = (self.clone(), cx.clone());
        self.unit(cx.clone(), move |tx| {
            Box::pin(async move {
                if !tx.delete_session_of(owner, id).await? {
                    return Err(Problem::NotFound.into());
                }
                me.record(tx, &cx, Event::success("session.end").on(Object::Session(id))).await
            })
        })
        .await
    }

    /// Ends every session of the caller but the one that asks; tells how many there were.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Forbidden` for a token, `Unavailable`.
    pub async fn end_other_sessions(&self, cx: &Context) -> Result<u64, Failure> {
        let (owner, _, mine) = access::person(cx)?;
        let (me, cx) = (self.clone(), cx.clone());
        self.unit(cx.clone(), move |tx| {
            Box::pin(async move {
                let ended = tx.delete_other_sessions(owner, mine).await?;
                let event = Event::success("session.end_others").on(Object::Account(owner.id())).number("ended", ended);
                me.record(tx, &cx, event).await?;
                Ok(ended)
            })
        })
        .await
    }
}
