"""The measurements of benches/run.  Runs under DataJoint 2.3.5, whose `datajoint.migrate` is what rejoint is compared with."""

import argparse
import datetime
import hashlib
import json
import logging
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

os.environ["DJ_LOG_LEVEL"] = "ERROR"
import datajoint as dj  # noqa: E402
import datajoint.migrate as migrate  # noqa: E402
import pymysql  # noqa: E402

logging.disable(logging.WARNING)

REJOINT = os.environ["RJ_BENCH_REJOINT"]
DIGEST = os.environ["RJ_BENCH_DIGEST"]
PREFIX = "rjbench_"
DIGEST_SCHEMA = "rejoint_verify_speed"  # of the example digest_speed
OBJECT = b"mYm\0" + b"\0" * 60  # what every object's file holds: only its size is looked at
GROUPS = ("pointers", "verify", "markers", "window", "scan")


class Server:
    def __init__(self, variable):
        url = urlsplit(os.environ[variable])
        self.host, self.port = url.hostname, url.port or 3306
        self.user, self.password = unquote(url.username or "root"), unquote(url.password or "")
        self.connection = pymysql.connect(
            host=self.host, port=self.port, user=self.user, password=self.password, charset="utf8mb4", autocommit=True
        )
        self.version = self.sql("SELECT VERSION()")[0][0]
        self.mariadb = "MariaDB" in self.version
        self.name = f"{'MariaDB' if self.mariadb else 'MySQL'} {self.version.split('-')[0]}"
        depth = "max_recursive_iterations" if self.mariadb else "cte_max_recursion_depth"
        self.sql(f"SET SESSION {depth} = 4294967295")

    def sql(self, text, *args):
        with self.connection.cursor() as cursor:
            cursor.execute(text, args or None)
            return cursor.fetchall()

    def clean(self):
        for (name,) in self.sql("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA"):
            if name.startswith(PREFIX) or name == DIGEST_SCHEMA:
                self.drop(name)

    def drop(self, name):
        self.sql("SET foreign_key_checks = 0")
        self.sql(f"DROP DATABASE IF EXISTS `{name}`")
        self.sql("SET foreign_key_checks = 1")

    def analyze(self, schema):
        """Statistics of a table just filled are seconds behind, and both sides' plans of joins rest on them."""
        for (table,) in self.sql("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s", schema):
            self.sql(f"ANALYZE TABLE `{schema}`.`{table}`")

    def datajoint(self, location="/nowhere"):
        dj.config["database.host"] = self.host
        dj.config["database.port"] = self.port
        dj.config["database.user"] = self.user
        dj.config["database.password"] = self.password
        dj.config["safemode"] = False
        dj.config.stores = {"raw": {"protocol": "file", "location": str(location)}}
        return dj.conn(reset=True)


