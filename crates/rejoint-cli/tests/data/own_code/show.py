"""Runs a script, or the cells of a notebook, and prints what a person would see: rows of tables, values of last lines, what is drawn.

It runs under either generation of DataJoint, without IPython and matplotlib: drawings are printed as calls with their values.
"""

import ast
import hashlib
import json
import os
import runpy
import sys
import types
import warnings


def shown(value):
    """A value as it is compared: tables and lists of rows by their rows, whatever their order."""
    import datajoint as dj
    import numpy as np

    if isinstance(value, type) and issubclass(value, dj.Table):
        value = value()
    if isinstance(value, dj.expression.QueryExpression):
        value = value.to_dicts() if hasattr(value, "to_dicts") else value.fetch(as_dict=True)
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return "\n".join(sorted(repr(dict(sorted(row.items()))) for row in value))
    if isinstance(value, np.ndarray):
        return f"{value.dtype} {value.shape} {hashlib.md5(value.tobytes()).hexdigest()}"
    return repr(value)


class Drawing:
    """Stands for figures and axes: prints what is drawn."""

    def __init__(self, name):
        self.name = name

    def __getattr__(self, method):
        def call(*args, **kwargs):
            print("draw", self.name, method, *map(shown, args), *(f"{k}={shown(v)}" for k, v in sorted(kwargs.items())))

        return call


def pyplot():
    module = types.ModuleType("matplotlib.pyplot")
    module.subplots = lambda rows, columns, **kwargs: (Drawing("figure"), [Drawing(f"axes {n}") for n in range(rows * columns)])
    module.show = lambda: None
    package = types.ModuleType("matplotlib")
    package.pyplot = module
    sys.modules.update({"matplotlib": package, "matplotlib.pyplot": module})


def notebook(path):
    pyplot()
    names = {"__name__": "__main__"}
    with open(path, encoding="utf-8") as file:
        cells = json.load(file)["cells"]
    for number, cell in enumerate(cells):
        if cell["cell_type"] != "code":
            continue
        print("cell", number)
        text = "".join(line for line in cell["source"] if not line.startswith("%"))
        tree = ast.parse(text)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, path, "exec"), names)
        if last:
            value = eval(compile(ast.Expression(last.value), path, "eval"), names)
            if value is not None:
                print(shown(value))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    import datajoint

    datajoint.logger.setLevel("CRITICAL")
    sys.argv = sys.argv[1:]
    sys.path.insert(0, os.getcwd())
    notebook(sys.argv[0]) if sys.argv[0].endswith(".ipynb") else runpy.run_path(sys.argv[0], run_name="__main__")
