-- Who may do a background task, over all processes on this database. The fence rises whenever the task goes to another holder,
-- and is compared in every transaction of the task: what a former holder still tries does not happen.
create table leases (
    name    text    primary key not null,
    holder  blob    not null check (length(holder) = 16),
    fence   integer not null,
    ends_at integer not null
) strict;

-- Since when a root key wraps the keyring, and when a server last started with it.
alter table keyring add column created_at integer;
alter table keyring add column served_at integer;

-- Rotations of the data key. What is left to do is always counted in the sealed columns themselves; this is what the pages show.
create table rotations (
    id          blob    primary key not null check (length(id) = 16),
    data_key_id integer not null,
    started_at  integer not null,
    finished_at integer,
    total       integer not null,
    resealed    integer not null,
    -- Microseconds of work.
    busy        integer not null,
    -- Values that did not open.
    left_behind integer not null
) strict;
create unique index rotations_one_at_a_time on rotations ((finished_at is null)) where finished_at is null;

-- Sealed values that do not open, as the last look at them found them. An entry counts as long as its row has that secret_version.
create table quarantine (
    table_name     text    not null,
    column_name    text    not null,
    record_id      blob    not null check (length(record_id) = 16),
    owner_id       blob    check (length(owner_id) = 16),
    data_key_id    integer not null,
    secret_version integer not null,
    reason         text    not null,
    found_at       integer not null,
    checked_at     integer not null,
    primary key (table_name, column_name, record_id)
) strict;

-- A rotation walks the values of older data keys in this order.
drop index provider_keys_data_key;
create index provider_keys_data_key on provider_keys (data_key_id, id);
drop index service_credentials_data_key;
create index service_credentials_data_key on service_credentials (data_key_id, id);

-- What stands for events that were pruned: the last of them, and its hash, under a MAC of the audit key.
create table audit_marks (
    seq integer primary key not null,
    at  integer not null,
    hash blob   not null check (length(hash) = 32),
    mac blob    not null check (length(mac) = 32)
) strict;
create trigger audit_marks_no_update before update on audit_marks
begin
    select raise(abort, 'the audit trail is append-only');
end;
create trigger audit_marks_no_delete before delete on audit_marks
begin
    select raise(abort, 'the audit trail is append-only');
end;
-- Events can be deleted only behind a mark. A mark that the vault did not make has no valid MAC, and the verification says so.
drop trigger audit_events_no_delete;
create trigger audit_events_no_delete before delete on audit_events
when not exists (select 1 from audit_marks where seq >= old.seq)
begin
    select raise(abort, 'the audit trail is append-only');
end;
