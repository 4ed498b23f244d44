-- The table and indexes of SQLite's migration with the same number.

create table password_resets (
    token_hash bytea       primary key check (length(token_hash) = 32),
    account_id uuid        not null unique references accounts (id) on delete cascade,
    created_at timestamptz not null,
    expires_at timestamptz not null
);

create index audit_events_actor on audit_events (actor_id, seq, at, action, outcome);
create index audit_events_action on audit_events (action, seq, at, outcome);
create index audit_events_object on audit_events (object_id, seq);
create index audit_events_outcome on audit_events (outcome, seq, at);
create index audit_events_at on audit_events (at, seq);

create index provider_keys_expires on provider_keys (expires_at) where expires_at is not null;
