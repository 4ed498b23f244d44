//! Service credentials: of the installation, which administrators manage, and of people, which each manages alone.
//!
//! A page and a list are made without opening one. What is stored wins over the environment, and only the installation's own calls ever see
//! a variable.

mod check;
mod environment;
mod resolve;
mod test;
mod write;

pub(crate) use environment::Environment;
pub use resolve::Resolved;
pub use test::Candidate;
pub use write::{Deleted, NewCredential, Put};

use crate::{
    Context, Failure, Vault,
    access::{self, Holder},
    audit::Event,
    egress::Endpoint,
    seal_context::FieldContext,
    store::{SERVICE_CREDENTIAL_SECRET, rows::CredentialRow},
};
use domain::{
    FieldProblem, Problem,
    ids::UserId,
    scope::Scope,
    services::{CredentialKind, CredentialType, Metadata, Service, ServiceId},
    views::credentials::{CredentialTestView, CredentialView, CredentialsPage, KindView, ServiceView, Source},
};

/// Whose credentials a call is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    /// The installation's: for administrators.
    Installation,
    /// The caller's own.
    Own,
}

impl Whose {
    fn reader(self, cx: &Context) -> Result<Holder, Problem> {
        self.holder(cx, Scope::CredentialsRead)
    }
    /// Whoever may change them may test them; a test is not sensitive.
    fn tester(self, cx: &Context) -> Result<(Holder, UserId), Problem> {
        let holder = self.holder(cx, Scope::CredentialsWrite)?;
        Ok((holder, access::owner(cx, Scope::CredentialsWrite)?.0.id()))
    }
    fn writer(self, cx: &Context) -> Result<(Holder, UserId), Problem> {
        match self {
            Self::Installation => access::recent_admin(cx, Scope::CredentialsWrite).map(|(admin, _)| (admin.installation(), admin.id())),
            Self::Own => access::recent_owner(cx, Scope::CredentialsWrite).map(|(owner, _)| (owner.own(), owner.id())),
        }
    }
    fn holder(self, cx: &Context, scope: Scope) -> Result<Holder, Problem> {
        match self {
            Self::Installation => access::admin(cx, scope).map(|(admin, _)| admin.installation()),
            Self::Own => access::owner(cx, scope).map(|(owner, _)| owner.own()),
        }
    }
}

/// What a secret is for, as its context and its fingerprint have it.
pub(crate) fn purpose(service: &ServiceId, kind: &CredentialType) -> String {
    format!("{service}/{kind}")
}

/// Where the secret of a row belongs. All of it comes from the row that was read and from the address that will be called.
pub(crate) fn place<'a>(row: &'a CredentialRow, purpose: &'a str, origin: &'a str) -> FieldContext<'a> {
    FieldContext {
        table: SERVICE_CREDENTIAL_SECRET.table,
        column: SERVICE_CREDENTIAL_SECRET.column,
        tenant: row.tenant,
        owner: row.owner,
        record: row.id.uuid(),
        provider: purpose,
        endpoint_origin: origin,
        version: row.secret_version,
    }
}

/// An event about a credential, with the words that say which.
fn about(event: Event, holder: Holder, service: &ServiceId, kind: &CredentialType) -> Event {
    let owner = if holder.is_installation() { "installation".to_owned() } else { holder.id().to_string() };
    event.word("service", service.as_str()).word("credential_type", kind.as_str()).word("owner", &owner)
}

fn not_found(service: &ServiceId, kind: &CredentialType) -> Problem {
    Problem::CredentialNotFound { service: service.clone(), credential_type: kind.clone() }
}

/// Reads ids out of a path.
fn ids(service: &str, kind: &str) -> Result<(ServiceId, CredentialType), Problem> {
    match (ServiceId::parse(service), CredentialType::parse(kind)) {
        (Ok(service), Ok(kind)) => Ok((service, kind)),
        _ => Err(Problem::NotFound),
    }
}

/// Where a credential with this metadata is sent to.
fn endpoint(service: &Service, metadata: &Metadata) -> Result<Endpoint, Failure> {
    let wrong = "This service's address in the catalogue is wrong.";
    Endpoint::from_catalogue(service.address(metadata)).map_err(|_| FieldProblem::new("service", "catalogue", wrong).into())
}

impl Vault {
    /// A page of credentials. Opens no secret.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Forbidden`, `Unavailable`.
    pub async fn credentials_page(&self, cx: &Context, whose: Whose) -> Result<CredentialsPage, Failure> {
        let holder = whose.reader(cx)?;
        let rows = self.store().credentials(holder).await?;
        let step_up = cx.identity().is_some_and(|who| who.session().is_some()) && access::recent(cx).is_err();
        let (services, stray) = self.service_views(holder, rows);
        Ok(CredentialsPage { account: self.account(cx).await?, services, stray, step_up, now: cx.now })
    }

