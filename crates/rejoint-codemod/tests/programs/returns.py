import datajoint as dj
import numpy as np

schema = dj.Schema(PREFIX + 'lab')


@schema
class Mouse(dj.Manual):
    definition = """
    mouse_id : int
    ---
    name : varchar(20)
    """

    def first(self):
        return self & 'mouse_id = 1'

    @classmethod
    def named(cls, name):
        return cls & {'name': name}

    @staticmethod
    def everybody():
        return Mouse()

    @property
    def later(self):
        return self & 'mouse_id > 1'


@schema
class Session(dj.Manual):
    definition = """
    -> Mouse
    session : int
    ---
    n = null : int
    """


Mouse.insert([dict(mouse_id=1, name='Ann'), dict(mouse_id=2, name='Bob'), dict(mouse_id=3, name='Cid')])
Session.insert([
    dict(mouse_id=1, session=1, n=3),
    dict(mouse_id=1, session=2, n=None),
    dict(mouse_id=2, session=1, n=5),
])


class Cursor:
    """What is no table, with methods of the same names."""
    def __init__(self, *rows):
        self.rows = rows

    def fetch(self, *names, **options):
        return ['cursor', names, sorted(options)]

    def head(self, n=1):
        return ['head', n]


# %% function_gives_a_restriction
# rules: RJ0302 RJ0304
def get(key):
    return Session & key
show(get({'mouse_id': 1}).fetch(as_dict=True))
show(get('n > 3').fetch('session', 'n'))
show(get('n > 3').head(5))

# %% every_return_is_a_query
# rules: RJ0301
def get(which):
    if which == 'mice':
        return Mouse & 'mouse_id > 1'
    elif which == 'join':
        return Mouse * Session
    return Session
show(get('mice').fetch(), get('join').proj('n').fetch(order_by='KEY'), get('').fetch())

# %% through_another_function_and_a_name
# rules: RJ0304 RJ0306
def get():
    return outer() & 'session = 1'
def outer():
    return Session & 'n > 2'
found = get()
show(found.fetch('n'))
show(found.fetch('KEY'))

# %% methods_of_a_table
# rules: RJ0301 RJ0302 RJ0304
show(Mouse().first().fetch(as_dict=True))
show(Mouse.named('Bob').fetch('name'))
show(Mouse.everybody().fetch())
show(Mouse().later.fetch('name'))
show((Mouse & 'mouse_id = 3').later.fetch('name'))
show((Mouse & 'mouse_id < 3').first().fetch('name'))

# %% methods_of_an_object
# rules: RJ0304
class Report:
    def query(self):
        return Session & 'n > 0'
    @property
    def mice(self):
        return Mouse & self.query().proj()
    def run(self):
        return self.query().fetch('n'), self.mice.fetch('name')
show(*Report().run())

# %% from_another_file
# rules: RJ0302 RJ0304
from queries import get, sessions
import queries
show(get('session = 1').fetch('n'))
show(queries.get('session = 2').fetch(as_dict=True))
show(sessions.fetch('session'))
# file: queries.py
import datajoint as dj
virtual = dj.create_virtual_module('virtual', PREFIX + 'lab')
def get(key):
    return virtual.Session & key
sessions = get('n > 3')

# %% join_with_an_aggregation
# rules: RJ0401
def counted():
    return Mouse.aggr(Session, n='count(*)')
show((counted() & 'n > 1').fetch(as_dict=True))

# %% fetched_rows_stay_rows
def rows():
    return Session.fetch(as_dict=True)
for row in rows():
    print(sorted(row))
show(rows()[0].get('n'))

# %% different_kinds
def get(which):
    if which:
        return Mouse & 'mouse_id = 1'
    return Cursor()
show(get(False).head(2))
show(len(get(True)))

# %% none_or_a_query
# rules: RJ0304
def get(which):
    if which:
        return Mouse & 'mouse_id = 1'
show(get(True).fetch('name'))
try:
    get(False).fetch('name')
except AttributeError:
    show('no query')

