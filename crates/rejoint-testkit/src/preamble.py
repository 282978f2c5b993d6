# Put in front of the tests' Python by Lab::python: DataJoint of either generation with the lab's settings.
import json, logging, os, sys, warnings
from pathlib import Path

os.environ["DJ_SUPPORT_ADAPTED_TYPES"] = os.environ["DJ_SUPPORT_FILEPATH_MANAGEMENT"] = "TRUE"
warnings.simplefilter("ignore")
import datajoint as dj
import numpy as np
import lab_types

sys.excepthook = sys.__excepthook__  # DataJoint's own writes to its log
logging.getLogger("datajoint").setLevel(logging.CRITICAL)
_lab = json.loads(os.environ["REJOINT_LAB"])
PREFIX, STORES = _lab["prefix"], Path(_lab["stores"])
for _key in ("host", "port", "user", "password"):
    dj.config["database." + _key] = _lab[_key]
dj.config["safemode"] = False
_stores = json.loads((STORES / "stores.json").read_text())
if hasattr(dj, "AttributeAdapter"):
    dj.config["stores"] = _stores
else:
    dj.config.stores.update(_stores)
_objects = lab_types.load(dj)
conn = dj.conn()


def module(name):
    return dj.VirtualModule(name, f"{PREFIX}_{name}", add_objects=_objects)
