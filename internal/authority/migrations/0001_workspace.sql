-- +goose Up
-- One text for SQLite and PostgreSQL. Moments are Unix seconds in UTC. A secret is here only as its keyed hash, in
-- hexadecimal digits.

-- The one row says which key the hashes were made with.
CREATE TABLE authority (
    only_one   BIGINT PRIMARY KEY CHECK (only_one = 1),
    key_check  TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE workspaces (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- A removed member stays as a row: the audit log and tokens refer to it.
CREATE TABLE members (
    id            TEXT PRIMARY KEY,
    workspace_id  TEXT NOT NULL REFERENCES workspaces (id),
    email         TEXT NOT NULL,
    name          TEXT NOT NULL,
    role          TEXT NOT NULL CHECK (role IN ('admin', 'member')),
    permissions   TEXT NOT NULL,
    invited_at    BIGINT NOT NULL,
    joined_at     BIGINT,
    removed_at    BIGINT,
    password_hash TEXT,
    oidc_issuer   TEXT,
    oidc_subject  TEXT
);
CREATE UNIQUE INDEX members_email ON members (email) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX members_oidc ON members (oidc_issuer, oidc_subject) WHERE removed_at IS NULL;
CREATE INDEX members_workspace ON members (workspace_id, email, id) WHERE removed_at IS NULL;
CREATE INDEX members_admins ON members (workspace_id) WHERE role = 'admin' AND removed_at IS NULL;

-- A link that was used, revoked or replaced is removed.
CREATE TABLE invites (
    hash       TEXT PRIMARY KEY,
    member_id  TEXT NOT NULL UNIQUE REFERENCES members (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- There is no status EXPIRED: expires_at alone decides that. token_id says whose own a subscription of one seat is that
-- the command line made together with a token; it is NULL where members and tokens share the seats.
CREATE TABLE subscriptions (
    id           TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    plan         TEXT NOT NULL,
    status       TEXT NOT NULL CHECK (status IN ('ACTIVE', 'INACTIVE', 'SUSPENDED', 'UNKNOWN')),
    products     TEXT NOT NULL,
    seats        BIGINT NOT NULL CHECK (seats >= 0),
    token_id     TEXT,
    expires_at   BIGINT NOT NULL,
    created_at   BIGINT NOT NULL
);
CREATE INDEX subscriptions_workspace ON subscriptions (workspace_id) WHERE token_id IS NULL;

-- A token without a member is a CI token, or a developer token or API key that the command line made. What lstk login
-- makes has expires_at, which moves on with its use. simulate names the answer that a test token always gets.
CREATE TABLE tokens (
    id           TEXT PRIMARY KEY,
    workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    member_id    TEXT REFERENCES members (id),
    kind         TEXT NOT NULL CHECK (kind IN ('developer', 'ci', 'api-key')),
    name         TEXT NOT NULL,
    email        TEXT NOT NULL,
    hash         TEXT NOT NULL UNIQUE,
    hint         TEXT NOT NULL,
    simulate     TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    rotated_at   BIGINT,
    revoked_at   BIGINT,
    last_used_at BIGINT,
    expires_at   BIGINT
);
CREATE UNIQUE INDEX tokens_member ON tokens (member_id)
    WHERE kind = 'developer' AND revoked_at IS NULL AND expires_at IS NULL;
CREATE INDEX tokens_of_member ON tokens (member_id);
CREATE INDEX tokens_workspace ON tokens (workspace_id, kind, id) WHERE member_id IS NULL;

-- A license is a seat of a subscription, of a member or of a token without one. Unassigning keeps the row, so that
-- assigning brings it back.
CREATE TABLE licenses (
    id                TEXT PRIMARY KEY,
    subscription_id   TEXT NOT NULL REFERENCES subscriptions (id),
    member_id         TEXT REFERENCES members (id),
    token_id          TEXT REFERENCES tokens (id),
    assigned_at       BIGINT,
    last_activated_at BIGINT,
    CHECK ((member_id IS NULL) <> (token_id IS NULL))
);
CREATE UNIQUE INDEX licenses_owner ON licenses (coalesce(member_id, token_id));
CREATE UNIQUE INDEX licenses_member ON licenses (member_id);
CREATE INDEX licenses_subscription ON licenses (subscription_id) WHERE assigned_at IS NOT NULL;

CREATE TABLE auth_requests (
    id                TEXT PRIMARY KEY,
    code              TEXT NOT NULL,
    client            TEXT NOT NULL,
    address           TEXT NOT NULL,
    exchange_hash     TEXT NOT NULL UNIQUE,
    created_at        BIGINT NOT NULL,
    expires_at        BIGINT NOT NULL,
    member_id         TEXT REFERENCES members (id),
    confirmed_at      BIGINT,
    denied_at         BIGINT,
    exchanged_at      BIGINT,
    bearer_hash       TEXT UNIQUE,
    bearer_expires_at BIGINT,
    bearer_used_at    BIGINT
);
CREATE INDEX auth_requests_expires ON auth_requests (expires_at);

CREATE TABLE sessions (
    id           TEXT PRIMARY KEY,
    hash         TEXT NOT NULL UNIQUE,
    member_id    TEXT NOT NULL REFERENCES members (id),
    address      TEXT NOT NULL,
    client       TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    ended_at     BIGINT
);
CREATE INDEX sessions_member ON sessions (member_id);
CREATE INDEX sessions_expires ON sessions (expires_at);

-- Rows are only added. An ID begins with its time (UUID version 7).
CREATE TABLE audit (
    id           TEXT PRIMARY KEY,
    workspace_id TEXT REFERENCES workspaces (id),
    at           BIGINT NOT NULL,
    actor_id     TEXT NOT NULL,
    actor        TEXT NOT NULL,
    address      TEXT NOT NULL,
    action       TEXT NOT NULL,
    subject      TEXT NOT NULL,
    detail       TEXT NOT NULL
);
CREATE INDEX audit_workspace ON audit (workspace_id, id);

CREATE TABLE activations (
    token_id TEXT NOT NULL REFERENCES tokens (id),
    day      BIGINT NOT NULL,
    machine  TEXT NOT NULL,
    count    BIGINT NOT NULL,
    PRIMARY KEY (token_id, day, machine)
);
CREATE INDEX activations_day ON activations (day);
