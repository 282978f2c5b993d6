#!/usr/bin/env python3
"""Write a dump of a DataJoint 0.14 pipeline of any size, as mysqldump 9.7 writes it, fast.  Standard library only.

    make_dump.py [--bytes 100M] [--binary] [--tables 6] [--blobs 0.6] [--pointers 0.1] [--array-bytes 8K] [--schema rjbench_dump] [-o FILE]

--hex-blob (default) writes blobs as 0x…, --binary as mysqldump without --hex-blob does: _binary '…' with escapes.
The size is kept to about three megabytes; a dump always has all its tables and a complete footer.

table            share       what
__spectrumN      --pointers  `blob@raw` pointers (its objects do not exist), float; tracking rows are in ~external_raw
__unitN          the rest    int, double, NULL, enum, tinyint(1), varchar: about 85 bytes a row
_recordingN      --blobs     longblob: mYm arrays of --array-bytes (float64, int16, float32, a zlib-compressed one) and small dicts (dj0)
session                      what all refer to
~external_raw, ~log

A statement's rows belong to one session, and each table has a few prepared statements in which only the number of the session is
replaced: values repeat from session to session, keys never do.  The same arguments give the same bytes.
"""

import argparse
import hashlib
import os
import random
import re
import struct
import sys
import time
import zlib

STATEMENT = 1_000_000  # mysqldump closes a statement at about net_buffer_length
FIRST = 1_000_001  # sessions have seven digits, so replacing them keeps the length
TOKEN = b"\x01SESS1\x01"  # stands for a session; binary values are chosen not to hold it
VARIANTS = 4  # prepared statements per table

COLLATE = "COLLATE utf8mb4_bin"
TAIL = ") ENGINE=InnoDB{} DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin{};"
TO_SESSION = "FOREIGN KEY (`session`) REFERENCES `session` (`session`) ON DELETE RESTRICT ON UPDATE CASCADE"

# exactly what SHOW CREATE TABLE of MySQL 9.7 prints for tables declared by DataJoint 0.14.10
SPECTRUM = f"""CREATE TABLE `{{name}}` (
  `session` int unsigned NOT NULL,
  `line` int unsigned NOT NULL,
  `data` binary(16) NOT NULL COMMENT ':blob@raw:power',
  `peak` float NOT NULL COMMENT 'Hz',
  PRIMARY KEY (`session`,`line`),
  KEY `data` (`data`),
  CONSTRAINT `{{name}}_ibfk_1` {TO_SESSION},
  CONSTRAINT `{{name}}_ibfk_2` FOREIGN KEY (`data`) REFERENCES `~external_raw` (`hash`) ON DELETE RESTRICT ON UPDATE RESTRICT
{TAIL.format("", "")}"""
UNIT = f"""CREATE TABLE `{{name}}` (
  `session` int unsigned NOT NULL,
  `unit` int unsigned NOT NULL,
  `depth` float NOT NULL COMMENT 'µm',
  `rate` double NOT NULL COMMENT 'Hz',
  `snr` double DEFAULT NULL,
  `quality` enum('good','mua','noise') {COLLATE} NOT NULL DEFAULT 'mua',
  `n_spikes` int unsigned NOT NULL,
  `accepted` tinyint(1) NOT NULL DEFAULT '0',
  `label` varchar(64) {COLLATE} NOT NULL DEFAULT '',
  `note` varchar(255) {COLLATE} DEFAULT NULL COMMENT '"free text"',
  PRIMARY KEY (`session`,`unit`),
  CONSTRAINT `{{name}}_ibfk_1` {TO_SESSION}
{TAIL.format("", " COMMENT='sorted units'")}"""
RECORDING = f"""CREATE TABLE `{{name}}` (
  `session` int unsigned NOT NULL,
  `channel` smallint unsigned NOT NULL,
  `trace` longblob NOT NULL COMMENT 'µV',
  `params` longblob COMMENT 'of the filter',
  `noise` double NOT NULL,
  PRIMARY KEY (`session`,`channel`),
  CONSTRAINT `{{name}}_ibfk_1` {TO_SESSION}
{TAIL.format("", " COMMENT='channels'")}"""
SESSION = f"""CREATE TABLE `session` (
  `session` int unsigned NOT NULL,
  `session_date` date NOT NULL,
  `rig` varchar(16) {COLLATE} NOT NULL DEFAULT 'A' COMMENT 'where',
  `started` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (`session`)
{TAIL.format("", " COMMENT='a day at the rig'")}"""
EXTERNAL = f"""CREATE TABLE `~external_raw` (
  `hash` binary(16) NOT NULL COMMENT ':uuid:hash of contents (blob), of filename + contents (attach), or relative filepath (filepath)',
  `size` bigint unsigned NOT NULL COMMENT 'size of object in bytes',
  `attachment_name` varchar(255) {COLLATE} DEFAULT NULL COMMENT 'the filename of an attachment',
  `filepath` varchar(1000) {COLLATE} DEFAULT NULL COMMENT 'relative filepath or attachment filename',
  `contents_hash` binary(16) DEFAULT NULL COMMENT ':uuid:used for the filepath datatype',
  `timestamp` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP COMMENT 'automatic timestamp',
  PRIMARY KEY (`hash`)
{TAIL.format("", " COMMENT='external storage tracking'")}"""
LOG = f"""CREATE TABLE `~log` (
  `id` int unsigned NOT NULL AUTO_INCREMENT COMMENT 'event order id',
  `timestamp` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP COMMENT 'event timestamp',
  `version` varchar(12) {COLLATE} NOT NULL COMMENT 'datajoint version',
  `user` varchar(255) {COLLATE} NOT NULL COMMENT 'user@host',
  `host` varchar(255) {COLLATE} NOT NULL DEFAULT '' COMMENT 'system hostname',
  `event` varchar(255) {COLLATE} NOT NULL DEFAULT '' COMMENT 'event message',
  PRIMARY KEY (`id`)
{TAIL.format(" AUTO_INCREMENT=3", " COMMENT='event logging table for `{schema}`'")}"""

