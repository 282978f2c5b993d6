"""Schemas of the legacy lab that a pipeline should not have, but real ones do.  Used by ``legacy_lab.py --with``.

Each lies in a schema of its own, so that the digests of the pipeline's other tables do not change:

    damage       PREFIX_damage  blobs and files that cannot be read, one kind of damage per row
    external011  PREFIX_old     ``external`` columns as DataJoint 0.11 wrote them; 0.12 and newer refuse to open the table
    nullmissing  PREFIX_gaps    pointers that are NULL, and pointers whose object is gone, in nullable and required columns

Everything is written in exactly the bytes and statements of the version that it imitates.  Values are fixed.
"""

import base64
import hashlib
import io
import pickle
import struct
import uuid
import zlib
from pathlib import Path

import datajoint as dj
import numpy as np

SCHEMAS = {"damage": "damage", "external011": "old", "nullmissing": "gaps"}

# A 1 x 2 array of doubles (1.0, 2.0) as the 32-bit mYm wrote it: every length is 4 bytes, nothing marks it.
BLOB_32_BIT = bytes.fromhex("6d596d00410200000001000000020000000600000000000000000000000000f03f0000000000000040")
# The empty string as 0.11 wrote it, one byte too many: 0.11 itself could not read it either.
EMPTY_STRING_011 = b"mYm\0A" + struct.pack("<QQQII", 2, 1, 0, 4, 0) + b"\0"


def compressed(plain):
    return b"ZL123\0" + struct.pack("<Q", len(plain)) + zlib.compress(plain)


