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
    """


@schema
class Rig(dj.Lookup):
    definition = """
    rig : int
    ---
    room : varchar(9)
    """
    contents = [(1, 'a'), (2, 'b')]


@schema
class Session(dj.Manual):
    definition = """
    -> Mouse
    session : int
    ---
    -> Rig
    n = null : int
    """


@schema
class Log(dj.Manual):
    definition = """
    mouse_id : int
    log : int
    ---
    text : varchar(20)
    """


@schema
class Weighing(dj.Manual):
    definition = """
    weighing : int
    ---
    mouse_id : int
    grams : float
    """


Mouse.insert([(1, 'Ann', 'F'), (2, 'Bob', 'M'), (3, 'Cid', 'M')])
Session.insert([(1, 1, 1, 3), (1, 2, 2, None), (2, 1, 2, 5)])
Log.insert([(1, 1, 'x'), (1, 2, 'y'), (4, 1, 'z')])
Weighing.insert([(1, 1, 20.5), (2, 3, 21)])

# %% plain_join
show((Mouse * Session).fetch('name', 'session', order_by='mouse_id, session'))
show((Mouse * Session).fetch('KEY'))
show(len(Mouse & Session), len(Mouse - Session))

# %% join_key
# rules: RJ0402
show((Session * Rig).fetch('KEY', order_by='mouse_id, session'))
show((Rig * Session).proj().fetch(as_dict=True, order_by='mouse_id, session'))
show(sorted((Session * Rig & 'room = "b"').fetch('KEY', limit=1)[0]))

# %% key_source_of_join
# rules: RJ0411
@schema
class Fit(dj.Computed):
    definition = """
    -> Session
    -> Rig
    ---
    v : float
    """
    @property
    def key_source(self):
        return Session * Rig
    def make(self, key):
        self.insert1(dict(key, v=key['rig'] + 0.5))
Fit.populate()
show(Fit.fetch(as_dict=True, order_by='mouse_id, session'))

# %% key_source_attribute
@schema
class Fit(dj.Computed):
    definition = """
    -> Session
    ---
    v : float
    """
    key_source = Session & 'n > 3'
    def make(self, key):
        self.insert1(dict(key, v=(Session & key).fetch1('n')))
Fit.populate()
show(Fit.fetch(as_dict=True))

# %% unrelated_names_join
# rules: RJ0403
show((Mouse * Log).fetch('name', 'text', order_by='mouse_id, log'))
show((Log * Mouse).fetch('text', order_by='mouse_id, log'))

# %% unrelated_names_restrict
# rules: RJ0403
show((Mouse & Log).fetch('name'))
show((Mouse - Log).fetch('name', order_by='name'))
show((Mouse & Log.proj()).fetch('name'), len(Mouse() - Log()))

# %% key_and_secondary_of_one_name
# rules: RJ0403
show((Mouse * Weighing).fetch('name', 'grams', order_by='weighing'))
show((Mouse & Weighing).fetch('name', order_by='name'))
show((Mouse & (Weighing & 'grams > 21')).fetch('name'), (Mouse - (Weighing & 'grams > 20.7')).fetch('name', order_by='name'))

# %% chained_joins
# rules: RJ0403
show((Mouse * Session * Log).fetch('name', 'session', 'log', order_by='mouse_id, session, log'))
show((Mouse & 'sex = "F"' & Log & Session).fetch('name'))

# %% rename_avoids_the_check
show((Mouse * Log.proj(other='mouse_id')).fetch('name', 'log', order_by='mouse_id, other, log', limit=3))

# %% restrict_by_other_things
show((Mouse & {'mouse_id': 1}).fetch('name'), (Mouse & [{'mouse_id': 1}, {'mouse_id': 2}]).fetch('name', order_by='name'))
show((Mouse & 'name like "A%"').fetch('name'), len(Mouse & [])  , len(Mouse & True), (Mouse & dj.AndList(['mouse_id > 1', 'sex = "M"'])).fetch('name', order_by='name'))
show((Mouse & dj.Not('mouse_id = 1')).fetch('name', order_by='name'), (Mouse - {'mouse_id': 2}).fetch('name', order_by='name'))
show((Mouse & Mouse.fetch('KEY', limit=1)).fetch('name'))

# %% set_operators_of_other_things
a = {1, 2, 3}
b = {2}
show(a & b, a - b, np.eye(2) @ np.eye(2), 3 ^ 1, [0] * 2)
for Mouse_ids in (a & b,):
    show(Mouse_ids)
show((Mouse & [{'mouse_id': i} for i in a & b]).fetch('name'))

# %% at_operator
# rules: RJ0404
show(len(Mouse @ Session), (Mouse @ Log).fetch('text', order_by='mouse_id, log'))
show(((Mouse & 'mouse_id = 1') @ Session.proj('n')).fetch('n', order_by='session'))

# %% at_operator_in_a_chain
# rules: RJ0404
show(len(Mouse @ Session @ Log), len(Mouse() @ (Log & 'log = 1')))

# %% xor_operator
# rules: RJ0405
show((Mouse ^ Log).fetch('name'), len((Mouse & 'sex = "M"') ^ Session))

# %% left_join
# rules: RJ0406
joined = Mouse.join(Session, left=True)
show(len(joined), joined.primary_key)
show((joined & 'session is not null').fetch('name', 'n', order_by='name, session'), len(joined & 'session is null'))

# %% left_join_determined
show(Session.join(Mouse, left=True).fetch('name', order_by='mouse_id, session'))
show(Session.join(Mouse, left=False).fetch('name', order_by='mouse_id, session'))

# %% aggregation_inner
# rules: RJ0401
counts = Mouse.aggr(Session, n='count(*)')
show(counts.fetch(as_dict=True, order_by='mouse_id'), len(counts))
show((counts & 'n > 1').fetch('n'))

# %% aggregation_of_join
# rules: RJ0401
show(Rig.aggr(Session * Mouse, n='count(*)').fetch(as_dict=True, order_by='rig'))
show(Rig.aggr(Session.proj('rig', x='n + 1'), x='max(x)').fetch('x', order_by='rig'))

# %% aggregation_attributes
# rules: RJ0401
show(Mouse.aggr(Session, 'name', n='count(session)').fetch(as_dict=True, order_by='mouse_id'))
show(Mouse.aggr(Session, ..., n='count(session)').fetch('name', order_by='mouse_id'))

# %% aggregation_in_aggregation
# rules: RJ0401 RJ0412
show(dj.U('n').aggr(Mouse.aggr(Session, n='count(*)'), m='count(*)').fetch(as_dict=True, order_by='n'))
show(dj.U().aggr(Session, n='count(*)').fetch1('n'))

# %% aggregation_comments
# rules: RJ0401
show(Mouse.aggr(
    Session,  # the group
    n='count(*)',  # how many
).fetch('n', order_by='mouse_id'))
show(Mouse.aggr(Session, n='count(*)',
                ).fetch('n', order_by='mouse_id'))

# %% aggregation_parenthesised_argument
# rules: RJ0401
show(Mouse.aggr((Session), n=("count(*)")).fetch('n', order_by='mouse_id'))
options = dict(n='count(*)')
show(Mouse.aggr(Session, **options).fetch('n', order_by='mouse_id'))

# %% aggregation_method_of_other_things
class Report:
    def aggr(self, *args, **kwargs):
        return args, sorted(kwargs)
show(Report().aggr(Mouse, n=1))
show(Mouse.aggr(Session, n='count(*)').fetch('n', order_by='mouse_id'))

# %% keep_all_rows
# rules: RJ0401
show(Mouse.aggr(Session, keep_all_rows=True, n='count(session)').fetch(as_dict=True, order_by='mouse_id'))
show(Mouse.aggr(Session, n='count(session)', keep_all_rows=False).fetch('n', order_by='mouse_id'))

# %% aggregation_in_self
# rules: RJ0401
@schema
class Lab(dj.Lookup):
    definition = """
    -> Mouse
    """
    contents = [dict(mouse_id=1), dict(mouse_id=2), dict(mouse_id=3)]
    def counts(self):
        return self.aggr(Session, n='count(*)').fetch('n', order_by='mouse_id')
show(Lab().counts())

# %% top
# rules: RJ0410
show((Mouse & dj.Top(2, order_by=None)).fetch('name'))
show((Mouse & dj.Top(limit=1, order_by=None, offset=1)).fetch('name'))

# %% top_with_order
show((Mouse & dj.Top(1, order_by='name DESC')).fetch('name'))

# %% union
show((Mouse.proj() + Log.proj(mouse_id='log')).primary_key if False else 'skipped')
show(sorted(((Mouse & 'mouse_id = 1').proj() + (Mouse & 'mouse_id = 3').proj()).fetch('mouse_id')))

# %% restriction_of_variable
q = Mouse * Session
q &= 'session = 1'
show(q.fetch('name', order_by='name'))
p = q - Log.proj(other='log') if False else q
show(len(p))

# %% join_in_function
# rules: RJ0403
def pairs(left, right):
    return left * right
show(len(pairs(Mouse, Session)))
def logs():
    m = Mouse & 'mouse_id < 3'
    return (m * Log).fetch('text', order_by='log')
show(logs())

# %% semantic_check_in_f_string
# rules: RJ0403
print(f'{len(Mouse & Log)} of {len(Mouse())}')

# %% join_over_part_tables
@schema
class Probe(dj.Manual):
    definition = """
    probe : int
    """
    class Site(dj.Part):
        definition = """
        -> master
        site : int
        """
Probe.insert1(dict(probe=1))
Probe.Site.insert([(1, 1), (1, 2)])
show((Probe * Probe.Site).fetch('KEY'), Probe.aggr(Probe.Site, n='count(*)').fetch('n'))

# %% same_name_secondary_on_both_sides
@schema
class Other(dj.Lookup):
    definition = """
    -> Mouse
    ---
    name : varchar(20)
    """
    contents = [(1, 'q')]
try:
    print(len(Mouse * Other))
except dj.DataJointError:
    print('refused')

# %% aggregation_over_everything
# rules: RJ0412
counts = Mouse.aggr(Session, n='count(*)')
show(dj.U().aggr(counts, m='count(*)', most='max(n)').fetch1())
show(dj.U('sex').aggr(Mouse.aggr(Session, 'sex', n='count(*)', s='sum(session)') & 'n > 0', m='sum(n)').fetch(as_dict=True, order_by='sex'))
show(dj.U('sex').aggr(Mouse.proj('sex', x='mouse_id * 2'), x='max(x)').fetch(as_dict=True, order_by='sex'))

# %% aggregation_over_plain_tables
show(dj.U('sex').aggr(Mouse & 'mouse_id > 1', n='count(*)').fetch(as_dict=True, order_by='sex'))
show(dj.U('x').aggr(Mouse.proj(x='mod(mouse_id, 2)'), n='count(*)').fetch(as_dict=True, order_by='x'))
show(dj.U('rig').aggr(Session * Mouse, n='count(*)').fetch(as_dict=True, order_by='rig'))

# %% aggregation_of_renamed
counts = Mouse.aggr(Session, n='count(*)').proj(k='n')
show(dj.U('k').aggr(counts, m='count(*)').fetch(as_dict=True, order_by='k'))

# %% single_quoted_sql
# single quotes
# rules: RJ0409
show((Mouse & 'name = "Ann"').fetch('name'), (Mouse & ['sex = "F"', 'name like "C%"']).fetch('name', order_by='name'))
show(Mouse.proj(f='if(sex = "F", "it\'s", "no")').fetch('f', order_by='mouse_id'))
show((Mouse - 'name in ("Ann", "Bob")').fetch('name'))

# %% aggregation_in_a_function
# rules: RJ0401
def counts(table, group):
    table.fetch1 if False else None
    return (table & 'mouse_id > 0').aggr(group, n='count(*)').fetch('n', order_by='mouse_id')
def first(table):
    key = (table & 'mouse_id = 1').fetch1('KEY')
    return table.aggr(Session, n='count(*)').fetch('n', order_by='mouse_id'), key
show(first(Mouse))

# %% aggregation_of_universal_variable
everything = dj.U()
show(everything.aggr(Session, n='count(*)').fetch1('n'))
def total(u):
    return u.aggr(Session, n='count(*)').fetch1('n')
show(total(dj.U()))
