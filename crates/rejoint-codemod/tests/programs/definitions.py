import datajoint as dj
import numpy as np

schema = dj.schema(PREFIX + 'lab')


def kinds(table):
    heading = table().heading
    return [(name, heading[name].in_key, heading[name].nullable, heading[name].default) for name in heading.names]

# %% blob_types
# rules: RJ0101
@schema
class T(dj.Manual):
    definition = """  # table comment
    k : int  # key
    ---
    a : longblob  # arrays
    b = null : blob
    c : mediumblob
    d=null: tinyblob
    """
T.insert1(dict(k=1, a=np.eye(2), b={'x': 1}, c=[1, 'a', None], d='text'))
row = T.fetch1()
show(row['a'], row['b'], row['c'], row['d'])
show(kinds(T))

# %% blob_keeps_bytes
# rules: RJ0101
@schema
class T(dj.Manual):
    definition = """
    k : int
    ---
    a : longblob
    """
T.insert1(dict(k=1, a=b'raw bytes'))
show(T.fetch1('a'))

# %% enum_double_quotes
# rules: RJ0102
@schema
class T(dj.Manual):
    definition = """
    k : enum("a", "b")
    ---
    x="M" : enum("M","F")  # sex
    """
T.insert1(dict(k='a', x='F'))
T.insert1(dict(k='b'))
show(T.fetch(as_dict=True))

# %% enum_in_single_quoted_text
# rules: RJ0102
@schema
class T(dj.Manual):
    definition = '''
    k : enum("a", "b")
    '''
T.insert1(dict(k='b'))
show(T.fetch('KEY'))

# %% core_types_in_capitals
# rules: RJ0103
@schema
class T(dj.Manual):
    definition = """
    k : VARCHAR(9)
    ---
    c : Char(3)
    d : DATE
    t : DateTime
    m : DECIMAL(5,2)
    e : ENUM('x','y')
    i : INT UNSIGNED
    """
T.insert1(dict(k='a', c='abc', d='2020-01-01', t='2020-01-01 00:00:00', m=1.5, e='y', i=3))
show(T.fetch1())

# %% blank_before_parenthesis
# rules: RJ0103
@schema
class T(dj.Manual):
    definition = """
    k : varchar (9)
    ---
    m : decimal (5,2)
    e : enum ('a','b')
    """
T.insert1(dict(k='a', m=1.25, e='a'))
show(T.fetch1())

# %% boolean
# rules: RJ0105
@schema
class T(dj.Manual):
    definition = """
    k : int
    ---
    x : boolean
    y = 1 : bool
    """
T.insert1(dict(k=1, x=True))
T.insert1(dict(k=2, x=0, y=0))
show(T.fetch('x').tolist(), [bool(v) for v in T.fetch('y')])

# %% separator_of_underscores
# rules: RJ0109
@schema
class T(dj.Manual):
    definition = """
    k : int
    ___ # rest
    x : int
    """
T.insert1(dict(k=1, x=2))
show(T().primary_key, T.fetch1())

# %% type_tail
# rules: RJ0110
@schema
class T(dj.Manual):
    definition = """
    k : int not null
    ---
    x : int signed
    """
T.insert1(dict(k=1, x=-2))
show(T.fetch1(), kinds(T))

# %% native_integers_stay
# alone
# unchanged
import datajoint as dj
@dj.Schema(PREFIX + 'native')
class T(dj.Manual):
    definition = """
    k : int auto_increment
    ---
    a : tinyint unsigned
    b : smallint
    c : bigint
    d : float
    e : double
    f : timestamp
    """
show([name for name in T().heading.names])

# %% index_lines
@schema
class T(dj.Manual):
    definition = """
    k : int
    ---
    a : int
    b : int
    index(a)
    unique index (a, b)
    """
T.insert1(dict(k=1, a=1, b=2))
show(T.fetch1())

# %% index_tail
# rules: RJ0115
@schema
class T(dj.Manual):
    definition = """
    k : int
    ---
    a : int
    index(a),
    """
T.insert1(dict(k=1, a=1))
show(T.fetch1())

# %% implicit_concatenation
# rules: RJ0101 RJ0102
@schema
class T(dj.Manual):
    definition = (
        'k : int\n'
        '---\n'
        'x : longblob\n'
        'e : enum("a", "b")\n'
    )
T.insert1(dict(k=1, x=[1, 2], e='b'))
show(T.fetch1('x', 'e'))

