//! Testing a credential: its use is in the audit trail before the secret is opened, its result after.

use super::{
    Whose, about,
    check::{self, Checked, Question},
    endpoint, kind_of, not_found,
    resolve::{Resolved, Use},
};
use crate::{
    Context, Failure, Vault,
    access::Holder,
    audit::{Event, Outcome},
    limits,
    secret::Plaintext,
    store::rows::{CredentialRow, TestRow},
};
use domain::{
    Problem,
    ids::UserId,
    key_input::SecretInput,
    services::{CredentialKind, Metadata, Service, ServiceId},
    views::{CredentialReport, LiveEvent, credentials::Source},
};

/// A secret to try without storing it.
#[derive(Clone, Debug, Default)]
pub struct Candidate {
    /// The secret.
    pub value: SecretInput,
    /// What would be kept with it; absent is what is kept with the stored one.
    pub metadata: Option<Metadata>,
}

fn report(service: &Service, kind: &CredentialKind, source: Option<Source>, checked: Checked) -> CredentialReport {
    CredentialReport {
        service: service.id.clone(),
        service_name: service.name.clone(),
        credential_type: kind.id.clone(),
        source,
        verdict: checked.result.verdict,
        status_code: checked.result.status_code,
        latency_ms: checked.result.latency_ms,
        findings: checked.findings,
    }
}

impl Vault {
    /// Tests a credential: the one given, which is not stored and leaves the stored result alone, or else the one there is. Without a type it is
    /// the type that is stored, or that the environment has, or the service's first.
    ///
    /// # Errors
    /// `CredentialNotFound` when there is nothing to test, `NotFound` for a service that the catalogue does not have, `Invalid`, `TooMany`,
    /// `CannotOpen`, `EndpointChanged`, `NotAuthenticated`, `Forbidden`, `Unavailable`.
    pub async fn test_credential(
        &self,
        cx: &Context,
        whose: Whose,
        service: &str,
        credential_type: Option<&str>,
        candidate: Option<Candidate>,
    ) -> Result<CredentialReport, Failure> {
        let (holder, who) = whose.tester(cx)?;
        let service = ServiceId::parse(service).ok().and_then(|id| self.0.services.get(&id)).ok_or(Problem::NotFound)?;
        let kind = match credential_type {
            Some(id) => kind_of(service, id)?,
            None => self.likely_kind(holder, service).await?,
        };
        match candidate {
            Some(candidate) => self.try_candidate(cx, holder, who, service, kind, candidate).await,
            None => self.test_stored(cx, holder, who, service, kind).await,
        }
    }

