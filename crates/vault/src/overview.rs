//! What needs an administrator's attention: one function a check, each of which says what it looked at.

use crate::{
    Context, Failure, Vault, access,
    credentials::Whose,
    store::audit_query::{AuditFilter, AuditWindow},
};
use domain::{
    Timestamp, Verdict,
    scope::Scope,
    views::{
        CheckView, OverviewPage, RotationState, VaultPage, VaultStatus, Weight,
        credentials::{Grant, KindView, ServiceView, Source},
    },
};
use std::time::Duration;

/// Keys whose end is nearer than this are told.
const SOON: Duration = Duration::from_secs(14 * DAY);
/// A backup older than this is told.
const BACKUP_AGE: Duration = Duration::from_secs(7 * DAY);
/// A data key older than this is told.
const KEY_AGE: Duration = Duration::from_secs(365 * DAY);
const DAY: u64 = 24 * 60 * 60;

fn count(number: u64, one: &str, many: &str) -> String {
    match number {
        0 => format!("No {one}"),
        1 => format!("1 {one}"),
        _ => format!("{number} {many}"),
    }
}

/// What a check came to. One that could not be made is not fine, and its cause is in the log.
fn made(title: &str, outcome: Result<CheckView, Failure>) -> CheckView {
    outcome.unwrap_or_else(|failure| {
        let cause = std::error::Error::source(&failure).map(ToString::to_string).unwrap_or_default();
        tracing::warn!(code = failure.problem().code(), cause, title, "a check of the overview was not made");
        CheckView::unknown(title)
    })
}

impl Vault {
    /// Every check. One that cannot be made does not keep the others from being told.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Forbidden` unless an administrator asks, `Unavailable` when not even the account can be read.
    pub async fn overview(&self, cx: &Context) -> Result<OverviewPage, Failure> {
        access::admin(cx, Scope::Admin)?;
        let account = self.account(cx).await?;
        let checks = vec![
            made("Service credentials", self.check_credentials(cx).await),
            made("People", self.check_people().await),
            made("Provider keys", self.check_endings(cx.now).await),
            made("Audit trail", self.check_trail().await),
            made("Vault", self.check_vault(cx).await),
            made("Backup", self.check_backup(cx.now).await),
        ];
        Ok(OverviewPage { account, checks })
    }

    /// The page of the vault.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Forbidden` unless an administrator asks, `Unavailable`.
    pub async fn vault_page(&self, cx: &Context) -> Result<VaultPage, Failure> {
        access::admin(cx, Scope::Admin)?;
        Ok(VaultPage {
            account: self.account(cx).await?,
            status: self.vault_status(cx).await?,
            last_backup: self.last_backup_told().await?,
            step_up: access::recent_admin(cx, Scope::Admin).is_err(),
        })
    }

    /// When a backup was last read back, as the audit trail says.
    async fn last_backup_told(&self) -> Result<Option<Timestamp>, Failure> {
        let filter = AuditFilter { action: Some("backup.result".to_owned()), outcome: Some("success"), ..AuditFilter::default() };
        Ok(self.store().find_events(&filter, AuditWindow::newest(None, 1)).await?.pop().map(|event| event.at))
    }

    /// Service credentials of the installation: their last tests, their ends, and those that still come from the environment.
    async fn check_credentials(&self, cx: &Context) -> Result<CheckView, Failure> {
        let services = self.services(cx, Whose::Installation).await?;
        let stored = services.iter().flat_map(|service| &service.kinds).filter(|kind| kind.credential.is_some()).count();
        let fine = format!("{} stored; no last test found anything wrong.", count(stored as u64, "credential is", "credentials are"));
        let mut check = CheckView::new("Service credentials", fine);
        for service in &services {
            for kind in &service.kinds {
                check = about_kind(check, service, kind, cx.now);
            }
        }
        if !check.notes.is_empty() {
            check.fine = format!("{} stored.", count(stored as u64, "credential is", "credentials are"));
        }
        Ok(check)
    }

    /// Rotation, root key, values that do not open, and the second place of the audit trail.
    async fn check_vault(&self, cx: &Context) -> Result<CheckView, Failure> {
        Ok(about_vault(&self.vault_status(cx).await?, cx.now))
    }

    /// Whether there is a backup that is not too old.
    async fn check_backup(&self, now: Timestamp) -> Result<CheckView, Failure> {
        Ok(match self.last_backup_told().await? {
            Some(at) if now.since(at) <= BACKUP_AGE => CheckView::new("Backup", format!("The last one was made on {}.", at.readable())),
            Some(at) => CheckView::new("Backup", "").note(
                Weight::Warning,
                format!("The last backup was made on {}, more than a week ago. Make one with: keyward backup FILE", at.readable()),
                None,
            ),
            None => CheckView::new("Backup", "").note(
                Weight::Warning,
                "No backup was made with Keyward yet. Make one with: keyward backup FILE",
                None,
            ),
        })
    }

