-- Ids are 16-byte UUIDs; times are microseconds since 1970-01-01T00:00:00Z.

create table accounts (
    id            blob    primary key not null check (length(id) = 16),
    email         text    not null unique,
    password_hash text,
    role          text    not null check (role in ('user', 'admin')),
    tier          text    not null check (tier in ('trial', 'free', 'starter', 'professional', 'enterprise')),
    disabled_at   integer,
    created_at    integer not null,
    updated_at    integer not null
) strict;

-- At most one row: whoever inserts it is the first admin. The second net under the one-time set-up link.
create table first_admin (
    one        integer primary key check (one = 1),
    account_id blob    not null references accounts (id)
) strict;

create table setup_links (
    token_hash blob    primary key not null check (length(token_hash) = 32),
    created_at integer not null,
    expires_at integer not null
) strict;

create table sessions (
    token_hash       blob    primary key not null check (length(token_hash) = 32),
    id               blob    not null unique check (length(id) = 16),
    account_id       blob    not null references accounts (id) on delete cascade,
    created_at       integer not null,
    seen_at          integer not null,
    ends_at          integer not null,
    authenticated_at integer not null,
    client           text
) strict;
create index sessions_account on sessions (account_id);
create index sessions_ends on sessions (ends_at);

-- The wrapped keyring: one row, two while the root key is being changed.
create table keyring (
    root_id      blob    primary key not null check (length(root_id) = 8),
    ring_version integer not null,
    sealed       blob    not null
) strict;

create table provider_keys (
    id              blob    primary key not null check (length(id) = 16),
    tenant_id       blob    not null check (length(tenant_id) = 16),
    owner_id        blob    not null references accounts (id),
    provider        text    not null,
    label           text,
    description     text,
    endpoint        text,
    -- scheme://host:port the secret was sealed for; bound into the ciphertext.
    endpoint_origin text    not null,
    enabled         integer not null check (enabled in (0, 1)),
    is_default      integer not null check (is_default in (0, 1)),
    -- The sealed secret and the id of the data key that sealed it; both absent for a provider that takes no key.
    secret          blob,
    data_key_id     integer,
    secret_version  integer not null,
    hint            text,
    fingerprint     blob,
    tested_at       integer,
    verdict         text,
    status_code     integer,
    latency_ms      integer,
    used_at         integer,
    expires_at      integer,
    revision        integer not null,
    created_at      integer not null,
    updated_at      integer not null,
    check ((secret is null) = (data_key_id is null)),
    check ((tested_at is null) = (verdict is null))
) strict;
create unique index provider_keys_label on provider_keys (owner_id, provider, coalesce(label, ''));
create unique index provider_keys_default on provider_keys (owner_id, provider) where is_default = 1;
create index provider_keys_data_key on provider_keys (data_key_id);

-- Sliding windows: one row for each admitted act. The subject is hashed: it may be what a stranger typed.
create table limit_hits (
    rule    text    not null,
    subject blob    not null,
    at      integer not null
) strict;
create index limit_hits_window on limit_hits (rule, subject, at);
create index limit_hits_at on limit_hits (at);

-- Append-only, hash-chained: hash = HMAC(audit key, "keyward/audit/v1" || seq || previous hash || canonical event).
create table audit_events (
    seq            integer primary key not null,
    at             integer not null,
    actor_kind     text    not null check (actor_kind in ('nobody', 'person', 'system')),
    actor_id       blob,
    session_id     blob,
    client         text,
    request_id     blob    not null,
    action         text    not null,
    object_kind    text,
    object_id      blob,
    outcome        text    not null check (outcome in ('started', 'success', 'refused', 'failed')),
    reason         text,
    details        text    not null,
    secret_version integer,
    secret_hash    blob,
    hash           blob    not null check (length(hash) = 32)
) strict;
create trigger audit_events_no_update before update on audit_events
begin
    select raise(abort, 'the audit trail is append-only');
end;
create trigger audit_events_no_delete before delete on audit_events
begin
    select raise(abort, 'the audit trail is append-only');
end;
