//! What a new tier does to the keys an account holds.

use crate::{
    Context, Failure, Vault,
    access::Owner,
    audit::{Event, Object},
    store::{
        Tx,
        rows::{AccountRow, KeyRow},
    },
};

impl Vault {
    /// Switches off the keys beyond what the account's tier holds; deletes none. The oldest stay on, defaults first. Called in the
    /// unit of work that changes the tier; tells how many keys it switched off.
    ///
    /// # Errors
    /// `Unavailable`.
    pub(crate) async fn keep_within_tier(&self, tx: &mut dyn Tx, cx: &Context, account: &AccountRow) -> Result<u64, Failure> {
        let Some(most) = self.0.tiers.holds(account.tier) else { return Ok(0) };
        let owner = Owner::of(account);
        let mut on: Vec<_> = tx.keys(owner).await?.into_iter().filter(|key| key.enabled).collect();
        on.sort_by_key(|key| (!key.is_default, key.created_at, key.id));
        let surplus: Vec<_> = on.into_iter().skip(most as usize).collect();
        let count = surplus.len() as u64;
        for key in surplus {
            let id = key.id;
            let off = KeyRow { enabled: false, revision: key.revision + 1, updated_at: cx.now, ..key };
            tx.update_key(owner, &off).await?;
            let event = Event::success("key.disable").on(Object::Key(id)).because(Some("tier")).word("provider", off.provider.as_str());
            self.record(tx, cx, event).await?;
        }
        Ok(count)
    }
}