HEADER = """-- MySQL dump 10.13  Distrib 9.7.4, for Linux (x86_64)
--
-- Host: 127.0.0.1    Database: {schema}
-- ------------------------------------------------------
-- Server version	9.7.4

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET @OLD_CHARACTER_SET_RESULTS=@@CHARACTER_SET_RESULTS */;
/*!40101 SET @OLD_COLLATION_CONNECTION=@@COLLATION_CONNECTION */;
/*!50503 SET NAMES utf8mb4 */;
/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;
/*!40103 SET TIME_ZONE='+00:00' */;
/*!40014 SET @OLD_UNIQUE_CHECKS=@@UNIQUE_CHECKS, UNIQUE_CHECKS=0 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;
/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*!40111 SET @OLD_SQL_NOTES=@@SQL_NOTES, SQL_NOTES=0 */;

--
-- Current Database: `{schema}`
--

CREATE DATABASE /*!32312 IF NOT EXISTS*/ `{schema}` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */ /*!80016 DEFAULT ENCRYPTION='N' */;

USE `{schema}`;
"""
TABLE = """
--
-- Table structure for table `{name}`
--

DROP TABLE IF EXISTS `{name}`;
/*!40101 SET @saved_cs_client     = @@character_set_client */;
/*!50503 SET character_set_client = utf8mb4 */;
{create}
/*!40101 SET character_set_client = @saved_cs_client */;

--
-- Dumping data for table `{name}`
--

LOCK TABLES `{name}` WRITE;
/*!40000 ALTER TABLE `{name}` DISABLE KEYS */;
"""
TABLE_END = """/*!40000 ALTER TABLE `{name}` ENABLE KEYS */;
UNLOCK TABLES;
"""
FOOTER = """/*!40103 SET TIME_ZONE=@OLD_TIME_ZONE */;

/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
/*!40014 SET FOREIGN_KEY_CHECKS=@OLD_FOREIGN_KEY_CHECKS */;
/*!40014 SET UNIQUE_CHECKS=@OLD_UNIQUE_CHECKS */;
/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
/*!40101 SET CHARACTER_SET_RESULTS=@OLD_CHARACTER_SET_RESULTS */;
/*!40101 SET COLLATION_CONNECTION=@OLD_COLLATION_CONNECTION */;
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;

-- Dump completed on 2026-01-02  3:04:05
"""


# -- values ---------------------------------------------------------------------------------------------------------------


def hexadecimal(value):
    return b"0x" + value.hex().upper().encode() if value else b"''"


