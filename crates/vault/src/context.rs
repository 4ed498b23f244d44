//! Who is calling, in which request, at what time: the one argument every use-case takes.

use domain::{
    Timestamp,
    ids::{RequestId, SessionId, TokenId, UserId},
    person::{Email, Role, Tier},
    scope::Scope,
};
use std::{
    net::IpAddr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use uuid::Uuid;

/// A signed-in person, as found in the database for this request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// The account.
    pub user: UserId,
    /// Its name.
    pub email: Email,
    /// What it may do.
    pub role: Role,
    /// What it paid for.
    pub tier: Tier,
    /// Whether it has a password here; otherwise it signs in at the OpenID provider.
    pub has_password: bool,
    /// What proves it.
    pub proof: Proof,
}

/// What proves who is calling, and what it is good for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Proof {
    /// A browser's session: everything the role allows.
    Session {
        /// The session.
        id: SessionId,
        /// When the person last proved who they are: with their password, or at the OpenID provider.
        authenticated_at: Timestamp,
    },
    /// An API token: its scopes, as far as the role allows them.
    Token {
        /// The token.
        id: TokenId,
        /// What it may do.
        scopes: Vec<Scope>,
    },
    /// A bearer token of the OpenID provider: everything the role allows.
    Jwt {
        /// The first half of the token's SHA-256.
        id: Uuid,
    },
}

impl Identity {
    /// Whether this caller may do what the scope stands for.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        scope.allowed_to(self.role)
            && match &self.proof {
                Proof::Session { .. } | Proof::Jwt { .. } => true,
                Proof::Token { scopes, .. } => scopes.contains(&scope),
            }
    }
    /// The id of the session or token, or what stands for it, for the audit trail.
    #[must_use]
    pub const fn proof_id(&self) -> Uuid {
        match self.proof {
            Proof::Session { id, .. } => id.uuid(),
            Proof::Token { id, .. } => id.uuid(),
            Proof::Jwt { id } => id,
        }
    }
    /// The browser's session, if that is what proves it.
    #[must_use]
    pub const fn session(&self) -> Option<SessionId> {
        match self.proof {
            Proof::Session { id, .. } => Some(id),
            Proof::Token { .. } | Proof::Jwt { .. } => None,
        }
    }
}

/// Who is calling.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Actor {
    /// Nobody has signed in.
    Nobody,
    /// A person with a session.
    Person(Identity),
    /// The operator at the command line, or the server itself.
    System,
}

/// How far clocks may be apart: those of several servers, and one before and after it was set. What was made later than this from now was
/// made while a clock was wrong. It counts for nothing then: a session would outlive its time, a limit would hold until the clock is there.
pub(crate) const CLOCK_LEEWAY: Duration = Duration::from_secs(60);

/// Actor, request id, time and client address of one call. Time and new ids come from here and nowhere else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Context {
    /// Who is calling.
    pub actor: Actor,
    /// The request, as logs, errors and the audit trail name it.
    pub request: RequestId,
    /// When the request arrived.
    pub now: Timestamp,
    /// The client's address; behind trusted proxies, what they vouch for.
    pub client: Option<IpAddr>,
}

impl Context {
    /// A context for a request that arrives now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is where time comes in")]
    pub fn new(actor: Actor, client: Option<IpAddr>) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            actor,
            request: RequestId::from_uuid(Uuid::now_v7()),
            now: Timestamp::from_micros(i64::try_from(now.as_micros()).unwrap_or(i64::MAX)),
            client,
        }
    }
    /// A context for a command of the operator.
    #[must_use]
    pub fn system() -> Self {
        Self::new(Actor::System, None)
    }
    /// The same request, after its actor is known.
    #[must_use]
    pub fn with_actor(self, actor: Actor) -> Self {
        Self { actor, ..self }
    }
    /// The signed-in person, if there is one.
    #[must_use]
    pub const fn identity(&self) -> Option<&Identity> {
        match &self.actor {
            Actor::Person(identity) => Some(identity),
            Actor::Nobody | Actor::System => None,
        }
    }
    /// A new UUID, version 7.
    #[must_use]
    pub fn new_id(&self) -> Uuid {
        Uuid::now_v7()
    }
}