class Bench:
    def __init__(self, args):
        self.args = args
        self.folder = Path(tempfile.mkdtemp(prefix="rejoint-bench-"))
        self.servers = [Server("RJ_TEST_MYSQL"), Server("RJ_TEST_MARIADB")]
        self.sections = []
        self.n = 0

    def section(self, title, text, header, rows):
        lines = [f"## {title}", "", text, "", "| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
        lines += ["| " + " | ".join(row) + " |" for row in rows]
        lines += ["", f"(1-minute load average at the end of this group: {os.getloadavg()[0]:.1f})", ""]
        self.sections.append("\n".join(lines))
        print("\n" + self.sections[-1], flush=True)

    # -- rejoint ------------------------------------------------------------------------------------------------------

    def config(self, server, location):
        folder = self.folder / f"{server.port}"
        folder.mkdir(exist_ok=True)
        path = folder / "dj_local_conf.json"
        stores = {"raw": {"protocol": "file", "location": str(location), "subfolding": [2]}}
        settings = {
            "database.host": server.host,
            "database.port": server.port,
            "database.user": server.user,
            "database.password": server.password,
            "stores": stores,
        }
        path.write_text(json.dumps(settings))
        return path

    def rejoint(self, server, location, *words, allowed=(0,)):
        command = [REJOINT, "--quiet", "--tls", "off", "--config", self.config(server, location), *words]
        started = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True)
        seconds = time.monotonic() - started
        if done.returncode not in allowed:
            raise SystemExit(f"rejoint {' '.join(map(str, words))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return seconds

    def upgrade(self, server, schema, location, *options):
        """Plan, expand, contract. Returns the seconds of each command, and the journal's view of the steps."""
        self.n += 1
        plan = self.folder / f"{self.n}.plan.json"
        evidence = ("--trust-sessions", "--objects-by-size")
        seconds = {
            "plan": self.rejoint(server, location, "plan", "upgrade", "-s", schema, "-o", plan, "--skip-objects", *options),
            "expand": self.rejoint(server, location, "apply", plan, "--stage", "expand", *evidence),
            "contract": self.rejoint(server, location, "apply", plan, "--stage", "contract", *evidence),
        }
        steps = {step["id"]: step for step in json.loads(plan.read_text())["steps"]}
        journal = server.sql(f"SELECT step, state, UNIX_TIMESTAMP(at) FROM `{schema}`.`~rejoint_journal` ORDER BY seq")
        return seconds, Journal(steps, [(step, state, float(at)) for step, state, at in journal])

    # -- tables with pointers -------------------------------------------------------------------------------------------

    def pointers(self, server, schema, n, files=True):
        """A table of 0.14 with n pointers, each to a tracking row of its own, and the objects if they are wanted."""
        location = self.folder / f"{server.port}-{schema}"
        location.mkdir()
        words = [server.host, server.port, server.user, server.password, location, schema]
        script = Path(__file__).with_name("legacy_schema.py")
        subprocess.run([os.environ["RJ_PYTHON_V0"], "-W", "ignore", script, *map(str, words)], check=True, stdout=subprocess.DEVNULL)
        numbers = f"WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < {n})"
        digest = "UNHEX(LEFT(SHA2(i, 256), 32))"
        server.sql(f"INSERT INTO `{schema}`.`~external_raw` (hash, size) {numbers} SELECT {digest}, {len(OBJECT)} FROM n ORDER BY 1")
        server.sql(f"INSERT INTO `{schema}`.`recording` (id, data) {numbers} SELECT i, {digest} FROM n")
        server.analyze(schema)
        if files:
            make_objects(location / schema, n)
        return location


def make_objects(folder, n):
    """Hard links: their names and sizes are what is looked at, and they cost no space."""
    original = None
    for i in range(1, n + 1):
        name = hashlib.sha256(str(i).encode()).hexdigest()[:32]
        path = folder / name[:2] / name
        if original is None or i % 30_000 == 0:  # file systems limit the links of a file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(OBJECT)
            original = path
            continue
        try:
            os.link(original, path)
        except FileNotFoundError:
            path.parent.mkdir(parents=True)
            os.link(original, path)


class Journal:
    """When steps began and ended, by the server's clock."""

    def __init__(self, steps, rows):
        self.steps, self.rows = steps, rows

    def seconds(self, *actions):
        """Of all steps of these kinds together."""
        total = 0.0
        for step, state, at in self.rows:
            if step in self.steps and self.steps[step]["action"] in actions and state == "done":
                total += at - max(t for s, st, t in self.rows if s == step and st == "intent")
        return total

    def window(self):
        """From the fence to the last swap."""
        fence = [at for step, state, at in self.rows if self.action(step) == "fence" and state == "intent"]
        swaps = [at for step, state, at in self.rows if self.action(step) == "alter" and step.startswith("C") and state == "done"]
        return swaps[-1] - fence[-1]

    def action(self, step):
        return self.steps[step]["action"] if step in self.steps else None


def number(value):
    return f"{value:,.0f}".replace(",", " ")


def rate(rows, seconds):
    return number(rows / seconds)


def duration(seconds):
    return f"{seconds:.2f} s" if seconds < 100 else f"{seconds:.0f} s"


def ratio(ours, theirs):
    found = ours / theirs
    return f"{found:.3f}x" if found < 0.1 else f"{found:.2f}x" if found < 1 else f"{found:.1f}x"


def timed(call):
    started = time.monotonic()
    result = call()
    return time.monotonic() - started, result


# -- groups ---------------------------------------------------------------------------------------------------------------


def bench_pointers(bench):
    rows = []
    sizes = [20_000] if bench.args.quick else [200_000]
    for server in bench.servers:
        for n in sizes:
            ours, theirs = f"{PREFIX}pointers_a", f"{PREFIX}pointers_b"
            location = bench.pointers(server, ours, n)
            bench.pointers(server, theirs, n, files=False)
            seconds, journal = bench.upgrade(server, ours, location)
            converted = server.sql(f"SELECT COUNT(*) FROM `{ours}`.`recording` WHERE JSON_VALID(data) AND JSON_EXTRACT(data, '$.path') IS NOT NULL")[0][0]
            assert converted == n, f"{converted} of {n} pointers converted"
            server.datajoint(location)
            t_migrate, result = timed(lambda: migrate.migrate_external(dj.Schema(theirs), dry_run=False))
            assert result["rows_migrated"] == n, result
            few = 500 if bench.args.quick else 2_000
            server.sql(f"CREATE TABLE `{theirs}`.`wide` (id int unsigned PRIMARY KEY, data varbinary(1000))")
            server.sql(f"INSERT INTO `{theirs}`.`wide` SELECT id, data FROM `{theirs}`.`recording` WHERE id <= {few}")
            connection = server.datajoint(location)
            t_v2, result = timed(lambda: migrate.migrate_external_pointers_v2(theirs, "wide", "data", "raw", "raw", connection=connection))
            assert result["rows_migrated"] == few, result
            backfill = journal.seconds("backfill")
            base = n / t_migrate
            rows.append([server.name, number(n), "`migrate_external` (2.x cannot read the result)", rate(n, t_migrate), "1.0x"])
            rows.append([server.name, f"{number(few)} of them", "`migrate_external_pointers_v2` (column widened first)", rate(few, t_v2), ratio(few / t_v2, base)])
            rows.append([server.name, number(n), "**rejoint**, filling the new pointers", f"**{rate(n, backfill)}**", f"**{ratio(n / backfill, base)}**"])
            whole = sum(seconds.values())
            rows.append([server.name, number(n), "rejoint, all: plan, triggers, filling, three verifications, every object looked at, swap, certificate", rate(n, whole), ratio(n / whole, base)])
            for schema in (ours, theirs):
                server.drop(schema)
                shutil.rmtree(bench.folder / f"{server.port}-{schema}", ignore_errors=True)
    bench.section(
        "Pointers converted per second",
        "A table with `blob@raw` declared by DataJoint 0.14.10, one tracking row and one object (64 bytes, hard links, looked at by size) per pointer."
        " `migrate_external` is one UPDATE of the whole table in one transaction; rejoint fills ranges of 10 000 keys in transactions of their own while"
        " old clients work, and writes pointers that 2.x reads: path, store and base32 hash, where `migrate_external` writes a null URL and a hexadecimal hash.",
        ["server", "pointers", "what", "per second", "against `migrate_external`"],
        rows,
    )


def bench_verify(bench):
    rows = []
    n = 200_000 if bench.args.quick else 2_000_000
    for server in bench.servers:
        words = [DIGEST, server.host, str(server.port), server.user, server.password, str(n), "keep"]
        output = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        best = {}
        for line in output.splitlines():
            found = re.match(r"(.*?)\s+([\d.]+) s, of this process", line)
            if found:
                seconds = max(float(found[2]), 0.005)
                best[found[1]] = min(seconds, best.get(found[1], seconds))
        server.drop(f"{PREFIX}copy")
        server.sql(f"CREATE DATABASE `{PREFIX}copy`")
        server.sql(f"CREATE TABLE `{PREFIX}copy`.`speed` LIKE `{DIGEST_SCHEMA}`.`speed`")
        server.sql(f"INSERT INTO `{PREFIX}copy`.`speed` SELECT * FROM `{DIGEST_SCHEMA}`.`speed`")
        connection = server.datajoint()
        compare = lambda: migrate.compare_query_results(DIGEST_SCHEMA, f"{PREFIX}copy", "speed", connection=connection)  # noqa: E731
        t_compare, result = min((timed(compare) for _ in range(2)), key=lambda r: r[0])
        assert result["match"], result
        t_checksum, _ = min((timed(lambda: server.sql(f"CHECKSUM TABLE `{DIGEST_SCHEMA}`.`speed`")) for _ in range(2)), key=lambda r: r[0])
        # both tables are read: what one table costs is half of it
        base = n / (t_compare / 2)
        rows.append([server.name, "`compare_query_results`, over 10 000 rows: CHECKSUM TABLE", rate(1, 0.5 * t_compare / n), "1.0x"])
        rows.append([server.name, "CHECKSUM TABLE alone (32 bits)", rate(n, t_checksum), ratio(n / t_checksum, base)])
        names = {
            "driver alone: rows read and thrown away": "bare driver: rows read and thrown away",
            "client, one thread": "**rejoint**, evidence for a certificate, one thread",
            "client, reading on a second thread": "**rejoint**, evidence for a certificate, two threads",
            "client, one thread, with fingerprints": "rejoint, with fingerprints that locate differences",
            "server side, one connection": "rejoint, pushed down, one connection",
            "server side, two connections": "**rejoint**, pushed down, two connections",
        }
        for key, shown in names.items():
            rows.append([server.name, shown, rate(n, best[key]), ratio(n / best[key], base)])
        server.drop(f"{PREFIX}copy")
        server.drop(DIGEST_SCHEMA)
        server.datajoint()
        small = 10_000
        for schema in (f"{PREFIX}small_a", f"{PREFIX}small_b"):
            server.sql(f"CREATE DATABASE `{schema}`")
            server.sql(f"CREATE TABLE `{schema}`.`speed` (id int PRIMARY KEY, day date, rig smallint, score double, count_ int, note varchar(80), hash char(32))")
            server.sql(
                f"INSERT INTO `{schema}`.`speed` WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < {small})"
                " SELECT i, '2020-01-01', i % 300, i / 7e0, i % 97, CONCAT('a note of some length about row ', i), LEFT(SHA2(i, 256), 32) FROM n"
            )
        t_small, result = timed(lambda: migrate.compare_query_results(f"{PREFIX}small_a", f"{PREFIX}small_b", "speed", connection=dj.conn()))
        assert result["match"], result
        rows.append([server.name, "`compare_query_results` up to 10 000 rows: row by row", rate(small, t_small / 2), ratio(2 * small / t_small, base)])
        for schema in (f"{PREFIX}small_a", f"{PREFIX}small_b"):
            server.drop(schema)
    bench.section(
        "Verification, rows per second",
        f"{number(n)} rows of 7 columns (`crates/rejoint-verify/examples/digest_speed.rs`), over loopback; server and client share the cores."
        " Rejoint's evidence is a SHA-256 of every row and column by canonical bytes, independent of server, version and row order; the"
        " push-down (SHA-256 of every row, combined by exclusive or) compares a table with itself at another time on the same server. MySQL"
        " combines whole hashes; MariaDB's BIT_XOR knows 64 bits only, so there it takes four parts. CHECKSUM TABLE is 32 bits and differs when"
        " only a type differs. Rates are per table read; the best of two runs, except with fingerprints and pushed down (one run).",
        ["server", "what", "rows per second", "against `compare_query_results`"],
        rows,
    )


def bench_markers(bench):
    rows = []
    tables = 5 if bench.args.quick else 50
    types = ["int", "smallint", "bigint", "float", "double", "int unsigned", "tinyint", "mediumint", "longblob", "smallint unsigned"]
    columns = tables * 20
    values = ", ".join(f"({i}{', 1' * 19})" for i in range(20))
    for server in bench.servers:
        ours, theirs = f"{PREFIX}markers_a", f"{PREFIX}markers_b"
        for schema in (ours, theirs):
            server.sql(f"CREATE DATABASE `{schema}`")
            for table in range(tables):
                others = ", ".join(f"`c{c}` {types[c % 10]} NOT NULL COMMENT 'column {c}'" for c in range(19))
                server.sql(f"CREATE TABLE `{schema}`.`t{table}` (`id` int NOT NULL COMMENT 'key', {others}, PRIMARY KEY (`id`)) COMMENT 'table {table}'")
                server.sql(f"INSERT INTO `{schema}`.`t{table}` VALUES {values}")
        seconds, journal = bench.upgrade(server, ours, bench.folder, "--markers", "all")
        marked = "SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s AND COLUMN_COMMENT LIKE ':%%' AND TABLE_NAME LIKE 't%%'"
        server.datajoint()
        t_migrate, result = timed(lambda: migrate.migrate_columns(dj.Schema(theirs), dry_run=False))
        (done_ours,), (done_theirs,) = server.sql(marked, ours)[0], server.sql(marked, theirs)[0]
        per = lambda s, n: duration(s * 1000 / n) if n else "none marked"  # noqa: E731
        rows.append([server.name, "`migrate_columns`", f"{done_theirs} of {columns}", per(t_migrate, done_theirs), "1.0x"])
        window = journal.seconds("alter")
        faster = lambda s: ratio(t_migrate / done_theirs, s / done_ours) if done_theirs else "-"  # noqa: E731
        rows.append([server.name, "**rejoint**, the ALTERs of the contract stage", f"{done_ours} of {columns}", f"**{per(window, done_ours)}**", f"**{faster(window)}**"])
        rows.append([server.name, "rejoint, contract stage with both verifications", f"{done_ours} of {columns}", per(seconds["contract"], done_ours), faster(seconds["contract"])])
        rows.append([server.name, "rejoint, plan, expand and contract", f"{done_ours} of {columns}", per(sum(seconds.values()), done_ours), faster(sum(seconds.values()))])
        server.drop(ours)
        server.drop(theirs)
    bench.section(
        "Markers per 1 000 columns",
        f"{tables} tables of 20 columns, 20 rows each, `plan upgrade --markers all`. `migrate_columns` sends one ALTER per column and loses DEFAULT,"
        " AUTO_INCREMENT and generated columns on the way (this schema has none); rejoint sends one per table, written from its SHOW CREATE TABLE.",
        ["server", "what", "columns marked", "per 1 000 columns", "faster"],
        rows,
    )


def bench_window(bench):
    rows = []
    sizes = [100, 20_000] if bench.args.quick else [800, 800_000]
    for server in bench.servers:
        first = None
        for n in sizes:
            schema = f"{PREFIX}window"
            location = bench.pointers(server, schema, n)
            _, journal = bench.upgrade(server, schema, location)
            window, alters = journal.window(), sum(
                at - max(t for s, st, t in journal.rows if s == step and st == "intent")
                for step, state, at in journal.rows
                if journal.action(step) == "alter" and step.startswith("C") and state == "done"
            )
            first = first or window
            algorithms = sorted({m for s in journal.steps.values() if s["action"] == "alter" and s["stage"] == "contract" for m in re.findall(r"ALGORITHM=(\w+)", s["sql"])})
            rows.append([server.name, number(n), f"**{window * 1000:.0f} ms**", f"{alters * 1000:.0f} ms", ", ".join(algorithms), f"{window / first:.1f}x", rate(n, journal.seconds("backfill"))])
            server.drop(schema)
            shutil.rmtree(location, ignore_errors=True)
    bench.section(
        "Contract window",
        "From the fence to the last swap, by the times in the journal: the time in which no client may write. The certificate is made after it."
        " It must not grow with the rows; `ALGORITHM` is what the plan demands of the server, which refuses the statement rather than do more.",
        ["server", "pointers", "window", "of it, ALTERs", "ALGORITHM", "against the small table", "pointers filled per second before it"],
        rows,
    )


def bench_scan(bench):
    rows = []
    n = 20 if bench.args.quick else 356
    common = "`id` int NOT NULL COMMENT 'key'"
    definitions = {
        "#method": f"{common}, `name` varchar(32) NOT NULL, `params` longblob COMMENT 'settings'",
        "session": f"{common}, `day` date NOT NULL, `weight` float NOT NULL COMMENT 'grams', `good` tinyint(1) NOT NULL DEFAULT 1",
    }
    for number_, name in enumerate(["scan", "probe", "note", "_image", "_trace", "__rate", "__map"]):
        definitions[name] = (
            f"{common}, `n` int unsigned NOT NULL, `x` double DEFAULT NULL, `value` longblob NOT NULL COMMENT 'array', `at` timestamp NULL,"
            f" CONSTRAINT `{name}_ibfk_1` FOREIGN KEY (`id`) REFERENCES `session` (`id`) ON DELETE RESTRICT ON UPDATE CASCADE"
        )
    for server in bench.servers:
        schemas = [f"{PREFIX}scan_{i:03}" for i in range(n)]
        for schema in schemas:
            server.sql(f"CREATE DATABASE `{schema}`")
            for name, columns in definitions.items():
                server.sql(f"CREATE TABLE `{schema}`.`{name}` ({columns}, PRIMARY KEY (`id`)) COMMENT 'a table'")
        prefix = ("--prefix", f"{PREFIX}scan_")
        t_scan = bench.rejoint(server, bench.folder, "scan", *prefix, "--objects", "none", allowed=(0, 1))
        t_plan = bench.rejoint(server, bench.folder, "plan", "upgrade", *prefix, "-o", bench.folder / f"{server.port}.scan.plan.json", allowed=(0, 1))
        server.datajoint()
        t_analyze, columns = timed(lambda: sum(len(migrate.analyze_columns(dj.Schema(schema))["needs_migration"]) for schema in schemas))
        assert columns >= 0
        rows.append([server.name, "`analyze_columns`, schema after schema: types of columns only", duration(t_analyze), f"{columns}", "1.0x"])
        rows.append([server.name, "**rejoint scan**: all findings, definitions compared, decisions, client table", f"**{duration(t_scan)}**", "", f"**{ratio(t_analyze, t_scan)}**"])
        rows.append([server.name, "rejoint plan upgrade, every statement of both stages", duration(t_plan), "", ratio(t_analyze, t_plan)])
        for schema in schemas:
            server.drop(schema)
    bench.section(
        f"Scan of {n} schemas with 9 tables each",
        "Empty tables: it is the number of tables that costs here. 356 schemas is the largest pipeline known.",
        ["server", "what", "seconds", "columns found to mark", "faster"],
        rows,
    )


# -- report ----------------------------------------------------------------------------------------------------------------


def machine(servers):
    cpu = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())[1]) / 2**20
    version = lambda *words: subprocess.run(words, capture_output=True, text=True).stdout.strip()  # noqa: E731
    lines = [
        f"- {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC, commit {version('git', 'rev-parse', '--short', 'HEAD')}",
        f"- {os.cpu_count()} cores ({cpu[1] if cpu else platform.machine()}), {memory:.0f} GB of memory, Linux {platform.release()}; servers and clients share them",
        f"- 1-minute load average when it began: {os.getloadavg()[0]:.1f}",
        f"- {version(REJOINT, '--version')}, {version('rustc', '--version')}, release build",
        f"- {', '.join(s.version for s in servers)}; no wait for the disk at commit and no binary log, for every program alike (`dev/servers`)",
        f"- datajoint {dj.__version__}, PyMySQL {pymysql.__version__}, Python {platform.python_version()}",
    ]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--out", type=Path)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(GROUPS))
    args = parser.parse_args()
    for group in args.groups:
        if group not in GROUPS:
            parser.error(f"unknown group {group}; they are: {', '.join(GROUPS)}")
    bench = Bench(args)
    head = machine(bench.servers)
    groups = args.groups or GROUPS
    out = args.out or (None if args.quick or args.groups else Path("docs/benchmarks.md"))
    try:
        for server in bench.servers:
            server.clean()
        for group in groups:
            globals()[f"bench_{group}"](bench)
            if out:  # after every group: a run that is cut short leaves what it has measured
                kept = written_elsewhere(out)
                out.write_text(report(bench, head).rstrip() + "\n" + kept)
                print(f"written: {out}", file=sys.stderr)
    finally:
        for server in bench.servers:
            server.clean()
        shutil.rmtree(bench.folder, ignore_errors=True)


def written_elsewhere(path):
    """The sections of the page that other programs of this folder measure, or that people write."""
    old = path.read_text() if path.exists() else ""
    at = old.find("\n## A dump")
    return old[at:] if at >= 0 else ""


def report(bench, head):
    lines = [
        "# Benchmarks",
        "",
        "Written by `benches/run`, which measures everything side by side in one run. To repeat it: `benches/run` (or `benches/run --quick`).",
        "",
        head,
        f"- {'small sizes (`--quick`)' if bench.args.quick else 'full sizes'}",
    ]
    if len(bench.sections) < len(GROUPS):
        lines.append(f"- only {len(bench.sections)} of {len(GROUPS)} groups of measurements")
    return "\n".join([*lines, "", *bench.sections])


main()