# %% generator
# unchanged
def get():
    yield Cursor()
    return Mouse
for cursor in get():
    show(cursor.head(3))

# %% generator_by_an_expression
# unchanged
def get():
    given = yield
    return Mouse
run = get()
next(run)
try:
    run.send(1)
except StopIteration as end:
    show(end.value is Mouse)
show(hasattr(get(), 'fetch'))

# %% coroutine
# unchanged
import asyncio
async def get():
    return Mouse & 'mouse_id = 1'
async def main():
    return len(await get())
show(asyncio.run(main()))
waiting = get()
show(hasattr(waiting, 'fetch'))
waiting.close()

# %% decorated
# unchanged
def other(function):
    return lambda *args: Cursor()
@other
def get(key):
    return Mouse & key
show(get('mouse_id = 1').head(4))

# %% shadowed_decorator
# unchanged
def staticmethod(function):
    return lambda *args: Cursor()
class Report:
    @staticmethod
    def get():
        return Mouse & 'mouse_id = 1'
show(Report().get().head(4))

# %% shadowed_by_a_parameter_and_a_local
# unchanged
def get():
    return Mouse & 'mouse_id = 1'
def read(get):
    return get().head(2)
def local():
    get = Cursor
    return get().head(3)
show(read(Cursor), local(), len(get()))

# %% defined_twice
# unchanged
def get():
    return Mouse & 'mouse_id = 1'
before = len(get())
def get():
    return Cursor()
show(before, get().head(2))

# %% defined_in_branches
# unchanged
import os
if os.environ.get('NOT_SET_ANYWHERE'):
    def get():
        return Mouse & 'mouse_id = 1'
else:
    def get():
        return Cursor()
show(get().head(2))

# %% rebound_by_another_function
# unchanged
def get():
    return Mouse & 'mouse_id = 1'
def change():
    global get
    get = Cursor
show(len(get()))
change()
show(get().head(7))

# %% replaced_from_outside
# unchanged
import queries
show(len(queries.get()))
queries.get = Cursor
show(queries.get().head(2))
setattr(queries, 'other', Cursor)
show(queries.other().head(2))
# file: queries.py
import datajoint as dj
virtual = dj.VirtualModule('virtual', PREFIX + 'lab')
def get():
    return virtual.Mouse & 'mouse_id = 1'
def other():
    return virtual.Mouse & 'mouse_id = 1'

# %% overridden_below
# unchanged
class Base:
    def query(self):
        return Mouse & 'mouse_id = 1'
    def run(self):
        return self.query().head(3)
class Below(Base):
    def query(self):
        return Cursor()
show(Below().run())

# %% hidden_by_an_attribute
# unchanged
class Report:
    def query(self):
        return Mouse & 'mouse_id = 1'
    def run(self):
        return self.query().head(3)
    def change(self):
        self.query = Cursor
        return self
show(Report().change().run())

# %% inherited_method_of_another_table
# rules: RJ0304
class Named:
    def first_names(self):
        return self & 'mouse_id = 1'
@schema
class Cage(Named, dj.Manual):
    definition = """
    mouse_id : int
    ---
    room : varchar(9)
    """
Cage.insert1(dict(mouse_id=1, room='a'))
show(len(Cage().first_names()))
show(Cage.fetch('room'))

# %% recursive
def down(n):
    return down(n - 1) & 'mouse_id > 0' if n else Mouse & 'mouse_id < 3'
show(len(down(3)))

# %% called_with_the_class
# rules: RJ0304
show(Mouse.first(Mouse & 'mouse_id < 3').fetch('name'))

# %% property_of_the_class_is_no_query
show(type(Mouse.__dict__['later']).__name__)

# %% lambda_and_inner_function
# rules: RJ0304
def outer():
    def inner():
        return Mouse & 'mouse_id = 2'
    other = lambda: Cursor()
    return inner().fetch('name'), other().head(2)
show(*outer())

# %% context_manager
# unchanged
import contextlib
@contextlib.contextmanager
def get():
    yield Cursor()
with get() as cursor:
    show(cursor.head(9))
