import datajoint as dj
import numpy as np

schema = dj.schema(PREFIX + 'lab')


@schema
class Mouse(dj.Manual):
    definition = """
    mouse_id : int
    ---
    name : varchar(20)
    sex : enum('M', 'F')
    weight = null : float
    dob : date
    """


@schema
class Session(dj.Manual):
    definition = """
    -> Mouse
    session : int
    ---
    n = null : int
    note = '' : varchar(100)
    """


Mouse.insert([
    dict(mouse_id=1, name='Ann', sex='F', weight=20.5, dob='2020-01-02'),
    dict(mouse_id=2, name='Bob', sex='M', weight=None, dob='2020-01-01'),
    dict(mouse_id=3, name='Cid', sex='M', weight=22.25, dob='2019-05-05'),
])
Session.insert([
    dict(mouse_id=1, session=1, n=3, note='x'),
    dict(mouse_id=1, session=2, n=None, note='yy'),
    dict(mouse_id=2, session=1, n=5, note=''),
])

# %% all_rows
# rules: RJ0301
show(Mouse.fetch())
show(Mouse().fetch(order_by='dob', limit=2))
show((Mouse & 'sex = "M"').fetch(order_by='name DESC'))

# %% empty_rows
# rules: RJ0301
show((Mouse & 'mouse_id > 5').fetch())

# %% dicts
# rules: RJ0302
show(Mouse.fetch(as_dict=True))
show((Session & {'mouse_id': 1}).fetch(as_dict=True, order_by='session DESC'))

# %% as_dict_false
# rules: RJ0301
show(Mouse.fetch(as_dict=False))

# %% format_array
# rules: RJ0301
show(Mouse.fetch(format='array', limit=1))

# %% frame
# rules: RJ0303
show(Mouse.fetch(format='frame'))
show((Mouse & 'mouse_id > 5').fetch(format='frame'))
show(Session.fetch(format="frame", order_by='n'))

# %% frame_of_expression
# rules: RJ0303
show((Session & 'n > 3').fetch(format='frame'))

# %% one_column
# rules: RJ0304
show(Mouse.fetch('name'))
show(Mouse.fetch('weight'))
show(np.isnan(Mouse.fetch('weight')))
show((Mouse & 'mouse_id > 5').fetch('name'))
show(Mouse.fetch('mouse_id'))

# %% two_columns
# rules: RJ0304
names, weights = Mouse.fetch('name', 'weight')
show(names, weights)
both = Mouse.fetch('name', 'dob')
show(type(both).__name__, len(both))

# %% column_ordered_by_another
# rules: RJ0304
show(Mouse.fetch('name', order_by='dob'))
show(Mouse.fetch('name', 'sex', order_by=['sex', 'dob DESC']))
show(Mouse.fetch('name', order_by='KEY DESC', limit=2))

# %% named_dicts
# rules: RJ0305
show(Mouse.fetch('name', 'sex', as_dict=True))
show(Mouse.fetch('name', as_dict=True, order_by='dob'))
for row in Mouse.fetch('name', 'weight', as_dict=True):
    print(sorted(row))

# %% key_dicts
# rules: RJ0305
show(Mouse.fetch('KEY', 'name', as_dict=True))

# %% keys
# rules: RJ0306
show(Mouse.fetch('KEY'))
show(Session.fetch(dj.key, order_by='session DESC, mouse_id', limit=2))
show(Mouse.fetch('KEY', as_dict=True))

# %% key_and_columns
# rules: RJ0307
keys, names = Mouse.fetch('KEY', 'name')
show(keys, names)
notes, keys, n = Session.fetch('note', 'KEY', 'n', order_by='note')
show(notes, keys, n)

# %% fetch1_stays
show(Mouse.fetch1.__name__ if hasattr(Mouse.fetch1, '__name__') else 'fetch1')
show((Mouse & {'mouse_id': 1}).fetch1('KEY'))
show((Mouse & {'mouse_id': 1}).fetch1('name', 'weight'))
show((Mouse & {'mouse_id': 1}).fetch1())

# %% inside_f_string
# rules: RJ0304
print(f"names: {list(Mouse.fetch('name'))}")
print(f'count {len(Mouse.fetch("KEY"))} of {", ".join(Mouse.fetch("name", order_by="name"))}')

# %% aggregation_default
# rules: RJ0401
show(Mouse.aggr(Session, n='count(*)').fetch(order_by='KEY'))
show(Mouse.aggr(Session & 'n > 3', last='max(session)').fetch('last'))

