//! Zones and DNS records as the pages show them: what Cloudflare said, as far as a page needs it.

use super::AccountView;
use crate::{
    Problem, Timestamp,
    cloudflare::{MailPart, RecordId, ZoneId},
};

/// How a zone stands at Cloudflare.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ZoneStatus {
    /// Cloudflare answers for it.
    Active,
    /// Its registrar does not name Cloudflare's name servers yet.
    Pending,
    /// Cloudflare is setting it up.
    Initializing,
    /// Its registrar names other name servers again.
    Moved,
    /// A word that is none of these.
    Other,
}

impl ZoneStatus {
    /// Those that a list can be narrowed to.
    pub const FILTERS: [Self; 4] = [Self::Active, Self::Pending, Self::Initializing, Self::Moved];

    /// Reads Cloudflare's word.
    #[must_use]
    pub fn read(word: &str) -> Self {
        Self::FILTERS.into_iter().find(|status| status.as_str() == word).unwrap_or(Self::Other)
    }
    /// Cloudflare's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Initializing => "initializing",
            Self::Moved => "moved",
            Self::Other => "other",
        }
    }
    /// The word on a page.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Pending => "Pending",
            Self::Initializing => "Setting up",
            Self::Moved => "Moved away",
            Self::Other => "Not known",
        }
    }
}

/// A zone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ZoneView {
    /// Its id.
    pub id: ZoneId,
    /// Its domain.
    pub name: String,
    /// How it stands.
    pub status: ZoneStatus,
    /// Whether Cloudflare only answers DNS for it for now.
    pub paused: bool,
    /// `full`, `partial` or another word of Cloudflare's.
    pub kind: String,
    /// The name of its plan.
    pub plan: Option<String>,
    /// The name of the account it belongs to.
    pub account: Option<String>,
    /// The name servers that its registrar has to name.
    pub name_servers: Vec<String>,
    /// Those it had before.
    pub original_name_servers: Vec<String>,
    /// When it was added.
    pub created: Option<Timestamp>,
    /// When it became active.
    pub activated: Option<Timestamp>,
}

/// A DNS record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordView {
    /// Its id.
    pub id: RecordId,
    /// Its type, also one that cannot be written here.
    pub kind: String,
    /// Its name, with the zone's.
    pub name: String,
    /// What it says.
    pub content: String,
    /// For MX and SRV.
    pub priority: Option<u16>,
    /// Seconds; 1 for automatic.
    pub ttl: u32,
    /// Whether it goes through Cloudflare's proxy.
    pub proxied: bool,
    /// Whether it could.
    pub proxiable: bool,
    /// What it is for.
    pub comment: Option<String>,
    /// What mail needs it for.
    pub mail: Option<MailPart>,
    /// Whether it can be changed here.
    pub editable: bool,
}

/// Where in a long list a page is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Paging {
    /// The page, from 1.
    pub page: u32,
    /// Entries of a whole page.
    pub per_page: u32,
    /// Pages there are; 0 when there is nothing.
    pub pages: u32,
    /// Entries there are.
    pub total: u32,
}

impl Paging {
    /// Whether a page follows.
    #[must_use]
    pub const fn has_next(self) -> bool {
        self.page < self.pages
    }
}

/// A part of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listing<T> {
    /// The entries.
    pub entries: Vec<T>,
    /// Which part it is.
    pub paging: Paging,
}

/// The page of zones in one read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ZonesPage {
    /// Who is looking.
    pub account: AccountView,
    /// The zones, or why Cloudflare's answer is not here.
    pub zones: Result<Listing<ZoneView>, Problem>,
    /// Whether an account at Cloudflare is set, that new zones go to unless another is named.
    pub has_account: bool,
}

/// The page of a zone in one read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ZonePage {
    /// Who is looking.
    pub account: AccountView,
    /// The zone, or why Cloudflare's answer is not here.
    pub zone: Result<ZoneInFull, Problem>,
    /// Whether the next sensitive act asks for the password.
    pub step_up: bool,
}

/// A zone with its records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ZoneInFull {
    /// The zone.
    pub zone: ZoneView,
    /// Some of its records.
    pub records: Listing<RecordView>,
    /// The record that a dialog is about.
    pub record: Option<RecordView>,
}
