//! What a person does with provider keys. Adding, replacing and testing are in modules of their own.

mod add;
mod edit;
mod expiry;
mod idempotency;
mod import;
mod query;
mod test;

pub use add::AddKey;
pub use edit::EditKey;
pub use idempotency::Added;
pub(crate) use import::ImportedKey;
pub use query::{KeyFilter, KeySlice, KeyStats};

use crate::{
    Context, Failure, Vault,
    access::{self, Owner},
    audit::{Event, Object},
    egress::Endpoint,
    hint::Hint,
    keyring::Keyring,
    limits,
    seal_context::FieldContext,
    secret::Plaintext,
    store::{
        PROVIDER_KEY_SECRET, Tx,
        rows::{KeyRow, SealedRow},
    },
};
use domain::{
    FieldProblem, Problem,
    catalogue::Provider,
    ids::KeyId,
    person::Tier,
    scope::Scope,
    views::{KeyView, KeysPage, LiveEvent, TestView},
};
use futures::{StreamExt, stream, stream::BoxStream};
use tokio::sync::broadcast::error::RecvError;

/// Where the secret of a row belongs. All of it comes from the row that was read and from the address that will be called.
fn place<'a>(row: &'a KeyRow, origin: &'a str) -> FieldContext<'a> {
    FieldContext {
        table: PROVIDER_KEY_SECRET.table,
        column: PROVIDER_KEY_SECRET.column,
        tenant: row.tenant,
        owner: row.owner,
        record: row.id.uuid(),
        provider: row.provider.as_str(),
        endpoint_origin: origin,
        version: row.secret_version,
    }
}

/// Seals a secret into a row: what is stored beside it is written now, so that nothing has to be opened to list it. Obligation: the ring is
/// the one of `Vault::ring_for_sealing`.
fn seal_into(row: &mut KeyRow, keyring: &Keyring, provider: &Provider, secret: Option<&Plaintext>) -> Result<Option<SealedRow>, Failure> {
    row.has_secret = secret.is_some();
    row.test = None;
    row.hint = secret.and_then(|secret| Hint::of(secret, provider.key_prefix.as_deref()));
    row.fingerprint = secret.map(|secret| keyring.fingerprint(provider.id.as_str(), secret));
    let Some(secret) = secret else { return Ok(None) };
    let sealed = keyring.seal(&place(row, &row.endpoint_origin), secret).map_err(|error| Failure::because(Problem::Internal, error))?;
    Ok(Some(SealedRow { data_key_id: sealed.key_id(), bytes: sealed.as_bytes().to_vec() }))
}

fn not_found() -> Problem {
    Problem::KeyNotFound
}

/// The unit's copy of a key of the owner.
async fn fetch(tx: &mut dyn Tx, owner: Owner, id: KeyId) -> Result<KeyRow, Failure> {
    Ok(tx.key(owner, id).await?.ok_or_else(not_found)?)
}

impl Vault {
    /// Whether one more key of the owner may be switched on, or used while it is off.
    async fn admit_enabled(&self, tx: &mut dyn Tx, owner: Owner, tier: Tier) -> Result<(), Failure> {
        let enabled = tx.keys(owner).await?.iter().filter(|key| key.enabled).count();
        Ok(self.0.tiers.admit_one_more(tier, enabled)?)
    }

    /// The keys page of the caller. Opens no secret.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Unavailable`.
    pub async fn keys_page(&self, cx: &Context) -> Result<KeysPage, Failure> {
        let (owner, _) = access::owner(cx, Scope::KeysRead)?;
        let rows = self.store().keys(owner).await?;
        let account = self.account_view(cx, rows.len())?;
        let mut providers = self.0.catalogue.view();
        for provider in &mut providers {
            provider.configured = rows.iter().any(|row| row.provider == provider.id);
        }
        let mut keys: Vec<_> = rows.into_iter().map(|row| self.view(row)).collect();
        // The store orders within a provider; between providers the name counts, which only the catalogue knows.
        keys.sort_by_cached_key(|key| key.provider_name.to_lowercase());
        Ok(KeysPage { account, keys, providers, now: cx.now })
    }

    /// One key of the caller. Opens no secret.
    ///
    /// # Errors
    /// `NotAuthenticated`, `KeyNotFound`, `Unavailable`.
    pub async fn key(&self, cx: &Context, id: KeyId) -> Result<KeyView, Failure> {
        let (owner, _) = access::owner(cx, Scope::KeysRead)?;
        let row = self.store().key(owner, id).await?.ok_or_else(not_found)?;
        Ok(self.view(row))
    }

