"""Record how a real DataJoint reads single lines of definitions: kind, parts, type category.

    python read_lines.py OUT.json SEED N_LINES

Run once with a Python that has datajoint 0.14.10 and once with one that has 2.3.5. Lines are made of pieces of the
grammar at random. A record is [line, [kind, ...]]: "attribute" with name, default, type, comment and category (null
when the type is refused), "index" with its SQL, or "comment", "separator", "fk", "error".
"""

import json
import random
import re
import sys

import datajoint as dj
from datajoint import declare

LEGACY = dj.__version__.startswith("0.")
PIECES = """a|b2|k_|Aa|_x|=|:| : | = |#| # |##|'|"|''|\\|\t|\r| |\u00a0|\x1c|é|✓|---|___|->|-> |[nullable]|[|]|T|)|(|,|index
unique index|(a, b)|j.x:int|int|int8|int(11)| unsigned| zerofill| auto_increment| not null|tinyint(1)|varchar(30)
VARCHAR (30)|enum('a',"b")|enum("it's")|longblob|blob@s|attach|attach@x-1|filepath@s|<a>|<blob@s>|< x >|<|>|null|NULL
CURRENT_TIMESTAMP|5|"x"|'it''s'|a b|%|timestamp|decimal(5,2)|decimal( 5 , 2 )|dec|fixed(3)|float(7,3)|double precision
int32|uuid|UUID|@|jsonb|datetime (3)|time(3)|text|serial|bool|boolean|bytes|interval|()"""
PIECES = [piece for row in PIECES.split("\n") for piece in row.split("|")]
INDEX_PIECES = ["a", "b", ",", ", ", "(", ")", "f(a)", "j.x[0]:char(3)", "#", "x", "'", " "]


def main(out_path, seed, n_lines):
    rng = random.Random(int(seed))
    records = []
    while len(records) < int(n_lines):
        line = make_line(rng).strip()
        if line:
            records.append([line, read(line)])
    with open(out_path, "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(record) for record in records) + "\n]\n")


def make_line(rng):
    def pieces(low, high):
        return "".join(rng.choice(PIECES) for _ in range(rng.randint(low, high)))

    which = rng.random()
    if which < 0.3:
        return pieces(1, 7)
    if which < 0.8:
        default = rng.choice(["", "", " = " + pieces(0, 3)])
        colon = rng.choice([":", " : ", "\t:"])
        comment = rng.choice(["", " # c", " #x # #"])
        return rng.choice(["a", "b_1", "x"]) + default + colon + pieces(1, 4) + comment
    keyword = rng.choice(["index", "unique index", "INDEX ", "index  "])
    items = "".join(rng.choice(INDEX_PIECES) for _ in range(rng.randint(0, 7)))
    return keyword + "(" + items + ")" + rng.choice(["", "", " # c", " x"])


def read(line):
    """The classification loop of `prepare_declare`."""
    index_pattern = r"^(unique\s+)?index\s*.*$" if LEGACY else r"^(unique\s+)?index\s*\(.*\)\s*(#.*)?$"
    if line.startswith("#"):
        return ["comment"]
    if line.startswith("---") or (LEGACY and line.startswith("___")):
        return ["separator"]
    if declare.is_foreign_key(line):
        return ["fk"]
    if re.match(index_pattern, line, re.I):
        return read_index(line)
    if not LEGACY and line.startswith("_"):
        return ["error"]
    return read_attribute(line)


def read_index(line):
    sql = []
    try:
        if LEGACY:
            declare.compile_index(line, sql)
        else:
            from datajoint.adapters.mysql import MySQLAdapter

            declare.compile_index(re.sub(r"\s*#.*$", "", line), sql, MySQLAdapter())
    except dj.DataJointError:
        return ["error"]
    return ["index", sql[0]]


def read_attribute(line):
    try:
        match = declare.attribute_parser.parseString(line + "#", parseAll=True)
    except declare.pp.ParseException:
        return ["error"]
    match["comment"] = match["comment"].rstrip("#")
    if "default" not in match:
        match["default"] = ""
    match = {key: value.strip() for key, value in match.items()}
    try:
        category = declare.match_type(match["type"])
    except dj.DataJointError:
        category = None
    return ["attribute", match["name"], match["default"], match["type"], match["comment"], category]


main(*sys.argv[1:])
