//! A service credential of another system, sealed and read back in one unit of work.

use super::{about, endpoint, kind_of, place, purpose};
use crate::{
    Context, Failure, Vault,
    access::Holder,
    audit::{Event, Object},
    hint::Hint,
    import::{Kept, OldRow},
    sealed::Sealed,
    secret::Plaintext,
    store::{
        Tx,
        rows::{CredentialRow, SealedRow},
    },
};
use domain::{
    FieldProblem, Problem, Timestamp,
    ids::{CredentialId, TenantId},
    key_input::SecretInput,
    services::{CredentialKind, Metadata, MetadataValue, Service},
};
use serde_json::Value;
use uuid::Uuid;

/// The field of metadata that every service has.
const DESCRIPTION: &str = "description";

/// A credential that passed the rules of the page.
pub(crate) struct ImportedCredential {
    service: Service,
    kind: CredentialKind,
    secret: Plaintext,
    metadata: Metadata,
    added: Option<Timestamp>,
}

impl ImportedCredential {
    /// What it is for: there is one of a kind.
    pub(crate) fn purpose(&self) -> String {
        purpose(&self.service.id, &self.kind.id)
    }
}

impl Vault {
    /// Whether the catalogue has this service.
    pub(crate) fn is_service(&self, name: &str) -> bool {
        self.service(name).is_ok()
    }

    /// Service and type of the credential that an environment variable is for.
    pub(crate) fn credential_of_variable(&self, name: &str) -> Option<(String, String)> {
        let name = name.to_uppercase();
        let kinds = self.0.services.iter().flat_map(|service| service.types.iter().map(move |kind| (service, kind)));
        let mut fitting = kinds.filter(|(_, kind)| kind.variable.as_deref() == Some(name.as_str()));
        fitting.next().map(|(service, kind)| (service.id.to_string(), kind.id.to_string()))
    }

    /// Reads a row as if it had been typed into the page. What is kept with it and does not fit is left out.
    ///
    /// # Errors
    /// What forbids keeping it.
    pub(crate) fn imported_credential(
        &self,
        service: &str,
        kind: &str,
        row: &OldRow,
        secret: &SecretInput,
    ) -> Result<ImportedCredential, FieldProblem> {
        let service = self.service(service)?;
        let kind = kind_of(service, kind)?;
        let secret = Plaintext::parse("value", secret)?;
        let mut metadata = Metadata::default();
        let described = row.description.clone().map(|text| (DESCRIPTION.to_owned(), MetadataValue::Text(text)));
        let others = row.metadata.iter().filter_map(|(name, value)| Some((name.clone(), value_of(value)?)));
        for (name, value) in others.chain(described) {
            let one = Metadata([(name, value)].into());
            metadata.0.extend(Metadata::parse(&one, &service.metadata).unwrap_or_default().0);
        }
        Ok(ImportedCredential { service: service.clone(), kind: kind.clone(), secret, metadata, added: row.added })
    }

    /// What is kept in its place.
    pub(crate) async fn credential_kept(&self, tx: &mut dyn Tx, holder: Holder, new: &ImportedCredential) -> Result<Kept, Failure> {
        let fingerprint = self.keyring().fingerprint(&new.purpose(), &new.secret);
        Ok(match tx.credential(holder, &new.service.id, &new.kind.id).await? {
            None => Kept::Nothing,
            Some(row) if row.fingerprint == fingerprint => Kept::Same(row.id.uuid()),
            Some(_) => Kept::Other,
        })
    }

    /// Seals and stores it, reads it back as it will be read when it is used, and compares.
    pub(crate) async fn import_credential_in(
        &self,
        tx: &mut dyn Tx,
        cx: &Context,
        holder: Holder,
        new: &ImportedCredential,
        source: &'static str,
    ) -> Result<Uuid, Failure> {
        let ring = self.ring_for_sealing(tx).await?;
        let purpose = new.purpose();
        let row = CredentialRow {
            id: CredentialId::from_uuid(cx.new_id()),
            tenant: TenantId::ONLY,
            owner: holder.id(),
            service: new.service.id.clone(),
            kind: new.kind.id.clone(),
            endpoint_origin: endpoint(&new.service, &new.metadata)?.origin().to_owned(),
            metadata: new.metadata.clone(),
            secret_version: 1,
            hint: Hint::beginning(&new.secret, &new.kind.prefixes),
            fingerprint: ring.fingerprint(&purpose, &new.secret),
            test: None,
            used_at: None,
            created_at: new.added.filter(|added| *added <= cx.now).unwrap_or(cx.now),
            updated_at: cx.now,
            updated_by: None,
            updated_by_email: None,
        };
        let internal = |error| Failure::because(Problem::Internal, error);
        let sealed = ring.seal(&place(&row, &purpose, &row.endpoint_origin), &new.secret).map_err(|error| internal(error.to_string()))?;
        let sealed = SealedRow { data_key_id: sealed.key_id(), bytes: sealed.as_bytes().to_vec() };
        tx.insert_credential(&row, &sealed).await?;
        let differs = || internal("an imported credential could not be read back".to_owned());
        let there = tx.credential(holder, &row.service, &row.kind).await?.ok_or_else(differs)?;
        let stored = tx.credential_secret(holder, there.id).await?.ok_or_else(differs)?;
        let stored = Sealed::parse(stored.bytes).map_err(|error| internal(error.to_string()))?;
        let opened = ring.open(&place(&there, &purpose, &there.endpoint_origin), &stored).map_err(|error| internal(error.to_string()))?;
        if ring.fingerprint(&purpose, &opened) != row.fingerprint {
            return Err(differs());
        }
        let event = about(Event::success("credential.import"), holder, &row.service, &row.kind).on(Object::Credential(row.id));
        self.record(tx, cx, event.word("source", source).secret(row.secret_version, Some(&sealed))).await?;
        Ok(row.id.uuid())
    }
}

fn value_of(value: &Value) -> Option<MetadataValue> {
    match value {
        Value::String(text) => Some(MetadataValue::Text(text.clone())),
        Value::Bool(flag) => Some(MetadataValue::Flag(*flag)),
        _ => None,
    }
}
