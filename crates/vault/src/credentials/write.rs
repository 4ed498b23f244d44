//! Storing, replacing and deleting a credential, and moving one in from the environment.

use super::{Whose, about, endpoint, ids, kind_of, not_found, place, purpose};
use crate::{
    Context, Failure, Vault,
    access::{self, Holder},
    audit::{Event, Object},
    hint::Hint,
    limits,
    secret::Plaintext,
    store::{
        Tx,
        rows::{CredentialRow, SealedRow},
    },
};
use domain::{
    FieldProblem, Problem,
    ids::{CredentialId, TenantId, UserId},
    key_input::SecretInput,
    scope::Scope,
    services::{CredentialKind, Metadata, Service},
    views::{CredentialView, LiveEvent},
};

/// A credential to store, as submitted. Field names of problems are the names here.
#[derive(Clone, Debug, Default)]
pub struct NewCredential {
    /// Id in the catalogue.
    pub service: String,
    /// Id of the service's credential type.
    pub credential_type: String,
    /// The secret.
    pub value: SecretInput,
    /// What is kept with it; absent keeps what is there.
    pub metadata: Option<Metadata>,
    /// The account it is for; absent is whoever the call is about. Only an administrator can name one, and only to add.
    pub owner: Option<String>,
}

/// What to do about one that is there, or is not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Put {
    /// Add; one that is there is a fault of the field `credential_type`.
    Add,
    /// Replace; one that is not there is not found.
    Replace,
    /// The one or the other.
    Either,
}

/// A deleted credential.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deleted {
    /// What it was.
    pub credential: CredentialView,
    /// The environment variable that answers from now on.
    pub fallback: Option<String>,
}

/// A credential to store, parsed.
struct Parsed {
    service: Service,
    kind: CredentialKind,
    secret: Plaintext,
    metadata: Option<Metadata>,
    put: Put,
}

impl Vault {
    fn parse_credential(&self, new: &NewCredential, put: Put) -> Result<Parsed, Failure> {
        let mut faults = Vec::new();
        if put == Put::Replace {
            let (service, kind) = ids(&new.service, &new.credential_type)?;
            let known = self.0.services.get(&service).is_some_and(|entry| entry.kind(&kind).is_some());
            if !known {
                return Err(not_found(&service, &kind).into());
            }
        }
        let service = self.service(&new.service).map_err(|fault| faults.push(fault)).ok();
        let kind = service.and_then(|service| kind_of(service, &new.credential_type).map_err(|fault| faults.push(fault)).ok());
        let secret = Plaintext::parse("value", &new.value).map_err(|fault| faults.push(fault)).ok();
        let metadata = match (&new.metadata, service) {
            (Some(given), Some(service)) => Metadata::parse(given, &service.metadata).map_err(|more| faults.extend(more)).ok(),
            _ => None,
        };
        match (service, kind, secret) {
            (Some(service), Some(kind), Some(secret)) if faults.is_empty() => {
                Ok(Parsed { service: service.clone(), kind: kind.clone(), secret, metadata, put })
            }
            _ => Err(Problem::Invalid { fields: faults }.into()),
        }
    }

    /// Seals and stores a credential. A new secret clears the result of the last test.
    ///
    /// # Errors
    /// `Invalid`, `CredentialNotFound`, `TooMany`, `NotAuthenticated`, `Forbidden`, `Unavailable`; `Invalid` on field `password` when the
    /// password has to be given again.
    pub async fn put_credential(&self, cx: &Context, whose: Whose, new: NewCredential, put: Put) -> Result<CredentialView, Failure> {
        let (holder, who) = whose.writer(cx)?;
        let other = self.other_owner(cx, whose, who, new.owner.as_deref())?;
        let parsed = self.parse_credential(&new, put)?;
        self.store_credential(cx, other.unwrap_or(holder), who, parsed, "credential").await
    }

