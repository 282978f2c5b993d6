//! How fast a dump is read and stored: `import_speed DUMP FILE`. `benches/rehearse` runs it beside the server's own client.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, reason = "a measuring program")]

use std::fs::File;
use std::path::PathBuf;
use std::time::Instant;

fn main() {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (dump, target) = (
        arguments.next().expect("import_speed DUMP FILE"),
        arguments.next().expect("import_speed DUMP FILE"),
    );
    let begun = Instant::now();
    let (_, input) = rejoint_dump::decompress(File::open(&dump).expect("the dump")).expect("the dump");
    let options = rejoint_sqlite::ImportOptions::default();
    let imported = rejoint_sqlite::import(&target, vec![input], &options, &mut |_, _| ()).expect("an import");
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{} bytes, {} rows, {} tables in {seconds:.2} s: {:.1} MB/s",
        imported.bytes,
        imported.rows,
        imported.tables,
        imported.bytes as f64 / 1e6 / seconds
    );
}
