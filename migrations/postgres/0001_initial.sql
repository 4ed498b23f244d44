-- The tables of SQLite's migration with the same number, in PostgreSQL's own types. Text that is compared or ordered has the
-- collation "C", so that both databases agree about order and equality.

create table accounts (
    id            uuid        primary key,
    email         text        collate "C" not null unique,
    password_hash text,
    role          text        not null check (role in ('user', 'admin')),
    tier          text        not null check (tier in ('trial', 'free', 'starter', 'professional', 'enterprise')),
    disabled_at   timestamptz,
    created_at    timestamptz not null,
    updated_at    timestamptz not null
);

-- At most one row: whoever inserts it is the first admin. The second net under the one-time set-up link.
create table first_admin (
    one        integer primary key check (one = 1),
    account_id uuid    not null references accounts (id)
);

create table setup_links (
    token_hash bytea       primary key check (length(token_hash) = 32),
    created_at timestamptz not null,
    expires_at timestamptz not null
);

create table sessions (
    token_hash       bytea       primary key check (length(token_hash) = 32),
    id               uuid        not null unique,
    account_id       uuid        not null references accounts (id) on delete cascade,
    created_at       timestamptz not null,
    seen_at          timestamptz not null,
    ends_at          timestamptz not null,
    authenticated_at timestamptz not null,
    client           text
);
create index sessions_account on sessions (account_id);
create index sessions_ends on sessions (ends_at);

-- The wrapped keyring: one row, two while the root key is being changed.
create table keyring (
    root_id      bytea  primary key check (length(root_id) = 8),
    ring_version bigint not null,
    sealed       bytea  not null
);

create table provider_keys (
    id              uuid        primary key,
    tenant_id       uuid        not null,
    owner_id        uuid        not null references accounts (id),
    provider        text        collate "C" not null,
    label           text        collate "C",
    description     text,
    endpoint        text,
    -- scheme://host:port the secret was sealed for; bound into the ciphertext.
    endpoint_origin text        not null,
    enabled         boolean     not null,
    is_default      boolean     not null,
    -- The sealed secret and the id of the data key that sealed it; both absent for a provider that takes no key.
    secret          bytea,
    data_key_id     bigint,
    secret_version  bigint      not null,
    hint            text,
    fingerprint     bytea,
    tested_at       timestamptz,
    verdict         text,
    status_code     bigint,
    latency_ms      bigint,
    used_at         timestamptz,
    expires_at      timestamptz,
    revision        bigint      not null,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    check ((secret is null) = (data_key_id is null)),
    check ((tested_at is null) = (verdict is null))
);
create unique index provider_keys_label on provider_keys (owner_id, provider, coalesce(label, ''));
create unique index provider_keys_default on provider_keys (owner_id, provider) where is_default;
create index provider_keys_data_key on provider_keys (data_key_id);

-- Sliding windows: one row for each admitted act. The subject is hashed: it may be what a stranger typed.
create table limit_hits (
    rule    text        collate "C" not null,
    subject bytea       not null,
    at      timestamptz not null
);
create index limit_hits_window on limit_hits (rule, subject, at);
create index limit_hits_at on limit_hits (at);

-- Append-only, hash-chained: hash = HMAC(audit key, "keyward/audit/v1" || seq || previous hash || canonical event).
-- `details` is text and not jsonb: the hash covers its bytes, and jsonb does not keep them.
create table audit_events (
    seq            bigint      primary key,
    at             timestamptz not null,
    actor_kind     text        not null check (actor_kind in ('nobody', 'person', 'system')),
    actor_id       uuid,
    session_id     uuid,
    client         text,
    request_id     uuid        not null,
    action         text        not null,
    object_kind    text,
    object_id      uuid,
    outcome        text        not null check (outcome in ('started', 'success', 'refused', 'failed')),
    reason         text,
    details        text        not null,
    secret_version bigint,
    secret_hash    bytea,
    hash           bytea       not null check (length(hash) = 32)
);
create function audit_events_are_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the audit trail is append-only';
end;
$$;
create trigger audit_events_no_update before update on audit_events
    for each row execute function audit_events_are_append_only();
create trigger audit_events_no_delete before delete on audit_events
    for each row execute function audit_events_are_append_only();
create trigger audit_events_no_truncate before truncate on audit_events
    for each statement execute function audit_events_are_append_only();