# %% escapes
# rules: RJ0101
@schema
class T(dj.Manual):
    definition = "k : int  # tab\there\n---\nx : longblob\n"
T.insert1(dict(k=1, x={'a': 1}))
show(T.fetch1('x'))

# %% raw_string
# rules: RJ0101
@schema
class T(dj.Manual):
    definition = r"""
    k : int
    ---
    x : longblob
    """
T.insert1(dict(k=1, x=(1, 2)))
show(T.fetch1('x'))

# %% f_string
# rules: RJ0101
name = 'k'
@schema
class T(dj.Manual):
    definition = f"""
    {name} : int
    ---
    x : longblob
    y{1} = {5} : int
    """
T.insert1(dict(k=1, x=3.5))
show(T.fetch1())

# %% percent_format
# rules: RJ0101
@schema
class T(dj.Manual):
    definition = """
    k : varchar(%d)
    ---
    x : longblob
    """ % 12
T.insert1(dict(k='a', x=1))
show(T.fetch1())

# %% str_format
# rules: RJ0101
@schema
class T(dj.Manual):
    definition = """
    k : varchar({n})
    ---
    x : longblob
    """.format(n=7)
T.insert1(dict(k='a', x=1))
show(T.fetch1())

# %% added_lines
# rules: RJ0101 RJ0105
@schema
class T(dj.Manual):
    definition = """
    k : int
    ---
    """
    definition += """
    x : longblob
    y : boolean
    """
T.insert1(dict(k=1, x='a', y=1))
show(T.fetch1('x'))

# %% property
# rules: RJ0101
@schema
class T(dj.Manual):
    @property
    def definition(self):
        return """
        k : int
        ---
        x : longblob
        """
T.insert1(dict(k=1, x=[None]))
show(T.fetch1())

# %% parts_and_keys
# rules: RJ0101
@schema
class Master(dj.Manual):
    definition = """
    m : int
    ---
    x = null : longblob
    """
    class Part(dj.Part):
        definition = """
        -> master
        p : int
        ---
        y : blob
        """
    class Other(dj.Part):
        definition = """
        -> Master
        -> Master.Part
        """
Master.insert1(dict(m=1, x='abc'))
Master.Part.insert1(dict(m=1, p=2, y=[1]))
Master.Other.insert1(dict(m=1, p=2))
show(Master.fetch(as_dict=True), Master.Part.fetch(as_dict=True), Master.Other.fetch(as_dict=True))

# %% mixin_definition
# rules: RJ0101
class Base(dj.Manual):
    definition = """
    k : int
    ---
    x : longblob
    """
@schema
class T(Base):
    pass
T.insert1(dict(k=1, x={1: 2}))
show(T.fetch1('x'))

# %% text_that_only_looks_like_a_definition
# alone
# unchanged
class Help:
    definition = 'a word and its meaning: longblob'
    text = """
    k : int
    ---
    x : longblob
    """
print(Help.definition, Help.text)

# %% comment_words
# rules: RJ0101
@schema
class T(dj.Manual):
    definition = """
    # longblob in the table comment
    k : int  # longblob : in a comment
    ---
    note = 'longblob' : varchar(20)
    x : longblob  # VARCHAR(3) enum("a")
    """
T.insert1(dict(k=1, x=2))
show(T.fetch1(), T().heading.table_status['comment'])

# %% foreign_key_forms
# rules: RJ0101
@schema
class A(dj.Manual):
    definition = """
    a : int
    """
@schema
class B(dj.Manual):
    definition = """
    -> A
    -> A.proj(other='a')
    ---
    -> [nullable] A.proj(third='a')
    x = null : longblob
    """
A.insert([dict(a=1), dict(a=2)])
B.insert1(dict(a=1, other=2, third=None))
B.insert1(dict(a=2, other=1, third=1, x=[5]))
show(B.fetch(as_dict=True))

# %% defaults
# rules: RJ0102
@schema
class T(dj.Manual):
    definition = """
    k : int
    ---
    a = 5 : int
    b = "it's" : varchar(9)
    c = 'x:y' : varchar(9)
    d = CURRENT_TIMESTAMP : timestamp
    e = null : enum("p", "q")
    """
T.insert1(dict(k=1))
show((T.proj('a', 'b', 'c', 'e')).fetch1())

# %% braces_in_comment
# rules: RJ0117
@schema
class T(dj.Manual):
    definition = """
    k : int  # a {{brace}}
    """
