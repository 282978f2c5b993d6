"""People, rigs and animals."""

import datajoint as dj

schema = dj.schema("ca1_lab")


@schema
class Species(dj.Lookup):
    definition = """
    # species kept in the facility
    species : varchar(32)              # binomial name
    ---
    common_name = "" : varchar(32)
    """
    contents = [("Mus musculus", "mouse"), ("Rattus norvegicus", "rat")]


@schema
class Person(dj.Lookup):
    definition = """
    username : varchar(16)
    ---
    full_name : varchar(64)
    role = "student" : enum("student", "postdoc", "staff", "pi")
    is_active = 1 : bool               # still in the lab
    """
    contents = [
        ("amara", "Amara Okafor", "pi", 1),
        ("jun", "Jun Sørensen", "postdoc", 1),
        ("lucía", "Lucía Ferrer", "student", 0),
    ]


@schema
class Rig(dj.Lookup):
    definition = """
    # microscopes
    rig : varchar(8)
    ---
    wavelength = 920 : smallint unsigned   # nm
    power = 35.5 : float                   # mW at the sample
    config = null : longblob               # nested settings of the acquisition software
    """
    contents = [
        ("2p-1", 920, 35.5, {"objective": "16x", "zoom": 2.0, "pmt": {"gain": [0.61, 0.7], "offset": None}}),
        ("2p-2", 940, 28.25, None),
    ]


@schema
class Subject(dj.Manual):
    definition = """
    # animals
    subject : varchar(12)              # as on the cage card
    ---
    subject_uuid : uuid                # in the colony's database
    -> Species
    -> [nullable] Person.proj(caretaker="username")
    sex = "U" : enum("F", "M", "U")
    date_of_birth = null : date
    weight = null : float              # g, at the first session
    alive = 1 : tinyint(1)             # 0: dead
    photo = null : attach              # of the cage card
    registered = CURRENT_TIMESTAMP : timestamp
    unique index (subject_uuid)
    """

    class Line(dj.Part):
        definition = """
        -> master
        line : varchar(32)             # transgenic line
        ---
        zygosity = "unknown" : enum("homozygous", "heterozygous", "unknown")
        """
