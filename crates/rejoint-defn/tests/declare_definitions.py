"""Declare definitions with a real DataJoint and record what came of them.

    python declare_definitions.py CASES.json OUT.json

Run once with a Python that has datajoint 0.14.10 and once with one that has 2.3.5; the version decides what is
recorded. CASES.json is a list of {"name", "definition"}; the record of a case is either
{"sql", "show", "columns", "indexes", "foreign_keys", "comment"} or {"sql", "refused_by", "error"}.

The server is taken from DEFN_HOST (default 127.0.0.1:3309), DEFN_USER and DEFN_PASSWORD (default root, root).
The schema `defn_cases` is dropped before and after.
"""

import json
import os
import sys
import tempfile
import types

os.environ["DJ_SUPPORT_FILEPATH_MANAGEMENT"] = "TRUE"
os.environ["DJ_SUPPORT_ADAPTED_TYPES"] = "TRUE"
scratch = tempfile.mkdtemp()
os.chdir(scratch)

import logging  # noqa: E402

import datajoint as dj  # noqa: E402

logging.getLogger("datajoint").setLevel(logging.ERROR)
LEGACY = dj.__version__.startswith("0.")
SCHEMA = "defn_cases"

PARENTS = [
    ("Subject", "subject_id : int # who"),
    ("Session", "-> Subject\nsession : smallint unsigned # n-th\n---\nsess_date : date"),
    ("Uid", "uid : uuid # unique"),
    ("Flags", "flag : tinyint(1)\nbig : bigint unsigned # large"),
    ("Reals", "x : decimal(5,2)\nw : float\nv : double"),
    ("Kind", "kind : enum('a','b''c') # kind of it"),
    ("Quoted", 'q : int # the "q"'),
    ("Percent", "p : int # 50%% of it"),
    ("Slash", "s : int # a\\\\tb"),
    ("Times", "t : datetime(3)\nd : date\nc : char(4)"),
    ("Auto", "auto_id : bigint auto_increment"),
]


def main(cases_path, out_path):
    host = os.environ.get("DEFN_HOST", "127.0.0.1:3309")
    name, _, port = host.partition(":")
    dj.config["database.host"] = name
    dj.config["database.port"] = int(port or 3306)
    dj.config["database.user"] = os.environ.get("DEFN_USER", "root")
    dj.config["database.password"] = os.environ.get("DEFN_PASSWORD", "root")
    dj.config["safemode"] = False
    store = {"protocol": "file", "location": scratch}
    if LEGACY:
        dj.config["stores"] = {n: {**store, "stage": scratch} for n in ("raw", "cold-archive")}
    else:
        dj.config["stores"] = {"raw": store, "cold-archive": store, "default": "raw"}

    with open(cases_path) as f:
        cases = json.load(f)
    conn = dj.conn()
    sent = []
    real_query = conn.query

    def query(text, *args, **kwargs):
        if text.startswith("CREATE TABLE IF NOT EXISTS `%s`.`" % SCHEMA):
            sent.append(text)
        return real_query(text, *args, **kwargs)

    conn.query = query
    real_query("DROP DATABASE IF EXISTS `%s`" % SCHEMA)
    schema_class = dj.schema if LEGACY else dj.Schema
    context = {"dj": dj}
    schema = schema_class(SCHEMA, context)
    context.update(adapters())
    record = {"datajoint": dj.__version__, "server": real_query("SELECT version()").fetchone()[0], "tables": []}

    def declare(class_name, definition, base=dj.Manual, **members):
        sent.clear()
        cls = type(class_name, (base,), {"definition": definition, **members})
        result = {"name": class_name, "definition": definition}
        table = dj.utils.from_camel_case(class_name)
        try:
            context[class_name] = schema(cls)
        except Exception as error:
            lines = str(error).strip().splitlines() or [""]
            own = [text for text in sent if "`%s`" % table in text.splitlines()[0]]
            result["sql"] = own[0] if own else None
            result["refused_by"] = "server" if own else "library"
            result["error"] = "%s: %s" % (type(error).__name__, lines[0])
            context.pop(class_name, None)
            # What the failed declaration left behind must not reach the next one.
            if conn.in_transaction:
                conn.cancel_transaction()
        else:
            result["sql"] = next((t for t in sent if "`%s`" % table in t.splitlines()[0]), None)
            result.update(observed(real_query, table))
        record["tables"].append(result)

    trial = type("Trial", (dj.Part,), {"definition": "-> master\ntrial : int"})
    for class_name, definition in PARENTS:
        members = {"Trial": trial} if class_name == "Session" else {}
        declare(class_name, definition, **members)
        assert "refused_by" not in record["tables"][-1], record["tables"][-1]
    context["m"] = types.SimpleNamespace(Subject=context["Subject"], Session=context["Session"])
    part = {"name": "Session.Trial", "definition": trial.definition, "sql": None}
    part.update(observed(real_query, "session__trial"))
    record["tables"].append(part)
    for case in cases:
        declare(case["name"], case["definition"])
    real_query("DROP DATABASE `%s`" % SCHEMA)
    with open(out_path, "w") as f:
        json.dump(record, f, indent=1)
        f.write("\n")
    refused = [t for t in record["tables"] if "refused_by" in t]
    print("%d tables, %d refused" % (len(record["tables"]), len(refused)))


