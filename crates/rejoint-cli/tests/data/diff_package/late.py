import os

import datajoint as dj

from .session import Session

schema = dj.schema(os.environ.get("LATE_SCHEMA", "unset"))


@schema
class Review(dj.Imported):
    definition = """
    -> Session
    ---
    verdict : varchar(16)
    """
