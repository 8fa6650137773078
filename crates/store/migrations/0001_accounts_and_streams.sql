-- Times are milliseconds since the Unix epoch, UTC. Ids are random, below 2^63. Hashes are SHA-256.

CREATE TABLE users (
    id            INTEGER PRIMARY KEY,
    name          TEXT    NOT NULL UNIQUE,
    role          TEXT    NOT NULL CHECK (role IN ('administrator', 'member')),
    password_hash TEXT    NOT NULL,
    created       INTEGER NOT NULL,
    disabled      INTEGER
) STRICT;

CREATE TABLE logins (
    id        INTEGER PRIMARY KEY,
    user      INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash      BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    created   INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    address   TEXT    NOT NULL,
    agent     TEXT    NOT NULL
) STRICT;
CREATE INDEX logins_by_user ON logins (user);

CREATE TABLE streams (
    id         INTEGER PRIMARY KEY,
    slug       TEXT    NOT NULL UNIQUE,
    title      TEXT    NOT NULL,
    owner      INTEGER REFERENCES users (id),
    visibility TEXT    NOT NULL CHECK (visibility IN ('public', 'unlisted', 'members', 'private')),
    created    INTEGER NOT NULL,
    changed    INTEGER NOT NULL,
    generation INTEGER NOT NULL
) STRICT;
CREATE INDEX streams_by_owner ON streams (owner);

CREATE TABLE stream_keys (
    id        INTEGER PRIMARY KEY,
    stream    INTEGER NOT NULL REFERENCES streams (id) ON DELETE CASCADE,
    name      TEXT    NOT NULL,
    hash      BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    created   INTEGER NOT NULL,
    revoked   INTEGER,
    last_used INTEGER
) STRICT;
CREATE INDEX stream_keys_by_stream ON stream_keys (stream);

CREATE TABLE api_keys (
    id        INTEGER PRIMARY KEY,
    user      INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name      TEXT    NOT NULL,
    scopes    TEXT    NOT NULL,
    hash      BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    created   INTEGER NOT NULL,
    expires   INTEGER,
    revoked   INTEGER,
    last_used INTEGER
) STRICT;
CREATE INDEX api_keys_by_user ON api_keys (user);

-- What the server signs with; one row for each purpose.
CREATE TABLE server_keys (
    purpose TEXT PRIMARY KEY,
    key     BLOB NOT NULL CHECK (length(key) = 32)
) STRICT, WITHOUT ROWID;
