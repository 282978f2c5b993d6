"""Runs programs under one DataJoint, each in a process of its own, and keeps what they print.

usage: harness.py FOLDER PREFIX

FOLDER holds one folder per program with `main.py`. Their standard output goes to `out.txt`, an error to `error.txt`.
The server and account come from DJ_HOST, DJ_USER and DJ_PASS. Databases whose names begin with PREFIX are dropped.
"""
import builtins
import contextlib
import datetime
import decimal
import io
import logging
import os
import runpy
import shutil
import sys
import tempfile
import traceback
import uuid
import warnings

warnings.simplefilter("ignore")
import datajoint as dj
import numpy as np
import pandas as pd
import pymysql


def form(value):
    """The value with its kind, equal under both versions when the values are."""
    if isinstance(value, np.ndarray):
        if value.dtype.names:
            kinds = [(name, value.dtype[name].str) for name in value.dtype.names]
            return f"records {kinds} {[tuple(form(v) for v in row) for row in value.tolist()]}"
        return f"array {value.dtype.str} {value.shape} {[form(v) for v in value.ravel().tolist()]}"
    if isinstance(value, np.generic):
        return form(value.item())
    if isinstance(value, pd.DataFrame):
        return f"frame {list(value.index.names)} {list(value.columns)} {form(value.reset_index().to_dict('list'))}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {form(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return type(value).__name__ + "[" + ", ".join(form(item) for item in value) + "]"
    if isinstance(value, set):
        return "set[" + ", ".join(sorted(form(item) for item in value)) + "]"
    if value is None or isinstance(value, (bool, int, float, str, bytes, uuid.UUID, decimal.Decimal,
                                           datetime.date, datetime.timedelta)):
        return repr(value)
    return type(value).__name__ + " " + str(value)


def show(*values):
    print(*(form(value) for value in values))


def connect():
    host, _, port = os.environ["DJ_HOST"].partition(":")
    return pymysql.connect(host=host, port=int(port or 3306), user=os.environ["DJ_USER"],
                           password=os.environ["DJ_PASS"], autocommit=True)


def drop(prefix):
    with contextlib.closing(connect()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT schema_name FROM information_schema.schemata")
        names = [name for (name,) in cursor.fetchall() if name.startswith(prefix)]
        cursor.execute("SET foreign_key_checks = 0")
        for name in names:
            quoted = name.replace("`", "``")
            cursor.execute(f"DROP DATABASE `{quoted}`")


def run(folder, prefix):
    logging.disable(logging.CRITICAL)
    builtins.PREFIX = prefix
    builtins.show = show
    builtins.TMP = tempfile.mkdtemp(prefix="rejoint_program_")
    dj.config["safemode"] = False
    sys.path.insert(0, folder)
    os.chdir(builtins.TMP)
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            runpy.run_path(os.path.join(folder, "main.py"), run_name="__main__")
    except BaseException:
        with open(os.path.join(folder, "error.txt"), "w") as file:
            file.write(traceback.format_exc())
    finally:
        with open(os.path.join(folder, "out.txt"), "w") as file:
            file.write(out.getvalue().replace(prefix, "<prefix>").replace(builtins.TMP, "<tmp>"))
        shutil.rmtree(builtins.TMP, ignore_errors=True)
        drop(prefix)


def main():
    folder, prefix = os.path.abspath(sys.argv[1]), sys.argv[2]
    names = sorted(os.listdir(folder))
    running = {}
    for number, name in enumerate(names):
        while len(running) >= 3:
            pid, _ = os.wait()
            running.pop(pid, None)
        pid = os.fork()
        if pid == 0:
            try:
                run(os.path.join(folder, name), f"{prefix}{number}_")
            finally:
                sys.stdout.flush()
                os._exit(0)
        running[pid] = name
    while running:
        pid, _ = os.wait()
        running.pop(pid, None)


if __name__ == "__main__":
    main()
