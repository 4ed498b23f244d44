//! API tokens: made, listed and revoked by a person; what proves a program's requests.
//!
//! A token acts for its account within its scopes, and never beyond what the account's role allows at that moment. It is looked
//! up on every request, so revoking it, disabling its account or its end take effect with the next one. It cannot make tokens.

mod format;
mod shown;

pub use format::PlainToken;
pub use shown::SHOWN_FOR;

use crate::{
    Context, Failure, Identity, Proof, Vault, access,
    audit::{Event, Object},
    context::CLOCK_LEEWAY,
    limits,
    store::{Tx, rows::AccountRow, rows::ApiTokenRow},
};
use domain::{
    FieldProblem, Problem, Timestamp,
    ids::TokenId,
    names::TokenName,
    person::Email,
    scope::Scope,
    views::{TokenState, TokenView, TokensPage},
};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The life of a token whose end is not given.
pub const USUAL_LIFE: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// The longest life of a token.
pub const LONGEST_LIFE: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// The most tokens of an account; expired ones count until they are revoked.
pub const MOST: u32 = 50;
const MINUTE_MICROS: i64 = 60_000_000;

/// What a token is to be, as submitted.
#[derive(Clone, Debug, Default)]
pub struct NewToken {
    /// Its name, 1 to 100 characters.
    pub name: String,
    /// Scope words; at least one.
    pub scopes: Vec<String>,
    /// Its end, at most a year ahead; 90 days when it is not given.
    pub expires_at: Option<Timestamp>,
}

/// What a token is to be, parsed.
struct Wanted {
    name: TokenName,
    scopes: Vec<Scope>,
    expires_at: Timestamp,
}

impl Wanted {
    fn parse(new: &NewToken, cx: &Context) -> Result<Self, Failure> {
        let mut faults = Vec::new();
        let name = TokenName::parse(&new.name).map_err(|fault| faults.push(fault)).ok();
        let scopes = scopes(&new.scopes).map_err(|fault| faults.push(fault)).ok();
        let expires_at = expiry(new.expires_at, cx.now).map_err(|fault| faults.push(fault)).ok();
        match (name, scopes, expires_at) {
            (Some(name), Some(scopes), Some(expires_at)) => Ok(Self { name, scopes, expires_at }),
            _ => Err(Problem::Invalid { fields: faults }.into()),
        }
    }
    /// Nobody gives a token what their role has not.
    fn within(&self, account: &AccountRow) -> Result<(), Failure> {
        if self.scopes.iter().all(|scope| scope.allowed_to(account.role)) {
            return Ok(());
        }
        Err(FieldProblem::new("scopes", "beyond_role", "The account's role does not have one of these scopes.").into())
    }
}

fn scopes(words: &[String]) -> Result<Vec<Scope>, FieldProblem> {
    let mut scopes = Vec::new();
    for word in words {
        let unknown = |error: domain::person::UnknownWord| FieldProblem::new("scopes", "unknown_scope", format!("A scope {error}."));
        scopes.push(word.parse::<Scope>().map_err(unknown)?);
    }
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() { Err(FieldProblem::new("scopes", "required", "Choose at least one scope.")) } else { Ok(scopes) }
}

