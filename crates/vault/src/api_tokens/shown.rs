//! Showing a new token once, without keeping it: for a minute the browser that made it holds it sealed.
//!
//! The sealed text is bound to the token's account and id, to the session that made it and to the minute it lives for, so
//! it opens on one page, in one browser, and not for long. It holds no state on the server, so any instance can show it.

use super::PlainToken;
use crate::{Context, Failure, Vault, access, seal_context::FieldContext, sealed::Sealed, secret::Plaintext};
use domain::{
    Problem, Timestamp,
    ids::{SessionId, TenantId, TokenId, UserId},
};
use std::time::Duration;

/// How long a new token can be shown.
pub const SHOWN_FOR: Duration = Duration::from_secs(60);

fn place(owner: UserId, token: TokenId, session: &str, until: Timestamp) -> FieldContext<'_> {
    FieldContext {
        table: "api_tokens",
        column: "shown",
        tenant: TenantId::ONLY,
        owner,
        record: token.uuid(),
        provider: "",
        endpoint_origin: session,
        version: until.micros().unsigned_abs(),
    }
}

fn bound(session: SessionId) -> String {
    format!("session:{session}")
}

impl Vault {
    /// A new token sealed for the session that made it, for [`SHOWN_FOR`]: the moment it ends, a dot, the sealed text.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Forbidden` for a token, `Internal`.
    pub fn seal_for_showing(&self, cx: &Context, id: TokenId, token: &PlainToken) -> Result<String, Failure> {
        let (owner, _, session) = access::person(cx)?;
        let until = cx.now + SHOWN_FOR;
        let secret = Plaintext::from_bytes(token.for_owner().as_bytes().to_vec());
        let sealed = self
            .keyring()
            .seal(&place(owner.id(), id, &bound(session), until), &secret)
            .map_err(|error| Failure::because(Problem::Internal, error))?;
        Ok(format!("{}.{}", until.micros(), sealed.to_text()))
    }

    /// The token again, within its minute; `None` when that is over, or it was made by somebody else or elsewhere.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Forbidden` for a token.
    pub fn open_for_showing(&self, cx: &Context, id: TokenId, sealed: &str) -> Result<Option<PlainToken>, Failure> {
        let (owner, _, session) = access::person(cx)?;
        let Some((until, sealed)) = sealed.split_once('.') else { return Ok(None) };
        let Some(until) = until.parse().ok().map(Timestamp::from_micros) else { return Ok(None) };
        if until <= cx.now || cx.now + SHOWN_FOR < until {
            return Ok(None);
        }
        let Ok(sealed) = Sealed::parse_text(sealed) else { return Ok(None) };
        let opened = self.keyring().open(&place(owner.id(), id, &bound(session), until), &sealed).ok();
        Ok(opened.and_then(|plain| plain.expose_str().and_then(PlainToken::parse)))
    }
}
