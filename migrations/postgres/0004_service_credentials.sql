-- Secrets for services: of the installation, which has no owner, or of a person.
create table service_credentials (
    id              uuid        primary key,
    tenant_id       uuid        not null,
    owner_id        uuid        references accounts (id),
    service         text        collate "C" not null,
    credential_type text        collate "C" not null,
    -- A JSON object with fields of the service catalogue. Nothing in it is secret.
    metadata        text        not null,
    -- scheme://host:port the secret was sealed for; bound into the ciphertext.
    endpoint_origin text        not null,
    secret          bytea       not null,
    data_key_id     bigint      not null,
    secret_version  bigint      not null,
    hint            text,
    fingerprint     bytea       not null check (length(fingerprint) = 8),
    tested_at       timestamptz,
    verdict         text,
    status_code     bigint,
    latency_ms      bigint,
    -- What the test found besides the verdict: a JSON object of words and numbers of ours.
    findings        text,
    used_at         timestamptz,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    -- Absent when the operator did it.
    updated_by      uuid        references accounts (id),
    check ((tested_at is null) = (verdict is null)),
    check ((tested_at is null) = (findings is null))
);
create unique index service_credentials_place
    on service_credentials (coalesce(owner_id, '00000000-0000-0000-0000-000000000000'::uuid), service, credential_type);
create index service_credentials_data_key on service_credentials (data_key_id);
