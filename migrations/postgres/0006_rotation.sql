-- Who may do a background task, over all processes on this database. The fence rises whenever the task goes to another holder,
-- and is compared in every transaction of the task: what a former holder still tries does not happen.
create table leases (
    name    text        collate "C" primary key,
    holder  uuid        not null,
    fence   bigint      not null,
    ends_at timestamptz not null
);

-- Since when a root key wraps the keyring, and when a server last started with it.
alter table keyring add column created_at timestamptz;
alter table keyring add column served_at timestamptz;

-- Rotations of the data key. What is left to do is always counted in the sealed columns themselves; this is what the pages show.
create table rotations (
    id          uuid        primary key,
    data_key_id bigint      not null,
    started_at  timestamptz not null,
    finished_at timestamptz,
    total       bigint      not null,
    resealed    bigint      not null,
    -- Microseconds of work.
    busy        bigint      not null,
    -- Values that did not open.
    left_behind bigint      not null
);
create unique index rotations_one_at_a_time on rotations ((finished_at is null)) where finished_at is null;

-- Sealed values that do not open, as the last look at them found them. An entry counts as long as its row has that secret_version.
create table quarantine (
    table_name     text        collate "C" not null,
    column_name    text        collate "C" not null,
    record_id      uuid        not null,
    owner_id       uuid,
    data_key_id    bigint      not null,
    secret_version bigint      not null,
    reason         text        not null,
    found_at       timestamptz not null,
    checked_at     timestamptz not null,
    primary key (table_name, column_name, record_id)
);

-- A rotation walks the values of older data keys in this order.
drop index provider_keys_data_key;
create index provider_keys_data_key on provider_keys (data_key_id, id);
drop index service_credentials_data_key;
create index service_credentials_data_key on service_credentials (data_key_id, id);

-- What stands for events that were pruned: the last of them, and its hash, under a MAC of the audit key.
create table audit_marks (
    seq  bigint      primary key,
    at   timestamptz not null,
    hash bytea       not null check (length(hash) = 32),
    mac  bytea       not null check (length(mac) = 32)
);
create trigger audit_marks_no_update before update on audit_marks
    for each row execute function audit_events_are_append_only();
create trigger audit_marks_no_delete before delete on audit_marks
    for each row execute function audit_events_are_append_only();
create trigger audit_marks_no_truncate before truncate on audit_marks
    for each statement execute function audit_events_are_append_only();
-- Events can be deleted only behind a mark. A mark that the vault did not make has no valid MAC, and the verification says so.
create function audit_events_go_behind_a_mark() returns trigger language plpgsql as $$
begin
    if exists (select 1 from audit_marks where seq >= old.seq) then
        return old;
    end if;
    raise exception 'the audit trail is append-only';
end;
$$;
drop trigger audit_events_no_delete on audit_events;
create trigger audit_events_no_delete before delete on audit_events
    for each row execute function audit_events_go_behind_a_mark();