def damaged_blobs():
    """{kind: bytes of the cell}; ``intact`` kinds are what a naive check would take for damage."""
    array = np.arange(12.0).reshape(3, 4)
    packed = dj.blob.pack(array)
    large = compressed(pack_plain(np.arange(2000.0)))
    npy = io.BytesIO()
    np.save(npy, array)
    return {
        "intact": packed,
        "intact bytes that look packed": dj.blob.pack(b"mYm\0"),
        "intact compressed": large,
        "text of an array": str(array).encode(),
        "text of a long array": str(np.arange(2000.0)).encode(),  # with the three dots: values are lost
        "repr of an array": repr(array).encode(),
        "json text": b'{"a": [1, 2.5, null]}',
        "raw pickle": pickle.dumps({"a": [1, 2], "b": array}, protocol=4),
        "raw pickle of protocol 0": pickle.dumps({"a": 1}, protocol=0),
        "npy file": npy.getvalue(),
        "double wrapped": dj.blob.pack(packed),
        "double wrapped compressed": dj.blob.pack(large),
        "double compressed": compressed(large),
        "truncated": packed[:-5],
        "truncated zlib": large[: len(large) // 2],
        "truncated header": large[:10],
        "wrong length in header": b"ZL123\0" + struct.pack("<Q", 7) + large[14:],
        "bit flipped in zlib": large[:100] + bytes([large[100] ^ 0x10]) + large[101:],
        "trailing bytes": packed + b"\0\0\0",
        "32-bit": BLOB_32_BIT,
        "0.11 empty string": EMPTY_STRING_011,
        "unknown code": b"dj0\0\x77" + bytes(8),
        "unknown protocol": b"dj9\0" + packed[4:],
        "length beyond the end": b"dj0\0\x05" + struct.pack("<Q", 2**62) + b"abc",
        "array of 2**60 elements": b"mYm\0A" + struct.pack("<QQII", 1, 2**60, 6, 0),
        "empty": b"",
        "zeros": bytes(64),
    }


def pack_plain(value):
    """As ``dj.blob.pack``, never compressed."""
    return dj.blob.Blob().pack(value, compress=False)


def build_damage(schema, make_file, scratch):
    @schema
    class Damaged(dj.Manual):
        definition = """
        # one kind of damage per row
        kind : varchar(64)
        ---
        value : longblob
        """

    @schema
    class DamagedAttachment(dj.Manual):
        definition = """
        kind : varchar(64)
        ---
        document : attach
        """

    @schema
    class DamagedObject(dj.Manual):
        definition = """
        # the database is right and the store is wrong
        kind : varchar(64)
        ---
        value : blob@raw
        document : attach@raw
        path : filepath@cold-archive
        """

    cursor = schema.connection._conn.cursor()
    cursor.executemany(
        f"INSERT INTO {Damaged.full_table_name} (kind, value) VALUES (%s, _binary %s)", list(damaged_blobs().items())
    )
    cursor.executemany(
        f"INSERT INTO {DamagedAttachment.full_table_name} (kind, document) VALUES (%s, _binary %s)",
        [
            ("intact", "bericht µ.txt".encode() + b"\0content"),
            ("no name", b"\0content"),
            ("no separator", b"content without a name"),
            ("name is not UTF-8", b"\xff\xfe.txt\0content"),
            ("empty", b""),
            ("blob in place of an attachment", dj.blob.pack([1, 2, 3])),
        ],
    )
    schema.connection._conn.commit()

    stage = dj.config["stores"]["cold-archive"]["stage"]
    for kind in ("intact", "truncated", "bit flipped", "empty", "missing", "longer", "exchanged 1", "exchanged 2"):
        values = np.frombuffer(hashlib.sha256(kind.encode()).digest(), "u1")
        DamagedObject.insert1(
            dict(
                kind=kind,
                value=values,
                document=make_file(f"{scratch}/damage", f"{kind}.txt", values.tobytes() * 3),
                path=make_file(stage, f"damage/{kind}.bin", values.tobytes() * 5),
            )
        )
        for path in objects(schema, DamagedObject & {"kind": kind}):
            harm(kind, path)
        harm(kind, Path(stage) / "damage" / f"{kind}.bin")  # the local copy would hide what happened in the store
    exchange(*(objects(schema, DamagedObject & {"kind": f"exchanged {i}"}) for i in (1, 2)))
    # nothing in the database knows this object, and nothing in the pipeline this tracking row
    store = Path(dj.config["stores"]["raw"]["location"])
    make_file(store, f"{schema.database}/ab/cd/abcd{'0' * 28}", b"an object that nobody tracks")
    schema.connection.query(
        f"INSERT INTO `{schema.database}`.`~external_raw` (hash, size) VALUES (%s, 5)",
        args=(uuid.UUID(int=0xABCE << 112).bytes,),
    )


def objects(schema, row):
    """Paths in the stores of what one row points at: blob, attachment, filepath."""
    pointers = {"value": "raw", "document": "raw", "path": "cold-archive"}
    where = row.where_clause()
    found = []
    for column, store in pointers.items():
        table = schema.external[store]
        (key,) = schema.connection.query(f"SELECT `{column}` FROM {row.full_table_name}{where}").fetchone()
        found += [Path(path) for hash_, path in table.fetch_external_paths() if hash_.bytes == key]
    return found


def harm(kind, path):
    content = path.read_bytes()
    if kind == "truncated":
        path.write_bytes(content[:-3])
    elif kind == "bit flipped":
        path.write_bytes(content[:-2] + bytes([content[-2] ^ 1]) + content[-1:])
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "missing":
        path.unlink()
    elif kind == "longer":
        path.write_bytes(content + b"\0")


def exchange(first, second):
    """Objects of the same size change places: only a hash can tell."""
    for a, b in zip(first, second, strict=True):
        content = a.read_bytes()
        a.write_bytes(b.read_bytes())
        b.write_bytes(content)


# -- 0.11 ---------------------------------------------------------------------------


def hash_011(packed, store):
    """SHA-256 in URL-safe base64 without padding (43 characters), then the store's name."""
    return base64.b64encode(hashlib.sha256(packed).digest(), b"-_").decode()[:43] + store


def build_old(schema, make_file):
    """A table that 0.11 declared, and a twin with the same keys and values in 0.14's own blobs.

    0.14 cannot open the first, so its digest cannot be had before a migration; that of the twin's columns can.
    """
    name, query = schema.database, schema.connection.query
    # 0.11 names: the default store is "external", others "external-<name>"; their places are those of today's stores
    locations = {store: Path(dj.config["stores"][s]["location"]) for store, s in (("", "raw"), ("cold", "cold-archive"))}

    @schema
    class Twin(dj.Manual):
        definition = """
        id : int
        ---
        movie : longblob
        mask = null : longblob
        params : longblob
        """

    query(
        f"CREATE TABLE `{name}`.`~external` ("
        "`hash` char(51) NOT NULL COMMENT 'the hash of stored object + store name', "
        "`size` bigint unsigned NOT NULL COMMENT 'size of object in bytes', "
        "`timestamp` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP COMMENT 'automatic timestamp', "
        "PRIMARY KEY (`hash`)) ENGINE=InnoDB, COMMENT 'external storage tracking'"
    )
    query(
        f"CREATE TABLE `{name}`.`written_by_011` ("
        "`id` int NOT NULL COMMENT '', "
        "`movie` char(51) NOT NULL COMMENT ':external:the animal''s movie', "
        "`mask` char(51) DEFAULT NULL COMMENT ':external-cold:region of interest', "
        "`params` longblob NOT NULL COMMENT 'in the table', "
        "PRIMARY KEY (`id`), "
        f"FOREIGN KEY (`movie`) REFERENCES `{name}`.`~external` (`hash`) ON UPDATE RESTRICT ON DELETE RESTRICT, "
        f"FOREIGN KEY (`mask`) REFERENCES `{name}`.`~external` (`hash`) ON UPDATE RESTRICT ON DELETE RESTRICT"
        ") ENGINE=InnoDB, COMMENT 'declared by DataJoint 0.11'"
    )

    def put(value, store):
        if value is None:
            return None
        plain = pack_plain(value)
        packed = min(plain, compressed(plain), key=len)  # 0.11 compressed whenever that was shorter
        key = hash_011(packed, store)
        make_file(locations[store], f"{name}/{key}", packed)
        query(
            f"INSERT INTO `{name}`.`~external` (hash, size) VALUES (%s, %s) ON DUPLICATE KEY UPDATE timestamp=timestamp",
            args=(key, len(packed)),
        )
        return key

    def array(*shape):
        return np.arange(np.prod(shape), dtype="f8").reshape(shape) / 7

    for i in range(5):
        movie = array(2, 3, 4 + i) if i != 3 else array(2, 3, 4)  # row 3 shares the object of row 0
        mask = None if i % 2 else np.zeros((5, 60 * (i + 1)), "u1")
        params = array(2, i)
        Twin.insert1(dict(id=i, movie=movie, mask=mask, params=params))
        query(
            f"INSERT INTO `{name}`.`written_by_011` (id, movie, mask, params) VALUES (%s, %s, %s, _binary %s)",
            args=(i, put(movie, ""), put(mask, "cold"), pack_plain(params)),
        )
    put(array(3), "")  # an orphan


# -- gaps ---------------------------------------------------------------------------


def build_gaps(schema, make_file, scratch):
    @schema
    class Gap(dj.Manual):
        definition = """
        kind : varchar(64)
        ---
        movie : blob@raw                         # required
        backup = null : blob@cold-archive
        document : attach@raw                    # required
        scan = null : attach@cold-archive
        source : filepath@cold-archive           # required
        notes = null : filepath@raw
        """

    blobs = {"movie": "raw", "backup": "cold-archive"}
    attachments = {"document": "raw", "scan": "cold-archive"}
    paths = {"source": "cold-archive", "notes": "raw"}
    optional = ("backup", "scan", "notes")
    lost = {
        "complete": (),
        "null": (),
        "optional objects missing": optional,
        "required blob missing": ("movie",),
        "required attachment missing": ("document",),
        "required file missing": ("source",),
        "all missing": (*blobs, *attachments, *paths),
    }
    for kind, missing in lost.items():
        row = dict(kind=kind)
        for column in blobs:
            row[column] = f"{column} of {kind}"
        for column in attachments:
            row[column] = make_file(f"{scratch}/gaps/{column}", f"{kind}.txt", f"{column} of {kind}")
        for column, store in paths.items():
            row[column] = make_file(dj.config["stores"][store]["stage"], f"gaps/{column}/{kind}.txt", f"{column} of {kind}")
        if kind == "null":
            row.update(dict.fromkeys(optional))
        Gap.insert1(row)
        for column in missing:
            store = (blobs | attachments | paths)[column]
            where = (Gap & {"kind": kind}).where_clause()
            (key,) = schema.connection.query(f"SELECT `{column}` FROM {Gap.full_table_name}{where}").fetchone()
            for hash_, path in schema.external[store].fetch_external_paths():
                if hash_.bytes == key:
                    Path(path).unlink()
            if column in paths:  # the local copy would stand in for the lost file
                Path(row[column]).unlink()


def build(edges, schema, make_file, scratch):
    """``schema(name)`` makes the decorator of PREFIX_name."""
    if "damage" in edges:
        build_damage(schema("damage"), make_file, scratch)
    if "external011" in edges:
        build_old(schema("old"), make_file)
    if "nullmissing" in edges:
        build_gaps(schema("gaps"), make_file, scratch)
