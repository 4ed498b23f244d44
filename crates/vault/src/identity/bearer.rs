//! Programs that call with an access token of the provider.

use super::{
    claims,
    people::{NoAccount, Told},
    token::{Expected, Kind, Unverified},
    unavailable,
};
use crate::{
    Context, Failure, Identity, Proof, Vault,
    audit::{Event, Outcome},
};
use domain::person::Role;
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// What stands for a token in the audit trail: the first half of its SHA-256, as a UUID of version 8 (RFC 9562, section 5.8).
fn id_of(token: &str) -> Uuid {
    let digest: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    Builder::from_custom_bytes(half).into_uuid()
}

impl Vault {
    /// Who an access token of the OpenID provider acts for: the account of its subject, which is made with the default role and tier
    /// when there is none. `None` for whatever does not hold. Every request verifies the token it came with; nothing is remembered
    /// of one that could speak for another.
    ///
    /// # Errors
    /// `ProviderUnavailable` when its keys cannot be had, `Unavailable`.
    pub async fn authenticate_jwt(&self, cx: &Context, text: &str) -> Result<Option<Identity>, Failure> {
        let Some(provider) = self.identity_provider() else { return Ok(None) };
        let settings = &provider.settings;
        let expected = Expected { kind: Kind::Access, issuer: &settings.issuer, audience: &settings.jwt_audience };
        let refused = |reason: &'static str| {
            tracing::debug!(reason, "a bearer token does not hold");
            Ok(None)
        };
        let token = match Unverified::parse(text, &expected, cx.now) {
            Ok(token) => token,
            Err(invalid) => return refused(invalid.0),
        };
        let found = match provider.verify(&token, cx.now).await.map_err(unavailable)? {
            Ok(found) => found,
            Err(invalid) => return refused(invalid.0),
        };
        let proof = Proof::Jwt { id: id_of(text) };
        if let Some(account) = self.store().account_by_identity(&settings.issuer, &found.subject).await? {
            if account.disabled_at.is_some() {
                return Ok(None);
            }
            let mut identity = account.identified_by(proof);
            // What the token says may only narrow: a role that was taken back at the provider does not wait for the next sign-in.
            if claims::say_role(&found.all, settings) && claims::role(&found.all, settings) == Role::User {
                identity.role = Role::User;
            }
            return Ok(Some(identity));
        }
        let told = Told::by_token(found.subject, &found.all, settings);
        let issuer = settings.issuer.clone();
        let (me, unit_cx) = (self.clone(), cx.clone());
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    match me.account_of(tx, &unit_cx, &issuer, &told).await? {
                        Ok(account) => Ok(Some(account.identified_by(proof))),
                        Err(why) => {
                            let reason = match why {
                                NoAccount::Taken => "taken",
                                NoAccount::Disabled(_) => "disabled",
                            };
                            let event = Event::new("account.add", Outcome::Refused).because(Some(reason));
                            me.record(tx, &unit_cx, event).await?;
                            Ok(None)
                        }
                    }
                })
            })
            .await
    }
}
