import os

import datajoint as dj
import numpy as np

from .subject import Subject

schema = dj.schema(os.environ["DEMO_PREFIX"] + "_session")


@schema
class Session(dj.Manual):
    definition = """
    -> Subject
    session : smallint
    ---
    notes = "" : varchar(255)
    """

    class Trial(dj.Part):
        definition = """
        -> master
        trial : smallint
        ---
        response : longblob
        """


@schema
class Mean(dj.Computed):
    definition = """
    -> Session
    ---
    mean : double
    n : int
    """

    def make(self, key):
        responses = (Session.Trial & key).fetch("response", order_by="trial")
        values = np.concatenate([np.asarray(r) for r in responses])
        self.insert1(dict(key, mean=float(values.mean()), n=len(values)))


def add_sessions():
    for key in Subject.fetch("KEY", order_by="subject_id"):
        for session in (1, 2):
            Session.insert1(dict(key, session=session))
            Session.Trial.insert(
                dict(key, session=session, trial=i, response=np.arange(3.0) * (i + 1) + key["subject_id"])
                for i in range(2)
            )
