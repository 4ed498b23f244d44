//! What administrators see and change of other people's accounts. Their keys are counted and never read.

use crate::{
    Context, Failure, Vault, access,
    audit::{Event, Object},
    store::{
        people::{PeopleFilter, PersonRow},
        rows::{AccountRow, SessionRow},
    },
};
use domain::{
    FieldProblem, Problem,
    ids::{SessionId, UserId},
    person::{Email, Role, Tier},
    scope::Scope,
    views::{PeopleAsked, PeoplePage, PersonLine, PersonPage, PersonView, SessionView},
};

/// The most accounts of one answer.
const LONGEST_SLICE: u32 = 200;
/// Accounts on one page.
const PAGE: u32 = 50;
/// The most characters of a search.
const LONGEST_SEARCH: usize = 254;

/// Some accounts, by e-mail address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeopleSlice {
    /// The accounts.
    pub people: Vec<PersonLine>,
    /// The e-mail address after which the list goes on; `None` at the end.
    pub next: Option<String>,
}

/// What to change of an account. What is absent stays.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct PersonChange {
    /// What it may do.
    pub role: Option<Role>,
    /// What it paid for.
    pub tier: Option<Tier>,
    /// Whether it may no longer sign in.
    pub disabled: Option<bool>,
}

impl PersonChange {
    /// Applies what is different, and tells an event for each.
    fn apply(self, account: &mut AccountRow, cx: &Context) -> Vec<Event> {
        let mut events = Vec::new();
        if let Some(role) = self.role.filter(|role| *role != account.role) {
            account.role = role;
            events.push(Event::success("account.set_role").word("role", role.as_str()));
        }
        if let Some(tier) = self.tier.filter(|tier| *tier != account.tier) {
            account.tier = tier;
            events.push(Event::success("account.set_tier").word("tier", tier.as_str()));
        }
        // An import leaves an account disabled since the moment it was made, until its owner signs in; whoever disables it now means it.
        let until_sign_in = account.disabled_at == Some(account.created_at);
        let differs = |disabled: &bool| *disabled != account.disabled_at.is_some() || (*disabled && until_sign_in);
        if let Some(disabled) = self.disabled.filter(differs) {
            account.disabled_at = disabled.then_some(cx.now);
            events.push(Event::success(if disabled { "account.disable" } else { "account.enable" }));
        }
        events
    }
}

/// An account in a list.
pub(super) fn view(row: AccountRow) -> PersonView {
    PersonView {
        id: row.id,
        email: row.email,
        role: row.role,
        tier: row.tier,
        disabled: row.disabled_at.is_some(),
        created: row.created_at,
    }
}

fn line(row: PersonRow) -> PersonLine {
    PersonLine { person: view(row.account), keys: row.keys, tokens: row.tokens, seen: row.seen_at }
}

impl Vault {
    /// Some accounts, by e-mail address, at most `limit` (1 to 200).
    ///
    /// # Errors
    /// `Invalid` (fields `limit`, `search`), `NotAuthenticated`, `Forbidden` unless an administrator asks, `Unavailable`.
    pub async fn people(&self, cx: &Context, asked: &PeopleAsked, limit: u32) -> Result<PeopleSlice, Failure> {
        access::admin(cx, Scope::Admin)?;
        if !(1..=LONGEST_SLICE).contains(&limit) {
            return Err(FieldProblem::new("limit", "out_of_range", "The limit has to be a number from 1 to 200.").into());
        }
        let search = asked.search.trim().to_lowercase();
        if search.chars().count() > LONGEST_SEARCH {
            return Err(FieldProblem::new("search", "too_long", "No e-mail address is as long as this.").into());
        }
        let PeopleAsked { role, tier, disabled, ref after, .. } = *asked;
        let after = after.clone().unwrap_or_default();
        // No name has a NUL, and PostgreSQL takes no text with one.
        if search.contains('\0') || after.contains('\0') {
            return Ok(PeopleSlice { people: Vec::new(), next: None });
        }
        let filter = PeopleFilter { search, role, tier, disabled, after, limit: limit + 1 };
        let mut rows = self.store().people(&filter).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let people: Vec<_> = rows.into_iter().map(line).collect();
        let next = people.last().filter(|_| more).map(|last| last.person.email.to_string());
        Ok(PeopleSlice { people, next })
    }

    /// The page of people.
    ///
    /// # Errors
    /// As for [`Vault::people`].
    pub async fn people_page(&self, cx: &Context, asked: PeopleAsked) -> Result<PeoplePage, Failure> {
        let PeopleSlice { people, next } = self.people(cx, &asked, PAGE).await?;
        Ok(PeoplePage { account: self.account(cx).await?, asked, people, next })
    }

