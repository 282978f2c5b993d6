#!/usr/bin/env python3
"""Measures `rejoint code` against LibCST on the same files, in the same run.

usage: code_speed.py FOLDER... REJOINT [--repeat N] [--jobs N] [--venv FOLDER]

Each FOLDER holds Python files, such as the repositories listed in docs/code-corpus.md (fetch them yourself); they stay as they are:
their .py files that are UTF-8 are copied first. REJOINT is the program built by `cargo build --release -p rejoint-cli`.
LibCST comes from Python's registry into an environment that this script makes (in --venv, to keep it for the next run).

Both do one comparable rewrite: `x.fetch(as_dict=True)` becomes `x.to_dicts()`, other arguments kept, and print the number of files
that they would change; nothing is written. LibCST looks only at the call; rejoint works out the kinds of all names of all
files, so that it leaves the fetch of other libraries alone. A third row has rejoint with all its rules. Times are wall time of
whole processes (start-up included), the best of N, and beside it the CPU time of that run, which says more when others use the
machine; LibCST reads with as many processes as --jobs (default: all cores).
"""

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LIBCST = "libcst==1.9.0"
FETCH_RULE = "RJ0302"
# Folders that `rejoint code` leaves out: neither side reads them.
SKIPPED = ("__pycache__", "node_modules", "site-packages", "build", "dist", "venv")

WORKER = r'''
import concurrent.futures, sys
import libcst as cst

class Fetch(cst.CSTTransformer):
    def leave_Call(self, original, updated):
        func = updated.func
        if not (isinstance(func, cst.Attribute) and func.attr.value == "fetch"):
            return updated
        rest = [a for a in updated.args if not (a.keyword and a.keyword.value == "as_dict")]
        gone = [a for a in updated.args if a.keyword and a.keyword.value == "as_dict"]
        if len(gone) != 1 or not (isinstance(gone[0].value, cst.Name) and gone[0].value.value == "True"):
            return updated
        if rest:
            rest[-1] = rest[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return updated.with_changes(func=func.with_changes(attr=cst.Name("to_dicts")), args=rest)

def rewrite(path):
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    try:
        module = cst.parse_module(text)
        return int(module.visit(Fetch()).code != text), 0
    except Exception:
        return 0, 1

def main():
    with open(sys.argv[1], encoding="utf-8") as listed:
        paths = listed.read().split("\n")
    jobs = int(sys.argv[2])
    if jobs == 1:
        results = [rewrite(path) for path in paths]
    else:
        with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
            results = list(pool.map(rewrite, paths, chunksize=32))
    print(sum(r[0] for r in results), sum(r[1] for r in results))

if __name__ == "__main__":
    main()
'''


def copy(folder, target):
    """The .py files that are UTF-8; their paths and bytes."""
    paths, size = [], 0
    for root, folders, names in sorted(os.walk(folder)):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in SKIPPED]
        for name in names:
            if not name.endswith(".py"):
                continue
            try:
                content = (Path(root) / name).read_bytes()
                content.decode("utf-8")
            except (OSError, UnicodeDecodeError):
                continue
            path = target / Path(root).relative_to(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            paths.append(str(path))
            size += len(content)
    return paths, size


def best(command, repeat, codes=(0,)):
    times = []
    for _ in range(repeat):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True)
        wall = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append((wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
        if done.returncode not in codes:
            sys.exit(f"{command[0]} failed ({done.returncode}): {done.stderr[-2000:]}")
    return min(times), done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", metavar="folder")
    parser.add_argument("rejoint", type=Path)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--venv", type=Path)
    args = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="code_speed_"))
    try:
        venv = args.venv or scratch / "venv"
        python = venv / "bin" / "python"
        if not python.exists():
            subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", LIBCST], check=True)
        files = scratch / "files"
        files.mkdir()
        paths, size = [], 0
        for number, folder in enumerate(args.folders):
            more, bytes_more = copy(folder, files / str(number))
            if not more:
                sys.exit(f"{folder}: no .py files")
            paths += more
            size += bytes_more
        (scratch / "paths").write_text("\n".join(paths), encoding="utf-8")
        (scratch / "worker.py").write_text(WORKER, encoding="utf-8")
        rejoint = str(args.rejoint.resolve())
        one = [rejoint, "code", str(files), "--no-diff", "--select", FETCH_RULE]
        every = [rejoint, "code", str(files), "--no-diff"]
        libcst = [str(python), str(scratch / "worker.py"), str(scratch / "paths"), str(args.jobs)]
        load = os.getloadavg()[0]
        one_time, one_said = best(one, args.repeat)
        all_time, all_said = best(every, args.repeat)
        # Seconds to minutes: once is enough.
        cst_time, cst_said = best(libcst, 1)
        changed, failed = cst_said.split()
        counted = re.compile(r"(\d+) (?:to rewrite|rewritten)")
        print(f"{len(paths)} files, {size / 1e6:.1f} MB, {args.jobs} cores\n")
        print(f"load average before: {load:.1f}\n")
        print("| program | wall | CPU | MB/s | files changed | ratio |\n|---|---:|---:|---:|---:|---:|")
        for name, took, count in (
            (f"LibCST, one rewrite, {args.jobs} processes ({failed} files not parsed)", cst_time, changed),
            (f"rejoint code --select {FETCH_RULE}", one_time, counted.search(one_said).group(1)),
            ("rejoint code, all rules", all_time, counted.search(all_said).group(1)),
        ):
            wall, cpu = took
            print(
                f"| {name} | {wall:.2f} s | {cpu:.2f} s | {size / 1e6 / wall:.1f} | {count} | {cst_time[0] / wall:.1f}x |"
            )
    finally:
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
