-- How an access code was used, by day (days since 1 January 1970, UTC). What is older than a month is forgotten as days are added.
CREATE TABLE access_code_days (
    code       INTEGER NOT NULL REFERENCES access_codes (id) ON DELETE CASCADE,
    day        INTEGER NOT NULL,
    opened     INTEGER NOT NULL,
    watched_ms INTEGER NOT NULL,
    PRIMARY KEY (code, day)
) STRICT, WITHOUT ROWID;
