-- The end of a link stands in the table behind the report's body, which may fill many pages: whoever asked
-- under a link that has expired waited longer than under one that was never given. Behind these, both are
-- told by one look into an index.
CREATE INDEX report_view_until ON report (view_hash, expires_at);
CREATE INDEX report_answer_until ON report (answer_hash, expires_at);
CREATE INDEX report_manage_until ON report (manage_hash, expires_at);
