#!/usr/bin/env python3
"""What other tools take for the work of `cargo bench --bench route`, on the same files, in one run.

    cargo bench --bench route -- keep work        # leaves leads.csv and the projects in work/
    pip install polars duckdb                     # what is missing is left out
    python3 benches/peers.py work                 # or: peers.py work --rules 10 1000 --leads 200000

Every tool reads the same leads, looks the account up, finds the first rule that holds, else takes turns by
weight, and writes id, owner and rule. Each is a process of its own on two threads; before anything is
measured its rules are held against pointsman's, lead by lead. Ratios are to pointsman's run in the same round.
Slow tools get fewer leads, pointsman then too (`--leads`).

The rules are translated from the project's own text: the shapes of `benches/route/work.rs`, nothing else.
"""

import argparse
import csv
import os
import re
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

THREADS = 2
FIELDS = ["id", "email", "country", "state", "postal_code", "industry", "employees", "score", "source"]


# --- the rules, as tuples (field, how, values) ----------------------------------------------------


def rules(project):
    """[(name, owner or None for a team, [(field, how, operands)])]: every rule of policy `regions`."""
    text = (project / "main.rules").read_text()
    found = re.findall(r"rule (r\d+) when (.+)\n\s+assign (rep|team) (\w+)", text)
    return [(name, who if kind == "rep" else None, [condition(c) for c in when.split(" and ")]) for name, when, kind, who in found]


def condition(text):
    shapes = [
        (r'(\w+) starts with "(.*)"$', lambda m: (m[1], "prefix", m[2])),
        (r"(\w+) in \[(.*)\]$", lambda m: (m[1], "any", re.findall(r'"(.*?)"', m[2]))),
        (r"(\w+) in (\d+) to (\d+)$", lambda m: (m[1], "range", (int(m[2]), int(m[3])))),
        (r"(\w+) >= (\d+)$", lambda m: (m[1], "least", int(m[2]))),
        (r'(\w+) is "?(.*?)"?$', lambda m: (m[1], "is", m[2])),
    ]
    for shape, make in shapes:
        if match := re.match(shape, text):
            return make(match)
    sys.exit(f"peers.py does not know the condition: {text}")


def members(project):
    """The fallback team's members, each as often as their weight says: turns by row number."""
    text = (project / "roster.yaml").read_text()
    weights = dict(re.findall(r"(rep\d+): \{ weight: (\d+)", text))
    team = re.search(r"inside_sales: \[(.*)\]", text)[1].split(", ")
    return [rep for rep in team for _ in range(int(weights[rep]))]


# --- the tools: each a function from (project, leads, output), run in a process of its own --------


def with_polars(project, leads, output):
    import polars as pl

    def one(c):
        field, how, value = c
        col = pl.col(field)
        match how:
            case "prefix": return col.str.starts_with(value)
            case "any": return col.is_in(value)
            case "range": return col.is_between(*value)
            case "least": return col >= value
            case "is": return col == value

    def all_of(conditions):
        first, *rest = [one(c) for c in conditions]
        for c in rest:
            first = first & c
        return first

    listed, team = rules(project), members(project)
    number = pl
    for at, (_, _, conditions) in enumerate(listed):
        number = number.when(all_of(conditions)).then(pl.lit(at, pl.Int32))
    owners = pl.DataFrame({
        "at": list(range(len(listed))),
        "rule": [name for name, _, _ in listed],
        "who": [who or "specialists" for _, who, _ in listed],
    }, schema_overrides={"at": pl.Int32})
    schema = {f: pl.String for f in FIELDS} | {"employees": pl.Int64, "score": pl.Int64}
    frame = pl.scan_csv(leads, schema_overrides=schema).select(FIELDS).with_row_index("row")
    frame = frame.with_columns(domain=pl.col("email").str.split("@").list.last().str.to_lowercase(), at=number)
    frame = frame.join(pl.scan_csv(project / "accounts.csv"), on="domain", how="left", maintain_order="left")
    frame = frame.join(owners.lazy(), on="at", how="left", maintain_order="left")
    turns = pl.Series(team).to_frame("turn").with_row_index("slot").lazy()
    frame = frame.with_columns(slot=(pl.col("row") % len(team)).cast(pl.UInt32)).join(turns, on="slot", how="left", maintain_order="left")
    frame = frame.select(
        "id",
        owner=pl.coalesce("owner", "who", "turn"),
        rule=pl.when(pl.col("owner").is_not_null()).then(pl.lit("owned")).otherwise(pl.coalesce("rule", pl.lit("otherwise"))),
    )
    frame.collect(engine="streaming").write_csv(output)


