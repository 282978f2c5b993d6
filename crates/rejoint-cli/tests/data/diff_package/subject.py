import datajoint as dj

from .naming import PREFIX

schema = dj.schema(PREFIX + "subject")


@schema
class Species(dj.Lookup):
    definition = """
    # species of animals
    species : varchar(32)
    ---
    taxonomy_id = null : int unsigned
    """
    contents = [("mouse", 10090), ("rat", 10116)]


@schema
class Subject(dj.Manual):
    definition = """
    subject_id : int unsigned auto_increment  # number in the book
    ---
    -> Species
    birth = null : date
    sex = "U" : enum("M", "F", "U")
    weight = 20.5 : decimal(5,2)              # grams
    nickname = "it's" : varchar(30)           # called by "us"
    registered = CURRENT_TIMESTAMP : timestamp
    unique index (nickname)
    """

    class Note(dj.Part):
        definition = """
        -> master
        note_id : smallint
        ---
        note : varchar(255)
        """
