#!/usr/bin/env python
"""Fill the pipeline of examples/legacy-pipeline and run its code.  Run under DataJoint 0.14.10, in the pipeline's folder.

    python example_pipeline.py build|analysis|notebook|drop --port PORT --password PASSWORD [--host 127.0.0.1] [--user root]

build      drops the two schemas, enters everything, populates, and takes out of ~log and ~jobs what only this machine knows
analysis   runs analysis.py
notebook   executes explore.ipynb and writes its outputs into it
drop       drops the two schemas
"""

import argparse
import json
import os
import platform
import runpy
import sys
import tempfile
from pathlib import Path

SCHEMAS = ("ca1_imaging", "ca1_lab")
NOW = 1622541600.25  # what CURRENT_TIMESTAMP yields: 2021-06-01 10:00 UTC


def configure(args):
    """The pipeline's own settings, but for the server."""
    os.environ.pop("DJ_HOST", None)
    sys.path.insert(0, os.getcwd())
    import datajoint as dj

    assert dj.__version__ == "0.14.10", dj.__version__
    dj.config["database.host"] = args.host
    dj.config["database.port"] = args.port
    dj.config["database.user"] = args.user
    dj.config["database.password"] = args.password
    dj.config["loglevel"] = "CRITICAL"  # one make() is meant to fail
    sys.excepthook = sys.__excepthook__  # DataJoint logs uncaught errors instead
    return dj


def drop(dj):
    conn = dj.conn()
    conn.query("SET foreign_key_checks = 0")
    for name in SCHEMAS:
        conn.query(f"DROP DATABASE IF EXISTS `{name}`")
    conn.query("SET foreign_key_checks = 1")
    return conn


def build(dj):
    platform.node = lambda: "workstation"  # what 0.14 writes into ~log and ~jobs
    platform.uname = lambda found=platform.uname(): found._replace(node="workstation")
    os.getpid = lambda: 4321
    for spec in dj.config["stores"].values():
        Path(spec["location"]).mkdir(parents=True, exist_ok=True)
    conn = drop(dj)
    conn.query(f"SET timestamp = {NOW}")
    from pipeline import imaging, ingest, lab

    with tempfile.TemporaryDirectory() as scratch:
        ingest.main(scratch)
    for schema in (lab.schema, imaging.schema):
        conn.query(f"UPDATE `{schema.database}`.`~log` SET user = 'root@localhost'")
    packages = str(Path(dj.__file__).parents[1])
    here = str(Path.cwd())
    for row in imaging.schema.jobs.fetch(as_dict=True):
        stack = row["error_stack"]
        if stack:
            stack = stack.replace(packages, "/opt/conda/lib/python3.9/site-packages").replace(here, "/home/jun/ca1")
            strangers = [line for line in stack.splitlines() if 'File "' in line and "/home/jun/" not in line and "/opt/conda/" not in line]
            assert not strangers, strangers
        imaging.schema.jobs.update1(
            dict(table_name=row["table_name"], key_hash=row["key_hash"], error_stack=stack, user="root@localhost", connection_id=17)
        )
    for module in (lab, imaging):
        for name in sorted(vars(module)):
            table = getattr(module, name)
            if isinstance(table, type) and issubclass(table, dj.Table) and table.database:
                for t in (table, *(part for part in vars(table).values() if isinstance(part, type) and issubclass(part, dj.Part))):
                    print(f"{t.database}.{t.table_name}: {len(t())} rows")


def notebook(path):
    """Run every cell in order and keep what it shows; no kernel is needed for this."""
    from IPython.core.displayhook import DisplayHook
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    results = []

    class Keep(DisplayHook):
        def write_output_prompt(self):
            pass

        def write_format_data(self, format_dict, md_dict=None):
            results.append((format_dict, md_dict or {}))

        def finish_displayhook(self):
            self._is_active = False

    class Shell(InteractiveShell):
        displayhook_class = Keep

        def enable_gui(self, gui=None):
            """`%matplotlib inline` asks for the loop of no window."""

    shell = Shell.instance(colors="nocolor")
    shell.display_formatter.active_types = shell.display_formatter.format_types
    book = json.loads(path.read_text(encoding="utf-8"))
    count = 0
    for cell in book["cells"]:
        if cell["cell_type"] != "code":
            continue
        count += 1
        with capture_output(display=True) as captured:
            done = shell.run_cell("".join(cell["source"]), store_history=True)
        if not done.success:
            raise SystemExit(f"cell {count}: {done.error_before_exec or done.error_in_exec}\n{captured.stdout}")
        outputs = []
        for name in ("stdout", "stderr"):
            text = getattr(captured, name)
            if text:
                outputs.append({"name": name, "output_type": "stream", "text": text.splitlines(keepends=True)})
        shown = [("display_data", output.data, output.metadata) for output in captured.outputs]
        shown += [("execute_result", *result) for result in results]
        results.clear()
        for kind, data, metadata in shown:
            data = {k: v if k.startswith("image/") else v.splitlines(keepends=True) for k, v in sorted(data.items())}
            entry = {"data": data, "metadata": metadata or {}, "output_type": kind}
            if kind == "execute_result":
                entry["execution_count"] = count
            outputs.append(dict(sorted(entry.items())))
        cell["execution_count"], cell["outputs"] = count, outputs
    path.write_text(json.dumps(book, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("what", choices=("build", "analysis", "notebook", "drop"))
    p.add_argument("--host", default="127.0.0.1")
    p.add_argument("--port", type=int, required=True)
    p.add_argument("--user", default="root")
    p.add_argument("--password", required=True)
    args = p.parse_args()
    dj = configure(args)
    if args.what == "build":
        build(dj)
    elif args.what == "drop":
        drop(dj)
    elif args.what == "analysis":
        sys.argv = ["analysis.py"]
        runpy.run_path("analysis.py", run_name="__main__")
    else:
        notebook(Path("explore.ipynb"))


if __name__ == "__main__":
    main()
