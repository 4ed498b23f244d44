//! Adding a key once, however often the same request arrives (draft-ietf-httpapi-idempotency-key-header).

use super::AddKey;
use crate::{
    Context, Failure, Vault,
    access::{self, Owner},
    store::{Tx, rows::IdempotencyRow},
};
use domain::{FieldProblem, catalogue::ProviderId, ids::KeyId, scope::Scope, views::LiveEvent};
use std::time::Duration;

/// How long a request is remembered.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);
/// The most characters of an idempotency key.
const LONGEST: usize = 255;
/// The header, as problems name it.
const FIELD: &str = "Idempotency-Key";

/// A key that was added, by this request or by the same one before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Added {
    /// The key; it may have been deleted since, when the request is a repetition.
    pub id: KeyId,
    /// Its provider.
    pub provider: ProviderId,
    /// The provider's name.
    pub provider_name: String,
    /// Whether the same request was answered before.
    pub repeated: bool,
}

/// Everything that was submitted, each part with its length in front.
fn canonical(key: &AddKey) -> Vec<u8> {
    let AddKey { provider, key: secret, label, description, endpoint, expires_at, allow_duplicate, overwrite } = key;
    let mut bytes = vec![u8::from(*allow_duplicate), u8::from(*overwrite)];
    for part in [provider.as_str(), secret.verbatim(), label, description, endpoint, expires_at] {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

impl Vault {
    /// [`Vault::add_key`], once: the same request of the owner under the same idempotency key within 24 hours gets the same
    /// answer and changes nothing. A request that was refused is not remembered. Without a key it is a plain add.
    ///
    /// # Errors
    /// Those of [`Vault::add_key`], and `Invalid` for an idempotency key that was used for another request or is not 1 to 255
    /// visible ASCII characters.
    pub async fn add_key_once(&self, cx: &Context, key: AddKey, name: Option<&str>) -> Result<Added, Failure> {
        let (owner, who) = access::owner(cx, Scope::KeysWrite)?;
        let Some(name) = name else {
            let view = self.add_key(cx, key).await?;
            return Ok(Added { id: view.id, provider: view.provider, provider_name: view.provider_name, repeated: false });
        };
        if name.is_empty() || name.len() > LONGEST || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(FieldProblem::new(FIELD, "malformed", "An idempotency key is 1 to 255 visible ASCII characters.").into());
        }
        self.0.tiers.require(who.tier)?;
        let limit = self.0.tiers.limit(who.tier);
        let name = self.0.audit_key.link_bytes("idempotency.name", name.as_bytes());
        let request = self.0.audit_key.link_bytes("idempotency.request", &canonical(&key));
        // A repetition is answered even when what was submitted has become invalid, such as an expiry that has passed.
        let new = self.parse_new(cx, &key);
        let (me, unit_cx) = (self.clone(), cx.clone());
        let (row, repeated) = self
            .unit(unit_cx.clone(), move |tx| {
                Box::pin(async move {
                    if let Some(row) = earlier(tx, owner, &name, &request, &unit_cx).await? {
                        return Ok((row, true));
                    }
                    let added = me.add_in(tx, &unit_cx, owner, &new?, limit).await?;
                    let row = IdempotencyRow { name, request, key: added.id, provider: added.provider, ends_at: unit_cx.now + REMEMBERED };
                    tx.insert_idempotent(owner, &row, unit_cx.now).await?;
                    Ok((row, false))
                })
            })
            .await?;
        if !repeated {
            self.announce(owner.id(), LiveEvent::KeyChanged { id: row.key });
        }
        let provider_name = self.0.catalogue.get(&row.provider).map_or_else(|| row.provider.to_string(), |provider| provider.name.clone());
        Ok(Added { id: row.key, provider: row.provider, provider_name, repeated })
    }
}

/// What the same request came to before.
async fn earlier(
    tx: &mut dyn Tx,
    owner: Owner,
    name: &[u8; 32],
    request: &[u8; 32],
    cx: &Context,
) -> Result<Option<IdempotencyRow>, Failure> {
    match tx.idempotent(owner, name, cx.now).await? {
        Some(row) if row.request != *request => {
            let message = "This idempotency key was used for another request. Use a new one for every request.";
            Err(FieldProblem::new(FIELD, "idempotency_key_reused", message).into())
        }
        found => Ok(found),
    }
}
