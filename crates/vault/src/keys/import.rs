//! A key of another system, sealed and read back in one unit of work.

use super::{add::gather_place, place, seal_into};
use crate::{
    Context, Failure, Vault,
    access::Owner,
    audit::{Event, Object},
    import::OldRow,
    keyring::Keyring,
    sealed::Sealed,
    secret::Plaintext,
    store::{Tx, rows::KeyRow},
};
use domain::{
    FieldProblem, Problem, Timestamp,
    catalogue::{Provider, ProviderId},
    ids::{KeyId, TenantId},
    key_input::SecretInput,
    names::{Description, Label},
};
use uuid::Uuid;

/// A key that passed the rules of the page.
pub(crate) struct ImportedKey {
    provider: Provider,
    secret: Option<Plaintext>,
    label: Option<Label>,
    description: Option<Description>,
    endpoint: Option<String>,
    origin: String,
    enabled: bool,
    added: Option<Timestamp>,
    expires: Option<Timestamp>,
}

impl ImportedKey {
    /// Its provider.
    pub(crate) const fn provider_id(&self) -> &ProviderId {
        &self.provider.id
    }
}

impl Vault {
    /// Reads a row as if it had been typed into the page. A label or description that cannot be kept is left out; a base URL
    /// of the person's own makes the key one of the provider `custom`, because it must go nowhere else.
    ///
    /// # Errors
    /// What forbids keeping it.
    pub(crate) fn imported_key(&self, name: &str, row: &OldRow, secret: &SecretInput) -> Result<ImportedKey, FieldProblem> {
        let given = row.endpoint.as_deref().unwrap_or_default();
        let (provider, (endpoint, address)) = gather_place(self, name, given)?;
        let secret = Self::secret(&provider, secret)?;
        let moved = (provider.id.as_str() != name).then(|| name.to_owned());
        let label = row.label.clone().or(moved).unwrap_or_default();
        Ok(ImportedKey {
            secret,
            label: Label::parse(&label).ok().flatten(),
            description: row.description.as_deref().and_then(|text| Description::parse(text).ok().flatten()),
            endpoint,
            origin: address.origin().to_owned(),
            enabled: row.enabled,
            added: row.added,
            expires: row.expires,
            provider,
        })
    }

    /// What tells its secret from others.
    pub(crate) fn fingerprint_of(&self, key: &ImportedKey) -> Option<[u8; 8]> {
        self.fingerprint(&key.provider, key.secret.as_ref())
    }

    /// Seals and stores a key of `owner`; reads it back as it will be read when it is used, and compares. Tiers
    /// do not count: nobody loses a key by moving.
    pub(crate) async fn import_key_in(
        &self,
        tx: &mut dyn Tx,
        cx: &Context,
        owner: Owner,
        key: &ImportedKey,
        source: &'static str,
    ) -> Result<Uuid, Failure> {
        let kept = tx.keys(owner).await?;
        let added = key.added.filter(|added| *added <= cx.now).unwrap_or(cx.now);
        let mut row = KeyRow {
            id: KeyId::from_uuid(cx.new_id()),
            tenant: TenantId::ONLY,
            owner: owner.id(),
            provider: key.provider.id.clone(),
            label: free_label(key, &kept),
            description: key.description.as_ref().map(|text| text.as_str().to_owned()),
            endpoint: key.endpoint.clone(),
            endpoint_origin: key.origin.clone(),
            enabled: key.enabled,
            is_default: !kept.iter().any(|other| other.provider == key.provider.id && other.is_default),
            has_secret: false,
            secret_version: 1,
            hint: None,
            fingerprint: None,
            test: None,
            used_at: None,
            expires_at: key.expires,
            revision: 1,
            created_at: added,
            updated_at: cx.now,
        };
        let ring = self.ring_for_sealing(tx).await?;
        let sealed = seal_into(&mut row, &ring, &key.provider, key.secret.as_ref())?;
        tx.insert_key(&row, sealed.as_ref()).await?;
        self.read_back(tx, owner, &row, &ring).await?;
        let event = Event::success("key.import").on(Object::Key(row.id)).word("provider", row.provider.as_str()).word("source", source);
        self.record(tx, cx, event.secret(row.secret_version, sealed.as_ref())).await?;
        Ok(row.id.uuid())
    }

    /// The secret as the database has it now must open for its row, and be the one that was sealed.
    async fn read_back(&self, tx: &mut dyn Tx, owner: Owner, written: &KeyRow, ring: &Keyring) -> Result<(), Failure> {
        let differs = || Failure::because(Problem::Internal, "an imported key could not be read back");
        let row = tx.key(owner, written.id).await?.ok_or_else(differs)?;
        let Some(sealed) = tx.key_secret(owner, written.id).await? else {
            return if written.has_secret { Err(differs()) } else { Ok(()) };
        };
        let sealed = Sealed::parse(sealed.bytes).map_err(|error| Failure::because(Problem::Internal, error))?;
        let opened = ring.open(&place(&row, &row.endpoint_origin), &sealed);
        let opened = opened.map_err(|error| Failure::because(Problem::Internal, error))?;
        let same = Some(ring.fingerprint(row.provider.as_str(), &opened)) == written.fingerprint;
        if same { Ok(()) } else { Err(differs()) }
    }
}

/// Its label, or one that no other key of the provider has: nothing is replaced.
fn free_label(key: &ImportedKey, kept: &[KeyRow]) -> Option<String> {
    let taken = |label: Option<&str>| kept.iter().any(|other| other.provider == key.provider.id && other.label.as_deref() == label);
    let label = key.label.as_ref().map(|label| label.as_str().to_owned());
    if !taken(label.as_deref()) {
        return label;
    }
    let stem: String = label.as_deref().unwrap_or("Imported").chars().take(90).collect();
    let numbered = |n: usize| if n == 1 && label.is_none() { stem.clone() } else { format!("{stem} ({n})") };
    (1..).map(numbered).find(|label| !taken(Some(label)))
}
