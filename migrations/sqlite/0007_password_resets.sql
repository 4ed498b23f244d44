-- Links for a new password: one for an account, used once. Of the token only its SHA-256 is here.
create table password_resets (
    token_hash blob    primary key not null check (length(token_hash) = 32),
    account_id blob    not null unique references accounts (id) on delete cascade,
    created_at integer not null,
    expires_at integer not null
) strict;

-- The audit trail is read newest first and a page at a time. Each index holds what else is asked together with its first
-- column, so that a page is found without looking at rows that are not on it.
create index audit_events_actor on audit_events (actor_id, seq, at, action, outcome);
create index audit_events_action on audit_events (action, seq, at, outcome);
create index audit_events_object on audit_events (object_id, seq);
create index audit_events_outcome on audit_events (outcome, seq, at);
create index audit_events_at on audit_events (at);

-- Keys that have an end, for the overview.
create index provider_keys_expires on provider_keys (expires_at) where expires_at is not null;
