-- Settings that administrators changed while the server ran; what fits is judged where they are read.
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- When a user last logged in; logins themselves go when they end.
ALTER TABLE users ADD COLUMN last_login INTEGER;
UPDATE users SET last_login = (SELECT max(created) FROM logins WHERE logins.user = users.id);
