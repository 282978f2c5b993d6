#!/usr/bin/env python
"""Generate the smallest legacy (DataJoint 0.14) pipeline whose upgrade has every kind of step.  Run under DataJoint 0.14.10.

    python mini_pipeline.py --prefix mini --store-dir STORES [--host 127.0.0.1] [--port 3306] [--user root] [--password '']

The crash tests run its whole upgrade once for every point at which a run can be interrupted, so it has few rows.
It creates two schemas that refer to each other, ``mini_base`` and ``mini_work``:

base.subject         Manual: an in-table longblob and an in-table attachment
base.#filter         Lookup: ``blob@raw``.  The table's name begins with #f, where MySQL 9.7 does not find the name that it
                     gave to a foreign key itself unless it copies the table
work.session         Manual, refers to base.subject: ``blob@raw`` NOT NULL and NULL, ``attach@raw``, ``filepath@cold-archive``,
                     adapters over ``blob@raw`` and ``attach@cold-archive``; objects shared by rows; one missing object; a
                     column that the server updates by itself
base.__rate          Computed, refers to work.session and base.#filter: ``~jobs`` with error and ignore

``base`` has a ``~lineage`` table already, as a lab has that tried 2.x; one new object of an attachment is in the store already.

Beside ``stores.json`` and ``dj_local_conf.json`` it writes ``changes.json``: what clients do while a plan is under way, as SQL
statements and files (hexadecimal), for a test to replay.

v0       what a 0.14 client writes between the stages (recorded from 0.14.10): a session with objects of its own, a failed job
v2       what a 2.x client writes after the swap: a session with objects of its own
cleanup  takes both away again when the plan is undone
"""

import argparse
import base64
import hashlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

os.environ["DJ_SUPPORT_ADAPTED_TYPES"] = "TRUE"
os.environ["DJ_SUPPORT_FILEPATH_MANAGEMENT"] = "TRUE"

import datajoint as dj  # noqa: E402
import numpy as np  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parent))
import lab_types  # noqa: E402
from lab_types import Report, Trace  # noqa: E402
from legacy_lab import configure, make_file  # noqa: E402

N_SESSIONS = 7


def build(args):
    args.edges = []
    stores = configure(args)
    conn = dj.conn(reset=True)
    conn.query("SET timestamp = 1609502400.25")  # what CURRENT_TIMESTAMP yields in this session
    adapters = lab_types.load(dj)
    base = dj.Schema(f"{args.prefix}_base", connection=conn)
    work = dj.Schema(f"{args.prefix}_work", connection=conn)

    @base
    class Subject(dj.Manual):
        definition = """
        # an animal
        subject : int
        ---
        notes = null : longblob     # what was seen: "it's" 100 %%
        photo = null : attach       # one page
        """

    @base
    class Filter(dj.Lookup):
        definition = """
        filter : varchar(16)
        ---
        taps : blob@raw             # coefficients
        """

    class Session(dj.Manual):
        definition = """
        -> Subject
        session : int
        ---
        data : blob@raw             # the recording
        extra = null : blob@raw
        sheet = null : attach@raw
        movie = null : filepath@cold-archive
        trace = null : <trace>      # adapted
        report = null : <report>
        """

    Session = work(Session, context=dict(adapters, Subject=Subject))

    class Rate(dj.Computed):
        definition = """
        -> Session
        -> Filter
        ---
        rate : float
        """
        key_source = Session.proj() * Filter.proj()  # the default one knows no adapters

        def make(self, key):
            if key["session"] in (2, N_SESSIONS):
                raise ValueError(f"session {key['session']} cannot be computed")
            self.insert1(dict(key, rate=key["session"] / 7))

    Rate = base(Rate, context=dict(Session=Session, Filter=Filter))

    with tempfile.TemporaryDirectory(prefix="mini_") as scratch:
        photo = make_file(scratch, "photo.txt", "a photo\n")
        Subject.insert(
            [dict(subject=1, notes={"weight": 1.5, "names": ["a", None]}, photo=photo), dict(subject=2, notes=None, photo=None)]
        )
        Filter.insert([dict(filter="none", taps=np.zeros(2)), dict(filter="low", taps=np.arange(3.0))])

        def session(number):
            stage = stores["cold-archive"]["stage"]
            return dict(
                subject=1 + number % 2,
                session=number,
                data=np.arange(5) * (number % 4),  # shared by rows
                extra=None if number % 3 else f"extra {number}",
                sheet=make_file(scratch, f"sheet {number % 2}.csv", f"sheet {number % 2}") if number < 4 else None,
                movie=make_file(stage, f"day {number}/movie.txt", f"movie {number}") if number < 3 else None,
                trace=Trace(np.arange(number), 1000.0) if number < 2 else None,
                report=Report("report.txt", "fine") if number in (1, 3) else None,
            )

        Session.insert(session(number) for number in range(N_SESSIONS))
        conn.query(
            f"ALTER TABLE {Session.full_table_name} ADD COLUMN `updated` TIMESTAMP NOT NULL"
            " DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP COMMENT 'last edit'"
        )
        conn.query(f"UPDATE {Session.full_table_name} SET updated = '2020-01-02 03:04:05'")
        Rate.populate(reserve_jobs=True, suppress_errors=True)
        base.jobs.ignore(Rate.table_name, dict(subject=2, session=99, filter="low"))

        raw = work.external["raw"]
        missing = dj.hash.uuid_from_buffer(dj.blob.pack("extra 6"))
        Path(raw._make_uuid_path(missing)).unlink()
        conn.query(
            f"CREATE TABLE `{args.prefix}_base`.`~lineage` (table_name VARCHAR(64) NOT NULL, attribute_name VARCHAR(64) NOT NULL,"
            " lineage VARCHAR(255) NOT NULL, PRIMARY KEY (table_name, attribute_name)) ENGINE=InnoDB"
        )
        conn.query(f"INSERT INTO `{args.prefix}_base`.`~lineage` VALUES ('gone', 'subject', 'left by an earlier try')")
        earlier = work.external["raw"] & dict(attachment_name="sheet 1.csv")
        make_file(args.store_dir, new_path(args, earlier.fetch1("hash").bytes), b"sheet 1.csv\0sheet 1")

        # a client of 0.14 at work between the stages: recorded, then taken away
        root = Path(args.store_dir).resolve()
        names = {
            "raw": work.external["raw"].full_table_name,
            "cold": work.external["cold-archive"].full_table_name,
            "session": Session.full_table_name,
            "jobs": base.jobs.full_table_name,
        }
        before = {name: rows(conn, name) for name in names.values()}, files(root)
        Session.insert1(
            dict(
                session(N_SESSIONS),
                subject=1,
                extra="late",
                sheet=make_file(scratch, "late.csv", "late"),
                movie=make_file(stores["cold-archive"]["stage"], "late/movie.txt", "late"),
                report=Report("late.txt", "late"),
            )
        )
        Rate.populate(reserve_jobs=True, suppress_errors=True)
        after = {name: rows(conn, name) for name in names.values()}, files(root)
        v0 = recorded(conn, before, after)
        v2 = by_v2(args, conn, names["session"])
        undo = [
            f"DELETE FROM {names['session']} WHERE session >= {N_SESSIONS}",
            f"DELETE FROM {names['jobs']} WHERE key_hash NOT IN ({literals(conn, before[0][names['jobs']], 'key_hash')})",
        ]
        for name in (names["raw"], names["cold"]):
            undo.append(f"DELETE FROM {name} WHERE hash NOT IN ({literals(conn, before[0][name], 'hash')})")
        changes = {"v0": v0, "v2": v2, "cleanup": undo}
        for sql in undo:
            conn.query(sql.replace("%", "%%"))
        for name in set(after[1]) - set(before[1]):
            (root / name).unlink()
        assert ({name: rows(conn, name) for name in names.values()}, files(root)) == before
    (root / "changes.json").write_text(json.dumps(changes, indent=1) + "\n")
    for name in ("stage_raw", "stage_cold"):
        shutil.rmtree(root / name)
        (root / name).mkdir()