    /// Deletes a key and its ciphertext, with a `revision` only while it has that one. When it was the default, the oldest one left
    /// becomes it.
    ///
    /// # Errors
    /// `Changed`, `KeyNotFound`, `TooMany`, `NotAuthenticated`, `Unavailable`.
    pub async fn delete_key(&self, cx: &Context, id: KeyId, revision: Option<u64>) -> Result<KeyView, Failure> {
        let (owner, _) = access::owner(cx, Scope::KeysWrite)?;
        let (me, unit_cx) = (self.clone(), cx.clone());
        let row = self
            .unit(unit_cx.clone(), move |tx| {
                Box::pin(async move {
                    let row = fetch(tx, owner, id).await?;
                    row.expect_revision(revision)?;
                    limits::admit(tx, limits::CHANGES, &owner.id().to_string(), &unit_cx).await?;
                    let sealed = tx.key_secret(owner, id).await?;
                    tx.delete_key(owner, id).await?;
                    if row.is_default {
                        let left = tx.keys(owner).await?.into_iter().filter(|key| key.provider == row.provider);
                        if let Some(heir) = left.min_by_key(|key| (key.created_at, key.id)) {
                            tx.update_key(owner, &KeyRow { is_default: true, revision: heir.revision + 1, ..heir }).await?;
                        }
                    }
                    let event = Event::success("key.delete").on(Object::Key(id)).word("provider", row.provider.as_str());
                    me.record(tx, &unit_cx, event.secret(row.secret_version, sealed.as_ref())).await?;
                    Ok(row)
                })
            })
            .await?;
        self.announce(owner.id(), LiveEvent::KeyChanged { id });
        Ok(self.view(row))
    }

    /// Changes to the caller's keys and service credentials as they happen; for administrators also to the installation's credentials. A reader
    /// that falls too far behind is told that it missed some.
    ///
    /// # Errors
    /// `NotAuthenticated`.
    pub fn events(&self, cx: &Context) -> Result<BoxStream<'static, LiveEvent>, Failure> {
        let (owner, who) = access::owner(cx, Scope::KeysRead)?;
        let installation = access::admin(cx, Scope::CredentialsRead).ok().map(|(admin, _)| admin.installation().id());
        let credentials = who.may(Scope::CredentialsRead);
        let changes = self.0.changes.subscribe();
        Ok(stream::unfold(changes, move |mut changes| async move {
            loop {
                match changes.recv().await {
                    Ok((_, LiveEvent::CredentialChanged { .. })) if !credentials => {}
                    Ok((to, event)) if to == owner.id() || Some(to) == installation => return Some((event, changes)),
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => return Some((LiveEvent::Missed, changes)),
                    Err(RecvError::Closed) => return None,
                }
            }
        })
        .boxed())
    }

    /// Reads an id out of a path.
    ///
    /// # Errors
    /// `KeyNotFound` when the text is no id.
    pub fn key_id(text: &str) -> Result<KeyId, Failure> {
        text.parse().map_err(|_| not_found().into())
    }

    fn view(&self, row: KeyRow) -> KeyView {
        let name = self.0.catalogue.get(&row.provider).map_or_else(|| row.provider.to_string(), |provider| provider.name.clone());
        KeyView {
            id: row.id,
            provider: row.provider,
            provider_name: name,
            hint: row.hint,
            has_secret: row.has_secret,
            label: row.label,
            description: row.description,
            endpoint: row.endpoint,
            enabled: row.enabled,
            is_default: row.is_default,
            added: row.created_at,
            updated: row.updated_at,
            tested: row.test.map(|test| TestView {
                at: test.at,
                verdict: test.verdict,
                status_code: test.status_code,
                latency_ms: test.latency_ms,
            }),
            used: row.used_at,
            expires: row.expires_at,
            revision: row.revision,
        }
    }

    /// The address a provider's keys are sent to: the catalogue's, or the user's where the catalogue leaves it to them.
    fn endpoint(&self, provider: &Provider, given: &str) -> Result<(Option<String>, Endpoint), FieldProblem> {
        let given = given.trim();
        let fixed = |code, message| FieldProblem::new("endpoint", code, message);
        match (&provider.base_url, provider.custom_endpoint) {
            (_, true) if !given.is_empty() => {
                let endpoint = Endpoint::parse_user(self.0.egress.policy(), given)?;
                Ok((Some(endpoint.as_str().to_owned()), endpoint))
            }
            (Some(base), _) if given.is_empty() => {
                let endpoint = Endpoint::from_catalogue(base)
                    .map_err(|_| fixed("catalogue", "This provider's address in the catalogue is wrong. Tell your admin."))?;
                Ok((None, endpoint))
            }
            (_, true) => Err(fixed("required", "Enter the base URL of the provider, like https://llm.example.com/v1.")),
            (..) => Err(fixed("not_custom", "This provider has a fixed address. Leave the base URL empty.")),
        }
    }

    /// The provider of a stored key, as the catalogue has it now.
    fn provider_of(&self, row: &KeyRow) -> Result<Provider, Failure> {
        self.0.catalogue.get(&row.provider).cloned().ok_or_else(|| Problem::InvalidProvider.into())
    }
}
