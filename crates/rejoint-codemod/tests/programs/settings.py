# %% with_config
# alone
# rules: RJ0705
import datajoint as dj
with dj.config(safemode=True, display__limit=3):
    print(dj.config['safemode'], dj.config['display.limit'])
print(dj.config['safemode'])

# %% in_config
# alone
# rules: RJ0702
import datajoint as dj
print('database.host' in dj.config, 'nonsense' in dj.config, 'nonsense' not in dj.config)
if not 'stores' in dj.config:
    dj.config['stores'] = {}
print(dj.config['stores'])

# %% native_blobs
# alone
# rules: RJ0703
import datajoint as dj
dj.config['enable_python_native_blobs'] = True
def setup():
    dj.config['enable_python_native_blobs'] = True
setup()
if True:
    dj.config["enable_python_native_blobs"] = True
print('set')

# %% native_blobs_with_other_lines
# alone
# rules: RJ0703
import datajoint as dj
dj.config['safemode'] = False; dj.config['enable_python_native_blobs'] = True
for name in ('a',):
    print(name)
    dj.config['enable_python_native_blobs'] = True
print(dj.config['safemode'])

# %% update
# alone
# suggested
# rules: RJ0704
import datajoint as dj
dj.config.update({'safemode': True, 'display.limit': 5})
options = {'display.width': 20}
if options:
    dj.config.update(options)
print(dj.config['safemode'], dj.config['display.limit'], dj.config['display.width'])

# %% stores
# alone
import datajoint as dj
dj.config['stores'] = {'main': {'protocol': 'file', 'location': TMP}}
dj.config['stores']['other'] = dict(protocol='file', location=TMP)
print(sorted(dj.config['stores']), dj.config['stores']['main']['protocol'])

# %% s3_store
# alone
# rules: RJ0708
import datajoint as dj
dj.config['stores'] = {
    'raw': {
        'protocol': 's3',
        'endpoint': 'localhost:9000',
        'bucket': 'b',
    },
}
print(dj.config['stores']['raw'].get('secure', False))

# %% switches
# alone
# suggested
# rules: RJ0804
import os
os.environ['DJ_SUPPORT_FILEPATH_MANAGEMENT'] = 'TRUE'
os.environ["DJ_SUPPORT_ADAPTED_TYPES"] = "TRUE"
import datajoint as dj
def switches():
    os.environ['DJ_SUPPORT_ADAPTED_TYPES'] = 'TRUE'
switches()
print(dj.config['database.host'] is not None)

# %% known_keys
# alone
# unchanged
import datajoint as dj
dj.config['display.limit'] = 7
dj.config['loglevel'] = 'WARNING'
print(dj.config['display.limit'], dj.config.get('safemode'), dj.config['database.user'] is not None)

# %% other_config
# alone
# unchanged
class Config(dict):
    def __call__(self, **kwargs):
        return kwargs
config = Config(custom=1)
config['enable_python_native_blobs'] = True
config.update({'a': 1})
print('custom' in config, config(a=1), sorted(config))

# %% config_imported_by_name
# alone
# rules: RJ0702 RJ0703
from datajoint import config
config['enable_python_native_blobs'] = True
print('database.host' in config)

# %% settings_that_an_override_ignores
# alone
# rules: RJ0705
# findings: RJ0705
import datajoint as dj
with dj.config(safemode=False, add_hidden_timestamp=True):
    print(dj.config['safemode'])
