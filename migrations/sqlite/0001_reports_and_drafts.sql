-- Reports that were shared, and long pasted texts that keep the wizard's address short.
-- Tokens are stored as SHA-256 only, so that a stolen file gives no links. Times are Unix seconds.
CREATE TABLE report (
    id          INTEGER PRIMARY KEY,
    view_hash   BLOB    NOT NULL UNIQUE CHECK (length(view_hash) = 32),
    manage_hash BLOB    NOT NULL UNIQUE CHECK (length(manage_hash) = 32),
    version     INTEGER NOT NULL,
    body        TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX report_expires_at ON report (expires_at);

CREATE TABLE draft (
    id         INTEGER PRIMARY KEY,
    token_hash BLOB    NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    body       TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX draft_expires_at ON draft (expires_at);
