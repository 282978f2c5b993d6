"""Runs the code migration over a folder of repositories and writes the table for docs/code-corpus.md.

usage: code_corpus.py FOLDER DRIVER [OLD.json NEW.json] > docs/code-corpus.md

FOLDER holds one work tree per repository, named owner__name (see the list in the page). DRIVER is the program built by
`cargo build --release -p rejoint-codemod --example code`. A copy is rewritten; the folder stays as it is. OLD and NEW are what `declare_definitions.py` made of the
folder with 0.14 and of a rewritten copy with 2.x.
"""
import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings

warnings.simplefilter("ignore")


def run(driver, folder, *options):
    done = subprocess.run([driver, folder, *options], capture_output=True, text=True, check=True)
    return done.stdout, done.stderr


def files(folder):
    for root, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if name.endswith((".py", ".ipynb")):
                yield os.path.relpath(os.path.join(root, name), folder)


def parses(text):
    try:
        ast.parse(text)
        return True
    except (SyntaxError, ValueError):
        return False


def without_sources(text):
    notebook = json.loads(text)
    for cell in notebook.get("cells", []):
        cell.pop("source", None)
    return notebook


def main():
    folder, driver = sys.argv[1:3]
    out, _ = run(driver, folder, "--json")
    outcome = json.loads(out)
    work = tempfile.mkdtemp()
    copy = os.path.join(work, "copy")
    shutil.copytree(folder, copy)
    run(driver, copy, "--write")
    second = json.loads(run(driver, copy, "--json")[0])
    scripts = notebooks = broken = lost = size = changed = 0
    for name in files(folder):
        before = open(os.path.join(folder, name), encoding="utf-8", errors="surrogateescape").read()
        after = open(os.path.join(copy, name), encoding="utf-8", errors="surrogateescape").read()
        changed += before != after
        if name.endswith(".py"):
            scripts += 1
            size += len(before)
            broken += before != after and parses(before) and not parses(after)
        else:
            notebooks += 1
            if before != after:
                lost += without_sources(before) != without_sources(after)
    shutil.rmtree(work)
    page = open(os.path.join(os.path.dirname(__file__), "..", "docs", "rules", "README.md")).read()
    names = dict(re.findall(r"\| \[(RJ\d+)\][^|]*\| ([^|]*) \|", page))
    print("# The code migration on open repositories\n")
    print("Made by `benches/code_corpus.py` on the 33 public repositories of the project's corpus list, at their pinned")
    print("commits. Nothing of them is in this repository.\n")
    print(f"- {scripts} Python files ({size / 1e6:.1f} MB) and {notebooks} notebooks; {changed} files changed.")
    print(f"- Files that parsed before and not after: {broken}.")
    print(f"- Notebooks in which anything but the source of a cell changed: {lost}.")
    print(f"- Files that a second run changes: {len(second['files'])}.")
    unparsed = sum(f["kind"] == "unparsed" for f in outcome["findings"])
    print(f"- Files and cells that do not parse (Python 2, broken cells) and are left: {unparsed}.\n")
    if len(sys.argv) > 3:
        old, new = (json.load(open(path)) for path in sys.argv[3:5])
        accepted = [name for name, error in old.items() if error is None]
        refused = [name for name in accepted if new.get(name) is not None]
        print(f"Constant definitions declared on MySQL 9.7 without their foreign keys (`benches/declare_definitions.py`): "
              f"{len(old)}; accepted by 0.14.10 as written: {len(accepted)}; of these refused by 2.3.5 as converted: "
              f"{len(refused)}. The others are refused by both: forms of 0.11 that wait for `--suggested`, two "
              f"auto-increment keys that this test makes, names in capitals, invalid defaults.\n")
        for name in refused:
            print(f"- `{name}`: {new[name]}")
    print("`rewritten`: done without asking. `suggested`: done with `--suggested`. `finding`: for a person.\n")
    print("| rule | | hits | rewritten | suggested | finding |\n|---|---|---:|---:|---:|---:|")
    total = [0, 0, 0, 0]
    for code, counts in sorted(outcome["counts"].items()):
        row = [counts["hits"], counts["rewrites"], counts["suggestions"], counts["findings"]]
        total = [a + b for a, b in zip(total, row)]
        print(f"| [{code}](rules/{code}.md) | {names.get(code, '').strip()} | {' | '.join(map(str, row))} |")
    print(f"| all | | {' | '.join(map(str, total))} |")


if __name__ == "__main__":
    main()