def base32(digest):
    return base64.b32encode(digest).decode().rstrip("=").lower()


def new_path(args, digest):
    """Where 2.x looks for an object of ``raw``, under the folder of all stores."""
    name = base32(digest)
    return f"raw/_hash/{args.prefix}_work/{name[:2]}/{name[2:4]}/{name}"


def files(root):
    """Objects of both stores, by their path under the folder of all stores."""
    found = (p for store in ("raw", "cold") for p in (root / store).rglob("*") if p.is_file())
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in found}


def rows(conn, table):
    return list(conn.query(f"SELECT * FROM {table}", as_dict=True))


def literal(conn, value):
    if value is None:
        return "NULL"
    return f"x'{value.hex()}'" if isinstance(value, bytes) else conn._conn.escape(value)


def literals(conn, found, column):
    return ", ".join(literal(conn, row[column]) for row in found) or "NULL"


def inserts(conn, table, found):
    for row in found:
        names = ", ".join(f"`{name}`" for name in row)
        values = ", ".join(literal(conn, value) for value in row.values())
        yield f"INSERT INTO {table} ({names}) VALUES ({values})"


def recorded(conn, before, after):
    statements = []
    for table, found in after[0].items():
        statements += inserts(conn, table, [row for row in found if row not in before[0][table]])
    new = {name: after[1][name].hex() for name in set(after[1]) - set(before[1])}
    return {"sql": statements, "files": new}


def by_v2(args, conn, session):
    """A row as a 2.x client writes it: JSON pointers, and objects at its own places."""
    new, schema = {}, f"{args.prefix}_work"

    def hashed(content):
        digest = hashlib.md5(content).digest()
        path = new_path(args, digest)
        new[path] = content.hex()
        path = path.split("/", 1)[1]
        return json.dumps(dict(hash=base32(digest), path=path, schema=schema, store="raw", size=len(content)))

    new["cold/by 2.x/movie.txt"] = b"by 2.x".hex()
    movie = dict(path="by 2.x/movie.txt", store="cold-archive", size=6, is_dir=False, timestamp="2026-01-02T03:04:05+00:00")
    row = dict(
        subject=2,
        session=N_SESSIONS + 1,
        data=hashed(dj.blob.pack("by 2.x")),
        extra=None,
        sheet=hashed(b"new.csv\0by 2.x"),
        movie=json.dumps(movie),
        trace=hashed(dj.blob.pack(dict(samples=np.arange(2), rate=2.0))),
        report=None,
        updated="2021-01-02 03:04:05",
    )
    return {"sql": list(inserts(conn, session, [row])), "files": new}


def parse(argv=None):
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--prefix", required=True, help="schemas are named PREFIX_base and PREFIX_work")
    p.add_argument("--store-dir", required=True, help="folder for the stores and their stages")
    p.add_argument("--host", default="127.0.0.1")
    p.add_argument("--port", type=int, default=3306)
    p.add_argument("--user", default="root")
    p.add_argument("--password", default="")
    return p.parse_args(argv)


if __name__ == "__main__":
    build(parse())
