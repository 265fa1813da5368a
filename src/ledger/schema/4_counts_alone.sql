-- A run may count open leads anew and assign none: so several may do so after one assignment, with leads closed in
-- between. What came after what is told by the batch.

CREATE TABLE moved AS SELECT * FROM openings;
DROP TABLE openings;
CREATE TABLE openings (
  after       INTEGER NOT NULL,
  batch       INTEGER NOT NULL REFERENCES batches,
  rep         TEXT NOT NULL,
  open        INTEGER NOT NULL,
  PRIMARY KEY (after, batch, rep)
) STRICT, WITHOUT ROWID;
INSERT INTO openings (after, batch, rep, open) SELECT after, batch, rep, open FROM moved;
DROP TABLE moved;

CREATE TRIGGER openings_stay_1 BEFORE UPDATE ON openings BEGIN SELECT RAISE(ABORT, 'the trail is not changed'); END;
CREATE TRIGGER openings_stay_2 BEFORE DELETE ON openings BEGIN SELECT RAISE(ABORT, 'the trail is not changed'); END;

-- The last batch that there was when a lead was closed; NULL for leads closed before version 4.
ALTER TABLE closings ADD COLUMN after_batch INTEGER REFERENCES batches;
