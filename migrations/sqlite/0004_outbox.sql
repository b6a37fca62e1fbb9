-- Webhooks to be delivered, so that a restart forgets none. What is told holds the link to a report: it
-- is sealed with the instance's key, which does not lie in the database, and wiped when it is over.
CREATE TABLE outbox (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL,
    receiver TEXT    NOT NULL,
    occasion TEXT    NOT NULL,
    sealed   BLOB,
    tries    INTEGER NOT NULL DEFAULT 0,
    due_at   INTEGER NOT NULL,
    state    TEXT    NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    answer   TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX outbox_waiting ON outbox (id) WHERE state = 'waiting';

-- The link to a report, sealed with the same key, where a receiver hears of what happens later.
ALTER TABLE report ADD COLUMN link_sealed BLOB;
