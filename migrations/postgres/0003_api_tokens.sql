-- API tokens: kw_u_{handle}_{secret}_{checksum}. The handle finds the row; of the secret only its SHA-256 is here. A revoked
-- token has no row.
create table api_tokens (
    id           uuid        primary key,
    handle       text        collate "C" not null unique check (length(handle) = 12),
    secret_hash  bytea       not null check (length(secret_hash) = 32),
    account_id   uuid        not null references accounts (id) on delete cascade,
    name         text        not null,
    -- Words with a space between them.
    scopes       text        not null,
    created_at   timestamptz not null,
    expires_at   timestamptz not null,
    -- To the minute.
    last_used_at timestamptz
);
create index api_tokens_account on api_tokens (account_id, created_at);
