import os

import datajoint as dj

schema = dj.schema(os.environ["DEMO_PREFIX"] + "_subject")


@schema
class Species(dj.Lookup):
    definition = """
    species : varchar(32)
    ---
    legs = 4 : tinyint unsigned
    """
    contents = [["mouse", 4], ["zebrafish", 0]]


@schema
class Subject(dj.Manual):
    definition = """
    # animals of the lab
    subject_id : int
    ---
    -> Species
    sex : enum("M", "F", "U")
    date_of_birth = null : date
    weights = null : longblob   # grams, one a week
    """


def add_subjects():
    Subject.insert1((1, "mouse", "M", "2020-01-02", [20.5, 21.0]))
    Subject.insert(
        [
            dict(subject_id=2, species="mouse", sex="F", date_of_birth=None, weights=None),
            dict(subject_id=3, species="zebrafish", sex="U", date_of_birth="2021-03-04", weights=[0.1]),
        ]
    )