def sql(c):
    field, how, value = c
    match how:
        case "prefix": return f"starts_with({field}, '{value}')"
        case "any": return f"{field} IN ({', '.join(repr(v) for v in value)})"
        case "range": return f"{field} BETWEEN {value[0]} AND {value[1]}"
        case "least": return f"{field} >= {value}"
        case "is": return f"{field} = '{value}'"


def duckdb_with(project, leads, output, number):
    """`number`: a query for (row, number), the number of the first rule that holds."""
    import duckdb

    db = duckdb.connect(config={"threads": THREADS})
    listed, team = rules(project), members(project)
    db.execute("CREATE TABLE named(number INTEGER, rule VARCHAR, who VARCHAR)")
    db.execute("INSERT INTO named SELECT unnest($1), unnest($2), unnest($3)", [list(range(len(listed))), [n for n, _, _ in listed], [w or "specialists" for _, w, _ in listed]])
    db.execute("CREATE TABLE turns AS SELECT unnest(range(len($1))) slot, unnest($1) turn", [team])
    db.execute(f"CREATE TABLE accounts AS FROM read_csv('{project}/accounts.csv')")
    types = "{" + ", ".join(f"'{f}': '{'BIGINT' if f in ('employees', 'score') else 'VARCHAR'}'" for f in FIELDS) + "}"
    source = f"(SELECT row_number() OVER () - 1 AS row, {', '.join(FIELDS)} FROM read_csv('{leads}', types = {types}))"
    numbered = number(db, source, listed)
    db.execute(f"""
        COPY (
            SELECT id, coalesce(a.owner, n.who, t.turn) AS owner,
                   CASE WHEN a.owner IS NOT NULL THEN 'owned' ELSE coalesce(n.rule, 'otherwise') END AS rule
            FROM {numbered} l
            LEFT JOIN accounts a ON a.domain = lower(split_part(l.email, '@', -1))
            LEFT JOIN named n ON n.number = l.number
            LEFT JOIN turns t ON t.slot = l.row % {len(team)}
            ORDER BY row
        ) TO '{output}' (HEADER)""")


def with_duckdb_case(project, leads, output):
    def number(db, source, listed):
        whens = " ".join(f"WHEN {' AND '.join(map(sql, c))} THEN {at}" for at, (_, _, c) in enumerate(listed))
        return f"(SELECT *, CASE {whens} END AS number FROM {source})"

    duckdb_with(project, leads, output, number)


def with_duckdb_join(project, leads, output):
    """The rules as tables, one for each shape, joined by what they compare for equality."""

    def number(db, source, listed):
        db.execute(f"CREATE TABLE leads AS FROM {source}")
        shapes = {}
        for at, (_, _, conditions) in enumerate(listed):
            shape = tuple((f, how, len(v) if how == "prefix" else 0) for f, how, v in conditions)
            shapes.setdefault(shape, []).append((at, conditions))
        parts = []
        for index, (shape, found) in enumerate(shapes.items()):
            columns, on = ["number INTEGER"], []
            for place, (field, how, length) in enumerate(shape):
                kind = "BIGINT" if how in ("range", "least") else "VARCHAR"
                columns.append(f"c{place} {kind}" + (f", d{place} {kind}" if how == "range" else ""))
                on.append({
                    "prefix": f"l.{field}[:{length}] = r.c{place}",
                    "any": f"l.{field} = r.c{place}",
                    "is": f"l.{field} = r.c{place}",
                    "range": f"l.{field} BETWEEN r.c{place} AND r.d{place}",
                    "least": f"l.{field} >= r.c{place}",
                }[how])
            rows = []
            for at, conditions in found:
                spread = [[]]
                for _, how, v in conditions:
                    options = [[x] for x in v] if how == "any" else [list(v)] if how == "range" else [[v]]
                    spread = [row + option for row in spread for option in options]
                rows += [[at, *row] for row in spread]
            db.execute(f"CREATE TABLE rules{index}({', '.join(columns)})")
            db.executemany(f"INSERT INTO rules{index} VALUES ({', '.join('?' * len(rows[0]))})", rows)
            parts.append(f"SELECT l.row, r.number FROM leads l JOIN rules{index} r ON {' AND '.join(on)}")
        first = f"SELECT row, min(number) AS number FROM ({' UNION ALL '.join(parts)}) GROUP BY row"
        return f"(SELECT leads.*, first.number FROM leads LEFT JOIN ({first}) first USING (row))"

    duckdb_with(project, leads, output, number)


