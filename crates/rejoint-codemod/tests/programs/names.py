import datajoint as dj
import numpy as np

schema = dj.schema(PREFIX + 'lab')


@schema
class Mouse(dj.Lookup):
    definition = """
    mouse_id : int
    ---
    name : varchar(20)
    """
    contents = [(1, 'Ann'), (2, 'Bob')]

# %% class_is_shadowed_by_a_parameter
class Cursor:
    def fetch(self, *names):
        return names
def read(Mouse):
    return Mouse.fetch('name')
show(read(Cursor()))
show(Mouse.fetch('name'))

# %% class_is_shadowed_by_a_local
def read():
    Mouse = {'a': 1}
    return Mouse.keys() - {'b'}
show(read(), Mouse.fetch('KEY'))

# %% name_only_looks_like_a_table
class Session:
    def fetch(self, name=None):
        return name
    def head(self):
        return 'head'
show(Session().fetch('name'), Session().head())
show(Mouse.fetch('name'))

# %% global_is_rebound_in_a_function
table = Mouse
class Cursor:
    def fetch(self, *names):
        return names
def change():
    global table
    table = Cursor()
show(table.fetch('name')[0])
change()
show(table.fetch('name'))

# %% conditional_import
try:
    import no_such_module as dj2
except ImportError:
    import datajoint as dj2
show(len(dj2.U('name') & Mouse))
show(Mouse.fetch('name'))

# %% loop_rebinding
result = Mouse
for step in range(2):
    if step == 0:
        result = result & 'mouse_id = 1'
    else:
        show(result.fetch('name'))

# %% with_statement
class Box:
    def __enter__(self):
        return self
    def __exit__(self, *exc):
        return False
    def fetch(self, *names):
        return names
with Box() as Box_:
    show(Box_.fetch('name'))
with dj.conn().transaction:
    show(Mouse.fetch('name'))

# %% walrus
if (found := Mouse & 'mouse_id = 2'):
    show(found.fetch('name'))

# %% conditional_expression
flag = True
show((Mouse if flag else Mouse & 'mouse_id = 1').fetch('name'))
query = Mouse & 'mouse_id = 1' if flag else Mouse
show(query.fetch('name'))

# %% nested_functions
def outer(key):
    restricted = Mouse & key
    def inner():
        return restricted.fetch('name')
    return inner()
show(outer({'mouse_id': 1}))

# %% closure_with_rebinding
def outer():
    thing = Mouse
    def inner():
        return thing.fetch('name')
    thing = type('Cursor', (), {'fetch': lambda self, name: name})()
    return inner()
show(outer())

# %% class_attribute_holds_a_table
class Viewer:
    table = Mouse
    def names(self):
        return self.table.fetch('name')
    def first(self):
        return (self.table & 'mouse_id = 1').fetch1('name')
show(Viewer().names(), Viewer().first())

# %% instance_attribute_holds_a_table
class Viewer:
    def __init__(self, table):
        self.table = table
        self.query = Mouse & 'mouse_id = 2'
    def names(self):
        return self.query.fetch('name'), (self.table & 'mouse_id = 1').fetch1('name')
show(Viewer(Mouse).names())

# %% decorated_function
import functools
def twice(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args), function(*args)
    return wrapper
@twice
def names():
    return Mouse.fetch('name', limit=1)
show(names())

# %% generator_expression
show(sum(len(name) for name in Mouse.fetch('name')), max(row['mouse_id'] for row in Mouse.fetch(as_dict=True)))

# %% unpacking
(a, b), c = Mouse.fetch('name'), Mouse.fetch('mouse_id')
show(a, b, c)
first, *rest = Mouse.fetch('name', 'mouse_id')
show(first, rest)

# %% method_reference
get = Mouse.fetch1
show((Mouse & 'mouse_id = 1').fetch1('name'))
print(callable(get))

# %% strings_and_comments_stay
# rules: RJ0304
text = "Mouse.fetch('name') and dj.schema"  # Mouse.fetch('name')
print(text)
show(Mouse.fetch('name'))

# %% line_continuations
names = Mouse \
    .fetch('name')
show(names)
total = (Mouse
         .proj('name')
         .fetch('name', order_by='name DESC'))
show(total)

# %% semicolons_and_one_liners
a = Mouse.fetch('name'); b = Mouse.fetch('KEY')
if True: show(a, b)
class Holder: names = Mouse.fetch('name')
show(Holder.names)

# %% class_body_comprehension
class Holder:
    limit = 1
    both = Mouse.fetch('name', 'mouse_id', limit=limit)
    keys = [key['mouse_id'] for key in Mouse.fetch('KEY')]
show(Holder.both, Holder.keys)

# %% default_argument
def names(rows=Mouse.fetch('name'), limit=1):
    return rows[:limit]
show(names())

# %% assert_and_raise
assert len(Mouse.fetch('KEY')) == 2, Mouse.fetch('name')
try:
    raise ValueError(Mouse.fetch('name')[0])
except ValueError as error:
    print(error)

# %% factory
def make(name):
    @schema
    class Item(dj.Manual):
        definition = """
        k : int
        ---
        x : longblob
        """
    Item.__name__ = name
    return Item
item = make('Item')
item.insert1(dict(k=1, x=[1]))
show(item.fetch1('x'))

# %% mixin
class Names:
    def names(self):
        return self.fetch('name', order_by='name')
@schema
class Person(Names, dj.Lookup):
    definition = """
    p : int
    ---
    name : varchar(9)
    """
    contents = [(1, 'z'), (2, 'y')]
show(Person().names() if False else Person().fetch('name', order_by='name'))

# %% unicode_text
# rules: RJ0304
mäuse = Mouse
show('größe', mäuse.fetch('name'), "→ ", Mouse.fetch('name', limit=1))

# %% tabs
# rules: RJ0304
def f():
	rows = Mouse.fetch('name')
	return rows
show(f())

# %% async_function
import asyncio
async def read():
    return Mouse.fetch('name')
show(asyncio.run(read()))

# %% match_statement
match Mouse.fetch('KEY'):
    case [first, *others]:
        show(first, others)

# %% try_finally
try:
    query = Mouse & 'mouse_id = 1'
finally:
    print('done')
show(query.fetch('name'))

# %% ternary_none
query = None
if query is None:
    query = Mouse
show(query.fetch('name'))

# %% type_annotated_argument
# rules: RJ0304
def names(table: dj.Manual):
    return table.fetch('name')
show(names(Mouse))

# %% insert_after_future_import
# alone
# rules: RJ0303
"""A docstring."""
from __future__ import annotations
import datajoint as dj
schema = dj.Schema(PREFIX + 'a')
@schema
class T(dj.Lookup):
    definition = "k : int"
    contents = [dict(k=1)]
show(T.fetch(format='frame'))