    /// The service catalogue, with what is kept for each. Opens no secret.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Forbidden`, `Unavailable`.
    pub async fn services(&self, cx: &Context, whose: Whose) -> Result<Vec<ServiceView>, Failure> {
        let holder = whose.reader(cx)?;
        let rows = self.store().credentials(holder).await?;
        Ok(self.service_views(holder, rows).0)
    }

    /// Credentials, by service and type. Opens no secret.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Forbidden`, `Unavailable`.
    pub async fn credentials(&self, cx: &Context, whose: Whose) -> Result<Vec<CredentialView>, Failure> {
        let holder = whose.reader(cx)?;
        Ok(self.store().credentials(holder).await?.into_iter().map(|row| self.credential_view(row)).collect())
    }

    /// One credential. Opens no secret.
    ///
    /// # Errors
    /// `CredentialNotFound`, `NotFound` for words that are no ids, `NotAuthenticated`, `Forbidden`, `Unavailable`.
    pub async fn credential(&self, cx: &Context, whose: Whose, service: &str, kind: &str) -> Result<CredentialView, Failure> {
        let holder = whose.reader(cx)?;
        let (service, kind) = ids(service, kind)?;
        let row = self.store().credential(holder, &service, &kind).await?.ok_or_else(|| not_found(&service, &kind))?;
        Ok(self.credential_view(row))
    }

    fn credential_view(&self, row: CredentialRow) -> CredentialView {
        let name = self.0.services.get(&row.service).map_or_else(|| row.service.to_string(), |service| service.name.clone());
        CredentialView {
            id: row.id,
            service: row.service,
            service_name: name,
            credential_type: row.kind,
            hint: row.hint,
            metadata: row.metadata,
            created: row.created_at,
            updated: row.updated_at,
            updated_by: row.updated_by_email,
            tested: row.test.map(|(test, findings)| CredentialTestView {
                at: test.at,
                verdict: test.verdict,
                status_code: test.status_code,
                latency_ms: test.latency_ms,
                findings,
            }),
            used: row.used_at,
        }
    }

    /// The catalogue with the holder's credentials in it, and those that it has no place for.
    fn service_views(&self, holder: Holder, rows: Vec<CredentialRow>) -> (Vec<ServiceView>, Vec<CredentialView>) {
        let mut stored: Vec<_> = rows.into_iter().map(|row| self.credential_view(row)).collect();
        let mut services = Vec::new();
        for service in &self.0.services {
            let mut kinds = Vec::new();
            for kind in &service.types {
                let at = stored.iter().position(|view| view.service == service.id && view.credential_type == kind.id);
                let credential = at.map(|at| stored.remove(at));
                kinds.push(self.kind_view(holder, kind, credential));
            }
            services.push(ServiceView {
                id: service.id.clone(),
                name: service.name.clone(),
                description: service.description.clone(),
                kinds,
                fields: service.metadata.clone(),
                checkable: service.check.is_some(),
                docs_url: service.docs_url.clone(),
            });
        }
        (services, stored)
    }

    fn kind_view(&self, holder: Holder, kind: &CredentialKind, credential: Option<CredentialView>) -> KindView {
        let variable = self.fallback(holder, kind);
        let source = match (&credential, variable) {
            (Some(_), _) => Source::Database,
            (None, Some(_)) => Source::Environment,
            (None, None) => Source::NotSet,
        };
        KindView {
            id: kind.id.clone(),
            name: kind.name.clone(),
            help: kind.help.clone(),
            prefixes: kind.prefixes.clone(),
            permissions: kind.permissions.clone(),
            make_url: kind.make_url.clone(),
            source,
            variable: variable.map(str::to_owned),
            credential,
        }
    }

    /// The variable that answers for the installation while nothing of this kind is stored. People's own credentials have none.
    fn fallback<'a>(&self, holder: Holder, kind: &'a CredentialKind) -> Option<&'a str> {
        let variable = kind.variable.as_deref().filter(|_| holder.is_installation())?;
        Some(variable).filter(|variable| self.0.environment.has(variable))
    }

    /// Finds a service by what was submitted.
    fn service(&self, id: &str) -> Result<&Service, FieldProblem> {
        ServiceId::parse(id).ok().and_then(|id| self.0.services.get(&id)).ok_or_else(|| {
            let known: Vec<_> = self.0.services.iter().map(|service| service.id.as_str()).collect();
            let message = format!("Unsupported service. Must be one of: {}", known.join(", "));
            FieldProblem::new("service", "service_not_supported", message)
        })
    }
}

/// Finds a kind of a service by what was submitted.
fn kind_of<'a>(service: &'a Service, id: &str) -> Result<&'a CredentialKind, FieldProblem> {
    CredentialType::parse(id).ok().and_then(|id| service.kind(&id)).ok_or_else(|| {
        let known: Vec<_> = service.types.iter().map(|kind| kind.id.as_str()).collect();
        let message = format!("Unsupported credential type. Must be one of: {}", known.join(", "));
        FieldProblem::new("credential_type", "type_not_supported", message)
    })
}