fn expiry(given: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, FieldProblem> {
    let expires = given.unwrap_or(now + USUAL_LIFE);
    // A day of grace for clocks and for who writes the date a year from today.
    if expires > now + LONGEST_LIFE + DAY {
        return Err(FieldProblem::new("expires_at", "too_late", "A token lives for at most a year."));
    }
    if expires <= now {
        return Err(FieldProblem::new("expires_at", "past", "This moment is over. Choose one that is to come."));
    }
    Ok(expires)
}

fn view(row: ApiTokenRow, now: Timestamp) -> TokenView {
    let state = if stands(&row, now) { TokenState::Active } else { TokenState::Expired };
    TokenView {
        id: row.id,
        name: row.name,
        prefix: format::prefix(&row.handle),
        scopes: row.scopes,
        created: row.created_at,
        expires: row.expires_at,
        used: row.last_used_at,
        state,
    }
}

/// Whether a token did not expire, and was not made in a future that the clock has left again.
fn stands(token: &ApiTokenRow, now: Timestamp) -> bool {
    token.expires_at > now && token.created_at <= now + CLOCK_LEEWAY
}

impl Vault {
    /// The caller's tokens, newest first.
    ///
    /// # Errors
    /// `NotAuthenticated`, `Forbidden` for a token, `Unavailable`.
    pub async fn tokens(&self, cx: &Context) -> Result<Vec<TokenView>, Failure> {
        let (owner, ..) = access::person(cx)?;
        Ok(self.store().api_tokens(owner).await?.into_iter().map(|row| view(row, cx.now)).collect())
    }

    /// The page of the caller's tokens.
    ///
    /// # Errors
    /// As for [`Vault::tokens`].
    pub async fn tokens_page(&self, cx: &Context) -> Result<TokensPage, Failure> {
        let (_, identity, _) = access::person(cx)?;
        let scopes = Scope::ALL.into_iter().filter(|scope| scope.allowed_to(identity.role)).collect();
        let (account, tokens) = (self.account(cx).await?, self.tokens(cx).await?);
        Ok(TokensPage { account, tokens, scopes, limit: MOST, step_up: access::recent(cx).is_err() })
    }

    /// Makes a token for the caller, who gave their password at most ten minutes ago. The token is not kept: what is returned
    /// is all there will ever be of it.
    ///
    /// # Errors
    /// `Invalid` (fields `name`, `scopes`, `expires_at`; `password` with the code `step_up` when it has to be given again),
    /// `NotAuthenticated`, `Forbidden` for a token, `TooMany`, `Unavailable`.
    pub async fn create_token(&self, cx: &Context, new: NewToken) -> Result<(TokenView, PlainToken), Failure> {
        let (_, identity, _) = access::person(cx)?;
        let wanted = Wanted::parse(&new, cx)?;
        access::recent(cx)?;
        let account = identity.email.clone();
        self.insert_token(cx, account, wanted).await
    }

    /// Makes a token for somebody (command line).
    ///
    /// # Errors
    /// `Forbidden` unless the actor is the operator; `NotFound` for an unknown or disabled account; `Invalid`.
    pub async fn create_token_for(&self, cx: &Context, email: &Email, new: NewToken) -> Result<(TokenView, PlainToken), Failure> {
        access::operator(cx)?;
        let wanted = Wanted::parse(&new, cx)?;
        self.insert_token(cx, email.clone(), wanted).await
    }

    async fn insert_token(&self, cx: &Context, email: Email, wanted: Wanted) -> Result<(TokenView, PlainToken), Failure> {
        let token = PlainToken::generate()?;
        let (me, unit_cx) = (self.clone(), cx.clone());
        let (handle, secret_hash) = (token.handle().to_owned(), token.hash());
        let row = self
            .unit(unit_cx.clone(), move |tx| {
                Box::pin(async move {
                    let account = tx.account_by_email(&email).await?.filter(|account| account.disabled_at.is_none());
                    let account = account.ok_or(Problem::NotFound)?;
                    wanted.within(&account)?;
                    admit(tx, &account, &unit_cx).await?;
                    let row = ApiTokenRow {
                        id: TokenId::from_uuid(unit_cx.new_id()),
                        handle,
                        secret_hash,
                        account: account.id,
                        name: wanted.name.as_str().to_owned(),
                        scopes: wanted.scopes,
                        created_at: unit_cx.now,
                        expires_at: wanted.expires_at,
                        last_used_at: None,
                    };
                    tx.insert_api_token(&row).await?;
                    let words: Vec<_> = row.scopes.iter().map(|scope| scope.as_str()).collect();
                    let event = Event::success("token.create").on(Object::Token(row.id)).word("scopes", &words.join(" "));
                    me.record(tx, &unit_cx, event).await?;
                    Ok(row)
                })
            })
            .await?;
        Ok((view(row, cx.now), token))
    }

    /// Ends a token of the caller, everywhere and at once.
    ///
    /// # Errors
    /// `NotFound`, `NotAuthenticated`, `Forbidden` for a token, `Unavailable`.
    pub async fn revoke_token(&self, cx: &Context, id: TokenId) -> Result<(), Failure> {
        let (owner, ..) = access::person(cx)?;
        let (me, cx) = (self.clone(), cx.clone());
        self.unit(cx.clone(), move |tx| {
            Box::pin(async move {
                if !tx.delete_api_token(owner, id).await? {
                    return Err(Problem::NotFound.into());
                }
                me.record(tx, &cx, Event::success("token.revoke").on(Object::Token(id))).await
            })
        })
        .await
    }

    /// Who an API token acts for; `None` for what is no token, unknown, expired or revoked, and when its account is disabled.
    /// Asked on every request; what has not the form of a token costs no look-up.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn authenticate_token(&self, cx: &Context, text: &str) -> Result<Option<Identity>, Failure> {
        let Some(token) = PlainToken::parse(text) else { return Ok(None) };
        let Some((row, account)) = self.store().api_token(token.handle()).await? else { return Ok(None) };
        if !token.fits(&row.secret_hash) || account.disabled_at.is_some() || !stands(&row, cx.now) {
            return Ok(None);
        }
        self.note_use(&row, cx.now);
        let proof = Proof::Token { id: row.id, scopes: row.scopes };
        Ok(Some(account.identified_by(proof)))
    }

    /// Notes the minute of a use, once a minute and outside the request.
    fn note_use(&self, row: &ApiTokenRow, now: Timestamp) {
        let minute = Timestamp::from_micros(now.micros() - now.micros().rem_euclid(MINUTE_MICROS));
        if row.last_used_at.is_some_and(|used| used >= minute) {
            return;
        }
        let (me, id) = (self.clone(), row.id);
        tokio::spawn(async move {
            let noted = me.store().write(move |tx| Box::pin(async move { Ok(tx.touch_api_token(id, minute).await?) })).await;
            if let Err(failure) = noted {
                tracing::debug!(%failure, "a token's last use was not noted");
            }
        });
    }

    /// Reads an id out of a path.
    ///
    /// # Errors
    /// `NotFound` when the text is no id.
    pub fn token_id(text: &str) -> Result<TokenId, Failure> {
        text.parse().map_err(|_| Problem::NotFound.into())
    }
}

async fn admit(tx: &mut dyn Tx, account: &AccountRow, cx: &Context) -> Result<(), Failure> {
    if tx.count_api_tokens(account.id).await? >= MOST {
        let full = format!("An account has at most {MOST} tokens. Revoke one that is not used.");
        return Err(FieldProblem::new("name", "too_many_tokens", full).into());
    }
    limits::admit(tx, limits::TOKENS, &account.id.to_string(), cx).await
}
