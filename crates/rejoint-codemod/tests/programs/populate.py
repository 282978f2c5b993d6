import datajoint as dj
import numpy as np

schema = dj.schema(PREFIX + 'lab')


@schema
class Mouse(dj.Lookup):
    definition = """
    mouse_id : int
    """
    contents = [(1,), (2,), (3,)]


@schema
class Fit(dj.Computed):
    definition = """
    -> Mouse
    ---
    v : float
    x : longblob
    """

    def make(self, key):
        self.insert1(dict(key, v=key['mouse_id'] / 2, x=np.arange(key['mouse_id'])))

# %% populate
# rules: RJ0101 RJ0304
Fit.populate()
show(Fit.fetch('v'), [x.tolist() for x in Fit.fetch('x')])
show(Fit.progress(display=False))

# %% populate_restricted
Fit.populate({'mouse_id': 2})
Fit().populate('mouse_id = 3', display_progress=False)
show(Fit.fetch('KEY'))

# %% populate_reserve
Fit.populate(reserve_jobs=True, suppress_errors=True)
show(Fit.fetch('v'))

# %% populate_limit
# suggested
# rules: RJ0601
Fit.populate(limit=2)
show(len(Fit()))

# %% populate_max_calls
Fit.populate(max_calls=2)
show(len(Fit()))

# %% populate_order
# suggested
# rules: RJ0602
Fit.populate(reserve_jobs=True, order='random')
Fit.populate(order='original')
show(Fit.fetch('v'))

# %% target
# rules: RJ0608
@schema
class Other(dj.Computed):
    definition = """
    -> Mouse
    ---
    v : float
    """
    def make(self, key):
        self.target.insert1(dict(key, v=1))
Other.populate()
show(len(Other()), (Mouse - Other).fetch('KEY'))

# %% make_tuples
@schema
class Other(dj.Computed):
    definition = """
    -> Mouse
    ---
    v : float
    """
    def _make_tuples(self, key):
        self.insert1(dict(key, v=1))
Other.populate()
show(len(Other()))

# %% errors
@schema
class Other(dj.Computed):
    definition = """
    -> Mouse
    """
    def make(self, key):
        if key['mouse_id'] == 2:
            raise ValueError('two')
        self.insert1(key)
errors = Other.populate(suppress_errors=True)
show(len(errors), Other.fetch('KEY'))

# %% key_hash_of_package
# rules: RJ0607
show(dj.key_hash({'b': 2, 'a': 'x'}), dj.key_hash(dict(a=None)))

# %% key_hash_import
# rules: RJ0610
from datajoint.hash import key_hash
show(key_hash({'b': 2, 'a': 'x'}), key_hash(Mouse.fetch('KEY')[0]))

# %% parts_in_make
# rules: RJ0101
@schema
class Units(dj.Computed):
    definition = """
    -> Mouse
    """
    class Unit(dj.Part):
        definition = """
        -> master
        unit : int
        ---
        w : longblob
        """
    def make(self, key):
        self.insert1(key)
        self.Unit.insert([dict(key, unit=u, w=np.ones(u)) for u in range(2)])
        Units.Unit.insert1(dict(key, unit=5, w=None or 3))
Units.populate('mouse_id < 3')
show(Units.Unit.fetch('unit', order_by='mouse_id, unit'))

# %% key_source_property
@schema
class Some(dj.Computed):
    definition = """
    -> Mouse
    """
    @property
    def key_source(self):
        return Mouse & 'mouse_id > 1'
    def make(self, key):
        self.insert1(key)
Some.populate()
show(Some.fetch('KEY'), len(Some().key_source), len(Some.key_source - Some))

# %% fetch_in_make
# rules: RJ0304
Fit.populate()
@schema
class Mean(dj.Computed):
    definition = """
    -> Fit
    ---
    m : double
    """
    def make(self, key):
        x = (Fit & key).fetch('x')
        v, keys = (Fit & key).fetch('v', 'KEY')
        self.insert1(dict(keys[0], m=float(np.sum(np.concatenate(list(x))) + v[0])))
Mean.populate()
show(Mean.fetch('m'))

# %% native_key
# findings: RJ0609
if dj.__version__[0] != '0':
    dj.config['jobs.allow_new_pk_fields_in_computed_tables'] = True
@schema
class Source(dj.Manual):
    definition = """
    source_id : int
    """
@schema
class Tried(dj.Computed):
    definition = """
    -> Source
    method : varchar(8)
    ---
    score : int
    """
    def make(self, key):
        self.insert(dict(key, method=method, score=len(method)) for method in ('a', 'bb'))
Source.insert([dict(source_id=1), dict(source_id=2)])
Tried.populate()
show(sorted(Tried.fetch('score').tolist()))