    /// Whether the installation depends on a single person.
    async fn check_people(&self) -> Result<CheckView, Failure> {
        let admins = self.store().admins().await?;
        let check = CheckView::new("People", format!("{} may sign in.", count(u64::from(admins), "administrator", "administrators")));
        if admins > 1 {
            return Ok(check);
        }
        let text = "There is a single administrator. If they lose their password, only a command on the machine helps.";
        Ok(check.note(Weight::Hint, text, Some(("/settings/users", "People"))))
    }

    /// Keys of people that end soon, by number alone.
    async fn check_endings(&self, now: Timestamp) -> Result<CheckView, Failure> {
        let ending = self.store().ending_keys(now, now + SOON).await?;
        let mut check = CheckView::new("Provider keys", "No enabled key ends within 14 days, as far as its owner noted an end.");
        let keys = |number: u32| count(u64::from(number), "enabled key", "enabled keys");
        let of = count(u64::from(ending.people), "person", "people");
        if ending.over + ending.soon > 0 {
            check.fine = "As far as owners noted an end.".to_owned();
        }
        if ending.over > 0 {
            let (what, verb) = (keys(ending.over), if ending.over == 1 { "is" } else { "are" });
            check = check.note(Weight::Warning, format!("{what} of {of} {verb} past the noted end. Each owner sees which."), None);
        }
        if ending.soon > 0 {
            let (what, verb) = (keys(ending.soon), if ending.soon == 1 { "ends" } else { "end" });
            check = check.note(Weight::Warning, format!("{what} of {of} {verb} within 14 days. Each owner sees which."), None);
        }
        Ok(check)
    }

    /// The end of the trail, and what the last walk along all of it found.
    async fn check_trail(&self) -> Result<CheckView, Failure> {
        let link = Some(("/settings/audit", "Audit trail"));
        let (bad, looked_at) = self.tail_of_audit().await?;
        let newest = count(looked_at, "newest event is", "newest events are");
        let check = CheckView::new("Audit trail", format!("The {newest} unbroken."));
        if let Some(first) = bad {
            let text = format!("Event {first} is missing, was changed, or is not the one that was written.");
            return Ok(check.note(Weight::Fault, text, link));
        }
        Ok(match self.last_verified().await? {
            Some(verified) => match verified.first_bad {
                Some(first) => {
                    let text = format!(
                        "When the whole trail was last walked, event {first} was missing, changed, or not the one that was written."
                    );
                    check.note(Weight::Fault, text, link)
                }
                None => {
                    CheckView { fine: format!("{} The whole trail was last walked on {}.", check.fine, verified.at.readable()), ..check }
                }
            },
            None => check.note(Weight::Hint, "Nobody has verified the whole trail here yet.", link),
        })
    }
}

/// What is to be said of one kind of credential.
fn about_kind(check: CheckView, service: &ServiceView, kind: &KindView, now: Timestamp) -> CheckView {
    let path = format!("/settings/credentials/{}", service.id);
    let link = Some((path.as_str(), service.name.as_str()));
    let name = format!("{} {}", service.name, kind.name);
    if let (Source::Environment, Some(variable)) = (kind.source, &kind.variable) {
        return check.note(Weight::Warning, format!("{name} comes from the environment variable {variable} and is not sealed."), link);
    }
    let Some(tested) = kind.credential.as_ref().and_then(|credential| credential.tested.as_ref()) else { return check };
    let on = tested.at.readable();
    let check = match tested.verdict {
        Verdict::Valid | Verdict::Unchecked | Verdict::RateLimited => check,
        Verdict::Rejected => check.note(Weight::Fault, format!("{name} was rejected when it was tested on {on}."), link),
        Verdict::NoCredit => check.note(Weight::Warning, format!("{name} had no credit when it was tested on {on}."), link),
        Verdict::Unreachable | Verdict::Unexpected => {
            check.note(Weight::Hint, format!("{name} could not be checked when it was tested on {on}."), link)
        }
    };
    let missing = tested.findings.permissions.iter().filter(|permission| permission.grant == Grant::Missing).count();
    let check = if missing > 0 {
        check.note(Weight::Warning, format!("{name} lacks {}.", count(missing as u64, "permission it needs", "permissions it needs")), link)
    } else {
        check
    };
    match tested.findings.expires_at {
        Some(ends) if ends <= now => check.note(Weight::Fault, format!("{name} ended on {}.", ends.readable()), link),
        Some(ends) if ends <= now + SOON => check.note(Weight::Warning, format!("{name} ends on {}.", ends.readable()), link),
        _ => check,
    }
}

