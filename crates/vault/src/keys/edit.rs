//! Changing what is said about a key, whether it may be used, and where its secret goes.

use super::{add::label_taken, expiry, fetch};
use crate::{
    Context, Failure, Vault, access,
    audit::{Event, Object},
    limits,
    store::rows::KeyRow,
};
use domain::{
    FieldProblem, Problem, Timestamp,
    ids::KeyId,
    key_input::SecretInput,
    names::{Description, Label},
    scope::Scope,
    views::{KeyView, LiveEvent},
};

/// What to change of a key; `None` leaves it.
#[derive(Clone, Debug, Default)]
pub struct EditKey {
    /// New label; empty takes it away.
    pub label: Option<String>,
    /// New description; empty takes it away.
    pub description: Option<String>,
    /// Whether it may be used.
    pub enabled: Option<bool>,
    /// `true` makes it its provider's default; `false` leaves it: there is always one.
    pub is_default: Option<bool>,
    /// New base URL; a changed one needs `key`.
    pub endpoint: Option<String>,
    /// When it stops working at the provider, in RFC 3339; empty takes it away.
    pub expires_at: Option<String>,
    /// The secret again, for a new base URL.
    pub key: SecretInput,
    /// The revision the caller saw; another one is `Problem::Changed`.
    pub revision: Option<u64>,
}

/// The parts of an edit that need no secret, parsed.
struct Words {
    label: Option<Option<Label>>,
    description: Option<Option<Description>>,
    expires: Option<Option<Timestamp>>,
    enabled: Option<bool>,
    is_default: bool,
}

impl Words {
    fn parse(edit: &EditKey, now: Timestamp) -> Result<Self, Failure> {
        let mut fields = Vec::new();
        let label = edit.label.as_deref().map(Label::parse).transpose().map_err(|fault| fields.push(fault)).ok().flatten();
        let description =
            edit.description.as_deref().map(Description::parse).transpose().map_err(|fault| fields.push(fault)).ok().flatten();
        let expires =
            edit.expires_at.as_deref().map(|text| expiry::parse(text, now)).transpose().map_err(|fault| fields.push(fault)).ok().flatten();
        if !fields.is_empty() {
            return Err(Problem::Invalid { fields }.into());
        }
        Ok(Self { label, description, expires, enabled: edit.enabled, is_default: edit.is_default == Some(true) })
    }

    fn apply(self, row: &mut KeyRow) {
        if let Some(label) = self.label {
            row.label = label.map(|label| label.as_str().to_owned());
        }
        if let Some(description) = self.description {
            row.description = description.map(|text| text.as_str().to_owned());
        }
        if let Some(expires) = self.expires {
            row.expires_at = expires;
        }
        row.enabled = self.enabled.unwrap_or(row.enabled);
        row.is_default |= self.is_default;
    }
}

impl Vault {
    /// Changes what is said about a key, whether it may be used, or (with its secret) its base URL. What changes nothing
    /// leaves no trace.
    ///
    /// # Errors
    /// `Invalid`, `Changed`, `KeyNotFound`, `TooMany`, `TierRequired` (a new base URL), `TierLimit` (switched on beyond what the tier
    /// holds), `NotAuthenticated`, `Unavailable`.
    pub async fn edit_key(&self, cx: &Context, id: KeyId, edit: EditKey) -> Result<KeyView, Failure> {
        let (owner, who) = access::owner(cx, Scope::KeysWrite)?;
        let seen = self.store().key(owner, id).await?.ok_or(Problem::KeyNotFound)?;
        let words = Words::parse(&edit, cx.now)?;
        let moved = edit.endpoint.as_deref().map(str::trim).filter(|given| *given != seen.endpoint.as_deref().unwrap_or_default());
        let new_home = match moved {
            None if !edit.key.is_empty() => {
                let why = "This field is for a new base URL. To change the key itself, use Replace.";
                return Err(FieldProblem::new("key", "not_here", why).into());
            }
            None => None,
            Some(given) => {
                self.0.tiers.require(who.tier)?;
                let provider = self.provider_of(&seen)?;
                let (given, endpoint) = self.endpoint(&provider, given)?;
                if edit.key.is_empty() && seen.has_secret {
                    let why = "Enter the key again: it was sealed for the old address and cannot be sent anywhere else.";
                    return Err(FieldProblem::new("key", "required", why).into());
                }
                let secret = Self::secret(&provider, &edit.key)?;
                Some((provider, secret, (given, endpoint.origin().to_owned())))
            }
        };
        let who_tier = who.tier;
        let (me, unit_cx) = (self.clone(), cx.clone());
        let row = self
            .unit(unit_cx.clone(), move |tx| {
                Box::pin(async move {
                    let rule = if new_home.is_some() { limits::ADDS } else { limits::CHANGES };
                    limits::admit(tx, rule, &owner.id().to_string(), &unit_cx).await?;
                    let mut row = fetch(tx, owner, id).await?;
                    row.expect_revision(edit.revision)?;
                    let before = row.clone();
                    words.apply(&mut row);
                    if row == before && new_home.is_none() {
                        return Ok(row);
                    }
                    if row.enabled && !before.enabled {
                        me.admit_enabled(tx, owner, who_tier).await?;
                    }
                    if row.is_default && !before.is_default {
                        tx.clear_default(owner, row.provider.as_str()).await?;
                    }
                    row.revision += 1;
                    row.updated_at = unit_cx.now;
                    tx.update_key(owner, &row).await.map_err(label_taken)?;
                    let event = Event::success("key.edit").on(Object::Key(id)).word("provider", row.provider.as_str());
                    me.record(tx, &unit_cx, event.word("changed", &changed(&before, &row, new_home.is_some()))).await?;
                    let Some((provider, secret, target)) = new_home else { return Ok(row) };
                    me.replace_secret(tx, &unit_cx, owner, row, &provider, secret.as_ref(), target).await
                })
            })
            .await?;
        self.announce(owner.id(), LiveEvent::KeyChanged { id });
        Ok(self.view(row))
    }
}

/// The names of what is different, for the trail; of what can be used or not, what it is now. Nothing a person wrote is among them. Where a
/// key that `moved` is sent now, the event of its new secret says.
fn changed(before: &KeyRow, now: &KeyRow, moved: bool) -> String {
    let switched = if now.enabled { "enabled" } else { "disabled" };
    let all = [
        ("label", before.label != now.label),
        ("description", before.description != now.description),
        ("expires_at", before.expires_at != now.expires_at),
        (switched, before.enabled != now.enabled),
        ("is_default", before.is_default != now.is_default),
        ("endpoint", moved),
    ];
    all.into_iter().filter_map(|(name, differs)| differs.then_some(name)).collect::<Vec<_>>().join(" ")
}
