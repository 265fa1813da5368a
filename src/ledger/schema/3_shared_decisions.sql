-- A batch of a million leads makes a few hundred different decisions: each is kept once, and the row of a
-- lead has what is its own. `assignments` has both again, for whoever asks.

DROP VIEW current_assignments;
DROP VIEW open_leads;
DROP VIEW leads_per_rep;
DROP VIEW leads_per_day;
DROP VIEW history;

-- Names of the lead block's fields, in the order in which `trail.cells` has their cells: a JSON array.
ALTER TABLE batches ADD COLUMN fields TEXT;

-- How leads of one batch were decided, and where they went.
CREATE TABLE decisions (
  decision       INTEGER PRIMARY KEY,
  batch          INTEGER NOT NULL REFERENCES batches,
  reason         TEXT,
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
  trace          TEXT NOT NULL
) STRICT;

-- What happened to each lead, in the order in which it happened. `cells` is an array in the order of the
-- batch's `fields`, or an object with its own names.
CREATE TABLE trail (
  assignment     INTEGER PRIMARY KEY,
  lead           TEXT NOT NULL,
  decision       INTEGER NOT NULL REFERENCES decisions,
  replaces       INTEGER REFERENCES trail,
  captured_at    TEXT,
  balance_amount TEXT,
  note           TEXT,
  cells          TEXT NOT NULL
) STRICT;

-- Old rows: a decision is known by the number of the first assignment that was made by it.
INSERT INTO trail (assignment, lead, decision, replaces, captured_at, balance_amount, note, cells)
SELECT assignment, lead,
       min(assignment) OVER (PARTITION BY batch, reason, policy, rule, route_type, destination, assigned_to,
                             assigned_kind, team, day, division, balance_field, trace),
       replaces, captured_at, balance_amount, nullif(note, ''), lead_cells
FROM assignments ORDER BY assignment;

INSERT INTO decisions (decision, batch, reason, policy, rule, route_type, destination, assigned_to, assigned_kind,
                       team, day, division, balance_field, trace)
SELECT assignment, batch, reason, policy, rule, route_type, destination, assigned_to, assigned_kind,
       team, day, division, balance_field, trace
FROM assignments WHERE assignment IN (SELECT decision FROM trail) ORDER BY assignment;

-- Closings refer to the trail from now on.
CREATE TABLE moved AS SELECT * FROM closings;
DROP TABLE closings;
DROP TABLE assignments;
CREATE TABLE closings (
  assignment  INTEGER PRIMARY KEY REFERENCES trail,
  closed_at   TEXT NOT NULL,
  reason      TEXT,
  after       INTEGER NOT NULL
) STRICT;
INSERT INTO closings (assignment, closed_at, reason, after) SELECT assignment, closed_at, reason, after FROM moved;
DROP TABLE moved;

CREATE INDEX closings_by_after ON closings (after);
CREATE INDEX trail_by_lead ON trail (lead);
CREATE UNIQUE INDEX trail_by_replaced ON trail (replaces) WHERE replaces IS NOT NULL;

CREATE TRIGGER closings_stay_1  BEFORE UPDATE ON closings  BEGIN SELECT RAISE(ABORT, 'the trail is not changed'); END;
CREATE TRIGGER closings_stay_2  BEFORE DELETE ON closings  BEGIN SELECT RAISE(ABORT, 'the trail is not changed'); END;
CREATE TRIGGER decisions_stay_1 BEFORE UPDATE ON decisions BEGIN SELECT RAISE(ABORT, 'the trail is not changed'); END;
CREATE TRIGGER decisions_stay_2 BEFORE DELETE ON decisions BEGIN SELECT RAISE(ABORT, 'the trail is not changed'); END;
CREATE TRIGGER trail_stays_1    BEFORE UPDATE ON trail     BEGIN SELECT RAISE(ABORT, 'the trail is not changed'); END;
CREATE TRIGGER trail_stays_2    BEFORE DELETE ON trail     BEGIN SELECT RAISE(ABORT, 'the trail is not changed'); END;

-- One row each time that a lead was assigned, with everything that there is to know of it. The order of the
-- joins is fixed: whoever asks for one lead, or for all, begins with the trail.
CREATE VIEW assignments AS
SELECT t.assignment, d.batch, t.lead, t.replaces, d.reason, b.at AS assigned_at, t.captured_at, d.policy, d.rule,
       d.route_type, d.destination, d.assigned_to, d.assigned_kind, d.team, d.day, d.division, d.balance_field,
       t.balance_amount, coalesce(t.note, '') AS note, d.trace,
       CASE WHEN t.cells LIKE '[%'
            THEN (SELECT json_group_object(f.value, t.cells ->> f.key) FROM json_each(b.fields) AS f
                  WHERE t.cells ->> f.key <> '')
            ELSE t.cells END AS lead_cells
FROM trail AS t CROSS JOIN decisions AS d USING (decision) CROSS JOIN batches AS b ON b.batch = d.batch;

CREATE TRIGGER assignments_stay_1 INSTEAD OF UPDATE ON assignments
BEGIN SELECT RAISE(ABORT, 'the trail is not changed'); END;
CREATE TRIGGER assignments_stay_2 INSTEAD OF DELETE ON assignments
BEGIN SELECT RAISE(ABORT, 'the trail is not changed'); END;

-- The views of version 2, over the view instead of the table.

CREATE VIEW current_assignments AS
SELECT a.assignment, a.batch, a.lead, a.assigned_at, a.captured_at, a.policy, a.rule, a.route_type, a.destination,
       a.assigned_to, a.assigned_kind, a.team, a.note, a.reason, c.closed_at, c.reason AS closing_reason, a.lead_cells
FROM assignments AS a
LEFT JOIN closings AS c USING (assignment)
WHERE NOT EXISTS (SELECT 1 FROM trail AS later WHERE later.replaces = a.assignment);

CREATE VIEW open_leads AS
SELECT * FROM current_assignments WHERE closed_at IS NULL AND assigned_kind IN ('rep', 'queue');

CREATE VIEW leads_per_rep AS
SELECT w.rep, coalesce(got.leads, 0) AS leads, w.open, w.day, w.daily
FROM workloads AS w
LEFT JOIN (SELECT assigned_to, count(*) AS leads FROM assignments WHERE assigned_kind = 'rep' GROUP BY assigned_to) AS got
       ON got.assigned_to = w.rep;

CREATE VIEW leads_per_day AS
SELECT day, assigned_to AS rep, count(*) AS leads
FROM assignments
WHERE assigned_kind = 'rep' AND day IS NOT NULL
GROUP BY day, assigned_to;

CREATE VIEW history AS
SELECT lead, assigned_at AS happened_at,
       CASE WHEN replaces IS NULL THEN 'assigned' ELSE 'reassigned' END AS what,
       assignment, assigned_to, assigned_kind, policy || '.' || rule AS rule, reason, note
FROM assignments
UNION ALL
SELECT a.lead, c.closed_at, 'closed', a.assignment, a.assigned_to, a.assigned_kind, NULL, c.reason, ''
FROM closings AS c JOIN assignments AS a USING (assignment);
