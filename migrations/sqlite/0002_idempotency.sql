-- What a request with an idempotency key came to, for 24 hours. `name` and `request` are HMACs of the client's key and of
-- everything it sent: neither can be read back, nor guessed without the key that the database does not have.
create table idempotency (
    owner_id blob    not null references accounts (id) on delete cascade,
    name     blob    not null check (length(name) = 32),
    request  blob    not null check (length(request) = 32),
    -- The key that was added. It may have been deleted since.
    key_id   blob    not null check (length(key_id) = 16),
    provider text    not null,
    ends_at  integer not null,
    primary key (owner_id, name)
) strict;
create index idempotency_ends on idempotency (ends_at);
