//! Adding a key and replacing its secret.

use super::{expiry, fetch, seal_into};
use crate::{
    Context, Failure, Vault,
    access::{self, Owner},
    audit::{Event, Object},
    egress::Endpoint,
    limits,
    secret::Plaintext,
    store::{
        StoreError, Tx,
        rows::{KeyPlace, KeyRow},
    },
};
use domain::{
    FieldProblem, Problem, Timestamp,
    catalogue::{Provider, ProviderId},
    ids::{KeyId, TenantId},
    key_input::SecretInput,
    names::{Description, Label},
    scope::Scope,
    views::{KeyView, LiveEvent},
};

/// A key to add, as submitted. Field names of problems are the names here.
#[derive(Clone, Debug, Default)]
pub struct AddKey {
    /// Id in the catalogue.
    pub provider: String,
    /// The secret; empty only for a provider that takes none.
    pub key: SecretInput,
    /// Empty for none.
    pub label: String,
    /// Empty for none.
    pub description: String,
    /// Base URL, for `custom` and other providers with `custom_endpoint`; empty for none.
    pub endpoint: String,
    /// When it stops working at the provider, in RFC 3339; empty for not known.
    pub expires_at: String,
    /// Store it even if the same secret is kept under another label.
    pub allow_duplicate: bool,
    /// Replace the secret of the key that has this label already; otherwise that is a fault of the field `label`.
    pub overwrite: bool,
}

/// A key to add, parsed.
pub(super) struct NewKey {
    provider: Provider,
    secret: Option<Plaintext>,
    label: Option<Label>,
    description: Option<Description>,
    endpoint: Option<String>,
    origin: String,
    expires: Option<Timestamp>,
    allow_duplicate: bool,
    overwrite: bool,
}

/// Keeps the value or notes the fault.
fn gather<T>(faults: &mut Vec<FieldProblem>, parsed: Result<T, FieldProblem>) -> Option<T> {
    parsed.map_err(|fault| faults.push(fault)).ok()
}

/// Provider and address of a key from another system, where any provider could have a base URL of its own. A key for another
/// address than its provider's is one of `custom`: it must not be sent to the provider.
pub(super) fn gather_place(vault: &Vault, name: &str, given: &str) -> Result<(Provider, (Option<String>, Endpoint)), FieldProblem> {
    let provider = match vault.provider(name) {
        Err(_) if !given.is_empty() => vault.provider("custom"),
        found => found,
    }?;
    if provider.custom_endpoint || given.is_empty() {
        return Ok((provider.clone(), vault.endpoint(provider, given)?));
    }
    let fixed = vault.endpoint(provider, "")?;
    let other = Endpoint::parse_user(vault.0.egress.policy(), given);
    if other.as_ref().is_ok_and(|other| other.origin() == fixed.1.origin()) {
        return Ok((provider.clone(), fixed));
    }
    let custom = vault.provider("custom")?;
    Ok((custom.clone(), vault.endpoint(custom, given)?))
}

fn unless_faulty(faults: Vec<FieldProblem>) -> Result<(), Failure> {
    if faults.is_empty() { Ok(()) } else { Err(Problem::Invalid { fields: faults }.into()) }
}

impl Vault {
    /// Finds a provider by what was submitted.
    pub(crate) fn provider(&self, id: &str) -> Result<&Provider, FieldProblem> {
        ProviderId::parse(id).ok().and_then(|id| self.0.catalogue.get(&id)).ok_or_else(|| {
            let known: Vec<_> = self.0.catalogue.iter().map(|provider| provider.id.as_str()).collect();
            let message = format!("Unsupported provider. Must be one of: {}", known.join(", "));
            FieldProblem::new("provider", "provider_not_supported", message)
        })
    }

    /// Reads a submitted secret: `None` where the provider takes none and none was given.
    pub(super) fn secret(provider: &Provider, submitted: &SecretInput) -> Result<Option<Plaintext>, FieldProblem> {
        if provider.keyless && submitted.is_empty() { Ok(None) } else { Plaintext::parse("key", submitted).map(Some) }
    }

    pub(super) fn parse_new(&self, cx: &Context, key: &AddKey) -> Result<NewKey, Failure> {
        let mut faults = Vec::new();
        let provider = gather(&mut faults, self.provider(&key.provider)).cloned();
        let label = gather(&mut faults, Label::parse(&key.label));
        let description = gather(&mut faults, Description::parse(&key.description));
        let expires = gather(&mut faults, expiry::parse(&key.expires_at, cx.now));
        let secret = match &provider {
            Some(provider) => gather(&mut faults, Self::secret(provider, &key.key)),
            None => gather(&mut faults, Plaintext::parse("key", &key.key).map(Some)),
        };
        let endpoint = provider.as_ref().and_then(|provider| gather(&mut faults, self.endpoint(provider, &key.endpoint)));
        unless_faulty(faults)?;
        let (Some(provider), Some(secret), Some(label), Some(description), Some(expires), Some((given, endpoint))) =
            (provider, secret, label, description, expires, endpoint)
        else {
            return Err(Problem::Internal.into());
        };
        let origin = endpoint.origin().to_owned();
        Ok(NewKey {
            provider,
            secret,
            label,
            description,
            endpoint: given,
            origin,
            expires,
            allow_duplicate: key.allow_duplicate,
            overwrite: key.overwrite,
        })
    }

