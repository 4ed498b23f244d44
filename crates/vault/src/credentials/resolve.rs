//! Finding the credential that the installation uses: stored first, then the environment variable of that type, else none.

use super::{about, endpoint, not_found, place, purpose};
use crate::{
    Context, Failure, Vault,
    access::{self, Holder},
    audit::{Event, Object, Outcome},
    egress::Endpoint,
    limits::{self, Rule},
    quarantine::Stored,
    secret::Plaintext,
    store::{
        SERVICE_CREDENTIAL_SECRET,
        rows::{CredentialRow, SealedRow},
    },
};
use domain::{
    Problem,
    ids::{CredentialId, UserId},
    services::{CredentialKind, CredentialType, Metadata, Service, ServiceId},
    views::credentials::Source,
};

/// A credential, opened for one use that is in the audit trail already.
pub struct Resolved {
    /// The secret. Nothing outside this crate can look inside.
    pub secret: Plaintext,
    /// Where it came from.
    pub source: Source,
    /// What is kept with it, and what variables add where nothing is kept.
    pub metadata: Metadata,
    /// Where it may be sent to, and nowhere else.
    pub endpoint: Endpoint,
    /// The stored credential.
    pub credential: Option<CredentialId>,
    pub(super) row: Option<CredentialRow>,
    service: ServiceId,
    kind: CredentialType,
    holder: Holder,
}

impl Resolved {
    /// An event about the use of it.
    pub(crate) fn event(&self, action: &'static str, outcome: Outcome) -> Event {
        let event = about(Event::new(action, outcome), self.holder, &self.service, &self.kind).word("source", self.source.as_str());
        match self.credential {
            Some(id) => event.on(Object::Credential(id)),
            None => event,
        }
    }
}

/// What was found, before it is opened.
enum Found {
    Stored(Box<CredentialRow>, SealedRow),
    Variable,
}

/// What finding one counts as.
#[derive(Clone, Copy)]
pub(super) struct Use {
    /// The event before the secret is released.
    pub(super) action: &'static str,
    /// A limit on the caller.
    pub(super) limit: Option<(Rule, UserId)>,
}

impl Vault {
    /// The installation's credential of a service, for a call of an administrator. The event `credential.use` is committed and the credential's
    /// last use is stamped before the secret is released; [`Vault::used_credential`] says afterwards what came of it.
    ///
    /// # Errors
    /// `NotConfigured` when nothing is stored and no variable of this type is set; `CannotOpen`, `EndpointChanged` for a stored one that does
    /// not open, for which no variable stands in; `NotAuthenticated`, `Forbidden`, `Unavailable`.
    pub async fn resolve_credential(&self, cx: &Context, service: &str, credential_type: &str) -> Result<Resolved, Failure> {
        let (holder, _) = access::installation(cx)?;
        let unknown = || Problem::NotConfigured { service: "This".to_owned() };
        let service = ServiceId::parse(service).ok().and_then(|id| self.0.services.get(&id)).ok_or_else(unknown)?.clone();
        let not_configured = || Problem::NotConfigured { service: service.name.clone() };
        let kind = CredentialType::parse(credential_type).ok().and_then(|id| service.kind(&id)).ok_or_else(not_configured)?;
        let found = self.acquire(cx, holder, &service, kind, Use { action: "credential.use", limit: None }).await?;
        Ok(found.ok_or_else(not_configured)?)
    }

