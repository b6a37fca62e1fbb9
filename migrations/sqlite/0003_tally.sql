-- How often a cause led a saved report, by month (year * 100 + month). It outlives the reports and
-- holds nothing else of them.
CREATE TABLE tally (
    cause TEXT    NOT NULL,
    month INTEGER NOT NULL,
    saved INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (cause, month)
) STRICT, WITHOUT ROWID;
