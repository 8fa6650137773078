-- Links with which people set their password, once; a user has one at most. `users.password_hash` is empty for whoever has not set one.
CREATE TABLE password_links (
    user    INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    hash    BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    created INTEGER NOT NULL,
    ends    INTEGER NOT NULL
) STRICT;