T.insert1(dict(k=1))
show(T.fetch('k'), T().heading['k'].comment)

# %% type_call
# rules: RJ0101 RJ0102
made = type('Made', (dj.Manual,), dict(definition="""
    k : int
    ---
    x : longblob
    """))
made = schema(made)
other = schema(type('Other', (dj.Lookup,), {'definition': 'k : enum("a", "b")', 'contents': [('a',)]}))
made.insert1(dict(k=1, x=[2]))
show(made.fetch1('x'), other.fetch('k'))

# %% text_in_a_constant
# rules: RJ0101
TEXT = """
k : int
---
x : longblob
"""
@schema
class T(dj.Manual):
    definition = TEXT
T.insert1(dict(k=1, x=[2]))
show(T.fetch1('x'))

# %% one_text_for_two_tables
# rules: RJ0101
TEXT = """
k : int
---
x : longblob
"""
@schema
class A(dj.Manual):
    definition = TEXT
@schema
class B(dj.Manual):
    definition = TEXT
A.insert1(dict(k=1, x=[2]))
B.insert1(dict(k=1, x=[3]))
show(A.fetch1('x'), B.fetch1('x'))

# %% old_foreign_key
# rules: RJ0112
# prints: list[{'k': 1, 'first': 5, 'a': 6}]
@schema
class A(dj.Manual):
    definition = """
    a : int
    """
@schema
class B(dj.Manual):
    definition = """
    k : int
    (first) -> A
    ---
    -> A
    """
A.insert([dict(a=5), dict(a=6)])
B.insert1(dict(k=1, first=5, a=6))
show(B.fetch(as_dict=True))

# %% old_external
# suggested
# rules: RJ0108
# prints: {'a': 'abc'}
import os
dj.config['stores'] = {'main': dict(protocol='file', location=TMP)}
@schema
class T(dj.Manual):
    definition = """
    k : int
    ---
    x : external-main
    """
T.insert1(dict(k=1, x={'a': 'abc'}))
show(T.fetch('x')[0])

# %% core_types
# core types
# rules: RJ0120
@schema
class T(dj.Manual):
    definition = """
    k : smallint
    ---
    a : int
    b : float
    c = null : double
    d = 3 : bigint
    e : tinyint
    """
T.insert1(dict(k=1, a=2, b=0.5, e=-3))
show(T.fetch1(), kinds(T))

# %% core_types_keep_auto_increment
# core types
# rules: RJ0120
@schema
class T(dj.Manual):
    definition = """
    k : int auto_increment
    ---
    a : int unsigned
    b : int
    """
T.insert1(dict(a=2, b=3))
show(T.fetch(as_dict=True))

# %% default_quoting
# rules: RJ0116
@schema
class T(dj.Manual):
    definition = """
    k : int
    ---
    b = it's : varchar(9)
    c = "a'b" : varchar(9)
    e = "x'y""z" : varchar(9)
    """
T.insert1(dict(k=1))
show(T.fetch1())

# %% answer
# column: T.x = <blob>
# column: T.Part.n = int32
# rules: RJ0121
@schema
class T(dj.Manual):
    definition = """
    k : int
    ---
    x : longblob
    """
    class Part(dj.Part):
        definition = """
        -> master
        n : int
        """
T.insert1(dict(k=1, x=[1]))
T.Part.insert1(dict(k=1, n=4))
show(T.fetch1('x'), T.Part.fetch('n'))

# %% pieces_of_a_definition_that_are_named
# rules: RJ0101 RJ0102
KEY = """
named_id : int
---
"""
COLUMNS = KEY + """
data = null : longblob
"""
STATES = 'state = "on" : enum("on", "off")\n'
@schema
class Named(dj.Manual):
    definition = COLUMNS + (STATES if schema else "")
@schema
class Filled(dj.Manual):
    definition = COLUMNS.replace("named", "filled")
Named.insert1(dict(named_id=1, data={'a': [1, 2]}))
Filled.insert1(dict(filled_id=1, data=(3, 4)))
show(Named.fetch1(), Filled.fetch1())

# %% pieces_of_a_definition_from_elsewhere
# findings: RJ0132
def columns(kind):
    return f"value : {kind}"
@schema
class Elsewhere(dj.Manual):
    definition = """
    elsewhere_id : int
    ---
    """ + columns("int")
Elsewhere.insert1(dict(elsewhere_id=1, value=2))
show(Elsewhere.fetch1())
