//! How fast a dump is read: `cargo run --release -p rejoint-dump --example dump_speed [FILE]`.
//!
//! With a file (`.gz` and `.zst` too) it reads that; with `--generate GIGABYTES` it reads a dump of that size, made while
//! it is read, and prints the peak of its memory (Linux); without one it makes dumps of three kinds in memory: rows of numbers
//! and short text, text blobs, and random bytes with and without `--hex-blob`.

#![allow(clippy::print_stdout, reason = "it is a program")]

use std::error::Error;
use std::io::Read;
use std::time::Instant;

use rejoint_dump::{DumpReader, Event, RowTypes, Table, decompress};
use rejoint_value::Cell;

/// Reads everything; turns values into cells if `typed`. Rows, bytes of values, window.
fn read(input: impl Read, typed: bool) -> Result<(u64, u64, usize, u64), Box<dyn Error>> {
    let mut reader = DumpReader::new(input);
    let mut table: Option<Table> = None;
    let (mut n_rows, mut n_bytes) = (0u64, 0u64);
    while let Some(event) = reader.next_event()? {
        match event {
            Event::Table(found) => table = Some(found),
            Event::Rows(rows) => {
                n_rows += rows.len() as u64;
                let mut types = match &table {
                    Some(table) if typed => Some(RowTypes::new(table, &rows)?),
                    _ => None,
                };
                for row in rows.iter() {
                    for (index, value) in row.iter().enumerate() {
                        n_bytes += match &mut types {
                            Some(types) => match types.cell(index, value)? {
                                Cell::Text(bytes) | Cell::Bytes(bytes) => bytes.len() as u64,
                                _ => 8,
                            },
                            None => match value {
                                rejoint_dump::Value::Null => 0,
                                rejoint_dump::Value::Number(bytes)
                                | rejoint_dump::Value::Text(bytes, _)
                                | rejoint_dump::Value::Bytes(bytes) => bytes.len() as u64,
                            },
                        };
                    }
                }
            }
            _ => {}
        }
    }
    Ok((n_rows, n_bytes, reader.window(), reader.position()))
}

/// 64-bit random numbers, the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

