-- Stored items (videos and images), access codes, and what is written down of changes. Lists within one column have one entry a line.

ALTER TABLE streams ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE streams ADD COLUMN sites TEXT NOT NULL DEFAULT '';

CREATE TABLE stored (
    id           INTEGER PRIMARY KEY,
    kind         TEXT    NOT NULL CHECK (kind IN ('video', 'image')),
    slug         TEXT    NOT NULL,
    title        TEXT    NOT NULL,
    description  TEXT    NOT NULL,
    owner        INTEGER REFERENCES users (id),
    visibility   TEXT    NOT NULL CHECK (visibility IN ('public', 'unlisted', 'members', 'private')),
    created      INTEGER NOT NULL,
    changed      INTEGER NOT NULL,
    generation   INTEGER NOT NULL,
    state        TEXT    NOT NULL CHECK (state IN ('processing', 'ready', 'failed')),
    reason       TEXT    NOT NULL,
    place        TEXT    NOT NULL,
    bytes        INTEGER NOT NULL,
    duration_ms  INTEGER NOT NULL,
    width        INTEGER NOT NULL,
    height       INTEGER NOT NULL,
    codecs       TEXT    NOT NULL,
    form         TEXT    NOT NULL,
    file_name    TEXT    NOT NULL,
    has_original INTEGER NOT NULL CHECK (has_original IN (0, 1)),
    poster       INTEGER,
    downloadable INTEGER NOT NULL CHECK (downloadable IN (0, 1)),
    sites        TEXT    NOT NULL,
    UNIQUE (kind, slug)
) STRICT;
CREATE INDEX stored_by_owner ON stored (owner);

CREATE TABLE captions (
    stored     INTEGER NOT NULL REFERENCES stored (id) ON DELETE CASCADE,
    language   TEXT    NOT NULL,
    label      TEXT    NOT NULL,
    is_default INTEGER NOT NULL CHECK (is_default IN (0, 1)),
    PRIMARY KEY (stored, language)
) STRICT, WITHOUT ROWID;

CREATE TABLE access_codes (
    id           INTEGER PRIMARY KEY,
    owner        INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    tag          BLOB    NOT NULL UNIQUE CHECK (length(tag) = 32),
    sealed       BLOB    NOT NULL,
    is_chosen    INTEGER NOT NULL CHECK (is_chosen IN (0, 1)),
    description  TEXT    NOT NULL,
    note         TEXT    NOT NULL,
    starts       INTEGER,
    expires      INTEGER,
    paused       INTEGER,
    viewers_max  INTEGER,
    sites        TEXT    NOT NULL,
    may_download INTEGER NOT NULL CHECK (may_download IN (0, 1)),
    created      INTEGER NOT NULL,
    changed      INTEGER NOT NULL,
    uses         INTEGER NOT NULL,
    last_used    INTEGER
) STRICT;
CREATE INDEX access_codes_by_owner ON access_codes (owner);

CREATE TABLE access_code_items (
    code     INTEGER NOT NULL REFERENCES access_codes (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    stream   INTEGER REFERENCES streams (id) ON DELETE CASCADE,
    stored   INTEGER REFERENCES stored (id) ON DELETE CASCADE,
    CHECK ((stream IS NULL) <> (stored IS NULL)),
    PRIMARY KEY (code, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX access_code_items_by_stream ON access_code_items (stream);
CREATE INDEX access_code_items_by_stored ON access_code_items (stored);

CREATE TABLE audit (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    who     TEXT    NOT NULL,
    via     TEXT    NOT NULL,
    address TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    detail  TEXT    NOT NULL
) STRICT;
CREATE INDEX audit_by_time ON audit (at);
