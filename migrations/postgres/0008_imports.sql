-- What was imported from another system: running an import again finds its rows here. A row stays when the thing it made is
-- deleted, so that nothing deleted comes back.
create table imports (
    -- The other system's table, or `keycloak`.
    source      text        collate "C" not null,
    -- Its id there.
    source_id   text        collate "C" not null,
    -- SHA-256 of the encrypted value as it stood there.
    token_hash  bytea       not null check (length(token_hash) = 32),
    object_kind text        not null check (object_kind in ('provider_key', 'service_credential')),
    object_id   uuid        not null,
    imported_at timestamptz not null,
    primary key (source, source_id, token_hash)
);

-- Accounts that an import made, by their id in the other system, where that is one of its identity provider: whoever proves there to be
-- that person is whose account it is.
create table imported_accounts (
    old_id     text collate "C" not null primary key,
    account_id uuid not null references accounts (id) on delete cascade
);

-- When the last backup was written and verified. One row.
create table last_backup (
    one integer     primary key check (one = 1),
    at  timestamptz not null
);
