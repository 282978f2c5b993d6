import datajoint as dj
import numpy as np

schema = dj.schema(PREFIX + 'lab')


@schema
class Mouse(dj.Manual):
    definition = """
    mouse_id : int
    ---
    name : varchar(20)
    weight = null : float
    """


@schema
class Session(dj.Manual):
    definition = """
    -> Mouse
    session : int
    ---
    note = '' : varchar(20)
    """
    class Trial(dj.Part):
        definition = """
        -> master
        trial : int
        ---
        v = 0 : int
        """


def state():
    show(Mouse.fetch(as_dict=True, order_by='mouse_id'), Session.fetch(as_dict=True, order_by='mouse_id, session'),
         Session.Trial.fetch(as_dict=True, order_by='mouse_id, session, trial'))

# %% positional_rows
# rules: RJ0501
Mouse.insert1((1, 'Ann', None))
Mouse().insert1([2, "Bob's", 3.5])
Mouse.insert([(3, 'Cid', 1), [4, 'Dan', 2]], skip_duplicates=True)
Session.insert([(m, s, 'x' * s) for m in (1, 2) for s in (1, 2)])
Session.Trial.insert(((1, 1, t, t * 2) for t in range(2)))
state()

# %% positional_too_short
try:
    Mouse.insert1((1, 'Ann'))
except Exception as error:
    print('refused')

# %% positional_zip
Mouse.insert(zip([1, 2], ['a', 'b'], [None, 2.5]))
rows = [(3, 'c', 1)]
Mouse.insert(rows)
state()

# %% positional_with_expressions
# rules: RJ0501
names = ['Ann']
Mouse.insert1((
    1,  # the mouse
    (names[0]),
    {'w': 3}['w'],
))
state()

# %% positional_in_self
# rules: RJ0501
@schema
class Fit(dj.Computed):
    definition = """
    -> Mouse
    ---
    v : int
    w : varchar(9)
    """
    def make(self, key):
        self.insert1((key['mouse_id'], 3, 'x'))
Mouse.insert1(dict(mouse_id=1, name='a'))
Fit.populate()
show(Fit.fetch(as_dict=True))

# %% lookup_contents
# rules: RJ0507
@schema
class Rig(dj.Lookup):
    definition = """
    rig : int
    ---
    room : varchar(9)
    """
    contents = [
        (1, 'a'),  # first
        [2, 'b'],
    ]
@schema
class Kind(dj.Lookup):
    definition = """
    kind : varchar(9)
    """
    contents = [['x'], ('y',)]
@schema
class Zipped(dj.Lookup):
    definition = """
    kind : varchar(9)
    """
    contents = zip(['p', 'q'])
show(Rig.fetch(as_dict=True), Kind.fetch('KEY'), Zipped.fetch('KEY'))

# %% insert_of_other_things
rows = []
rows.insert(0, (1, 'list'))
rows.insert(1, [2, 'list'])
class Store:
    def insert1(self, row):
        return row
show(rows, Store().insert1((1, 2, 3)))
Mouse.insert1(dict(mouse_id=1, name='a'))
state()

# %% insert_forms_that_stay
import pandas as pd
Mouse.insert1({'mouse_id': 1, 'name': 'a'})
Mouse.insert([dict(mouse_id=2, name='b', weight=1)])
Mouse.insert(pd.DataFrame({'mouse_id': [3], 'name': ['c'], 'weight': [2.0]}))
Mouse.insert(Mouse.proj('name', 'weight', mouse_id='mouse_id') if False else [dict(mouse_id=4, name='d', weight=None)])
Mouse.insert(Mouse.fetch(as_dict=True), skip_duplicates=True)
Mouse.insert1(dict(mouse_id=5, name='e', extra=1), ignore_extra_fields=True)
Mouse.insert1(dict(mouse_id=5, name='f', weight=0), replace=True)
state()

# %% insert_from_query
Mouse.insert([dict(mouse_id=1, name='a', weight=1), dict(mouse_id=2, name='b', weight=2)])
@schema
class Copy(dj.Manual):
    definition = """
    -> Mouse
    ---
    name : varchar(20)
    """
Copy.insert(Mouse.proj('name'))
Copy.insert(Mouse.proj('name'), skip_duplicates=True)
show(Copy.fetch(as_dict=True))

# %% insert_fetched_records
# rules: RJ0301
Mouse.insert([dict(mouse_id=1, name='a', weight=1), dict(mouse_id=2, name='b', weight=None)])
@schema
class Copy(dj.Manual):
    definition = """
    mouse_id : int
    ---
    name : varchar(20)
    weight = null : float
    """
Copy.insert(Mouse.fetch())
show(Copy.fetch(as_dict=True))

# %% update1_stays
Mouse.insert1(dict(mouse_id=1, name='a', weight=1))
Mouse.update1(dict(mouse_id=1, name='b'))
Mouse.update1(dict(mouse_id=1, weight=None))
state()

