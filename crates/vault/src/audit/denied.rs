//! Who asked for a change that they may not make, or of a thing that is not theirs or not there.

use super::{Event, Object, Outcome};
use crate::{Context, Failure, Vault, limits};
use domain::Problem;

/// A request of a signed-in caller that was refused.
#[derive(Clone, Copy, Debug)]
pub struct Denied<'a> {
    /// Its method.
    pub method: &'static str,
    /// The pattern of its address.
    pub route: &'a str,
    /// What it named.
    pub object: Option<Object>,
    /// Why, as a word of ours.
    pub reason: &'static str,
}

impl Vault {
    /// Notes a refusal, at most 30 of an account in a minute: nobody fills the disk with what they may not do. Of nobody signed in, none.
    ///
    /// # Errors
    /// `Unavailable`. What was refused stays refused.
    pub async fn note_denied(&self, cx: &Context, denied: Denied<'_>) -> Result<(), Failure> {
        let Some(identity) = cx.identity() else { return Ok(()) };
        let mut event = Event::new("access.deny", Outcome::Refused).because(Some(denied.reason));
        event = event.word("method", denied.method).word("address", denied.route);
        event.object = denied.object;
        let (me, cx, subject) = (self.clone(), cx.clone(), identity.user.to_string());
        let noted = self.store().write(move |tx| {
            Box::pin(async move {
                limits::admit(tx, limits::DENIALS, &subject, &cx).await?;
                me.record(tx, &cx, event).await
            })
        });
        match noted.await {
            Err(failure) if matches!(failure.problem(), Problem::TooMany { .. }) => Ok(()),
            outcome => outcome,
        }
    }
}
