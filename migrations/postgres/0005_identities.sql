-- Who signs in through the OpenID provider: an account is found by issuer and subject, and by nothing else.
create table identities (
    issuer     text        collate "C" not null,
    subject    text        collate "C" not null,
    account_id uuid        not null unique references accounts (id) on delete cascade,
    created_at timestamptz not null,
    -- The last sign-in; none yet for an account that was only used by bearer tokens.
    seen_at    timestamptz,
    primary key (issuer, subject)
);

-- Sign-ins that were begun and not finished. State, nonce and verifier follow from the browser's cookie, of which only the SHA-256
-- is here. A row is used once, and ends after ten minutes.
create table pending_sign_ins (
    cookie_hash bytea       primary key check (length(cookie_hash) = 32),
    -- Whose session asked to be confirmed; none for a sign-in.
    session_id  uuid,
    next        text        not null,
    created_at  timestamptz not null,
    ends_at     timestamptz not null
);
create index pending_sign_ins_ends on pending_sign_ins (ends_at);

-- How pages look to a person; no row is as the system does.
create table preferences (
    account_id uuid primary key references accounts (id) on delete cascade,
    theme      text collate "C" not null check (theme in ('light', 'dark'))
);
