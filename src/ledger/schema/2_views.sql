-- Views for people: what they ask a ledger most.

-- Each lead once, as it stands now.
CREATE VIEW current_assignments AS
SELECT a.assignment, a.batch, a.lead, a.assigned_at, a.captured_at, a.policy, a.rule, a.route_type, a.destination,
       a.assigned_to, a.assigned_kind, a.team, a.note, a.reason, c.closed_at, c.reason AS closing_reason, a.lead_cells
FROM assignments AS a
LEFT JOIN closings AS c USING (assignment)
WHERE NOT EXISTS (SELECT 1 FROM assignments AS later WHERE later.replaces = a.assignment);

-- Those that somebody has to work, or that wait in a queue.
CREATE VIEW open_leads AS
SELECT * FROM current_assignments WHERE closed_at IS NULL AND assigned_kind IN ('rep', 'queue');

-- Who got how many leads ever, how many of them are open, and how many came on the last day with any.
CREATE VIEW leads_per_rep AS
SELECT w.rep, coalesce(got.leads, 0) AS leads, w.open, w.day, w.daily
FROM workloads AS w
LEFT JOIN (SELECT assigned_to, count(*) AS leads FROM assignments WHERE assigned_kind = 'rep' GROUP BY assigned_to) AS got
       ON got.assigned_to = w.rep;

-- Leads that reps got, by the day on their calendars.
CREATE VIEW leads_per_day AS
SELECT day, assigned_to AS rep, count(*) AS leads
FROM assignments
WHERE assigned_kind = 'rep' AND day IS NOT NULL
GROUP BY day, assigned_to;

-- All that happened to each lead.
CREATE VIEW history AS
SELECT lead, assigned_at AS happened_at,
       CASE WHEN replaces IS NULL THEN 'assigned' ELSE 'reassigned' END AS what,
       assignment, assigned_to, assigned_kind, policy || '.' || rule AS rule, reason, note
FROM assignments
UNION ALL
SELECT a.lead, c.closed_at, 'closed', a.assignment, a.assigned_to, a.assigned_kind, NULL, c.reason, ''
FROM closings AS c JOIN assignments AS a USING (assignment);

-- Whose turn it is: credits in leads instead of exact parts of them.
CREATE VIEW turns AS
SELECT team, rep, leads, round(CAST(credit AS REAL) / 3099044504245996706400.0, 6) AS credit FROM rotation;

-- Every roster that leads were assigned with.
CREATE VIEW rosters AS
SELECT b.roster_hash, min(b.at) AS first_used, max(b.at) AS last_used, count(*) AS batches, f.content AS text
FROM batches AS b JOIN files AS f ON f.file_hash = b.roster_hash
GROUP BY b.roster_hash;
