//! People who sign in at an OpenID provider, and programs that call with its tokens.
//!
//! Who somebody is are the issuer and the subject, together and alone: no account is ever found or linked by an e-mail address. The
//! configured issuer is the only one there is, its tokens are read by [`token`] whatever they are for, and everything that is asked of
//! it goes out through `egress`.

mod answer;
mod bearer;
mod claims;
mod kept;
mod key_set;
mod people;
mod provider;
mod sign_in;
mod signatures;
mod token;

pub use answer::ProviderAnswer;
pub(crate) use provider::Provider;
pub use sign_in::{Arrival, Begun, PENDING};

use crate::{Failure, Vault, egress::Refusal};
use domain::{Problem, Timestamp, key_input::SecretInput};

/// What is configured about the OpenID provider.
#[derive(Clone, Debug)]
pub struct IdentitySettings {
    /// The issuer, exactly as its tokens say it.
    pub issuer: String,
    /// Who we are to it.
    pub client_id: String,
    /// What proves that; none for a public client.
    pub client_secret: Option<SecretInput>,
    /// What is asked for, `openid` among it.
    pub scopes: Vec<String>,
    /// Where the roles are: names with dots between them.
    pub role_claim: String,
    /// The role that makes an administrator.
    pub admin_role: String,
    /// Where the tier is.
    pub tier_claim: String,
    /// Whom bearer tokens are to be for.
    pub jwt_audience: String,
    /// Where the provider sends people back to.
    pub redirect_uri: String,
    /// Where it sends them after they signed out.
    pub signed_out_uri: String,
}

impl IdentitySettings {
    /// The documented defaults for an issuer and a client; `public_url` is the origin of this installation.
    #[must_use]
    pub fn new(issuer: String, client_id: String, public_url: &str) -> Self {
        Self {
            issuer,
            jwt_audience: client_id.clone(),
            client_id,
            client_secret: None,
            scopes: ["openid", "email", "profile"].map(str::to_owned).to_vec(),
            role_claim: "realm_access.roles".into(),
            admin_role: "admin".into(),
            tier_claim: "subscription_tier".into(),
            redirect_uri: format!("{public_url}/sign-in/oidc/callback"),
            signed_out_uri: format!("{public_url}/sign-in"),
        }
    }
    /// The host of the issuer, which is how people know it.
    #[must_use]
    pub fn name(&self) -> String {
        let host = url::Url::parse(&self.issuer).ok().and_then(|url| url.host_str().map(str::to_owned));
        host.unwrap_or_else(|| self.issuer.clone())
    }
}

/// Seconds after which a caller may try again when the provider did not answer.
const RETRY_AFTER: u32 = 10;

fn unavailable(refusal: Refusal) -> Failure {
    Failure::because(Problem::ProviderUnavailable { retry_after: RETRY_AFTER }, refusal)
}

impl Vault {
    fn identity_provider(&self) -> Option<&Provider> {
        self.0.provider.as_ref()
    }
    /// What people know the OpenID provider by; `None` when there is none.
    #[must_use]
    pub fn provider_name(&self) -> Option<String> {
        self.identity_provider().map(|provider| provider.settings.name())
    }
    /// Asks the provider what it says of itself, so that the first page knows it. An answer is not needed to start.
    pub async fn meet_provider(&self, now: Timestamp) {
        if let Some(provider) = self.identity_provider() {
            // Why there is none was written to the log.
            let _ = provider.metadata(now).await;
        }
    }
    /// Origins that a sign-out may lead to, for the content security policy: the issuer's, and that of its page for it.
    #[must_use]
    pub fn provider_origins(&self) -> Vec<String> {
        let Some(provider) = self.identity_provider() else { return Vec::new() };
        let issuer = url::Url::parse(&provider.settings.issuer).ok();
        let end = provider.known_metadata().and_then(|metadata| metadata.end_session.clone());
        let mut origins: Vec<_> = issuer.into_iter().chain(end).map(|url| url.origin().ascii_serialization()).collect();
        origins.dedup();
        origins
    }
}
