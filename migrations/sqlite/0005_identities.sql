-- Who signs in through the OpenID provider: an account is found by issuer and subject, and by nothing else.
create table identities (
    issuer     text    not null,
    subject    text    not null,
    account_id blob    not null unique references accounts (id) on delete cascade,
    created_at integer not null,
    -- The last sign-in; none yet for an account that was only used by bearer tokens.
    seen_at    integer,
    primary key (issuer, subject)
) strict;

-- Sign-ins that were begun and not finished. State, nonce and verifier follow from the browser's cookie, of which only the SHA-256
-- is here. A row is used once, and ends after ten minutes.
create table pending_sign_ins (
    cookie_hash blob    primary key not null check (length(cookie_hash) = 32),
    -- Whose session asked to be confirmed; none for a sign-in.
    session_id  blob    check (length(session_id) = 16),
    next        text    not null,
    created_at  integer not null,
    ends_at     integer not null
) strict;
create index pending_sign_ins_ends on pending_sign_ins (ends_at);

-- How pages look to a person; no row is as the system does.
create table preferences (
    account_id blob primary key not null references accounts (id) on delete cascade,
    theme      text not null check (theme in ('light', 'dark'))
) strict;