# %% delete_prompt
# rules: RJ0503
Mouse.insert([dict(mouse_id=1, name='a'), dict(mouse_id=2, name='b')])
(Mouse & 'mouse_id = 1').delete(safemode=False)
state()

# %% delete_quick
Mouse.insert([dict(mouse_id=1, name='a'), dict(mouse_id=2, name='b')])
(Mouse & 'mouse_id = 1').delete_quick()
(Mouse & 'mouse_id = 2').delete()
state()

# %% part_delete
# rules: RJ0504
Mouse.insert1(dict(mouse_id=1, name='a'))
Session.insert1(dict(mouse_id=1, session=1))
Session.Trial.insert([dict(mouse_id=1, session=1, trial=1), dict(mouse_id=1, session=1, trial=2)])
(Session.Trial & 'trial = 1').delete(force=True)
state()

# %% part_delete_refused
Mouse.insert1(dict(mouse_id=1, name='a'))
Session.insert1(dict(mouse_id=1, session=1))
Session.Trial.insert1(dict(mouse_id=1, session=1, trial=1))
try:
    Session.Trial.delete()
except dj.DataJointError:
    print('refused')
state()

# %% force_parts
# rules: RJ0504
@schema
class Link(dj.Manual):
    definition = """
    -> Mouse
    """
    class Item(dj.Part):
        definition = """
        -> master
        -> Session
        """
Mouse.insert([dict(mouse_id=1, name='a')])
Session.insert1(dict(mouse_id=1, session=1))
Link.insert1(dict(mouse_id=1))
Link.Item.insert1(dict(mouse_id=1, session=1))
Session.delete(force_parts=True)
show(len(Session()), len(Link()), len(Link.Item()))

# %% part_drop
# rules: RJ0505
# prints: 2
Session.Trial.drop(force=True)
show(len(schema.list_tables()))

# %% update
# rules: RJ0502
# prints: list[{'mouse_id': 1, 'name': 'z', 'weight': None}, {'mouse_id': 2, 'name': 'b', 'weight': 3.5}] list[] list[]
Mouse.insert([dict(mouse_id=1, name='a', weight=2), dict(mouse_id=2, name='b', weight=2)])
key = dict(mouse_id=1)
(Mouse & key)._update('name', 'z')
dj.Table._update(Mouse & 'mouse_id = 2', 'weight', 3.5)
(Mouse & key)._update('weight')
state()

# %% schema_drop
# rules: RJ0506
other = dj.Schema(PREFIX + 'other')
@other
class T(dj.Manual):
    definition = "k : int"
print(other.exists)
other.drop(force=True)
print(PREFIX + 'other' in dj.list_schemas())

# %% schema_drop_positional
# rules: RJ0506
other = dj.Schema(PREFIX + 'other')
@other
class T(dj.Manual):
    definition = "k : int"
other.drop(True)
print(PREFIX + 'other' in dj.list_schemas())

# %% delete_cascades
Mouse.insert([dict(mouse_id=1, name='a'), dict(mouse_id=2, name='b')])
Session.insert([dict(mouse_id=1, session=1), dict(mouse_id=2, session=1)])
Session.Trial.insert1(dict(mouse_id=1, session=1, trial=1))
(Mouse & dict(mouse_id=1)).delete(safemode=False)
state()

# %% loop_over_rows
Mouse.insert([dict(mouse_id=1, name='a'), dict(mouse_id=2, name='b')])
for row in Mouse:
    show(row)
show([row['name'] for row in Mouse & 'mouse_id > 1'], list(Mouse.proj()))

# %% delete_while_reading
# findings: RJ0315
Mouse.insert([dict(mouse_id=1, name='a'), dict(mouse_id=2, name='b')])
for row in Mouse:
    (Mouse & {'mouse_id': row['mouse_id']}).delete(safemode=False)
state()

# %% transaction
with dj.conn().transaction:
    Mouse.insert1(dict(mouse_id=1, name='a'))
try:
    with Mouse.connection.transaction:
        Mouse.insert1(dict(mouse_id=2, name='a'))
        raise RuntimeError
except RuntimeError:
    pass
state()

# %% contents_are_read_by_position
@schema
class Rig(dj.Lookup):
    definition = """
    rig : int
    ---
    room : varchar(9)
    """
    contents = [(1, 'a'), (2, 'b')]
show([room for rig, room in Rig.contents], Rig.fetch('room'))

# %% contents_are_used_in_the_class
@schema
class Rig(dj.Lookup):
    definition = """
    rig : int
    ---
    room : varchar(9)
    """
    contents = [(1, 'a'), (2, 'b')]
    rooms = {rig: room for rig, room in contents}
show(Rig.rooms, Rig.fetch('room'))

# %% own_insert_takes_positions
# findings: RJ0313
@schema
class Own(dj.Manual):
    definition = """
    k : int
    ---
    v : int
    """
    def insert1(self, row, **kwargs):
        k, v = row
        super().insert1(dict(k=k, v=v + 1), **kwargs)
Own().insert1((1, 2))
show(Own.fetch(as_dict=True))