    /// Stores what the environment has for a service, so that its line can be deleted there.
    ///
    /// # Errors
    /// `CredentialNotFound` when no variable holds one, and those of [`Vault::put_credential`].
    pub async fn move_credential(&self, cx: &Context, service: &str, kind: &str) -> Result<CredentialView, Failure> {
        let (holder, who) = Whose::Installation.writer(cx)?;
        let (service_id, kind_id) = ids(service, kind)?;
        let absent = || not_found(&service_id, &kind_id);
        let service = self.0.services.get(&service_id).ok_or_else(absent)?;
        let kind = service.kind(&kind_id).ok_or_else(absent)?;
        let secret = self.fallback(holder, kind).and_then(|variable| self.0.environment.copy(variable)).ok_or_else(absent)?;
        let metadata = Some(self.0.environment.metadata(service));
        let parsed = Parsed { service: service.clone(), kind: kind.clone(), secret, metadata, put: Put::Add };
        self.store_credential(cx, holder, who, parsed, "credential.move").await
    }

    /// The account that an administrator adds a credential for.
    fn other_owner(&self, cx: &Context, whose: Whose, who: UserId, owner: Option<&str>) -> Result<Option<Holder>, Failure> {
        let Some(owner) = owner else { return Ok(None) };
        let unknown = || FieldProblem::new("owner", "unknown", "There is no account with this id.");
        // The nil id stands for the installation, which is asked for by naming nobody.
        let account: UserId = owner.parse().ok().filter(|id: &UserId| !id.uuid().is_nil()).ok_or_else(unknown)?;
        match whose {
            Whose::Own if account == who => Ok(None),
            Whose::Own => Err(unknown().into()),
            Whose::Installation => Ok(Some(access::recent_admin(cx, Scope::CredentialsWrite)?.0.on_behalf_of(account))),
        }
    }

    async fn store_credential(
        &self,
        cx: &Context,
        holder: Holder,
        who: UserId,
        new: Parsed,
        area: &'static str,
    ) -> Result<CredentialView, Failure> {
        let (me, unit_cx) = (self.clone(), cx.clone());
        let row =
            self.unit(unit_cx.clone(), move |tx| Box::pin(async move { me.put_in(tx, &unit_cx, holder, who, &new, area).await })).await?;
        self.announce(holder.id(), LiveEvent::CredentialChanged { id: row.id });
        Ok(self.credential_view(row))
    }

    async fn put_in(
        &self,
        tx: &mut dyn Tx,
        cx: &Context,
        holder: Holder,
        who: UserId,
        new: &Parsed,
        area: &'static str,
    ) -> Result<CredentialRow, Failure> {
        let there = tx.credential(holder, &new.service.id, &new.kind.id).await?;
        admits(tx, holder, who, new, there.as_ref()).await?;
        limits::admit(tx, limits::ADDS, &who.to_string(), cx).await?;
        let metadata = new.metadata.clone().or_else(|| there.as_ref().map(|row| row.metadata.clone())).unwrap_or_default();
        let email = tx.account(who).await?.map(|account| account.email);
        let fresh = there.is_none();
        let mut row = CredentialRow {
            id: there.as_ref().map_or_else(|| CredentialId::from_uuid(cx.new_id()), |row| row.id),
            tenant: TenantId::ONLY,
            owner: holder.id(),
            service: new.service.id.clone(),
            kind: new.kind.id.clone(),
            endpoint_origin: endpoint(&new.service, &metadata)?.origin().to_owned(),
            metadata,
            secret_version: there.as_ref().map_or(1, |row| row.secret_version + 1),
            hint: None,
            fingerprint: [0; 8],
            test: None,
            used_at: there.as_ref().and_then(|row| row.used_at),
            created_at: there.as_ref().map_or(cx.now, |row| row.created_at),
            updated_at: cx.now,
            updated_by: Some(who),
            updated_by_email: email,
        };
        let sealed = self.seal_credential(tx, &mut row, &new.kind, &new.secret).await?;
        if fresh {
            tx.insert_credential(&row, &sealed).await?;
        } else {
            tx.set_credential_secret(holder, row.id, &sealed).await?;
            tx.update_credential(holder, &row).await?;
        }
        let action = match (area, fresh) {
            ("credential.move", _) => "credential.move",
            (_, true) => "credential.add",
            (_, false) => "credential.replace",
        };
        let event = about(Event::success(action), holder, &row.service, &row.kind).on(Object::Credential(row.id));
        self.record(tx, cx, event.secret(row.secret_version, Some(&sealed))).await?;
        Ok(row)
    }

