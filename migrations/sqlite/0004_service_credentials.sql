-- Secrets for services: of the installation, which has no owner, or of a person.
create table service_credentials (
    id              blob    primary key not null check (length(id) = 16),
    tenant_id       blob    not null check (length(tenant_id) = 16),
    owner_id        blob    references accounts (id),
    service         text    not null,
    credential_type text    not null,
    -- A JSON object with fields of the service catalogue. Nothing in it is secret.
    metadata        text    not null,
    -- scheme://host:port the secret was sealed for; bound into the ciphertext.
    endpoint_origin text    not null,
    secret          blob    not null,
    data_key_id     integer not null,
    secret_version  integer not null,
    hint            text,
    fingerprint     blob    not null check (length(fingerprint) = 8),
    tested_at       integer,
    verdict         text,
    status_code     integer,
    latency_ms      integer,
    -- What the test found besides the verdict: a JSON object of words and numbers of ours.
    findings        text,
    used_at         integer,
    created_at      integer not null,
    updated_at      integer not null,
    -- Absent when the operator did it.
    updated_by      blob    references accounts (id),
    check ((tested_at is null) = (verdict is null)),
    check ((tested_at is null) = (findings is null))
) strict;
create unique index service_credentials_place
    on service_credentials (coalesce(owner_id, x'00000000000000000000000000000000'), service, credential_type);
create index service_credentials_data_key on service_credentials (data_key_id);
