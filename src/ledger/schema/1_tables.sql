-- What the ledger is about: how leads are known again. One row.
CREATE TABLE about (
  one         INTEGER PRIMARY KEY CHECK (one = 1),
  key_field   TEXT NOT NULL,
  key_type    TEXT NOT NULL,
  made_at     TEXT NOT NULL,
  made_by     TEXT NOT NULL
) STRICT;

-- Files that decisions rest on, each content once.
CREATE TABLE files (
  file_hash   TEXT PRIMARY KEY,
  size        INTEGER NOT NULL,
  encoding    TEXT NOT NULL CHECK (encoding IN ('text', 'deflate')),
  content     ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- Every file of a project but its roster.
CREATE TABLE policies (
  policy_hash TEXT PRIMARY KEY,
  main_file   TEXT NOT NULL,
  files       TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The trail: what happened, in the order in which it happened. Rows are added, never changed.

CREATE TABLE batches (
  batch       INTEGER PRIMARY KEY,
  kind        TEXT NOT NULL CHECK (kind IN ('route', 'hand', 'tick')),
  at          TEXT NOT NULL,
  input       TEXT,
  project     TEXT,
  policy_hash TEXT REFERENCES policies,
  roster_file TEXT,
  roster_hash TEXT REFERENCES files,
  status_hash TEXT REFERENCES files,
  made_by     TEXT NOT NULL
) STRICT;

-- What a run counted, as `route --summary` writes it.
CREATE TABLE summaries (
  batch       INTEGER PRIMARY KEY REFERENCES batches,
  summary     TEXT NOT NULL
) STRICT;

-- How one lead of a rotation is divided among those who take part in it.
CREATE TABLE divisions (
  division    INTEGER PRIMARY KEY,
  team        TEXT NOT NULL,
  shares      TEXT NOT NULL,
  UNIQUE (team, shares)
) STRICT;

CREATE TABLE assignments (
  assignment     INTEGER PRIMARY KEY,
  batch          INTEGER NOT NULL REFERENCES batches,
  lead           TEXT NOT NULL,
  replaces       INTEGER REFERENCES assignments,
  reason         TEXT,
  assigned_at    TEXT NOT NULL,
  captured_at    TEXT,
  policy         TEXT,
  rule           TEXT,
  route_type     TEXT,
  destination    TEXT NOT NULL,
  assigned_to    TEXT NOT NULL,
  assigned_kind  TEXT NOT NULL CHECK (assigned_kind IN ('rep', 'queue', 'keep', 'reject')),
  team           TEXT,
  day            TEXT,
  division       INTEGER REFERENCES divisions,
  balance_field  TEXT,
  balance_amount TEXT,
  note           TEXT NOT NULL,
  trace          TEXT NOT NULL,
  lead_cells     TEXT NOT NULL
) STRICT;

CREATE INDEX assignments_by_lead ON assignments (lead);
CREATE UNIQUE INDEX assignments_by_replaced ON assignments (replaces) WHERE replaces IS NOT NULL;

CREATE TABLE closings (
  assignment  INTEGER PRIMARY KEY REFERENCES assignments,
  closed_at   TEXT NOT NULL,
  reason      TEXT,
  after       INTEGER NOT NULL
) STRICT;

-- Open leads that a rep had otherwise than by this ledger: when first seen, or as the CRM counts them.
CREATE TABLE openings (
  after       INTEGER NOT NULL,
  rep         TEXT NOT NULL,
  open        INTEGER NOT NULL,
  batch       INTEGER NOT NULL REFERENCES batches,
  PRIMARY KEY (after, rep)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER batches_stay_1     BEFORE UPDATE ON batches     BEGIN SELECT RAISE(ABORT, 'the trail is not changed'); END;
CREATE TRIGGER batches_stay_2     BEFORE DELETE ON batches     BEGIN SELECT RAISE(ABORT, 'the trail is not changed'); END;
CREATE TRIGGER summaries_stay_1   BEFORE UPDATE ON summaries   BEGIN SELECT RAISE(ABORT, 'the trail is not changed'); END;
CREATE TRIGGER summaries_stay_2   BEFORE DELETE ON summaries   BEGIN SELECT RAISE(ABORT, 'the trail is not changed'); END;
CREATE TRIGGER divisions_stay_1   BEFORE UPDATE ON divisions   BEGIN SELECT RAISE(ABORT, 'the trail is not changed'); END;
CREATE TRIGGER divisions_stay_2   BEFORE DELETE ON divisions   BEGIN SELECT RAISE(ABORT, 'the trail is not changed'); END;
CREATE TRIGGER assignments_stay_1 BEFORE UPDATE ON assignments BEGIN SELECT RAISE(ABORT, 'the trail is not changed'); END;
CREATE TRIGGER assignments_stay_2 BEFORE DELETE ON assignments BEGIN SELECT RAISE(ABORT, 'the trail is not changed'); END;
CREATE TRIGGER closings_stay_1    BEFORE UPDATE ON closings    BEGIN SELECT RAISE(ABORT, 'the trail is not changed'); END;
CREATE TRIGGER closings_stay_2    BEFORE DELETE ON closings    BEGIN SELECT RAISE(ABORT, 'the trail is not changed'); END;
CREATE TRIGGER openings_stay_1    BEFORE UPDATE ON openings    BEGIN SELECT RAISE(ABORT, 'the trail is not changed'); END;
CREATE TRIGGER openings_stay_2    BEFORE DELETE ON openings    BEGIN SELECT RAISE(ABORT, 'the trail is not changed'); END;
CREATE TRIGGER files_stay_1       BEFORE UPDATE ON files       BEGIN SELECT RAISE(ABORT, 'the trail is not changed'); END;
CREATE TRIGGER files_stay_2       BEFORE DELETE ON files       BEGIN SELECT RAISE(ABORT, 'the trail is not changed'); END;
CREATE TRIGGER policies_stay_1    BEFORE UPDATE ON policies    BEGIN SELECT RAISE(ABORT, 'the trail is not changed'); END;
CREATE TRIGGER policies_stay_2    BEFORE DELETE ON policies    BEGIN SELECT RAISE(ABORT, 'the trail is not changed'); END;

-- The state: what the trail adds up to, kept so that a batch need not add it up. `ledger verify` does.

CREATE TABLE rotation (
  team        TEXT NOT NULL,
  rep         TEXT NOT NULL,
  leads       INTEGER NOT NULL,
  credit      TEXT NOT NULL,
  PRIMARY KEY (team, rep)
) STRICT, WITHOUT ROWID;

CREATE TABLE balances (
  team        TEXT NOT NULL,
  field       TEXT NOT NULL,
  rep         TEXT NOT NULL,
  total       TEXT NOT NULL,
  PRIMARY KEY (team, field, rep)
) STRICT, WITHOUT ROWID;

CREATE TABLE workloads (
  rep         TEXT PRIMARY KEY,
  open        INTEGER NOT NULL,
  day         TEXT,
  daily       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX closings_by_after ON closings (after);
