//! The vault as administrators see it. Nothing is opened for it.

use crate::{Context, Failure, Vault, access, keyring::TermState, root_change::hex, store::SEALED_COLUMNS, store::rows::QuarantineRow};
use domain::{
    Problem,
    scope::Scope,
    views::{
        AuditHealth, DataKeyState, DataKeyView, OtherRootKeyView, QuarantineView, RootKeyView, RowsUnderKey, SealedColumnView, VaultStatus,
    },
};
use std::collections::BTreeMap;

/// Entries of the quarantine that are listed.
const LISTED: u32 = 200;

const fn state(state: TermState) -> DataKeyState {
    match state {
        TermState::DecryptOnly => DataKeyState::DecryptOnly,
        TermState::Active => DataKeyState::Active,
        TermState::Retired => DataKeyState::Retired,
        TermState::Destroyed => DataKeyState::Destroyed,
    }
}

impl Vault {
    /// Keyring, root key, rotation, quarantine and audit trail, for administrators and the operator.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Forbidden`, `Unavailable`.
    pub async fn vault_status(&self, cx: &Context) -> Result<VaultStatus, Failure> {
        if access::operator(cx).is_err() {
            access::admin(cx, Scope::Admin)?;
        }
        // It says what is stored and not what this process last heard.
        self.follow_ring().await?;
        let ring = self.keyring();
        let mut columns = Vec::new();
        let mut rows = BTreeMap::<u32, u64>::new();
        let (mut quarantine, mut quarantined) = (Vec::new(), 0);
        for at in SEALED_COLUMNS {
            let counts = self.store().sealed_counts(at).await?;
            counts.iter().for_each(|(key, count)| *rows.entry(*key).or_default() += count);
            let under = counts.into_iter().map(|(key, rows)| RowsUnderKey { key, rows }).collect();
            columns.push(SealedColumnView { table: at.table.to_owned(), column: at.column.to_owned(), rows: under });
            let (list, count) = self.store().quarantine(at, LISTED).await?;
            quarantine.extend(list.into_iter().map(quarantine_view));
            quarantined += count;
        }
        quarantine.sort_by_key(|entry| std::cmp::Reverse(entry.found_at));
        quarantine.truncate(LISTED as usize);
        let key = |term: &crate::keyring::Term| DataKeyView {
            id: term.id(),
            state: state(term.state()),
            created_at: term.created_at(),
            rows: rows.get(&term.id()).copied().unwrap_or(0),
        };
        Ok(VaultStatus {
            ring_version: ring.ring_version(),
            active_key: ring.active(),
            min_decrypt: ring.min_decrypt(),
            data_keys: ring.data_keys().map(key).collect(),
            columns,
            root_key: self.root_key_view().await?,
            rotation: self.rotation().await?,
            quarantine,
            quarantined,
            audit: self.audit_health().await?,
            now: cx.now,
        })
    }

    async fn root_key_view(&self) -> Result<RootKeyView, Failure> {
        let rows = self.store().root_keys().await?;
        // A keyring that was made before this was noted is as old as its first key.
        let first = self.keyring().terms().first().map(crate::keyring::Term::created_at).ok_or(Problem::Internal)?;
        let fitting =
            self.0.ring_keys.iter().position(|key| rows.iter().any(|row| row.root_id == *key.root_id())).ok_or(Problem::Internal)?;
        let id = self.0.ring_keys[fitting].root_id();
        let since = rows.iter().find(|row| row.root_id == *id).and_then(|row| row.created_at).unwrap_or(first);
        let other = rows.iter().find(|row| row.root_id != *id).map(|row| OtherRootKeyView {
            id: hex(&row.root_id),
            since: row.created_at.unwrap_or(first),
            known: self.ring_key(&row.root_id).is_some(),
        });
        let source = if fitting == 0 { self.0.root_key_source } else { "previous" };
        Ok(RootKeyView { id: hex(id), source: source.to_owned(), since, other })
    }

    async fn audit_health(&self) -> Result<AuditHealth, Failure> {
        let newest = self.store().audit_head().await?.seq;
        let oldest = self.store().oldest_event().await?.unwrap_or(newest);
        let sink = self.0.sink.as_ref();
        Ok(AuditHealth {
            newest,
            oldest,
            sink: sink.is_some(),
            checkpointed: sink.and_then(crate::audit::Sink::covered),
            alarm: sink.is_some_and(crate::audit::Sink::alarm),
        })
    }
}

fn quarantine_view(row: QuarantineRow) -> QuarantineView {
    QuarantineView {
        table: row.table,
        column: row.column,
        record: row.record.to_string(),
        owner: row.owner,
        key: row.data_key_id,
        reason: row.reason,
        found_at: row.found_at,
    }
}