def adapters():
    types_by_name = {"graph": "longblob", "trace": "blob@raw", "label": "varchar(20)"}
    if LEGACY:
        return {
            name: type("Adapter", (dj.AttributeAdapter,), {"attribute_type": attribute_type})()
            for name, attribute_type in types_by_name.items()
        }
    types_by_name = {"graph": "<blob>", "trace": "<blob>", "label": "varchar(20)"}
    for name, dtype in types_by_name.items():
        members = {
            "name": name,
            "get_dtype": lambda self, is_store, dtype=dtype: dtype,
            "encode": lambda self, value, **kwargs: value,
            "decode": lambda self, value, **kwargs: value,
        }
        type(name.capitalize() + "Codec", (dj.Codec,), members)
    return {}


def observed(query, table):
    columns = query(
        "SELECT column_name, column_type, is_nullable, column_default, extra, column_comment, column_key "
        "FROM information_schema.columns WHERE table_schema=%s AND table_name=%s ORDER BY ordinal_position",
        args=(SCHEMA, table),
    ).fetchall()
    indexes = {}
    for name, unique, column, expression in query(
        "SELECT index_name, non_unique=0, column_name, expression FROM information_schema.statistics "
        "WHERE table_schema=%s AND table_name=%s ORDER BY index_name, seq_in_index",
        args=(SCHEMA, table),
    ).fetchall():
        indexes.setdefault(name, {"unique": bool(unique), "parts": []})["parts"].append(column or "(" + expression)
    keys = {}
    for name, column, ref_table, ref_column in query(
        "SELECT constraint_name, column_name, referenced_table_name, referenced_column_name "
        "FROM information_schema.key_column_usage WHERE table_schema=%s AND table_name=%s "
        "AND referenced_table_name IS NOT NULL ORDER BY constraint_name, ordinal_position",
        args=(SCHEMA, table),
    ).fetchall():
        keys.setdefault(name, {"table": ref_table, "pairs": []})["pairs"].append([column, ref_column])
    comment = query(
        "SELECT table_comment FROM information_schema.tables WHERE table_schema=%s AND table_name=%s",
        args=(SCHEMA, table),
    ).fetchone()[0]
    return {
        "show": query("SHOW CREATE TABLE `%s`.`%s`" % (SCHEMA, table)).fetchone()[1],
        "comment": comment,
        "columns": [
            {
                "name": name,
                "type": column_type,
                "nullable": nullable == "YES",
                "default": default,
                "extra": extra,
                "comment": column_comment,
                "in_key": key == "PRI",
            }
            for name, column_type, nullable, default, extra, column_comment, key in columns
        ],
        "indexes": indexes,
        "foreign_keys": [keys[name] for name in sorted(keys, key=lambda n: int(n.rsplit("_", 1)[1]))],
    }


main(*sys.argv[1:])