    /// Seals and stores a key. Same provider and label: with `overwrite` its secret is replaced and it is switched on,
    /// otherwise the label is refused; the same secret too: nothing changes. The first key of a provider becomes its default.
    ///
    /// # Errors
    /// `Invalid`, `DuplicateKey`, `TierRequired`, `TierLimit`, `TooMany`, `NotAuthenticated`, `Unavailable`.
    pub async fn add_key(&self, cx: &Context, key: AddKey) -> Result<KeyView, Failure> {
        let (owner, who) = access::owner(cx, Scope::KeysWrite)?;
        self.0.tiers.require(who.tier)?;
        let limit = self.0.tiers.limit(who.tier);
        let new = self.parse_new(cx, &key)?;
        let (me, unit_cx) = (self.clone(), cx.clone());
        let row = self.unit(unit_cx.clone(), move |tx| Box::pin(async move { me.add_in(tx, &unit_cx, owner, &new, limit).await })).await?;
        self.announce(owner.id(), LiveEvent::KeyChanged { id: row.id });
        Ok(self.view(row))
    }

    /// Adds a key within a unit of work.
    pub(super) async fn add_in(
        &self,
        tx: &mut dyn Tx,
        cx: &Context,
        owner: Owner,
        new: &NewKey,
        limit: Option<u32>,
    ) -> Result<KeyRow, Failure> {
        limits::admit(tx, limits::ADDS, &owner.id().to_string(), cx).await?;
        let fingerprint = self.fingerprint(&new.provider, new.secret.as_ref());
        let label = new.label.as_ref().map(Label::as_str);
        let place = tx.key_place(owner, new.provider.id.as_str(), label, fingerprint).await?;
        let Some(id) = place.same_label else {
            return self.add_new(tx, cx, owner, place, new, limit).await;
        };
        let row = fetch(tx, owner, id).await?;
        if let Some(limit) = limit.filter(|_| !row.enabled)
            && tx.keys(owner).await?.iter().filter(|key| key.enabled).count() >= limit as usize
        {
            return Err(Problem::TierLimit { limit }.into());
        }
        self.add_over(tx, cx, owner, row, place, new).await
    }

    /// What tells a secret from others of its provider.
    pub(super) fn fingerprint(&self, provider: &Provider, secret: Option<&Plaintext>) -> Option<[u8; 8]> {
        secret.map(|secret| self.keyring().fingerprint(provider.id.as_str(), secret))
    }

    async fn add_new(
        &self,
        tx: &mut dyn Tx,
        cx: &Context,
        owner: Owner,
        place: KeyPlace,
        new: &NewKey,
        limit: Option<u32>,
    ) -> Result<KeyRow, Failure> {
        if let Some(limit) = limit.filter(|limit| place.held >= u64::from(*limit)) {
            return Err(Problem::TierLimit { limit }.into());
        }
        let mut row = KeyRow {
            id: KeyId::from_uuid(cx.new_id()),
            tenant: TenantId::ONLY,
            owner: owner.id(),
            provider: new.provider.id.clone(),
            label: new.label.as_ref().map(|label| label.as_str().to_owned()),
            description: new.description.as_ref().map(|text| text.as_str().to_owned()),
            endpoint: new.endpoint.clone(),
            endpoint_origin: new.origin.clone(),
            enabled: true,
            is_default: !place.has_default,
            has_secret: false,
            secret_version: 1,
            hint: None,
            fingerprint: None,
            test: None,
            used_at: None,
            expires_at: new.expires,
            revision: 1,
            created_at: cx.now,
            updated_at: cx.now,
        };
        refuse_duplicate(place, new.allow_duplicate)?;
        let ring = self.ring_for_sealing(tx).await?;
        let sealed = seal_into(&mut row, &ring, &new.provider, new.secret.as_ref())?;
        tx.insert_key(&row, sealed.as_ref()).await?;
        let event = Event::success("key.add").on(Object::Key(row.id)).word("provider", row.provider.as_str());
        let event = event.word("endpoint_origin", &row.endpoint_origin);
        self.record(tx, cx, event.secret(row.secret_version, sealed.as_ref())).await?;
        Ok(row)
    }

