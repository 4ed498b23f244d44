-- What was imported from another system: running an import again finds its rows here. A row stays when the thing it made is
-- deleted, so that nothing deleted comes back.
create table imports (
    -- The other system's table, or `keycloak`.
    source      text    not null,
    -- Its id there.
    source_id   text    not null,
    -- SHA-256 of the encrypted value as it stood there.
    token_hash  blob    not null check (length(token_hash) = 32),
    object_kind text    not null check (object_kind in ('provider_key', 'service_credential')),
    object_id   blob    not null check (length(object_id) = 16),
    imported_at integer not null,
    primary key (source, source_id, token_hash)
) strict;

-- Accounts that an import made, by their id in the other system, where that is one of its identity provider: whoever proves there to be
-- that person is whose account it is.
create table imported_accounts (
    old_id     text not null primary key,
    account_id blob not null references accounts (id) on delete cascade
) strict;

-- When the last backup was written and verified. One row.
create table last_backup (
    one integer primary key check (one = 1),
    at  integer not null
) strict;
