"""The half of lab/digest.py that talks to DataJoint, as a lab on 0.14 would have written it.

The canonical form of values is that of lab/digest.py, which knows both generations.
    old_digest.py PREFIX STORES.json
"""

import json
import logging
import os
import sys
import tempfile
import warnings
from pathlib import Path

sys.path.insert(0, os.environ["LAB_FOLDER"])

import lab_types  # noqa: E402
from digest import Files, encode, sha  # noqa: E402

warnings.simplefilter("ignore")
import datajoint as dj  # noqa: E402

logging.getLogger("datajoint").setLevel(logging.CRITICAL)
dj.config["database.host"] = os.environ["SERVER_HOST"]
dj.config["database.port"] = int(os.environ["SERVER_PORT"])
dj.config["database.user"] = os.environ["SERVER_USER"]
dj.config["database.password"] = os.environ["SERVER_PASSWORD"]
stores = json.loads(Path(sys.argv[2]).read_text())
dj.config["stores"] = stores
objects = lab_types.load(dj)
folder = tempfile.mkdtemp(prefix="digest_")
files = Files(folder, [Path(s["stage"]).absolute() for s in stores.values() if "stage" in s])


def tables(schema):
    module = dj.create_virtual_module(schema, schema, add_objects=objects)
    for cls in vars(module).values():
        if isinstance(cls, type) and issubclass(cls, dj.Table):
            yield cls
            for part in vars(cls).values():
                if isinstance(part, type) and issubclass(part, dj.Part):
                    yield part


def columns(table):
    """The digest of each column over its sorted rows; downloads go one row at a time."""
    hashes = {name: [] for name in table.heading.names}
    for key in table.fetch("KEY"):
        files.clear()
        for row in (table & key).fetch(as_dict=True, download_path=folder):
            key_hash = b"".join(encode(row[k], files) for k in table.primary_key)
            for name in hashes:
                hashes[name].append(sha(key_hash, encode(row[name], files)))
    return {name: sha(*sorted(found)).hex() for name, found in hashes.items()}


result = {}
for name in ("lab", "subject"):
    for cls in tables(f"{sys.argv[1]}_{name}"):
        table = cls()
        result[f"{name}.{table.table_name}"] = columns(table)
print("RESULT " + json.dumps(result, sort_keys=True))