    async fn likely_kind<'a>(&self, holder: Holder, service: &'a Service) -> Result<&'a CredentialKind, Failure> {
        let rows = self.store().credentials(holder).await?;
        let stored = |kind: &&CredentialKind| rows.iter().any(|row| row.service == service.id && row.kind == kind.id);
        let kinds = || service.types.iter();
        let found = kinds().find(stored).or_else(|| kinds().find(|kind| self.fallback(holder, kind).is_some())).or_else(|| kinds().next());
        Ok(found.ok_or(Problem::NotFound)?)
    }

    async fn test_stored(
        &self,
        cx: &Context,
        holder: Holder,
        who: UserId,
        service: &Service,
        kind: &CredentialKind,
    ) -> Result<CredentialReport, Failure> {
        self.require_metadata(holder, service, kind).await?;
        let purpose = Use { action: "credential.test.use", limit: Some((limits::TESTS, who)) };
        let found = self.acquire(cx, holder, service, kind, purpose).await?.ok_or_else(|| not_found(&service.id, &kind.id))?;
        let checked = self.ask_service(who, service, kind, &found.secret, &found.metadata).await?;
        self.end_test_of_credential(cx, holder, &found, &checked).await?;
        if let Some(id) = found.credential {
            self.announce(holder.id(), LiveEvent::CredentialChanged { id });
        }
        Ok(report(service, kind, Some(found.source), checked))
    }

    /// A service that cannot be asked without some metadata is not asked without it, and nothing is opened.
    async fn require_metadata(&self, holder: Holder, service: &Service, kind: &CredentialKind) -> Result<(), Failure> {
        let metadata = match self.store().credential(holder, &service.id, &kind.id).await? {
            Some(row) => self.0.environment.beside_for(holder, service, &row.metadata),
            None if self.fallback(holder, kind).is_some() => self.0.environment.metadata(service),
            None => return Ok(()),
        };
        require(&metadata, service)
    }

    /// The plaintext ends here.
    async fn ask_service(
        &self,
        who: UserId,
        service: &Service,
        kind: &CredentialKind,
        secret: &Plaintext,
        metadata: &Metadata,
    ) -> Result<Checked, Failure> {
        let endpoint = endpoint(service, metadata)?;
        let secret = Some(secret).and_then(Plaintext::expose_str).ok_or(Problem::CannotOpen)?;
        Ok(check::check(&Question { egress: &self.0.egress, service, kind, endpoint: &endpoint, metadata, secret, user: who }).await)
    }

    /// Stores the verdict, unless the secret was replaced while the service was asked.
    async fn end_test_of_credential(&self, cx: &Context, holder: Holder, tested: &Resolved, checked: &Checked) -> Result<(), Failure> {
        let result = checked.result;
        let event =
            tested.event("credential.test.result", Outcome::Success).word("verdict", result.verdict.as_str()).because(result.reason);
        // The test ends now, not when its request arrived.
        let ended = Context::new(cx.actor.clone(), cx.client).now;
        let test = TestRow { at: ended, verdict: result.verdict, status_code: result.status_code, latency_ms: result.latency_ms };
        let (me, cx, tested, findings) = (self.clone(), cx.clone(), tested.row.clone(), checked.findings.clone());
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(tested) = tested {
                        let now = tx.credential(holder, &tested.service, &tested.kind).await?;
                        if let Some(row) = now.filter(|row| row.id == tested.id && row.secret_version == tested.secret_version) {
                            tx.update_credential(holder, &CredentialRow { test: Some((test, findings)), ..row }).await?;
                        }
                    }
                    me.record(tx, &cx, event).await
                })
            })
            .await
    }

    async fn try_candidate(
        &self,
        cx: &Context,
        holder: Holder,
        who: UserId,
        service: &Service,
        kind: &CredentialKind,
        candidate: Candidate,
    ) -> Result<CredentialReport, Failure> {
        let secret = Plaintext::parse("value", &candidate.value)?;
        let kept = match &candidate.metadata {
            Some(given) => Some(Metadata::parse(given, &service.metadata).map_err(|fields| Problem::Invalid { fields })?),
            None => self.store().credential(holder, &service.id, &kind.id).await?.map(|row| row.metadata),
        };
        let metadata = match kept {
            // Where nothing is kept, the environment says all of it, switches too.
            None if holder.is_installation() => self.0.environment.metadata(service),
            kept => self.0.environment.beside_for(holder, service, &kept.unwrap_or_default()),
        };
        require(&metadata, service)?;
        let started = about(Event::new("credential.test_candidate.use", Outcome::Started), holder, &service.id, &kind.id);
        let (me, unit_cx) = (self.clone(), cx.clone());
        self.unit(unit_cx.clone(), move |tx| {
            Box::pin(async move {
                limits::admit(tx, limits::TESTS, &who.to_string(), &unit_cx).await?;
                me.record(tx, &unit_cx, started).await
            })
        })
        .await?;
        let checked = self.ask_service(who, service, kind, &secret, &metadata).await?;
        let ended = about(Event::success("credential.test_candidate.result"), holder, &service.id, &kind.id)
            .word("verdict", checked.result.verdict.as_str())
            .because(checked.result.reason);
        let (me, unit_cx) = (self.clone(), cx.clone());
        self.store().write(move |tx| Box::pin(async move { me.record(tx, &unit_cx, ended).await })).await?;
        Ok(report(service, kind, None, checked))
    }
}

fn require(metadata: &Metadata, service: &Service) -> Result<(), Failure> {
    metadata.require(&service.metadata).map_err(|fields| Problem::Invalid { fields }.into())
}