ESCAPES = {b"\\": b"\\\\", b"\0": b"\\0", b"\n": b"\\n", b"\r": b"\\r", b"'": b"\\'", b'"': b'\\"', b"\x1a": b"\\Z"}
# the client library copies characters of utf8mb4 as they are, and escapes what begins like one but is none
CHARACTER = rb"[\xc2-\xdf][\x80-\xbf]|(?:\xe0[\xa0-\xbf]|\xed[\x80-\x9f]|[\xe1-\xec\xee\xef][\x80-\xbf])[\x80-\xbf]|(?:\xf0[\x90-\xbf]|[\xf1-\xf3][\x80-\xbf]|\xf4[\x80-\x8f])[\x80-\xbf]{2}"
SPECIAL = re.compile(rb"(" + CHARACTER + rb""")|[\\\0\n\r'"\x1a\xc2-\xf7]""", re.DOTALL)


def escaped(value):
    return SPECIAL.sub(lambda found: found[0] if found[1] else ESCAPES.get(found[0], b"\\" + found[0]), value)


def binary(value):
    return b"_binary '" + escaped(value) + b"'"


def array(type_id, data, *shape):
    """As `datajoint.blob.pack` writes a numeric array."""
    dims = struct.pack(f"<{1 + len(shape)}Q", len(shape), *shape)
    return b"mYm\0A" + dims + struct.pack("<II", type_id, 0) + data


def compressed(blob):
    return b"ZL123\0" + struct.pack("<Q", len(blob)) + zlib.compress(blob)


def params(cutoff, order):
    """{'cutoff': float, 'order': int}"""

    def item(name, value):
        name = b"\x05" + struct.pack("<Q", len(name)) + name
        return struct.pack("<Q", len(name)) + name + struct.pack("<Q", len(value)) + value

    # the shortest little-endian form of a positive int has one byte, as long as it is small
    return b"dj0\0\x04" + struct.pack("<Q", 2) + item(b"cutoff", b"\x0d" + struct.pack("<d", cutoff)) + item(b"order", b"\x0a\x01\0" + bytes([order]))