# %% aggregation_keep_all
# rules: RJ0401
show(Mouse.aggr(Session, keep_all_rows=True, n='count(session)').fetch(order_by='KEY'))
show(Mouse.aggr(Session, n='count(session)', keep_all_rows=False).fetch(order_by='KEY'))

# %% aggregation_universal
show(dj.U('sex').aggr(Mouse, n='count(*)').fetch(order_by='sex'))

# %% head_and_tail
# rules: RJ0309
show(Mouse.head())
show(Mouse.tail(2))
show(Session().tail(limit=1))

# %% head_of_frame
import pandas as pd
frame = pd.DataFrame({'a': [3, 1, 2]})
show(frame.head(2), frame.tail(1))
show(list(Mouse.fetch('name', limit=2)))

# %% squeeze_and_offset
# rules: RJ0301
show(Mouse.fetch(order_by='name', limit=2, offset=1, squeeze=True))

# %% variable_holds_query
# rules: RJ0304
query = Mouse & 'sex = "M"'
query = query & 'mouse_id < 3'
show(query.fetch('name'))
query = query.fetch('dob')
show(query)

# %% variable_is_rebound_to_another_thing
class Cursor:
    def fetch(self, *names):
        return ['cursor', *names]
thing = Mouse
show(thing.fetch('name', limit=1))
thing = Cursor()
show(thing.fetch('name'))

# %% branch_gives_either
class Cursor:
    def fetch(self, *names):
        return ['cursor', *names]
for flag in (True, False):
    thing = Cursor() if flag else Cursor()
    show(thing.fetch('name'))

# %% function_argument_with_evidence
# rules: RJ0304
def names(table):
    first = (table & 'mouse_id = 1').fetch1('name')
    return first, table.fetch('name', order_by='name')
show(names(Mouse), names(Mouse()))

# %% method_self
# rules: RJ0304 RJ0302
@schema
class Rig(dj.Lookup):
    definition = """
    rig : int
    ---
    room : varchar(9)
    """
    contents = [(1, 'a'), (2, 'b')]

    def rooms(self):
        return self.fetch('room', order_by='rig')

    @classmethod
    def dicts(cls):
        return cls.fetch(as_dict=True)

    @property
    def last(self):
        return (self & 'rig = 2').fetch('room')
show(Rig().rooms(), Rig.dicts(), Rig().last)

# %% comprehension_scope
# rules: RJ0304 RJ0306
show([(Session & key).fetch('session') for key in Mouse.fetch('KEY')])
rows = 'outer'
name = 'outer name'
show(Mouse.fetch('name', 'sex')[0], rows, name)

# %% list_of_tables
# rules: RJ0301
for table in (Mouse, Session):
    show(table.fetch(limit=1))
show([len(table.fetch('KEY')) for table in [Mouse, Session]])

# %% dict_of_tables
# rules: RJ0306
tables = {'mouse': Mouse, 'session': Session}
show({name: tables[name].fetch('KEY', limit=1) for name in tables})

# %% lambda_body
# rules: RJ0304
get = lambda key: (Mouse & key).fetch('name')
show(get({'mouse_id': 2}))

# %% projection_and_computed
# rules: RJ0304
show(Mouse.proj(n='upper(name)').fetch('n'))
show((Mouse * Session).fetch('name', 'session', order_by='mouse_id, session'))
show(Session.proj('n', animal='mouse_id').fetch('animal', 'n'))

# %% universal
# rules: RJ0304 RJ0306
show((dj.U('sex') & Mouse).fetch('sex', order_by='sex'))
show((dj.U('sex') & Mouse).fetch('KEY', order_by='sex'))

# %% multi_line_call
# rules: RJ0304
show(
    (
        Mouse
        & {'sex': 'M'}
    ).fetch(
        'name',
        'dob',
        order_by='name',
    )
)

# %% keyword_order
# rules: RJ0302 RJ0305
show(Mouse.fetch(limit=1, as_dict=True, order_by='name DESC'))
show(Mouse.fetch('name', limit=1, as_dict=True, order_by='name DESC'))

# %% feeds_insert
# rules: RJ0305
@schema
class Copy(dj.Manual):
    definition = """
    name : varchar(20)
    ---
    sex : varchar(1)
    """
Copy.insert(Mouse.fetch('name', 'sex', as_dict=True))
show(Copy.fetch(as_dict=True, order_by='name'))

# %% feeds_frame
# rules: RJ0305
import pandas as pd
show(pd.DataFrame(Mouse.fetch('name', 'weight', as_dict=True)))

# %% dates_and_decimals
# rules: RJ0304
@schema
class Kinds(dj.Manual):
    definition = """
    k : int
    ---
    d : date
    t : datetime
    m : decimal(6, 2)
    u : uuid
    big : bigint
    s = null : varchar(5)
    f = null : double
    """
