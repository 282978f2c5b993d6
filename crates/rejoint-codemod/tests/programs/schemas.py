# %% lower_case_schema
# alone
# rules: RJ0201
import datajoint as dj
schema = dj.schema(PREFIX + 'a')
@schema
class T(dj.Manual):
    definition = "k : int"
T.insert1(dict(k=3))
show(T.fetch('KEY'))

# %% schema_with_context
# alone
# rules: RJ0201
import datajoint as dj
schema = dj.schema(PREFIX + 'a', locals())
@schema
class A(dj.Manual):
    definition = "a : int"
@schema
class B(dj.Manual):
    definition = "-> A"
A.insert1(dict(a=1))
B.insert1(dict(a=1))
show(B.fetch(as_dict=True))

# %% import_by_name
# alone
# rules: RJ0202
from datajoint import schema, Manual
lab = schema(PREFIX + 'a')
@lab
class T(Manual):
    definition = "k : int"
T.insert1(dict(k=3))
show(T.fetch(as_dict=True))

# %% import_from_schemas
# alone
# rules: RJ0202
from datajoint.schemas import Schema
import datajoint as dj
lab = Schema(PREFIX + 'a')
@lab
class T(dj.Manual):
    definition = "k : int"
show(len(T()), isinstance(lab, Schema))

# %% deferred_activation
# alone
# rules: RJ0201
import datajoint as dj
schema = dj.schema()
@schema
class T(dj.Manual):
    definition = "k : int"
schema.activate(PREFIX + 'later')
T.insert1(dict(k=1))
show(T.fetch('k'))

# %% virtual_module
# alone
# rules: RJ0203 RJ0304
import datajoint as dj
schema = dj.schema(PREFIX + 'a')
@schema
class Thing(dj.Manual):
    definition = """
    k : int
    ---
    v : int
    """
    class Part(dj.Part):
        definition = """
        -> master
        p : int
        """
Thing.insert1(dict(k=1, v=2))
Thing.Part.insert1(dict(k=1, p=5))
other = dj.create_virtual_module('other', PREFIX + 'a')
show(other.Thing.fetch('v'), (other.Thing & 'k=1').fetch1('v'), other.Thing.Part.fetch('p'))
show(other.schema.database == schema.database)

# %% virtual_module_import
# alone
# rules: RJ0217
import datajoint as dj
from datajoint import create_virtual_module
schema = dj.Schema(PREFIX + 'a')
@schema
class Thing(dj.Lookup):
    definition = "k : int"
    contents = [dict(k=1), dict(k=2)]
other = create_virtual_module('other', PREFIX + 'a')
show(other.Thing.fetch('KEY'))

# %% spawn_missing_classes
# alone
# rules: RJ0204
import datajoint as dj
schema = dj.Schema(PREFIX + 'a')
@schema
class Thing(dj.Lookup):
    definition = "k : int"
    contents = [dict(k=1)]
del Thing
schema = dj.Schema(PREFIX + 'a')
schema.spawn_missing_classes()
show(Thing().fetch(as_dict=True))

# %% spawn_with_context
# alone
# rules: RJ0204
import datajoint as dj
schema = dj.Schema(PREFIX + 'a')
@schema
class Thing(dj.Lookup):
    definition = "k : int"
    contents = [dict(k=1)]
names = {}
dj.Schema(PREFIX + 'a').spawn_missing_classes(context=names)
print(sorted(name for name in names if name[0].isupper()))

# %% diagram_nodes
# alone
# rules: RJ0205
import datajoint as dj
schema = dj.Schema(PREFIX + 'a')
@schema
class A(dj.Manual):
    definition = "a : int"
@schema
class B(dj.Manual):
    definition = "-> A"
print(type(dj.ERD(schema)).__name__, type(dj.Di(B) + 1 - 1).__name__)
print(sorted(node.split('.')[-1] for node in dj.ERD(schema).nodes_to_show))

# %% diagram_import
# alone
# rules: RJ0217
import datajoint as dj
from datajoint import ERD
schema = dj.Schema(PREFIX + 'a')
@schema
class A(dj.Manual):
    definition = "a : int"
print(isinstance(ERD(schema), dj.Diagram))

# %% part_master
# alone
# rules: RJ0208
import datajoint as dj
schema = dj.Schema(PREFIX + 'a')
@schema
class Owner(dj.Manual):
    definition = "o : int"
    class Item(dj.Part):
        definition = """
        -> master
        i : int
        """
        def owners(self):
            return len(self.master & self)
Owner.insert1(dict(o=1))
Owner.Item.insert1(dict(o=1, i=1))
show(Owner.Item().owners(), Owner.Item.master is Owner)

# %% free_table_class
# alone
# rules: RJ0210
import datajoint as dj
schema = dj.Schema(PREFIX + 'a')
@schema
class Owner(dj.Manual):
    definition = "o : int"
