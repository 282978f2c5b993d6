"""Declares a table with pointers as DataJoint 0.14.10 does.  Run under 0.14: legacy_schema.py HOST PORT USER PASSWORD LOCATION SCHEMA..."""

import sys

import datajoint as dj

host, port, user, password, location, *names = sys.argv[1:]
dj.config["database.host"] = host
dj.config["database.port"] = int(port)
dj.config["database.user"] = user
dj.config["database.password"] = password
dj.config["stores"] = {"raw": {"protocol": "file", "location": location, "subfolding": [2]}}

for name in names:
    schema = dj.Schema(name)

    @schema
    class Recording(dj.Manual):
        definition = """
        # recordings in a store
        id : int unsigned
        ---
        data : blob@raw   # the trace
        flag = 0 : tinyint
        """
