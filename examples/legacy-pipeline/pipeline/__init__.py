"""Two-photon imaging of CA1: animals, sessions, scans, masks, traces (DataJoint 0.14).

Run everything from the folder that holds ``dj_local_conf.json``: the stores are given relative to it.
"""

import os

# both are off in 0.14 unless asked for
os.environ.setdefault("DJ_SUPPORT_ADAPTED_TYPES", "TRUE")
os.environ.setdefault("DJ_SUPPORT_FILEPATH_MANAGEMENT", "TRUE")

import datajoint as dj  # noqa: E402

dj.config["enable_python_native_blobs"] = True
dj.config["display.limit"] = 8