free = dj.FreeTable(dj.conn(), Owner.full_table_name)
show(isinstance(free, dj.FreeTable), isinstance(Owner(), dj.FreeTable), len(free))

# %% free_table
# alone
# rules: RJ0301
import datajoint as dj
schema = dj.Schema(PREFIX + 'a')
@schema
class Owner(dj.Lookup):
    definition = "o : int"
    contents = [dict(o=3)]
free = dj.FreeTable(dj.conn(), Owner.full_table_name)
show(free.fetch(), (free & 'o=3').fetch(as_dict=True))

# %% describe_is_printed
# alone
# suggested
import datajoint as dj
schema = dj.Schema(PREFIX + 'a')
@schema
class Owner(dj.Manual):
    definition = "o : int"
text = Owner.describe()
print('o' in text, 'int' in text)

# %% dj_is_shadowed
# alone
# unchanged
class dj:
    class schema:
        def __init__(self, name):
            self.name = name
    ERD = staticmethod(lambda x: ('erd', x))
    config = {'custom': 1}
print(dj.schema('a').name, dj.ERD(1), 'custom' in dj.config)

# %% dj_is_shadowed_in_a_function
# alone
# rules: RJ0201
import datajoint as dj
class Fake:
    @staticmethod
    def schema(name):
        return name
def f(dj):
    return dj.schema('inner')
schema = dj.schema(PREFIX + 'a')
@schema
class T(dj.Manual):
    definition = "k : int"
show(f(Fake), len(T()))

# %% datajoint_without_alias
# alone
# rules: RJ0201 RJ0203
import datajoint
schema = datajoint.schema(PREFIX + 'a')
@schema
class Tab(datajoint.Lookup):
    definition = "k : int"
    contents = [dict(k=1)]
show(datajoint.create_virtual_module('m', PREFIX + 'a').Tab.fetch('k'))

# %% type_hint
# alone
# rules: RJ0201
import datajoint as dj
def activate(schema: dj.schema, name: str = 'x') -> dj.schema:
    schema.activate(PREFIX + name)
    return schema
lab = activate(dj.schema())
@lab
class T(dj.Manual):
    definition = "k : int"
show(len(T()))

# %% two_files
# alone
# rules: RJ0201 RJ0304 RJ0101
import tables
from tables import Mouse
show(Mouse.fetch('name'), tables.Mouse.fetch('x')[0].tolist(), (tables.Mouse & 'k=1').fetch('name'))
# file: tables.py
import datajoint as dj
import numpy as np
schema = dj.schema(PREFIX + 'a')
@schema
class Mouse(dj.Manual):
    definition = """
    k : int
    ---
    name : varchar(9)
    x : longblob
    """
Mouse.insert1((1, 'Ann', np.arange(2)))

# %% star_import
# alone
# rules: RJ0304 RJ0201
from tables import *
show(Mouse.fetch('name'))
show(list(Other().fetch('KEY')))
# file: tables.py
import datajoint as dj
schema = dj.schema(PREFIX + 'a')
@schema
class Mouse(dj.Lookup):
    definition = """
    k : int
    ---
    name : varchar(9)
    """
    contents = [(1, 'a'), (2, 'b')]
Other = Mouse

# %% schema_from_another_file
# alone
# rules: RJ0201 RJ0304
from tables import Session, Mouse
show(Session.fetch('n'), (Mouse * Session).fetch('n', 'k'))
# file: base.py
import datajoint as dj
schema = dj.schema(PREFIX + 'a')
# file: tables.py
import datajoint as dj
from base import schema
@schema
class Mouse(dj.Lookup):
    definition = "k : int"
    contents = [dict(k=1)]
@schema
class Session(dj.Lookup):
    definition = """
    -> Mouse
    ---
    n : int
    """
    contents = [(1, 4)]

# %% function_over_imported_tables
# alone
# rules: RJ0304 RJ0306
import tables
def count(module, names):
    return {name: len(getattr(module, name).fetch('KEY')) for name in names}
show(count(tables, ['Mouse']))
def read(table=tables.Mouse):
    return (table & {'k': 1}).fetch1('n'), tables.Mouse.fetch('n')
show(read())
# file: tables.py
import datajoint as dj
schema = dj.Schema(PREFIX + 'a')
@schema
class Mouse(dj.Lookup):
    definition = """
    k : int
    ---
    n : int
    """
    contents = [(1, 4)]

# %% suffix
# alone
# suffix: _v2
# rules: RJ0216 RJ0203
import datajoint as dj
import builtins
if isinstance(PREFIX, str):
    pass
def name(text):
    return text
schema = dj.schema(PREFIX + 'lab')
@schema
class T(dj.Lookup):
    definition = "k : int"
    contents = [dict(k=1)]
try:
    dj.create_virtual_module('m', 'rejoint_no_such_schema')
except Exception as error:
    print('missing')
