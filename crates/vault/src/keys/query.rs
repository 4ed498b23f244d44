//! Reading a caller's keys in slices, by name, and in numbers.

use super::not_found;
use crate::{
    Context, Failure, Vault,
    access::{self, Owner},
    limits::{self, Allowance, Rule},
    store::rows::KeyRow,
};
use domain::{
    FieldProblem, Problem, Verdict,
    catalogue::ProviderId,
    ids::KeyId,
    person::Tier,
    scope::Scope,
    views::{KeyView, ProviderView},
};
use std::collections::BTreeSet;

/// The most keys of one slice, and how many there are when nobody says.
const LONGEST_SLICE: usize = 200;

/// Which keys to list.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct KeyFilter {
    /// Only keys of this provider.
    pub provider: Option<String>,
    /// Only keys that were added after this one.
    pub after: Option<KeyId>,
    /// At most this many, 1 to 200; 200 when absent.
    pub limit: Option<usize>,
}

/// Some keys, oldest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeySlice {
    /// The keys.
    pub keys: Vec<KeyView>,
    /// Where the next slice begins; `None` at the end.
    pub next: Option<KeyId>,
}

/// What a caller has, in numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyStats {
    /// Providers in the catalogue.
    pub total_providers: usize,
    /// Providers the caller keeps a key for.
    pub configured_providers: usize,
    /// Providers with a key that was tested.
    pub tested_providers: usize,
    /// Providers with a key whose last test said that it works.
    pub valid_providers: usize,
    /// The caller's tier.
    pub user_tier: Tier,
}

fn providers(rows: &[KeyRow], fits: impl Fn(&KeyRow) -> bool) -> usize {
    rows.iter().filter(|row| fits(row)).map(|row| &row.provider).collect::<BTreeSet<_>>().len()
}

impl Vault {
    /// The catalogue, with what the caller keeps a key for.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Forbidden`, `Unavailable`.
    pub async fn providers(&self, cx: &Context) -> Result<Vec<ProviderView>, Failure> {
        let (owner, _) = access::owner(cx, Scope::KeysRead)?;
        let rows = self.store().keys(owner).await?;
        let mut providers = self.0.catalogue.view();
        for provider in &mut providers {
            provider.configured = rows.iter().any(|row| row.provider == provider.id);
        }
        Ok(providers)
    }

    /// Some of the caller's keys, in the order in which they were added: changes of a key move no other key between slices.
    ///
    /// # Errors
    /// `Invalid` for a limit that is not 1 to 200, `InvalidProvider`, `NotAuthenticated`, `Forbidden`, `Unavailable`.
    pub async fn list_keys(&self, cx: &Context, filter: &KeyFilter) -> Result<KeySlice, Failure> {
        let (owner, _) = access::owner(cx, Scope::KeysRead)?;
        let limit = filter.limit.unwrap_or(LONGEST_SLICE);
        if !(1..=LONGEST_SLICE).contains(&limit) {
            return Err(FieldProblem::new("limit", "out_of_range", "The limit has to be a number from 1 to 200.").into());
        }
        let mut rows = self.store().keys(owner).await?;
        if let Some(word) = &filter.provider {
            let known = self.known_provider(&rows, word)?;
            rows.retain(|row| row.provider == known);
        }
        rows.retain(|row| filter.after.is_none_or(|after| row.id > after));
        rows.sort_by_key(|row| row.id);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|row| row.id);
        Ok(KeySlice { keys: rows.into_iter().map(|row| self.view(row)).collect(), next })
    }

    /// The key that a word in an address means: its id, or its provider for the default key.
    ///
    /// # Errors
    /// `InvalidProvider` for a word that is neither, `KeyNotFound` when the caller has no such key, `NotAuthenticated`,
    /// `Forbidden` without `scope`, `Unavailable`.
    pub async fn find_key(&self, cx: &Context, scope: Scope, word: &str) -> Result<KeyId, Failure> {
        let (owner, _) = access::owner(cx, scope)?;
        if let Ok(id) = word.parse::<KeyId>() {
            return Ok(self.store().key(owner, id).await?.ok_or_else(not_found)?.id);
        }
        let rows = self.store().keys(owner).await?;
        let provider = self.known_provider(&rows, word)?;
        let default = rows.iter().find(|row| row.provider == provider && row.is_default);
        Ok(default.ok_or_else(not_found)?.id)
    }

    /// A provider of the catalogue, or one that a key remained of.
    fn known_provider(&self, rows: &[KeyRow], word: &str) -> Result<ProviderId, Problem> {
        let id = ProviderId::parse(word).map_err(|_| Problem::InvalidProvider)?;
        let known = self.0.catalogue.get(&id).is_some() || rows.iter().any(|row| row.provider == id);
        if known { Ok(id) } else { Err(Problem::InvalidProvider) }
    }

    /// The revision of a key that the caller is about to change.
    ///
    /// # Errors
    /// `KeyNotFound`, `NotAuthenticated`, `Forbidden`, `Unavailable`.
    pub async fn revision(&self, cx: &Context, id: KeyId) -> Result<u64, Failure> {
        let (owner, _) = access::owner(cx, Scope::KeysWrite)?;
        Ok(self.store().key(owner, id).await?.ok_or_else(not_found)?.revision)
    }

    /// What the caller has, in numbers.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Forbidden`, `Unavailable`.
    pub async fn key_stats(&self, cx: &Context) -> Result<KeyStats, Failure> {
        let (owner, who) = access::owner(cx, Scope::KeysRead)?;
        let rows = self.store().keys(owner).await?;
        Ok(KeyStats {
            total_providers: self.0.catalogue.iter().count(),
            configured_providers: providers(&rows, |_| true),
            tested_providers: providers(&rows, |row| row.test.is_some()),
            valid_providers: providers(&rows, |row| row.test.is_some_and(|test| test.verdict == Verdict::Valid)),
            user_tier: who.tier,
        })
    }

    /// How many more tests the caller may make just now.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Forbidden`, `Unavailable`.
    pub async fn tests_left(&self, cx: &Context) -> Result<Allowance, Failure> {
        let (owner, _) = access::owner(cx, Scope::KeysTest)?;
        self.left(cx, owner, limits::TESTS).await
    }

    /// How many more keys the caller may add or replace just now.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Forbidden`, `Unavailable`.
    pub async fn adds_left(&self, cx: &Context) -> Result<Allowance, Failure> {
        let (owner, _) = access::owner(cx, Scope::KeysWrite)?;
        self.left(cx, owner, limits::ADDS).await
    }

    async fn left(&self, cx: &Context, owner: Owner, rule: Rule) -> Result<Allowance, Failure> {
        let now = Context::new(cx.actor.clone(), cx.client);
        limits::left(self.store(), rule, &owner.id().to_string(), &now).await
    }
}
