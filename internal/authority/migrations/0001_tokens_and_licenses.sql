-- Moments are Unix seconds in UTC. A token is here only as its keyed hash.

CREATE TABLE tokens (
    id         TEXT PRIMARY KEY,
    kind       TEXT NOT NULL CHECK (kind IN ('developer', 'ci', 'api-key')),
    email      TEXT NOT NULL,
    hash       BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    hint       TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    rotated_at INTEGER,
    revoked_at INTEGER
) STRICT;

-- A license belongs to one token for good; assigned says whether the token
-- may use it. Unassigning keeps the row, so that assigning brings it back.
-- There is no status EXPIRED: expires_at alone decides that.
CREATE TABLE licenses (
    id             TEXT PRIMARY KEY,
    token_id       TEXT NOT NULL UNIQUE REFERENCES tokens (id),
    plan           TEXT NOT NULL,
    status         TEXT NOT NULL CHECK (status IN ('ACTIVE', 'INACTIVE', 'SUSPENDED', 'UNKNOWN')),
    products       TEXT NOT NULL CHECK (json_valid(products)),
    expires_at     INTEGER NOT NULL,
    assigned       INTEGER NOT NULL CHECK (assigned IN (0, 1)),
    last_activated INTEGER
) STRICT;