def with_python(project, leads, output):
    def code(c):
        field, how, value = c
        match how:
            case "prefix": return f"{field}.startswith({value!r})"
            case "any": return f"{field} in {tuple(value)!r}"
            case "range": return f"{field} is not None and {value[0]} <= {field} <= {value[1]}"
            case "least": return f"{field} is not None and {field} >= {value}"
            case "is": return f"{field} == {value!r}"

    listed, team = rules(project), members(project)
    lines = ["def first(country, state, postal_code, industry, employees, score, source):"]
    for name, who, conditions in listed:
        lines += [f"    if {' and '.join(map(code, conditions))}: return {who or 'specialists'!r}, {name!r}"]
    scope = {}
    exec("\n".join(lines + ["    return None"]), scope)
    first = scope["first"]
    with open(project / "accounts.csv") as file:
        accounts = {row["domain"]: row["owner"] for row in csv.DictReader(file)}
    number = lambda text: int(text) if text else None
    with open(leads, newline="") as file, open(output, "w", newline="") as out:
        reader, writer = csv.reader(file), csv.writer(out, lineterminator="\n")
        header = next(reader)
        at = [header.index(f) for f in FIELDS]
        writer.writerow(["id", "owner", "rule"])
        for row, cells in enumerate(reader):
            id, email, country, state, postal, industry, employees, score, source = (cells[i] for i in at)
            owner = accounts.get(email.rpartition("@")[2].lower())
            if owner:
                writer.writerow([id, owner, "owned"])
                continue
            who = first(country, state, postal, industry, number(employees), number(score), source)
            writer.writerow([id, *(who or (team[row % len(team)], "otherwise"))])


TOOLS = {
    "polars, when/then": (with_polars, 1_000),
    "DuckDB, one CASE": (with_duckdb_case, 10_000),
    "DuckDB, rules joined": (with_duckdb_join, 10_000),
    "Python, if after if": (with_python, 10_000),
}


# --- measuring ------------------------------------------------------------------------------------


def took(command):
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = os.environ | {"POLARS_MAX_THREADS": str(THREADS)}
    code = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment).returncode
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if code not in (0, 1):
        sys.exit(f"failed: {' '.join(map(str, command))}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.perf_counter() - begun


def agree(ours, theirs):
    """Leads whose rule differs; owners too, but for those that take turns."""
    with open(ours) as a, open(theirs) as b:
        return sum(x["id"] != y["id"] or x["rule"] != y["rule"] for x, y in zip(csv.DictReader(a), csv.DictReader(b), strict=True))


def head(leads, count, to):
    with open(leads) as source, open(to, "w") as out:
        for line, _ in zip(source, range(count + 1)):
            out.write(line)
    return to


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--rules", type=int, nargs="+", default=[10, 100, 1_000])
    parser.add_argument("--leads", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tools", nargs="+", default=list(TOOLS), choices=list(TOOLS))
    parser.add_argument("--pointsman", default="target/release/pointsman")
    options = parser.parse_args()
    leads = head(options.work / "leads.csv", options.leads, options.work / "head.csv")
    print(f"{options.leads} leads, {THREADS} threads, medians of {options.rounds} rounds; ratios to pointsman")
    for count in options.rules:
        project = next(p for p in options.work.glob(f"r{count}-a100000*") if p.is_dir())
        outputs = {name: options.work / f"out-{at}.csv" for at, name in enumerate(["pointsman", *options.tools])}
        commands = {"pointsman": [options.pointsman, "route", project, leads, "-o", outputs["pointsman"],
                                  "--columns=id=id,owner=assigned_to,rule=rule", f"--threads={THREADS}"]}
        for name in options.tools:
            if count <= TOOLS[name][1]:
                commands[name] = [sys.executable, __file__, "--run", name, project, leads, outputs[name]]
        rounds = [{name: took(command) for name, command in commands.items()} for _ in range(options.rounds)]
        print(f"R = {count}")
        for name in commands:
            cpu, wall = (statistics.median(r[name][i] for r in rounds) for i in (0, 1))
            x, y = (statistics.median(r[name][i] / r["pointsman"][i] for r in rounds) for i in (0, 1))
            other = agree(outputs["pointsman"], outputs[name]) if name != "pointsman" else 0
            note = f"   {other} LEADS DIFFER" if other else ""
            print(f"  {name:24} cpu {cpu:8.2f} s  wall {wall:8.2f} s   x cpu {x:7.1f}  x wall {y:7.1f}{note}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        name, *paths = sys.argv[2:]
        TOOLS[name][0](*map(Path, paths))
    else:
        main()
