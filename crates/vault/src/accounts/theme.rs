//! How pages look to a person.

use crate::{
    Context, Failure, Vault, access,
    audit::{Event, Object},
};
use domain::person::Theme;

impl Vault {
    /// The look that the caller chose; `None` is as their system does.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Forbidden` for a token, `Unavailable`.
    pub async fn theme(&self, cx: &Context) -> Result<Option<Theme>, Failure> {
        let (owner, ..) = access::person(cx)?;
        Ok(self.store().theme(owner).await?)
    }

    /// Keeps the look that the caller chose.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Forbidden` for a token, `Unavailable`.
    pub async fn set_theme(&self, cx: &Context, theme: Option<Theme>) -> Result<(), Failure> {
        let (owner, ..) = access::person(cx)?;
        let event = Event::success("account.set_theme").on(Object::Account(owner.id()));
        let event = event.word("theme", theme.map_or("system", Theme::as_str));
        let (me, cx) = (self.clone(), cx.clone());
        self.unit(cx.clone(), move |tx| {
            Box::pin(async move {
                tx.set_theme(owner, theme).await?;
                me.record(tx, &cx, event).await
            })
        })
        .await
    }
}