def arrays(rng, size):
    """Four blobs of about that size."""
    f8, f4, i2 = max(size // 8, 1), max(size // 4, 1), max(size // 2, 1)
    gauss = [rng.gauss(0, 50) for _ in range(1000)]
    pick = lambda n: (gauss * (n // 1000 + 1))[:n]  # noqa: E731
    steps = [round(v) for v in pick(i2)]
    yield array(6, struct.pack(f"<{f8}d", *pick(f8)), f8)
    yield array(10, struct.pack(f"<{i2}h", *steps), 1, i2)
    yield array(7, struct.pack(f"<{f4}f", *pick(f4)), f4)
    yield compressed(array(10, struct.pack(f"<{i2}h", *steps), i2))


# -- statements -----------------------------------------------------------------------------------------------------------


class Template:
    """A prepared statement: rows of one session whose number is left open."""

    def __init__(self, name, rows):
        text = b"INSERT INTO `" + name.encode() + b"` VALUES " + b",".join(rows) + b";\n"
        self.text, self.n_rows = text, len(rows)

    def of(self, session):
        return self.text.replace(TOKEN, session)

    def __len__(self):
        return len(self.text)


class Generator:
    def __init__(self, args):
        self.args = args
        self.blob = hexadecimal if args.hex_blob else binary

    def rng(self, *what):
        return random.Random(repr(what))

    def until_full(self, rows):
        found, size = [], 0
        for row in rows:
            found.append(row)
            size += len(row) + 1
            if size > STATEMENT:
                break
        return found

    def unit(self, name, variant):
        rng = self.rng(name, variant)

        def row(i):
            snr = b"NULL" if rng.random() < 0.2 else repr(rng.uniform(0.5, 20)).encode()
            note = b"NULL" if rng.random() < 0.8 else rng.choice([b"'drifts'", b"'100% sure'", b"'it\\'s \\\"odd\\\"'", "'µ?'".encode()])
            return b"(%s,%d,%s,%s,%s,'%s',%d,%d,'%s',%s)" % (
                TOKEN, i, b"%.4g" % rng.uniform(1, 3000), repr(rng.uniform(0.01, 90)).encode(), snr,
                rng.choice([b"good", b"mua", b"noise"]), rng.randrange(10**6), rng.randrange(2), b"unit %d of probe %s" % (i, rng.choice([b"A", b"B"])), note,
            )  # fmt: skip

        return Template(name, self.until_full(row(i) for i in range(10**6)))

    def recording(self, name, variant):
        rng = self.rng(name, variant)
        blobs = []
        for packed in arrays(rng, self.args.array_bytes):
            literal = self.blob(packed)
            if TOKEN not in literal:
                blobs.append(literal)

        def row(i):
            settings = b"NULL" if i % 4 == 0 else self.blob(params(rng.uniform(100, 400), 1 + i % 8))
            return b"(%s,%d,%s,%s,%s)" % (TOKEN, i, blobs[i % len(blobs)], settings, repr(rng.uniform(1, 9)).encode())

        return Template(name, self.until_full(row(i) for i in range(65_536)))

    N_POINTERS = 16_000  # of a table in one session: about a megabyte

    def hash(self, table, i):
        """Nine bytes after the seven of the session: the pointers of a session are in the order of their key."""
        tail = hashlib.md5(f"{table} {i}".encode()).digest()[:5]
        if self.args.hex_blob:
            # seven digits are not whole bytes: one more, for the table
            return b"0x" + TOKEN + b"%X%06X%s" % (table, i, tail.hex().upper().encode()) + b"%08X" % (i * 2654435761 % 2**32)
        return b"_binary '" + TOKEN + escaped(struct.pack(">BxH", table, i) + tail) + b"'"

    def spectrum(self, table, name):
        rng = self.rng(name)
        return Template(name, [b"(%s,%d,%s,%s)" % (TOKEN, i, self.hash(table, i), b"%.4g" % rng.uniform(1, 500)) for i in range(self.N_POINTERS)])

    def external(self, table, first, last):
        rng = self.rng("external", table, first)
        rows = [
            b"(%s,%d,NULL,NULL,NULL,'2021-06-01 10:%02d:%02d')" % (self.hash(table, i), rng.randrange(60, 10**6), i % 60, i // 60 % 60)
            for i in range(first, last)
        ]
        return Template("~external_raw", rows)

    def write(self, out):
        """The bytes of the dump, in the order of mysqldump: tables by name."""
        args, schema = self.args, self.args.schema
        each = max(args.tables // 3, 1)
        n_units, n_recordings = max(args.tables - 2 * each, 1), each
        n_spectra = min(each, 15)
        share = {"spectrum": args.pointers, "unit": max(1 - args.blobs - args.pointers, 0), "recording": args.blobs}
        sessions = 1
        n_rows = {}

        spectra = [self.spectrum(t, f"__spectrum{t + 1}") for t in range(n_spectra)]
        step = self.N_POINTERS // 2
        external = [self.external(t, i, i + step) for t in range(n_spectra) for i in range(0, self.N_POINTERS, step)]
        per_session = sum(map(len, spectra)) + sum(map(len, external))
        n_pointer_sessions = round(args.bytes * share["spectrum"] / per_session)
        if share["spectrum"] and not n_pointer_sessions:  # less than one whole session: shorten it
            part = max(int(self.N_POINTERS * args.bytes * share["spectrum"] / per_session), 1)
            self.N_POINTERS = part
            spectra = [self.spectrum(t, f"__spectrum{t + 1}") for t in range(n_spectra)]
            external = [self.external(t, 0, part) for t in range(n_spectra)]
            n_pointer_sessions = 1

        def head(name, create):
            out((TABLE.format(name=name, create=create)).encode())

        def tail(name):
            out(TABLE_END.format(name=name).encode())

        def statements(name, templates, n):
            nonlocal sessions
            sessions = max(sessions, n)
            rows = 0
            for s in range(n):
                template = templates[s % len(templates)]
                out(template.of(b"%d" % (FIRST + s)))
                rows += template.n_rows
            n_rows[name] = rows

        def sized(name, make, total):
            """Whole statements; the last one is cut to the size."""
            nonlocal sessions
            templates = [make(name, v) for v in range(VARIANTS if total > STATEMENT else 1)]
            mean = sum(map(len, templates)) / len(templates)
            n = int(total / mean)
            statements(name, templates, n)
            left = int(total - n * mean)
            if left > 1000:
                row = templates[0].text[:-2].split(b"),(" + TOKEN)
                few = row[: max(int(len(row) * left / mean), 1)]
                text = (b"),(" + TOKEN).join(few)
                text = text + b";\n" if len(few) == len(row) else text + b");\n"
                out(text.replace(TOKEN, b"%d" % (FIRST + n)))
                sessions = max(sessions, n + 1)
                n_rows[name] += len(few)

        out(HEADER.format(schema=schema).encode())
        for template, t in zip(spectra, range(n_spectra)):
            name = f"__spectrum{t + 1}"
            head(name, SPECTRUM.format(name=name))
            statements(name, [template], n_pointer_sessions)
            tail(name)
        for u in range(n_units):
            name = f"__unit{u + 1}"
            head(name, UNIT.format(name=name))
            sized(name, self.unit, args.bytes * share["unit"] / n_units)
            tail(name)
        for r in range(n_recordings):
            name = f"_recording{r + 1}"
            head(name, RECORDING.format(name=name))
            sized(name, self.recording, args.bytes * share["recording"] / n_recordings)
            tail(name)
        head("session", SESSION)
        for first in range(0, sessions, 15_000):
            rows = [
                b"(%d,'20%02d-%02d-%02d','%s','2021-06-01 10:00:00')" % (FIRST + s, 10 + s // 336 % 15, 1 + s // 28 % 12, 1 + s % 28, b"ABC"[s % 3 : s % 3 + 1])
                for s in range(first, min(first + 15_000, sessions))
            ]
            out(Template("session", rows).text)
        n_rows["session"] = sessions
        tail("session")
        head("~external_raw", EXTERNAL)
        for s in range(n_pointer_sessions):
            for template in external:
                out(template.of(b"%d" % (FIRST + s)))
        n_rows["~external_raw"] = n_pointer_sessions * sum(t.n_rows for t in external)
        tail("~external_raw")
        head("~log", LOG.format(schema=schema))
        rows = [b"(%d,'2021-06-01 10:00:00','0.14.10py','root@localhost','workstation','%s')" % (n, e) for n, e in ((1, b"created"), (2, f"Declared `{schema}`.`session`".encode()))]
        out(Template("~log", rows).text)
        tail("~log")
        out(FOOTER.encode())
        return n_rows


def size(text):
    units = {"K": 10**3, "M": 10**6, "G": 10**9}
    text = text.upper().removesuffix("B")
    return int(float(text[:-1]) * units[text[-1]]) if text[-1] in units else int(text)


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--bytes", type=size, default=size("100M"), help="size of the dump, such as 250M or 10G (decimal)")
    kind = p.add_mutually_exclusive_group()
    kind.add_argument("--hex-blob", action="store_true", default=True, help="blobs as 0x… (default)")
    kind.add_argument("--binary", dest="hex_blob", action="store_false", help="blobs as _binary '…'")
    p.add_argument("--tables", type=int, default=6, help="how many tables beside session, ~external_raw and ~log (at least 3)")
    p.add_argument("--blobs", type=float, default=0.6, help="share of the bytes in tables with blobs")
    p.add_argument("--pointers", type=float, default=0.1, help="share of the bytes in tables with pointers and in ~external_raw")
    p.add_argument("--array-bytes", type=size, default=size("8K"), help="size of an array in a blob")
    p.add_argument("--schema", default="rjbench_dump")
    p.add_argument("-o", "--output", help="file to write (default: standard output)")
    args = p.parse_args()
    if args.blobs + args.pointers > 1 or args.tables < 3:
        p.error("--blobs and --pointers are shares of one, and there are at least 3 tables")
    file = open(args.output, "wb", buffering=0) if args.output else os.fdopen(sys.stdout.fileno(), "wb", buffering=0, closefd=False)
    written = 0

    def out(data):
        nonlocal written
        written += len(data)
        view = memoryview(data)
        while view:  # a pipe takes less than all
            view = view[file.write(view) :]

    started = time.monotonic()
    try:
        n_rows = Generator(args).write(out)
        file.close()
    except BrokenPipeError:
        sys.exit("make_dump.py: whoever was reading has gone away")
    seconds = time.monotonic() - started
    print(f"make_dump.py: {written} bytes, {sum(n_rows.values())} rows, {seconds:.2f} s, {written / seconds / 1e6:.0f} MB/s", file=sys.stderr)
    for name, rows in n_rows.items():
        print(f"  {name}: {rows}", file=sys.stderr)


if __name__ == "__main__":
    main()