import uuid
Kinds.insert([
    dict(k=1, d='2020-01-01', t='2020-01-01 10:00:00', m='1.50', u=uuid.UUID(int=5), big=2**60, s='a', f=0.1),
    dict(k=2, d='2020-01-02', t='2020-01-01 10:00:01', m='2', u=uuid.UUID(int=6), big=-1, s=None, f=None),
])
for name in ('d', 't'):
    pass
show(Kinds.fetch('d'), Kinds.fetch('t'), Kinds.fetch('m'), Kinds.fetch('u'), Kinds.fetch('big'))
show(Kinds.fetch('s'), Kinds.fetch('f'))
show(Kinds.fetch(as_dict=True))

# %% blobs_of_equal_shape
# rules: RJ0304 RJ0101
@schema
class Blob(dj.Manual):
    definition = """
    k : int
    ---
    x : longblob
    """
Blob.insert([dict(k=1, x=np.arange(3)), dict(k=2, x=np.arange(3) + 1)])
x = Blob.fetch('x')
show(x.dtype.str, x.shape, [v.tolist() for v in x])
k, x = Blob.fetch('k', 'x')
show(k, x.shape, [v.tolist() for v in x])

# %% keys_and_unequal_blobs
# rules: RJ0307 RJ0101
@schema
class Blob(dj.Manual):
    definition = """
    k : int
    ---
    x : longblob
    """
Blob.insert([dict(k=1, x=np.arange(3)), dict(k=2, x=np.arange(2))])
keys, x = Blob.fetch('KEY', 'x')
show(keys, [v.tolist() for v in x])

# %% other_fetch_of_the_same_name
# alone
# unchanged
class Cursor:
    def fetch(self, *args, **kwargs):
        return args, sorted(kwargs)
    def fetch1(self, *args):
        return args
cursor = Cursor()
print(cursor.fetch(), cursor.fetch('a'), cursor.fetch1('KEY'))

# %% override_is_left
# findings: RJ0313
@schema
class Own(dj.Manual):
    definition = """
    k : int
    """
    def fetch(self, *args, **kwargs):
        return 'mine', args
show(Own().fetch('k'))

# %% frame_without_pandas_import
# rules: RJ0303
frame = Mouse.fetch(format='frame', order_by='mouse_id', limit=1)
show(frame)

# %% download_path
# rules: RJ0308
import os
@schema
class Note(dj.Manual):
    definition = """
    k : int
    ---
    f : attach
    """
with open('note.txt', 'w') as file:
    file.write('hello')
os.mkdir('out')
Note.insert1(dict(k=1, f='note.txt'))
def get(folder):
    return (Note & 'k = 1').fetch1('f', download_path=folder)
path = get('out')
print(os.path.relpath(path), open(path).read())
names = Note.fetch('f', download_path='out')
print(len(names))

# %% string_key_is_not_a_column
# rules: RJ0306
name = 'KEY'
show(Mouse.fetch('KEY', order_by='mouse_id DESC', offset=1, limit=1))

# %% columns_with_offset
# rules: RJ0304 RJ0305 RJ0307
show(Mouse.fetch('name', order_by='name', offset=1, limit=1))
show(Mouse.fetch('name', 'sex', order_by='name DESC', offset=1, limit=2))
show(Mouse.fetch('name', order_by='name', offset=1, limit=1, as_dict=True))
keys, names = Mouse.fetch('KEY', 'name', order_by='name', offset=1, limit=1)
show(keys, names)

# %% columns_of_the_key
# rules: RJ0304 RJ0305
show(Session.fetch('session', 'mouse_id'), Session.fetch('session', as_dict=True))

# %% fetch_of_nested_expressions
# rules: RJ0304 RJ0306 RJ0401
show((Mouse & (Session & Mouse.fetch('KEY', limit=1)).fetch('KEY')).fetch('name'))
show((Mouse & {'mouse_id': Mouse.fetch('mouse_id', limit=1)[0]}).fetch('name'))
show(Mouse.aggr(Session & {'session': Session.fetch('session')[0]}, n='count(*)').fetch('n'))

# %% run_time_arguments_that_stay
# findings: RJ0310
import warnings
options = dict(order_by='mouse_id')
show(Mouse.fetch(**options)['name'])

# %% already_2_x
# alone
# unchanged
class Rows(list):
    def to_dicts(self, **kwargs):
        return list(self)
    def keys(self):
        return [1]
rows = Rows([{'a': 1}])
print(rows.to_dicts(), rows.keys())
