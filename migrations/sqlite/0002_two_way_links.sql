-- The link as a two-way ticket: who may answer, what happened since it was saved, and how it is
-- opened. `report.body` stays what was first saved; each event that changed the report carries the
-- report after it, without the pasted text, which never changes.
ALTER TABLE report ADD COLUMN answer_hash BLOB CHECK (answer_hash IS NULL OR length(answer_hash) = 32);
ALTER TABLE report ADD COLUMN lock TEXT;
ALTER TABLE report ADD COLUMN burns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE report ADD COLUMN sealed INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX report_answer_hash ON report (answer_hash);

-- Append-only. A number is given once, so that of two who answer the same version one must read again.
CREATE TABLE event (
    id        INTEGER PRIMARY KEY,
    report_id INTEGER NOT NULL REFERENCES report (id) ON DELETE CASCADE,
    number    INTEGER NOT NULL CHECK (number > 0),
    at        INTEGER NOT NULL,
    who       TEXT    NOT NULL,
    what      TEXT    NOT NULL,
    body      TEXT,
    state     TEXT CHECK (state IN ('open', 'fix_tried', 'verified', 'not_it')),
    cause     TEXT,
    UNIQUE (report_id, number)
) STRICT;

-- Causes that a verified fix has proved. They outlive the report, and then point to nothing.
CREATE TABLE confirmed (
    id        INTEGER PRIMARY KEY,
    report_id INTEGER UNIQUE REFERENCES report (id) ON DELETE SET NULL,
    cause     TEXT    NOT NULL,
    at        INTEGER NOT NULL
) STRICT;

CREATE TRIGGER event_confirms AFTER INSERT ON event WHEN NEW.state = 'verified' AND NEW.cause IS NOT NULL
BEGIN
    INSERT INTO confirmed (report_id, cause, at) VALUES (NEW.report_id, NEW.cause, NEW.at)
    ON CONFLICT (report_id) DO UPDATE SET cause = excluded.cause, at = excluded.at;
END;

CREATE TRIGGER event_denies AFTER INSERT ON event WHEN NEW.state = 'not_it'
BEGIN
    DELETE FROM confirmed WHERE report_id = NEW.report_id;
END;
