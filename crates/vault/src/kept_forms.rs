//! What was typed into a form that could not be taken: the session had ended, or the person has to prove again who they are. The browser
//! keeps it, sealed for the account and the page, and brings it back once; the server remembers nothing. Secrets are not among it.

use crate::{
    Context, Failure, Vault, access::Owner, accounts::SessionToken, seal_context::FieldContext, sealed::Sealed, secret::Plaintext,
};
use domain::{
    Problem, Timestamp,
    ids::{TenantId, UserId},
};
use std::time::Duration;
use url::form_urlencoded;
use uuid::Uuid;

/// How long a form is kept.
pub const KEPT_FOR: Duration = Duration::from_secs(15 * 60);
/// The most bytes of the fields: a cookie of 4,096 bytes carries them sealed. Beyond it the longest fields are left out.
const LARGEST: usize = 2_600;

/// Field names and values.
pub type Typed = Vec<(String, String)>;

fn place(owner: UserId, path: &str, until: Timestamp) -> FieldContext<'_> {
    FieldContext {
        table: "forms",
        column: "kept",
        tenant: TenantId::ONLY,
        owner,
        record: Uuid::nil(),
        provider: path,
        endpoint_origin: "",
        version: until.micros().unsigned_abs(),
    }
}

fn written(typed: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(typed).finish()
}

impl Vault {
    /// What was typed on the page at `path`, sealed for the person whose session the browser has, or had: the moment until which it is
    /// kept, a dot, the sealed text. `None` when nothing was typed, or nobody knows whose it is.
    ///
    /// # Errors
    /// `Unavailable`, `Internal`.
    pub async fn keep_form(
        &self,
        cx: &Context,
        session: Option<&SessionToken>,
        path: &str,
        mut typed: Typed,
    ) -> Result<Option<String>, Failure> {
        let owner = match (cx.identity(), session) {
            (Some(identity), _) => identity.user,
            (None, Some(token)) => match self.store().session(&token.hash()).await? {
                Some((_, account)) => Owner::of(&account).id(),
                None => return Ok(None),
            },
            (None, None) => return Ok(None),
        };
        typed.retain(|(_, value)| !value.is_empty());
        while written(&typed).len() > LARGEST {
            let longest = typed.iter().enumerate().max_by_key(|(_, (_, value))| value.len()).map(|(at, _)| at);
            typed.remove(longest.ok_or(Problem::Internal)?);
        }
        if typed.is_empty() || path.len() > usize::from(u16::MAX) {
            return Ok(None);
        }
        let until = cx.now + KEPT_FOR;
        let plain = Plaintext::from_bytes(written(&typed).into_bytes());
        let sealed = self.keyring().seal(&place(owner, path, until), &plain).map_err(|error| Failure::because(Problem::Internal, error))?;
        Ok(Some(format!("{}.{}", until.micros(), sealed.to_text())))
    }

    /// What the caller typed on the page at `path`, while it is kept.
    #[must_use]
    pub fn kept_form(&self, cx: &Context, path: &str, kept: &str) -> Option<Typed> {
        let (until, sealed) = kept.split_once('.')?;
        let until = until.parse().ok().map(Timestamp::from_micros)?;
        if until <= cx.now || cx.now + KEPT_FOR < until {
            return None;
        }
        let sealed = Sealed::parse_text(sealed).ok()?;
        let plain = self.keyring().open(&place(cx.identity()?.user, path, until), &sealed).ok()?;
        Some(form_urlencoded::parse(plain.expose_str()?.as_bytes()).into_owned().collect())
    }
}