/// What is to be said of the vault.
fn about_vault(status: &VaultStatus, now: Timestamp) -> CheckView {
    let link = Some(("/settings/vault", "Vault"));
    let sealed = status.data_keys.iter().map(|key| key.rows).sum();
    let mut check = CheckView::new("Vault", format!("{} sealed, and none is known not to open.", count(sealed, "value is", "values are")));
    if status.quarantined > 0 {
        check.fine = format!("{} sealed.", count(sealed, "value is", "values are"));
        let text = format!(
            "{} not open. Their owners have to enter them again.",
            count(status.quarantined, "stored value does", "stored values do")
        );
        check = check.note(Weight::Fault, text, link);
    }
    if let Some(rotation) = &status.rotation {
        let left = count(rotation.left, "value is", "values are");
        check = match rotation.state {
            RotationState::Running => check.note(Weight::Hint, format!("A rotation is running; {left} left."), link),
            RotationState::Interrupted => check.note(Weight::Warning, format!("A rotation is not finished; {left} left."), link),
            RotationState::Finished | RotationState::FinishedWithQuarantine => check,
        };
    }
    if status.root_key.other.is_some() {
        let text = "The root key is being changed. Finish it with: keyward keyring rekey-root --finalise";
        check = check.note(Weight::Warning, text, link);
    }
    let age = status.data_keys.iter().find(|key| key.id == status.active_key).map(|key| now.since(key.created_at));
    if age.is_some_and(|age| age > KEY_AGE) {
        check = check.note(Weight::Hint, "The data key is more than a year old. A rotation makes a new one.", link);
    }
    if status.audit.alarm {
        check = check.note(Weight::Fault, "The second place of the audit trail takes no checkpoints just now.", link);
    }
    check
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::views::{AuditHealth, DataKeyState, DataKeyView, OtherRootKeyView, RootKeyView, RotationView};

    fn status() -> VaultStatus {
        let at = Timestamp::from_micros(0);
        VaultStatus {
            ring_version: 1,
            active_key: 1,
            min_decrypt: 1,
            data_keys: vec![DataKeyView { id: 1, state: DataKeyState::Active, created_at: at, rows: 3 }],
            columns: Vec::new(),
            root_key: RootKeyView { id: "00".into(), source: "file".into(), since: at, other: None },
            rotation: None,
            quarantine: Vec::new(),
            quarantined: 0,
            audit: AuditHealth { newest: 1, oldest: 1, sink: false, checkpointed: None, alarm: false },
            now: at,
        }
    }

    #[test]
    fn a_vault_is_fine_until_something_is_told_of_it() {
        let now = Timestamp::from_micros(1);
        assert!(about_vault(&status(), now).is_fine());
        let rotation = |state| {
            let at = Timestamp::from_micros(0);
            let (total, resealed, left) = (9, 2, 7);
            Some(RotationView {
                state,
                key: 2,
                started_at: at,
                finished_at: None,
                total,
                resealed,
                left,
                rows_per_second: 1,
                seconds_left: None,
            })
        };
        let other = Some(OtherRootKeyView { id: "01".into(), since: now, known: true });
        let root_key = RootKeyView { other, ..status().root_key };
        for (status, weight, words) in [
            (VaultStatus { quarantined: 1, ..status() }, Weight::Fault, "1 stored value does not open"),
            (VaultStatus { rotation: rotation(RotationState::Running), ..status() }, Weight::Hint, "running; 7 values are left"),
            (
                VaultStatus { rotation: rotation(RotationState::Interrupted), ..status() },
                Weight::Warning,
                "not finished; 7 values are left",
            ),
            (VaultStatus { root_key, ..status() }, Weight::Warning, "root key is being changed"),
            (VaultStatus { audit: AuditHealth { alarm: true, ..status().audit }, ..status() }, Weight::Fault, "second place"),
        ] {
            let check = about_vault(&status, now);
            assert_eq!((check.notes.len(), check.notes[0].weight), (1, weight), "{check:?}");
            assert!(check.notes[0].text.contains(words), "{check:?}");
        }
        assert!(about_vault(&VaultStatus { rotation: rotation(RotationState::Finished), ..status() }, now).is_fine());
        let later = now + KEY_AGE + Duration::from_secs(1);
        assert!(about_vault(&status(), later).notes[0].text.contains("more than a year"));
    }
}