    async fn add_over(
        &self,
        tx: &mut dyn Tx,
        cx: &Context,
        owner: Owner,
        row: KeyRow,
        place: KeyPlace,
        new: &NewKey,
    ) -> Result<KeyRow, Failure> {
        let fingerprint = self.fingerprint(&new.provider, new.secret.as_ref());
        if row.fingerprint == fingerprint && row.endpoint_origin == new.origin && row.endpoint == new.endpoint && row.enabled {
            return Ok(row);
        }
        if row.fingerprint != fingerprint && !new.overwrite {
            return Err(label_in_use(&row).into());
        }
        refuse_duplicate(place, new.allow_duplicate)?;
        let described = new.description.as_ref().map(|text| text.as_str().to_owned());
        let description = described.or_else(|| row.description.clone());
        let row = KeyRow { enabled: true, description, expires_at: new.expires, ..row };
        let target = (new.endpoint.clone(), new.origin.clone());
        self.replace_secret(tx, cx, owner, row, &new.provider, new.secret.as_ref(), target).await
    }

    /// Writes a new secret into a row that exists, under the next version.
    #[expect(clippy::too_many_arguments, reason = "one unit of work, three callers, and a struct would only rename the arguments")]
    pub(super) async fn replace_secret(
        &self,
        tx: &mut dyn Tx,
        cx: &Context,
        owner: Owner,
        mut row: KeyRow,
        provider: &Provider,
        secret: Option<&Plaintext>,
        (endpoint, origin): (Option<String>, String),
    ) -> Result<KeyRow, Failure> {
        row.secret_version += 1;
        row.revision += 1;
        row.updated_at = cx.now;
        row.endpoint = endpoint;
        row.endpoint_origin = origin;
        let ring = self.ring_for_sealing(tx).await?;
        let sealed = seal_into(&mut row, &ring, provider, secret)?;
        tx.set_key_secret(owner, row.id, sealed.as_ref()).await?;
        tx.update_key(owner, &row).await?;
        let event = Event::success("key.replace").on(Object::Key(row.id)).word("provider", row.provider.as_str());
        let event = event.word("endpoint_origin", &row.endpoint_origin);
        self.record(tx, cx, event.secret(row.secret_version, sealed.as_ref())).await?;
        Ok(row)
    }

    /// Replaces a key's secret, with a `revision` only while the key has that one. Its test result and expiry are cleared.
    ///
    /// # Errors
    /// `Invalid`, `Changed`, `DuplicateKey`, `KeyNotFound`, `TooMany`, `TierRequired`, `NotAuthenticated`, `Unavailable`.
    pub async fn replace_key(
        &self,
        cx: &Context,
        id: KeyId,
        key: SecretInput,
        allow_duplicate: bool,
        revision: Option<u64>,
    ) -> Result<KeyView, Failure> {
        let (owner, who) = access::owner(cx, Scope::KeysWrite)?;
        self.0.tiers.require(who.tier)?;
        let seen = self.store().key(owner, id).await?.ok_or(Problem::KeyNotFound)?;
        let provider = self.provider_of(&seen)?;
        let secret = Self::secret(&provider, &key)?;
        let (given, endpoint): (_, Endpoint) = self.endpoint(&provider, seen.endpoint.as_deref().unwrap_or_default())?;
        let target = (given, endpoint.origin().to_owned());
        let (me, unit_cx) = (self.clone(), cx.clone());
        let row = self
            .unit(unit_cx.clone(), move |tx| {
                Box::pin(async move {
                    limits::admit(tx, limits::ADDS, &owner.id().to_string(), &unit_cx).await?;
                    let now = fetch(tx, owner, id).await?;
                    now.expect_revision(revision)?;
                    // The secret is for the address that its owner saw.
                    if now.endpoint != seen.endpoint {
                        return Err(Problem::Changed.into());
                    }
                    let fingerprint = me.fingerprint(&provider, secret.as_ref());
                    let place = tx.key_place(owner, provider.id.as_str(), now.label.as_deref(), fingerprint).await?;
                    refuse_duplicate(place, allow_duplicate)?;
                    // The expiry was the old secret's.
                    let row = KeyRow { expires_at: None, ..now };
                    me.replace_secret(tx, &unit_cx, owner, row, &provider, secret.as_ref(), target).await
                })
            })
            .await?;
        self.announce(owner.id(), LiveEvent::KeyChanged { id });
        Ok(self.view(row))
    }
}

fn refuse_duplicate(place: KeyPlace, allowed: bool) -> Result<(), Failure> {
    match place.same_secret {
        Some((id, label)) if !allowed => Err(Problem::DuplicateKey { id, label }.into()),
        _ => Ok(()),
    }
}

fn label_in_use(row: &KeyRow) -> FieldProblem {
    let message = match &row.label {
        Some(_) => "You keep another key of this provider under this label. Choose a different one, or replace that key instead.",
        None => "You keep a key of this provider without a label. Give this one a label, or replace that key instead.",
    };
    FieldProblem::new("label", "taken", message)
}

/// A label that another key of the provider has.
pub(super) fn label_taken(error: StoreError) -> Failure {
    match error {
        StoreError::Conflict => {
            FieldProblem::new("label", "taken", "Another key of this provider has this label already. Choose a different one.").into()
        }
        other => other.into(),
    }
}