fn escaped(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(b"_binary '");
    for byte in bytes {
        match byte {
            0 => out.extend_from_slice(b"\\0"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            0x1a => out.extend_from_slice(b"\\Z"),
            b'\\' | b'\'' | b'"' => out.extend_from_slice(&[b'\\', *byte]),
            _ => out.push(*byte),
        }
    }
    out.push(b'\'');
}

/// About `size` bytes in statements of 1 MiB.
fn dump(create: &str, size: usize, mut row: impl FnMut(&mut Vec<u8>, u64)) -> Vec<u8> {
    let mut out = format!("-- MySQL dump 10.13  Distrib 9.7.4, for Linux\n--\n-- Server version\t9.7.4\n/*!50503 SET NAMES utf8mb4 */;\n{create};\n").into_bytes();
    let mut id = 0;
    while out.len() < size {
        out.extend_from_slice(b"INSERT INTO `t` VALUES ");
        let end = out.len() + (1 << 20);
        loop {
            row(&mut out, id);
            id += 1;
            if out.len() > end {
                break;
            }
            out.push(b',');
        }
        out.extend_from_slice(b";\n");
    }
    out.extend_from_slice(b"-- Dump completed on 2026-01-01  0:00:00\n");
    out
}

fn measure(name: &str, dump: &[u8]) -> Result<(), Box<dyn Error>> {
    for typed in [false, true] {
        let mut best = f64::MAX;
        let mut found = (0, 0, 0, 0);
        for _ in 0..3 {
            let start = Instant::now();
            found = read(dump, typed)?;
            best = best.min(start.elapsed().as_secs_f64());
        }
        let megabytes = found.3 as f64 / 1e6;
        let (rows, window) = (found.0 as f64 / 1e6, found.2 / 1024);
        let what = if typed { "cells" } else { "values" };
        println!(
            "{name:<28} {what:<7} {:>7.0} MB/s {:>7.2} M rows/s   window {window} KiB",
            megabytes / best,
            rows / best
        );
    }
    Ok(())
}

/// A dump that is made while it is read: one part again and again.
struct Generated {
    head: Vec<u8>,
    part: Vec<u8>,
    at: usize,
    left: u64,
}

impl Read for Generated {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.part.len() || !self.head.is_empty() {
            if self.head.is_empty() && self.left == 0 {
                return Ok(0);
            }
            self.at = 0;
            if self.head.is_empty() {
                self.left = self.left.saturating_sub(self.part.len() as u64);
            } else {
                let count = self.head.len().min(out.len());
                out[..count].copy_from_slice(&self.head[..count]);
                self.head.drain(..count);
                return Ok(count);
            }
        }
        let count = (self.part.len() - self.at).min(out.len());
        out[..count].copy_from_slice(&self.part[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

/// Reads a dump of so many gigabytes and prints how much memory that took.
fn large(gigabytes: u64) -> Result<(), Box<dyn Error>> {
    let mut random = Random(7);
    let mut part = b"INSERT INTO `t` VALUES ".to_vec();
    for id in 0..20_000 {
        let text =
            format!("({id},{},'it\\'s {:x}',0x{:016X}),", random.next() % 1000, random.next(), random.next());
        part.extend_from_slice(text.as_bytes());
    }
    part.pop();
    part.extend_from_slice(b";\n");
    let head = b"CREATE TABLE `t` (`id` int, `n` int, `v` varchar(40), `b` longblob);\n".to_vec();
    let at = part.len();
    let start = Instant::now();
    let (rows, _, window, bytes) = read(Generated { head, part, at, left: gigabytes * 1_000_000_000 }, true)?;
    let megabytes = bytes as f64 / 1e6;
    println!(
        "{megabytes:.0} MB, {rows} rows, {:.0} MB/s, window {} KiB",
        megabytes / start.elapsed().as_secs_f64(),
        window / 1024
    );
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(line) = status.lines().find(|line| line.starts_with("VmHWM")) {
        println!("peak memory{}", line.trim_start_matches("VmHWM"));
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    if let Some(path) = arguments.next() {
        if path == "--generate" {
            let size = arguments
                .next()
                .and_then(|size| size.to_str()?.parse().ok())
                .ok_or("--generate GIGABYTES")?;
            return large(size);
        }
        let start = Instant::now();
        let (compression, input) = decompress(std::fs::File::open(path)?)?;
        let (rows, _, window, bytes) = read(input, true)?;
        let seconds = start.elapsed().as_secs_f64();
        let megabytes = bytes as f64 / 1e6;
        println!(
            "{compression:?}: {megabytes:.0} MB, {rows} rows, {:.0} MB/s, window {} KiB",
            megabytes / seconds,
            window / 1024
        );
        return Ok(());
    }
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let numbers = dump(
        "CREATE TABLE `t` (`id` int, `d` date, `s` smallint, `x` double, `n` int, `v` varchar(40), `c` char(32)) DEFAULT CHARSET=utf8mb4",
        200 << 20,
        |out, id| {
            let r = random.next();
            let text = format!(
                "({id},'20{:02}-0{}-1{}',{},{},{},'subject {} it\\'s session {}','{:032x}')",
                r % 24,
                1 + r % 9,
                r % 10,
                r % 30000,
                (r % 1_000_000) as f64 / 7.0,
                r % 100_000,
                r % 1000,
                r % 77,
                r
            );
            out.extend_from_slice(text.as_bytes());
        },
    );
    measure("numbers and short text", &numbers)?;
    drop(numbers);
    for (name, hex) in [("random bytes, escaped", false), ("random bytes, --hex-blob", true)] {
        let blobs = dump("CREATE TABLE `t` (`id` int, `b` longblob)", 200 << 20, |out, id| {
            let bytes: Vec<u8> = (0..6000).flat_map(|_| random.next().to_le_bytes()).collect();
            out.extend_from_slice(format!("({id},").as_bytes());
            if hex {
                out.extend_from_slice(b"0x");
                let digits: String = bytes.iter().map(|b| format!("{b:02X}")).collect();
                out.extend_from_slice(digits.as_bytes());
            } else {
                escaped(out, &bytes);
            }
            out.push(b')');
        });
        measure(name, &blobs)?;
    }
    Ok(())
}
