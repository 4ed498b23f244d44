//! Testing a key: its use is in the audit trail before the secret is opened, its result after.

use super::{fetch, place};
use crate::{
    Context, Failure, Vault,
    access::{self, Owner},
    audit::{Event, Object, Outcome},
    check::{self, CheckResult},
    egress::Endpoint,
    limits,
    quarantine::Stored,
    secret::Plaintext,
    store::{
        PROVIDER_KEY_SECRET,
        rows::{KeyRow, SealedRow, TestRow},
    },
};
use domain::{
    Problem,
    catalogue::Provider,
    ids::KeyId,
    key_input::SecretInput,
    person::Tier,
    scope::Scope,
    views::{LiveEvent, TestReport},
};

fn report(provider: &Provider, result: &CheckResult) -> TestReport {
    TestReport {
        provider: provider.id.clone(),
        provider_name: provider.name.clone(),
        verdict: result.verdict,
        status_code: result.status_code,
        latency_ms: result.latency_ms,
    }
}

fn result_event(action: &'static str, provider: &Provider, result: &CheckResult) -> Event {
    let event = Event::success(action).word("provider", provider.id.as_str()).word("verdict", result.verdict.as_str());
    event.because(result.reason)
}

impl Vault {
    /// Tests a stored key against its provider and stores the verdict.
    ///
    /// # Errors
    /// `KeyNotFound`, `TooMany`, `TierRequired`, `TierLimit` (a key that is off, beyond what the tier holds), `CannotOpen`, `EndpointChanged`, `NotAuthenticated`, `Unavailable`.
    pub async fn test_key(&self, cx: &Context, id: KeyId) -> Result<TestReport, Failure> {
        let (owner, who) = access::owner(cx, Scope::KeysTest)?;
        self.0.tiers.require(who.tier)?;
        let (row, sealed) = self.begin_test(cx, owner, who.tier, id).await?;
        let provider = self.provider_of(&row)?;
        let (_, endpoint) = self.endpoint(&provider, row.endpoint.as_deref().unwrap_or_default())?;
        if endpoint.origin() != row.endpoint_origin {
            self.refused(cx, &row, "endpoint_changed").await?;
            return Err(Problem::EndpointChanged.into());
        }
        let secret = match &sealed {
            None => None,
            Some(sealed) => match self.open_sealed(&place(&row, endpoint.origin()), &sealed.bytes).await {
                Ok(secret) => Some(secret),
                Err(error) => {
                    let stored = Stored { at: &PROVIDER_KEY_SECRET, record: row.id.uuid(), owner: row.owner, version: row.secret_version };
                    self.did_not_open(cx, Object::Key(row.id), stored, sealed, error).await?;
                    return Err(Failure::because(Problem::CannotOpen, error));
                }
            },
        };
        let result = self.ask(owner, &provider, &endpoint, secret).await;
        self.end_test(cx, owner, &row, &provider, result).await?;
        self.announce(owner.id(), LiveEvent::KeyTested { id, verdict: result.verdict });
        Ok(report(&provider, &result))
    }

    /// Counts the test and puts the use into the trail. What it returns may be opened only because this was committed.
    async fn begin_test(&self, cx: &Context, owner: Owner, tier: Tier, id: KeyId) -> Result<(KeyRow, Option<SealedRow>), Failure> {
        let (me, cx) = (self.clone(), cx.clone());
        self.unit(cx.clone(), move |tx| {
            Box::pin(async move {
                let row = fetch(tx, owner, id).await?;
                if !row.enabled {
                    me.admit_enabled(tx, owner, tier).await?;
                }
                limits::admit(tx, limits::TESTS, &owner.id().to_string(), &cx).await?;
                let sealed = tx.key_secret(owner, id).await?;
                let event = Event::new("key.test.use", Outcome::Started).on(Object::Key(id)).word("provider", row.provider.as_str());
                me.record(tx, &cx, event.secret(row.secret_version, sealed.as_ref())).await?;
                Ok((row, sealed))
            })
        })
        .await
    }

    async fn refused(&self, cx: &Context, row: &KeyRow, reason: &'static str) -> Result<(), Failure> {
        let event = Event::new("decrypt_failed", Outcome::Failed).on(Object::Key(row.id)).because(Some(reason));
        let (me, cx) = (self.clone(), cx.clone());
        self.store().write(move |tx| Box::pin(async move { me.record(tx, &cx, event).await })).await
    }

    /// The plaintext ends here.
    async fn ask(&self, owner: Owner, provider: &Provider, endpoint: &Endpoint, secret: Option<Plaintext>) -> CheckResult {
        let text = secret.as_ref().and_then(Plaintext::expose_str);
        check::check(&self.0.egress, provider, endpoint, text, owner.id()).await
    }

    /// Stores the verdict, unless the secret was replaced while the provider was asked.
    async fn end_test(&self, cx: &Context, owner: Owner, tested: &KeyRow, provider: &Provider, result: CheckResult) -> Result<(), Failure> {
        let (id, version) = (tested.id, tested.secret_version);
        let event = result_event("key.test.result", provider, &result).on(Object::Key(id));
        // The test ends now, not when its request arrived.
        let ended = Context::new(cx.actor.clone(), cx.client).now;
        let (me, cx) = (self.clone(), cx.clone());
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(row) = tx.key(owner, id).await?.filter(|row| row.secret_version == version) {
                        let CheckResult { verdict, status_code, latency_ms, .. } = result;
                        let test = Some(TestRow { at: ended, verdict, status_code, latency_ms });
                        tx.update_key(owner, &KeyRow { test, used_at: Some(ended), ..row }).await?;
                    }
                    me.record(tx, &cx, event).await
                })
            })
            .await
    }

    /// Tests a secret that is not stored, and stores nothing of it.
    ///
    /// # Errors
    /// `Invalid`, `TooMany`, `TierRequired`, `NotAuthenticated`, `Unavailable`.
    pub async fn test_candidate(&self, cx: &Context, provider: &str, key: SecretInput, endpoint: &str) -> Result<TestReport, Failure> {
        let (owner, who) = access::owner(cx, Scope::KeysTest)?;
        self.0.tiers.require(who.tier)?;
        let provider = self.provider(provider)?.clone();
        let secret = Self::secret(&provider, &key)?;
        let (_, endpoint) = self.endpoint(&provider, endpoint)?;
        let started = Event::new("key.test_candidate.use", Outcome::Started).word("provider", provider.id.as_str());
        let (me, unit_cx) = (self.clone(), cx.clone());
        self.unit(unit_cx.clone(), move |tx| {
            Box::pin(async move {
                limits::admit(tx, limits::TESTS, &owner.id().to_string(), &unit_cx).await?;
                me.record(tx, &unit_cx, started).await
            })
        })
        .await?;
        let result = self.ask(owner, &provider, &endpoint, secret).await;
        let ended = result_event("key.test_candidate.result", &provider, &result);
        let (me, unit_cx) = (self.clone(), cx.clone());
        self.store().write(move |tx| Box::pin(async move { me.record(tx, &unit_cx, ended).await })).await?;
        Ok(report(&provider, &result))
    }
}