    /// One account.
    ///
    /// # Errors
    /// `NotFound`, `NotAuthenticated`, `Forbidden` unless an administrator asks, `Unavailable`.
    pub async fn person(&self, cx: &Context, id: UserId) -> Result<PersonLine, Failure> {
        access::admin(cx, Scope::Admin)?;
        Ok(self.store().person(id).await?.map(line).ok_or(Problem::NotFound)?)
    }

    /// The page of one account.
    ///
    /// # Errors
    /// As for [`Vault::person`].
    pub async fn person_page(&self, cx: &Context, id: UserId) -> Result<PersonPage, Failure> {
        let line = self.person(cx, id).await?;
        let mine = cx.identity().and_then(|identity| identity.session());
        let session = |row: SessionRow| SessionView {
            id: row.id,
            created: row.created_at,
            seen: row.seen_at,
            client: row.client,
            current: Some(row.id) == mine,
        };
        let sessions =
            self.store().sessions_of(id).await?.into_iter().filter(|row: &SessionRow| self.stands(row, cx.now)).map(session).collect();
        let active_admin = line.person.role == Role::Admin && !line.person.disabled;
        Ok(PersonPage {
            account: self.account(cx).await?,
            key_limit: self.0.tiers.limit(line.person.tier),
            may_add: self.0.tiers.allows(line.person.tier),
            sessions,
            last_admin: active_admin && self.store().admins().await? <= 1,
            step_up: access::recent_admin(cx, Scope::Admin).is_err(),
            line,
        })
    }

    /// Changes role, tier or state of an account, all of it or nothing. A new role ends its sessions; disabling also ends its API
    /// tokens, at once and everywhere, and keeps its keys. The last administrator keeps role and access.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` (field `role` for the last administrator, or where the OpenID provider decides; field `password`, code `step_up`), `NotAuthenticated`,
    /// `Forbidden`, `Unavailable`.
    pub async fn change_person(&self, cx: &Context, id: UserId, change: PersonChange) -> Result<PersonLine, Failure> {
        access::manager(cx)?;
        let (me, unit_cx) = (self.clone(), cx.clone());
        self.unit(unit_cx.clone(), move |tx| {
            Box::pin(async move {
                let before = tx.account(id).await?.ok_or(Problem::NotFound)?;
                if change.role.is_some_and(|role| role != before.role) && tx.has_identity(id).await? {
                    let message = "This account's role comes from the OpenID provider. Change it there, or disable the account.";
                    return Err(FieldProblem::new("role", "provider", message).into());
                }
                let mut account = before.clone();
                let events = change.apply(&mut account, &unit_cx);
                if events.is_empty() {
                    return Ok(());
                }
                me.write_account(tx, &unit_cx, &before, account, events).await
            })
        })
        .await?;
        Ok(self.store().person(id).await?.map(line).ok_or(Problem::NotFound)?)
    }

    /// Ends every session of an account, everywhere and at once; tells how many there were.
    ///
    /// # Errors
    /// `NotFound`, `NotAuthenticated`, `Forbidden` unless an administrator asks, `Unavailable`.
    pub async fn end_sessions_of(&self, cx: &Context, id: UserId) -> Result<u64, Failure> {
        access::admin(cx, Scope::Admin)?;
        let (me, cx) = (self.clone(), cx.clone());
        self.unit(cx.clone(), move |tx| {
            Box::pin(async move {
                tx.account(id).await?.ok_or(Problem::NotFound)?;
                let ended = tx.delete_sessions_of(id).await?;
                me.record(tx, &cx, Event::success("account.end_sessions").on(Object::Account(id)).number("ended", ended)).await?;
                Ok(ended)
            })
        })
        .await
    }

    /// Ends one session of an account, everywhere and at once.
    ///
    /// # Errors
    /// `NotFound`, `NotAuthenticated`, `Forbidden` unless an administrator asks, `Unavailable`.
    pub async fn end_session_of(&self, cx: &Context, id: UserId, session: SessionId) -> Result<(), Failure> {
        access::admin(cx, Scope::Admin)?;
        let (me, cx) = (self.clone(), cx.clone());
        self.unit(cx.clone(), move |tx| {
            Box::pin(async move {
                if !tx.end_session_of(id, session).await? {
                    return Err(Problem::NotFound.into());
                }
                me.record(tx, &cx, Event::success("session.end").on(Object::Session(session))).await
            })
        })
        .await
    }

    /// Reads an account's id out of a path.
    ///
    /// # Errors
    /// `NotFound` when the text is no id.
    pub fn user_id(text: &str) -> Result<UserId, Failure> {
        text.parse().map_err(|_| Problem::NotFound.into())
    }

    /// The account with this name (command line).
    pub(super) async fn account_named(&self, email: &Email) -> Result<AccountRow, Failure> {
        Ok(self.store().account_by_email(email).await?.ok_or(Problem::NotFound)?)
    }
}
