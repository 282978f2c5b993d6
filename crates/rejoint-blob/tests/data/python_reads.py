"""Make python-reads.json: random arrays of objects, and what two versions of DataJoint read back.

    new/bin/python python_reads.py make cases.json 640 3      # number of cases, seed; with DataJoint 2.3.5
    old/bin/python python_reads.py read cases.json 0.14.10
    new/bin/python python_reads.py read cases.json 2.3.5
    new/bin/python python_reads.py join cases.json python-reads.json

No database is needed.
"""

import datetime
import json
import random
import sys
import uuid
from decimal import Decimal

import numpy as np
from datajoint.blob import MatCell, MatStruct, pack, unpack

SHAPES = [(1,), (2,), (1, 1), (1, 2), (2, 1), (2, 2), (3,), (0,), (0, 0), (1, 3)]
SCALARS = [
    None, True, 3, 2.5, 1j, "ab", "", b"x", Decimal("1.5"), datetime.date(2021, 3, 4), uuid.UUID(int=5), {"a": 1}, {1},
    np.float64(2), np.int32(3), np.datetime64("2021-01-01"), 2**70,
]  # fmt: skip


def fill(elements, shape):
    array = np.empty(len(elements), dtype=object)
    for i, element in enumerate(elements):
        array[i] = element
    return array.reshape(shape, order="F")


class Maker:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def scalar(self):
        return self.random.choice(SCALARS)

    def numbers(self):
        shape = self.random.choice(SHAPES + [(1, 1, 1)])
        return np.arange(int(np.prod(shape)), dtype=self.random.choice(["f8", "i4", "u1", "c16", "f4"])).reshape(shape)

    def leaf(self):
        return self.random.choice([self.scalar, self.numbers])()

    def shape(self):
        shape = self.random.choice(SHAPES)
        return shape, int(np.prod(shape))

    def elements(self, n, depth):
        if self.random.random() < 0.5:
            make = self.random.choice([
                self.scalar,
                self.numbers,
                lambda: self.value(depth - 1),
                lambda: [self.leaf() for _ in range(self.random.choice([1, 1, 2]))],
                lambda: [self.numbers()],
            ])
            if self.random.random() < 0.4:
                return [make()] * n
            return [make() for _ in range(n)]
        return [self.value(depth - 1) for _ in range(n)]

    def value(self, depth):
        if depth <= 0:
            return self.leaf()
        kind = self.random.randrange(6)
        shape, n = self.shape()
        if kind == 0:
            return fill(self.elements(n, depth), shape).view(MatCell)
        if kind == 1:
            return fill(self.elements(n, depth), shape)
        if kind in (2, 3):
            elements = self.elements(self.random.randrange(3), depth)
            return elements if kind == 2 else tuple(elements)
        if kind == 4:
            array = np.empty(n, dtype=[("a", "O"), ("b", "O")])
            for field in "ab":
                for i, element in enumerate(self.elements(n, depth)):
                    array[field][i] = element
            return array.reshape(shape, order="F").view(MatStruct)
        return self.leaf()

    def case(self):
        if self.random.random() < 0.15:
            return self.value(2)
        shape, n = self.shape()
        kind = self.random.choice([MatCell, MatCell, np.ndarray])
        return fill(self.elements(n, self.random.randrange(3)), shape).view(kind)


def exact(value):
    """The value as JSON data in which every type, shape and bit is seen."""
    if isinstance(value, np.ndarray):
        kind = "struct" if value.dtype.names else type(value).__name__
        flat = value.flatten(order="F")
        if value.dtype.names:
            body = [[exact(record[field]) for field in value.dtype.names] for record in flat]
        elif value.dtype == object:
            body = [exact(element) for element in flat]
        else:
            body = value.tobytes(order="F").hex()
        dtype = [(name, str(value.dtype[name])) for name in value.dtype.names or ()] or str(value.dtype)
        return [kind, list(value.shape), str(dtype), body]
    if isinstance(value, np.generic):
        return [type(value).__name__, value.tobytes().hex()]
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, [exact(element) for element in value]]
    if isinstance(value, dict):
        return ["dict", [[exact(k), exact(v)] for k, v in value.items()]]
    if isinstance(value, set):
        return ["set", sorted(map(repr, value))]
    return [type(value).__name__, repr(value)]


def make(n, seed):
    maker, cases = Maker(seed), {}
    while len(cases) < n:
        value = maker.case()
        try:
            blob = pack(value, compress=False)
        except Exception:
            continue  # a set inside a set and the like
        if len(blob) <= 700:
            cases[blob.hex()] = {"hex": blob.hex(), "written": json.dumps(exact(value))}
    return list(cases.values())


def read(case):
    try:
        value = json.dumps(exact(unpack(bytes.fromhex(case["hex"]))))
    except Exception:
        return "Fails"
    return "AsStored" if value == case["written"] else "Differs"


def main():
    action, path, *rest = sys.argv[1:]
    if action == "make":
        cases = make(int(rest[0]), int(rest[1]))
    else:
        with open(path) as file:
            cases = json.load(file)
    if action == "read":
        for case in cases:
            case[rest[0]] = read(case)
    if action == "join":
        path = rest[0]
        for case in cases:
            del case["written"]
    with open(path, "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


main()
