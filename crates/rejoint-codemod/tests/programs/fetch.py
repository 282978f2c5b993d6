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
