"""Declares the constant table definitions of a folder of Python files, one table each, and says which are refused.

usage: declare_definitions.py FOLDER PREFIX OUT.json

Run it with the Python of either DataJoint: on the original files with 0.14, on the rewritten ones with 2.x; then compare
the two files. Lines with foreign keys are left out (their parents may be elsewhere), so this tests types, defaults,
comments, separators and index syntax. Needs a server by DJ_HOST, DJ_USER, DJ_PASS; drops the schema that it makes.
"""
import ast
import json
import logging
import os
import re
import sys
import tempfile
import warnings

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)
os.environ["DJ_SUPPORT_FILEPATH_MANAGEMENT"] = "TRUE"
os.environ["DJ_SUPPORT_ADAPTED_TYPES"] = "TRUE"
import datajoint as dj


def definitions(folder):
    for root, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if not name.endswith(".py"):
                continue
            path = os.path.join(root, name)
            try:
                tree = ast.parse(open(path, encoding="utf-8").read())
            except (SyntaxError, ValueError, UnicodeDecodeError):
                continue
            count = {}
            for node in ast.walk(tree):
                if not isinstance(node, ast.ClassDef):
                    continue
                for stmt in node.body:
                    if (isinstance(stmt, ast.Assign) and isinstance(stmt.targets[0], ast.Name)
                            and stmt.targets[0].id == "definition" and isinstance(stmt.value, ast.Constant)
                            and isinstance(stmt.value.value, str)):
                        number = count[node.name] = count.get(node.name, 0) + 1
                        yield f"{os.path.relpath(path, folder)}:{node.name}:{number}", stmt.value.value


def alone(text):
    """The definition without foreign keys, with a key of its own."""
    lines = [line for line in text.strip().splitlines() if "->" not in re.split(r"[#\"']", line)[0]]
    # Indexes may name attributes of the foreign keys.
    lines = [line for line in lines if not re.match(r"\s*(unique\s+)?index", line, re.I)]
    comment = [lines.pop(0)] if lines and lines[0].lstrip().startswith("#") else []
    return "\n".join(comment + ["rejoint_key : int"] + lines)


def main():
    folder, prefix, out = sys.argv[1:]
    location = tempfile.mkdtemp()
    found = list(definitions(folder))
    stores = set(re.findall(r"@([\w-]+)", "\n".join(text for _, text in found)))
    dj.config["stores"] = {name: dict(protocol="file", location=location, stage=location) for name in stores}
    dj.config["safemode"] = False
    schema = dj.Schema(prefix + "definitions")
    result = {}
    for number, (name, text) in enumerate(found):
        table = type(f"T{number}", (dj.Manual,), dict(definition=alone(text)))
        try:
            schema(table)
            table.full_table_name
            result[name] = None
        except Exception as error:
            result[name] = f"{type(error).__name__}: {str(error)[:160]}"
    json.dump(result, open(out, "w"), indent=1)
    dj.conn().query(f"DROP DATABASE `{schema.database}`")
    refused = sum(error is not None for error in result.values())
    print(f"datajoint {dj.__version__}: {len(result)} definitions, {refused} refused")


if __name__ == "__main__":
    main()