    /// Seals a secret for its row: what is stored beside it is written now, so that nothing has to be opened to list it.
    pub(crate) async fn seal_credential(
        &self,
        tx: &mut dyn Tx,
        row: &mut CredentialRow,
        kind: &CredentialKind,
        secret: &Plaintext,
    ) -> Result<SealedRow, Failure> {
        let ring = self.ring_for_sealing(tx).await?;
        let purpose = purpose(&row.service, &row.kind);
        row.hint = Hint::beginning(secret, &kind.prefixes);
        row.fingerprint = ring.fingerprint(&purpose, secret);
        let sealed = ring.seal(&place(row, &purpose, &row.endpoint_origin), secret);
        let sealed = sealed.map_err(|error| Failure::because(Problem::Internal, error))?;
        Ok(SealedRow { data_key_id: sealed.key_id(), bytes: sealed.as_bytes().to_vec() })
    }

    /// Deletes a credential and its ciphertext, and says what answers from now on.
    ///
    /// # Errors
    /// `CredentialNotFound`, `NotFound` for words that are no ids, `TooMany`, `NotAuthenticated`, `Forbidden`, `Unavailable`; `Invalid` on
    /// field `password` when the password has to be given again.
    pub async fn delete_credential(&self, cx: &Context, whose: Whose, service: &str, kind: &str) -> Result<Deleted, Failure> {
        let (holder, who) = whose.writer(cx)?;
        let (service, kind) = ids(service, kind)?;
        let (me, unit_cx) = (self.clone(), cx.clone());
        let row = self
            .unit(unit_cx.clone(), move |tx| {
                Box::pin(async move {
                    let row = tx.credential(holder, &service, &kind).await?.ok_or_else(|| not_found(&service, &kind))?;
                    limits::admit(tx, limits::CHANGES, &who.to_string(), &unit_cx).await?;
                    let sealed = tx.credential_secret(holder, row.id).await?;
                    tx.delete_credential(holder, row.id).await?;
                    let event = about(Event::success("credential.delete"), holder, &service, &kind).on(Object::Credential(row.id));
                    me.record(tx, &unit_cx, event.secret(row.secret_version, sealed.as_ref())).await?;
                    Ok(row)
                })
            })
            .await?;
        self.announce(holder.id(), LiveEvent::CredentialChanged { id: row.id });
        let kind = self.0.services.get(&row.service).and_then(|service| service.kind(&row.kind));
        let fallback = kind.and_then(|kind| self.fallback(holder, kind)).map(str::to_owned);
        Ok(Deleted { credential: self.credential_view(row), fallback })
    }
}

/// Whether what is there, or is not, allows the act.
async fn admits(tx: &mut dyn Tx, holder: Holder, who: UserId, new: &Parsed, there: Option<&CredentialRow>) -> Result<(), Failure> {
    let fault = |field, code, message| Err(FieldProblem::new(field, code, message).into());
    if !holder.is_installation() && holder.id() != who {
        if tx.account(holder.id()).await?.is_none() {
            return fault("owner", "unknown", "There is no account with this id.");
        }
        if there.is_some() {
            return fault("owner", "taken", "This account keeps such a credential already. Only its owner can replace it.");
        }
    }
    match (new.put, there) {
        (Put::Add, Some(_)) => fault("credential_type", "taken", "There is one already. Replace it instead."),
        (Put::Replace, None) => Err(not_found(&new.service.id, &new.kind.id).into()),
        _ => Ok(()),
    }
}
