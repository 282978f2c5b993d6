import datajoint as dj

from . import subject
from .naming import PREFIX
from .subject import Subject

schema = dj.schema(f"{PREFIX}session")


class NotDeclared(dj.Manual):
    definition = """
    id : int
    """


@schema
class Rig(dj.Lookup):
    definition = """
    rig : char(8)
    ---
    settings = null : longblob
    """


@schema
class Session(dj.Manual):
    definition = """
    # one visit
    -> Subject
    session : smallint
    ---
    -> [nullable] Rig
    start_time : datetime
    raw = null : longblob   # a trace
    key : uuid
    index (start_time)
    """

    class Trial(dj.Part):
        definition = """
        -> master
        trial : int
        ---
        outcome : tinyint
        latency = null : double
        score = 0 : float
        """

    class Rig(dj.Part):
        # `Rig` is the table of the module, not this part.
        definition = """
        -> master
        -> Rig
        """


@schema
class Handover(dj.Manual):
    definition = """
    -> subject.Subject.proj(giver="subject_id")
    -> subject.Subject.proj(taker="subject_id")
    ---
    at : date
    """


@schema
class TrialStats(dj.Computed):
    definition = """
    -> Session.Trial
    ---
    mean : double
    """

    def make(self, key):
        self.insert1(dict(key, mean=1.0))