    /// Notes what came of a use: the event `credential.result`.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn used_credential(
        &self,
        cx: &Context,
        used: &Resolved,
        outcome: Outcome,
        reason: Option<&'static str>,
    ) -> Result<(), Failure> {
        let event = used.event("credential.result", outcome).because(reason);
        let (me, cx) = (self.clone(), cx.clone());
        self.store().write(move |tx| Box::pin(async move { me.record(tx, &cx, event).await })).await
    }

    /// Finds and opens a credential; `None` when there is none. What is returned was opened only because its use was committed.
    pub(super) async fn acquire(
        &self,
        cx: &Context,
        holder: Holder,
        service: &Service,
        kind: &CredentialKind,
        purpose: Use,
    ) -> Result<Option<Resolved>, Failure> {
        let variable = self.fallback(holder, kind).map(str::to_owned);
        let Some(found) = self.begin_use(cx, holder, (&service.id, &kind.id), variable.clone(), purpose).await? else { return Ok(None) };
        let (secret, row, source, metadata) = match found {
            Found::Stored(row, sealed) => {
                let home = endpoint(service, &row.metadata)?;
                let secret = self.open_credential(cx, &row, &sealed, &home).await?;
                let metadata = self.0.environment.beside_for(holder, service, &row.metadata);
                (secret, Some(*row), Source::Database, metadata)
            }
            Found::Variable => {
                let taken = variable.as_deref().and_then(|variable| self.0.environment.take(variable));
                let secret = taken.ok_or_else(|| not_found(&service.id, &kind.id))?;
                (secret, None, Source::Environment, self.0.environment.metadata(service))
            }
        };
        let target = endpoint(service, &metadata)?;
        let credential = row.as_ref().map(|row| row.id);
        let (service, kind) = (service.id.clone(), kind.id.clone());
        Ok(Some(Resolved { secret, source, metadata, endpoint: target, credential, row, service, kind, holder }))
    }

    /// Puts the use into the trail and stamps it.
    async fn begin_use(
        &self,
        cx: &Context,
        holder: Holder,
        (service, kind): (&ServiceId, &CredentialType),
        variable: Option<String>,
        purpose: Use,
    ) -> Result<Option<Found>, Failure> {
        let (me, cx, service, kind) = (self.clone(), cx.clone(), service.clone(), kind.clone());
        self.unit(cx.clone(), move |tx| {
            Box::pin(async move {
                let row = tx.credential(holder, &service, &kind).await?;
                if row.is_none() && variable.is_none() {
                    return Ok(None);
                }
                if let Some((rule, who)) = purpose.limit {
                    limits::admit(tx, rule, &who.to_string(), &cx).await?;
                }
                let event = about(Event::new(purpose.action, Outcome::Started), holder, &service, &kind);
                let Some(row) = row else {
                    let named =
                        event.word("source", Source::Environment.as_str()).word("variable", variable.as_deref().unwrap_or_default());
                    me.record(tx, &cx, named).await?;
                    return Ok(Some(Found::Variable));
                };
                let sealed = tx.credential_secret(holder, row.id).await?.ok_or(Problem::Internal)?;
                let row = CredentialRow { used_at: Some(cx.now), ..row };
                tx.update_credential(holder, &row).await?;
                let event = event.word("source", Source::Database.as_str()).on(Object::Credential(row.id));
                me.record(tx, &cx, event.secret(row.secret_version, Some(&sealed))).await?;
                Ok(Some(Found::Stored(Box::new(row), sealed)))
            })
        })
        .await
    }

    /// Opens a stored credential for the address it will be sent to.
    async fn open_credential(&self, cx: &Context, row: &CredentialRow, sealed: &SealedRow, home: &Endpoint) -> Result<Plaintext, Failure> {
        if home.origin() != row.endpoint_origin {
            self.refuse_use(cx, row, "endpoint_changed").await?;
            return Err(Problem::EndpointChanged.into());
        }
        let purpose = purpose(&row.service, &row.kind);
        match self.open_sealed(&place(row, &purpose, home.origin()), &sealed.bytes).await {
            Ok(secret) => Ok(secret),
            Err(error) => {
                let stored =
                    Stored { at: &SERVICE_CREDENTIAL_SECRET, record: row.id.uuid(), owner: row.owner, version: row.secret_version };
                self.did_not_open(cx, Object::Credential(row.id), stored, sealed, error).await?;
                Err(Failure::because(Problem::CannotOpen, error))
            }
        }
    }

    async fn refuse_use(&self, cx: &Context, row: &CredentialRow, reason: &'static str) -> Result<(), Failure> {
        let event = Event::new("decrypt_failed", Outcome::Failed).on(Object::Credential(row.id)).because(Some(reason));
        let (me, cx) = (self.clone(), cx.clone());
        self.store().write(move |tx| Box::pin(async move { me.record(tx, &cx, event).await })).await
    }
}
