import datajoint as dj
import numpy as np
import os

os.makedirs(TMP + '/store')
os.makedirs(TMP + '/stage')
dj.config['stores'] = {'main': dict(protocol='file', location=TMP + '/store', stage=TMP + '/stage')}
schema = dj.schema(PREFIX + 'lab')

# %% blob_in_store
# rules: RJ0106
@schema
class T(dj.Manual):
    definition = """
    k : int
    ---
    x : blob@main
    """
T.insert([dict(k=1, x=np.eye(2)), dict(k=2, x={'a': [1, 2]})])
show((T & 'k=1').fetch1('x'), (T & 'k=2').fetch1('x'))
x = T.fetch('x', order_by='k')
show(x.shape, x[0])

# %% attach
# rules: RJ0106
@schema
class T(dj.Manual):
    definition = """
    k : int
    ---
    a : attach
    b : attach@main
    """
for name in ('a.txt', 'b.txt'):
    with open(name, 'w') as file:
        file.write(name * 2)
T.insert1(dict(k=1, a='a.txt', b='b.txt'))
os.mkdir('get')
os.chdir('get')
a, b = T.fetch1('a', 'b')
print(os.path.basename(a), open(a).read(), os.path.basename(b), open(b).read())

# %% blob_in_store_nullable
# rules: RJ0106
@schema
class T(dj.Manual):
    definition = """
    k : int
    ---
    x = null : blob@main
    """
T.insert1(dict(k=1, x=None))
T.insert1(dict(k=2, x=3))
show(T.fetch(as_dict=True, order_by='k'))

# %% adapter
# rules: RJ0802
class Edges(dj.AttributeAdapter):
    attribute_type = 'longblob'

    def put(self, graph):
        return sorted(map(list, graph))

    def get(self, value):
        return set(map(tuple, value))


edges = Edges()
schema = dj.schema(PREFIX + 'adapted', locals())
@schema
class Graph(dj.Manual):
    definition = """
    k : int
    ---
    g : <edges>
    """
Graph.insert1(dict(k=1, g={(1, 2), (2, 3)}))
show(Graph.fetch1('g'), Graph.fetch('g')[0])

# %% adapter_to_text
# rules: RJ0802
class Upper(dj.AttributeAdapter):
    # how it is stored
    attribute_type = "varchar(20)"

    def put(self, text):
        """To the database."""
        return text.upper()

    def get(self, value):
        return value.lower()


upper = Upper()
schema = dj.schema(PREFIX + 'adapted', locals())
@schema
class Words(dj.Manual):
    definition = """
    k : int
    ---
    w : <upper>
    """
Words.insert([dict(k=1, w='abc'), dict(k=2, w='x')])
show(Words.fetch('w', order_by='k'), (Words & 'k=2').fetch1('w'))

# %% adapter_in_store
# rules: RJ0802
class Big(dj.AttributeAdapter):
    attribute_type = 'blob@main'
    def put(self, x):
        return np.asarray(x)
    def get(self, x):
        return x.tolist()
big = Big()
schema = dj.schema(PREFIX + 'adapted', locals())
@schema
class Bigs(dj.Manual):
    definition = """
    k : int
    ---
    x : <big>
    """
Bigs.insert1(dict(k=1, x=[1, 2, 3]))
show(Bigs.fetch1('x'))
