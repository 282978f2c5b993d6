//! The command line.

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Moves DataJoint pipelines (code, database, object stores) to DataJoint 2.x and proves that nothing was lost.
#[derive(Debug, Parser)]
#[command(
    name = "rejoint",
    version,
    propagate_version = true,
    max_term_width = 100,
    after_help = "\
Examples:
  rejoint rehearse lab.sql.gz --stores /data/stores   # all of it on a dump, no server needed
  rejoint scan -s lab_acq -s lab_subject
  rejoint plan upgrade --prefix lab_ -o lab.plan.json
  rejoint apply lab.plan.json --stage expand     # online: 0.14 clients go on working
  rejoint apply lab.plan.json --stage contract   # the window: seconds
  rejoint undo lab.plan.json                     # back to the start
  rejoint verify lab.plan.certificate.json       # is everything still as certified?

Exit codes: 0 done, 1 differences or findings, 2 wrong usage or input, 3 refused, 4 server, store or file, 70 a defect."
)]
pub(crate) struct Args {
    /// Print JSON instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// No progress bars and no notes
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Where to connect. What is not given comes from dj_local_conf.json, ~/.datajoint_config.json, datajoint.json, .secrets/ and DJ_*.
#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ConnectionArgs {
    /// Server, `name` or `name:port`
    #[arg(long, global = true)]
    pub(crate) host: Option<String>,
    /// Port
    #[arg(long, short = 'P', global = true)]
    pub(crate) port: Option<u16>,
    /// User
    #[arg(long, short, global = true)]
    pub(crate) user: Option<String>,
    /// Ask for the password (it is never taken from the command line)
    #[arg(long, short = 'p', global = true)]
    pub(crate) password: bool,
    /// Use of TLS; `verified` also checks the certificate
    #[arg(long, global = true, value_enum)]
    pub(crate) tls: Option<Tls>,
    /// Settings file of the lab (dj_local_conf.json or datajoint.json)
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where a store's objects are on this machine; repeatable
    #[arg(long = "store", global = true, value_name = "NAME=FOLDER")]
    pub(crate) stores: Vec<String>,
    /// Seconds to wait for a lock before trying again
    #[arg(long, global = true, default_value_t = 5, value_name = "SECONDS")]
    pub(crate) lock_wait: u32,
}

/// Use of TLS.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Tls {
    /// Never
    Off,
    /// When the server offers it
    Preferred,
    /// Always
    Required,
    /// Always, with a certificate valid for the host
    Verified,
}

/// Which schemas.
#[derive(Debug, ClapArgs)]
pub(crate) struct SchemaArgs {
    /// A schema; repeatable
    #[arg(long = "schema", short = 's', value_name = "NAME")]
    pub(crate) schemas: Vec<String>,
    /// All schemas whose name begins with this
    #[arg(long, value_name = "TEXT")]
    pub(crate) prefix: Option<String>,
    /// All schemas this account can see
    #[arg(long)]
    pub(crate) all: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Look at a pipeline: what is there, what is damaged, what has to be decided. Reads only
    Scan(ScanArgs),
    /// Make a plan, to be reviewed before anything runs
    Plan {
        #[command(subcommand)]
        kind: PlanKind,
    },
    /// Try the whole migration on a dump, without a server: report, runbook, proof
    Rehearse(RehearseArgs),
    /// Run a plan, one stage at a time
    Apply(ApplyArgs),
    /// Where a plan stands
    Status(PlanArg),
    /// Take a plan back
    Undo(UndoArgs),
    /// Check that everything is still as a certificate says
    Verify(VerifyArgs),
    /// Rewrite Python files and notebooks from the 0.x API to 2.x
    Code(CodeArgs),
    /// Draw a pipeline: tables, tiers, foreign keys. Reads only
    Diagram(DiagramArgs),
    /// Compare the tables that code defines with those of the database, both ways. Reads only
    Diff(DiffArgs),
    /// Show the settings and where each value comes from
    Config(ConfigArgs),
    /// Print completions for a shell
    #[command(after_help = "Example:\n  rejoint completions bash > /etc/bash_completion.d/rejoint")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Options of `scan`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  rejoint scan --prefix lab_                 # seconds, also for hundreds of schemas
  rejoint scan --prefix lab_ --full          # every row, every object
  rejoint scan -s lab_acq --json > scan.json
SELECT is enough. Exit code 1: there is something to look at before planning.")]
pub(crate) struct ScanArgs {
    #[command(flatten)]
    pub(crate) schemas: SchemaArgs,
    /// Look at every row of every table, not at samples
    #[arg(long)]
    pub(crate) full: bool,
    /// What to check of objects
    #[arg(long, value_enum, default_value = "size")]
    pub(crate) objects: ObjectsArg,
    /// Print the table of which client reads what for every table, not only where it changes
    #[arg(long)]
    pub(crate) all_tables: bool,
    /// Also write the whole report as JSON into this file
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// What to check of objects.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ObjectsArg {
    /// Nothing
    None,
    /// That they are there with their size; orphans
    Size,
    /// Their content too: reads every object
    Hash,
}

/// Kinds of plans.
#[derive(Debug, Subcommand)]
pub(crate) enum PlanKind {
    /// From DataJoint 0.x to 2.x, in place
    #[command(after_help = "\
Examples:
  rejoint plan upgrade --prefix lab_
  rejoint plan upgrade -s lab_acq --decide missing-objects:lab_acq.session.raw=keep --decide adapter-base:lab_acq.scan.trace=blob
  rejoint plan upgrade --prefix lab_ --markers all

The plan is written to a file and changes nothing. Decisions that are open are listed; a plan with open decisions cannot be applied.")]
    Upgrade(UpgradeArgs),
    /// Print a plan for people
    #[command(after_help = "Example:\n  rejoint plan show lab.plan.json --sql | less")]
    Show(ShowArgs),
}

/// Options of `plan upgrade`.
#[derive(Debug, ClapArgs)]
pub(crate) struct UpgradeArgs {
    #[command(flatten)]
    pub(crate) schemas: SchemaArgs,
    /// The plan file to write
    #[arg(long, short, default_value = "upgrade.plan.json", value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Which columns get a `:type:` marker
    #[arg(long, value_enum, default_value = "codecs")]
    pub(crate) markers: Markers,
    /// Do not add the hidden job columns of 2.x
    #[arg(long)]
    pub(crate) no_job_metadata: bool,
    /// Answer a decision; repeatable
    #[arg(long = "decide", value_name = "ID=ANSWER")]
    pub(crate) decisions: Vec<String>,
    /// Do not look whether the objects behind pointers are there
    #[arg(long)]
    pub(crate) skip_objects: bool,
    /// Schema that holds the journal (default: the first)
    #[arg(long, value_name = "NAME")]
    pub(crate) home: Option<String>,
    /// Rows per transaction when new pointers are filled (default: 10000); fewer keep rows locked for a shorter time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) chunk_rows: Option<u64>,
    /// Overwrite the plan file
    #[arg(long)]
    pub(crate) force: bool,
}

/// Marker policies.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Markers {
    /// Only what 2.x needs; 0.14 keeps opening all other tables
    Codecs,
    /// Core types too, as the official guide writes them
    All,
}

/// Options of `plan show`.
#[derive(Debug, ClapArgs)]
pub(crate) struct ShowArgs {
    /// Plan file
    pub(crate) plan: PathBuf,
    /// Print every statement
    #[arg(long)]
    pub(crate) sql: bool,
}

/// A plan.
#[derive(Debug, ClapArgs)]
pub(crate) struct PlanArg {
    /// Plan file
    pub(crate) plan: PathBuf,
}

/// Stages.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum StageArg {
    /// Online; old clients go on working
    Expand,
    /// The window; old clients must be stopped
    Contract,
    /// Drop what was kept for undo; cannot be undone
    Finish,
}

/// Options of `apply`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  rejoint apply lab.plan.json --stage expand
  rejoint apply lab.plan.json --stage contract
A run that was interrupted is taken up again by the same command.")]
pub(crate) struct ApplyArgs {
    /// Plan file
    pub(crate) plan: PathBuf,
    /// Stage
    #[arg(long, value_enum)]
    pub(crate) stage: StageArg,
    /// Refuse any plan but the one with this hash (at least 8 digits)
    #[arg(long, value_name = "HASH")]
    pub(crate) hash: Option<String>,
    #[command(flatten)]
    pub(crate) evidence: EvidenceArgs,
}

/// How closely to look, and whom to wait for.
#[derive(Debug, ClapArgs)]
pub(crate) struct EvidenceArgs {
    /// A session that does no harm; repeatable
    #[arg(long = "ignore-session", value_name = "NUMBER")]
    pub(crate) ignore_sessions: Vec<u64>,
    /// Do not look at sessions: you vouch that every old client is stopped
    #[arg(long)]
    pub(crate) trust_sessions: bool,
    /// Look at objects by their size only
    #[arg(long)]
    pub(crate) objects_by_size: bool,
    /// Do not decode blobs for the certificate
    #[arg(long)]
    pub(crate) stored_only: bool,
}

/// How far to undo.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum UndoToArg {
    /// To the state after expand
    Expand,
    /// To the very start
    Start,
}

/// Options of `undo`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  rejoint undo lab.plan.json               # as before the plan; rows written since are kept
  rejoint undo lab.plan.json --to expand   # 0.14 works again, the new pointers stay up to date")]
pub(crate) struct UndoArgs {
    /// Plan file
    pub(crate) plan: PathBuf,
    /// How far
    #[arg(long, value_enum, default_value = "start")]
    pub(crate) to: UndoToArg,
    #[command(flatten)]
    pub(crate) evidence: EvidenceArgs,
}

/// Options of `verify`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  rejoint verify lab.plan.certificate.json\nExit code 1: something differs; tables, keys and columns are named."
)]
pub(crate) struct VerifyArgs {
    /// Certificate
    pub(crate) certificate: PathBuf,
    /// Fingerprints, which name rows (default: beside the certificate)
    #[arg(long, value_name = "FILE")]
    pub(crate) fingerprints: Option<PathBuf>,
    /// Look at objects by their size only
    #[arg(long)]
    pub(crate) objects_by_size: bool,
    /// Do not look at objects
    #[arg(long)]
    pub(crate) skip_objects: bool,
    /// Name at most this many differences per table
    #[arg(long, default_value_t = 20, value_name = "N")]
    pub(crate) most: usize,
}

/// Options of `code`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  rejoint code src notebooks                 # the changes as a diff, and what is left for you
  rejoint code src --write
  rejoint code . --branch datajoint-2        # a new git branch with one commit per step
  rejoint code . --branch datajoint-2 --pin-old   # and a commit on this branch that pins DataJoint below 2
  rejoint code src --check                   # exit code 1 when something is left: for CI
  rejoint code src --sarif code.sarif        # for code review

A rewrite is safe (same behaviour, shown under both versions) or suggested (right in most code; --suggested).
What the code cannot tell is a finding with its choices; answers go into a TOML file (--decisions).")]
pub(crate) struct CodeArgs {
    /// Files and folders
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Write the changed files
    #[arg(long)]
    pub(crate) write: bool,
    /// Write the changed files on a new git branch, with one commit per step: definitions, queries, the rest, and
    /// `datajoint>=2.3,<3` in the files that name its version. Refuses a tree with changes
    #[arg(long, value_name = "NAME", conflicts_with = "write")]
    pub(crate) branch: Option<String>,
    /// With --branch: first one commit on the branch that is checked out, which pins DataJoint below 2 in
    /// requirements*.txt, pyproject.toml, setup.py, setup.cfg and environment*.yml; your own lower bounds stay
    #[arg(long, requires = "branch")]
    pub(crate) pin_old: bool,
    /// Exit with 1 when anything would be rewritten or is left
    #[arg(long)]
    pub(crate) check: bool,
    /// Also make suggested rewrites
    #[arg(long)]
    pub(crate) suggested: bool,
    /// Do not print the diff
    #[arg(long)]
    pub(crate) no_diff: bool,
    /// Only rules for code that is already on 2.x
    #[arg(long, value_name = "VERSION", value_parser = ["2.0"])]
    pub(crate) since: Option<String>,
    /// Rules to run (codes like RJ0101); repeatable
    #[arg(long, value_name = "CODE")]
    pub(crate) select: Vec<String>,
    /// Rules not to run; repeatable
    #[arg(long, value_name = "CODE")]
    pub(crate) ignore: Vec<String>,
    /// Text to put at the end of every schema name, such as _v2
    #[arg(long, value_name = "TEXT")]
    pub(crate) schema_suffix: Option<String>,
    /// Also turn native numeric types into core types where the column stays the same
    #[arg(long)]
    pub(crate) core_types: bool,
    /// Double quotes in restrictions become single quotes (PostgreSQL)
    #[arg(long)]
    pub(crate) single_quotes: bool,
    /// Answers
    #[arg(long, value_name = "FILE")]
    pub(crate) decisions: Option<PathBuf>,
    /// Write findings and rewrites as SARIF
    #[arg(long, value_name = "FILE")]
    pub(crate) sarif: Option<PathBuf>,
}

/// Options of `diagram`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  rejoint diagram --prefix lab_ -o lab.html            # zoom, move, search; works offline
  rejoint diagram -s lab_acq -o acq.svg --hide-parts
  rejoint diagram --prefix lab_ --around Session --up 2 --down 1 -o session.svg
  rejoint diagram -s lab_acq --format mermaid          # for a README
  rejoint diagram --dump lab.sql.gz -o lab.svg         # of a dump, without a server
  rejoint diagram --code src -o src.html               # of the definitions in the code

Green: manual, grey: lookup, blue: imported, red: computed, small: part. A thick line is one to one, a thin one is one to many,
a dashed one is not in the primary key; an orange dot says that columns are renamed.")]
pub(crate) struct DiagramArgs {
    #[command(flatten)]
    pub(crate) schemas: SchemaArgs,
    /// Draw what a dump defines, without a server; repeatable
    #[arg(long, value_name = "FILE", conflicts_with = "code")]
    pub(crate) dump: Vec<PathBuf>,
    /// Draw what Python files and folders define, without a server; repeatable
    #[arg(long, value_name = "PATH")]
    pub(crate) code: Vec<PathBuf>,
    /// The schema of a file, or of one schema object in it, whose name the code computes; repeatable
    #[arg(long = "schema-of", value_name = "FILE[:VARIABLE]=NAME", requires = "code")]
    pub(crate) schema_of: Vec<String>,
    /// What to write (default: what the file's name ends in, else svg)
    #[arg(long, value_enum)]
    pub(crate) format: Option<DiagramFormat>,
    /// The file to write (default: standard output)
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Leave out part tables
    #[arg(long)]
    pub(crate) hide_parts: bool,
    /// Only this table and what is near it: schema.table, a name in SQL, or a class name
    #[arg(long, value_name = "TABLE")]
    pub(crate) around: Option<String>,
    /// Levels of ancestors of that table
    #[arg(long, value_name = "N", default_value_t = 1, requires = "around")]
    pub(crate) up: u32,
    /// Levels of descendants of that table
    #[arg(long, value_name = "N", default_value_t = 1, requires = "around")]
    pub(crate) down: u32,
}

/// Formats of `diagram`.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum DiagramFormat {
    /// An image
    Svg,
    /// A page with zoom and search
    Html,
    /// Text that GitHub draws
    Mermaid,
    /// Text for Graphviz
    Dot,
}

/// Options of `diff`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  rejoint diff src
  rejoint diff src --json > diff.json
  rejoint diff src --schema-of src/session.py=lab_session --schema-of src/scan.py:schema=lab_scan

Names tables, columns, keys and indexes that are missing, extra, renamed or different. What the code computes when it runs is not
guessed but listed as undecided. Exit code 1: something differs or is undecided.")]
pub(crate) struct DiffArgs {
    /// Files and folders of the code: all that import each other
    #[arg(required = true, value_name = "CODE")]
    pub(crate) paths: Vec<PathBuf>,
    /// By whose rules to read the definitions (default: 2.x when a definition has a type that only 2.x knows, else 0.14)
    #[arg(long, value_enum)]
    pub(crate) dialect: Option<DialectArg>,
    /// The schema of a file, or of one schema object in it, whose name the code computes; repeatable
    #[arg(long = "schema-of", value_name = "FILE[:VARIABLE]=NAME")]
    pub(crate) schema_of: Vec<String>,
}

/// Whose rules.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum DialectArg {
    /// DataJoint 0.14
    V0,
    /// DataJoint 2.x
    V2,
}

/// Options of `config`.
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Example:\n  rejoint config --to-v2 .   # writes datajoint.json and .secrets/ for 2.x"
)]
pub(crate) struct ConfigArgs {
    /// Write datajoint.json and .secrets/ for 2.x into this folder
    #[arg(long, value_name = "FOLDER")]
    pub(crate) to_v2: Option<PathBuf>,
}

/// Options of `rehearse`.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  rejoint rehearse lab.sql.gz --stores /data/stores --code ~/lab-pipeline
  rejoint rehearse examples/legacy-pipeline/dump.sql --stores examples/legacy-pipeline/stores --code examples/legacy-pipeline
  rejoint rehearse lab.sql --stores stores --export lab-2x.sql.gz   # also the migrated pipeline, to be loaded
  rejoint rehearse lab.plan.json --into scratch_ --sample 10000     # a plan, on copies on its server

Runs the whole migration on a dump, without a server: both stages, verification, undo on a second copy, and once more.
Stores are only read; new objects go to a scratch folder. Take the dump with
  mysqldump --single-transaction --hex-blob --databases SCHEMA… > lab.sql
Exit code 0: passed; 1: passed with something to look at, or failed.")]
pub(crate) struct RehearseArgs {
    /// Dump files of mysqldump or mariadb-dump, also .gz and .zst; with --into, a plan
    #[arg(required = true, value_name = "DUMP")]
    pub(crate) sources: Vec<PathBuf>,
    /// A folder that holds one folder for each store, named like the store
    #[arg(long = "stores", id = "stores_folder", value_name = "DIR")]
    pub(crate) stores: Option<PathBuf>,
    /// Python files and folders of the pipeline: what `rejoint code` would rewrite goes into the report; repeatable
    #[arg(long, value_name = "PATH")]
    pub(crate) code: Vec<PathBuf>,
    /// Where to write report, runbook, plan and certificate
    #[arg(long, short, default_value = "rehearsal", value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// The schema of a dump that does not name one
    #[arg(long, value_name = "NAME")]
    pub(crate) schema: Option<String>,
    /// Which columns get a `:type:` marker
    #[arg(long, value_enum, default_value = "codecs")]
    pub(crate) markers: Markers,
    /// Answer a decision; repeatable. What nobody answers is answered for the rehearsal and reported as open
    #[arg(long = "decide", value_name = "ID=ANSWER")]
    pub(crate) decisions: Vec<String>,
    /// Scan every row of every table, not samples
    #[arg(long)]
    pub(crate) full: bool,
    /// Rehearse a plan on the server instead: on copies of its schemas, with this text before their names
    #[arg(long, value_name = "PREFIX", conflicts_with_all = ["schema", "export", "full", "decisions"])]
    pub(crate) into: Option<String>,
    /// With --into: copy at most N rows of each table, and all rows that they refer to
    #[arg(long, value_name = "N", requires = "into", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) sample: Option<u64>,
    /// With --into: copy only rows for which an SQL condition holds, and what they refer to; repeatable
    #[arg(long = "where", value_name = "SCHEMA.TABLE=CONDITION", requires = "into")]
    pub(crate) conditions: Vec<String>,
    /// Rehearse without the stores: objects are neither read nor written, and nothing is proven about them
    #[arg(long, conflicts_with = "stores_folder")]
    pub(crate) without_objects: bool,
    /// Do not try undo on a second copy
    #[arg(long)]
    pub(crate) no_undo: bool,
    /// Write the migrated pipeline as a dump that MySQL and MariaDB load (.sql or .sql.gz)
    #[arg(long, value_name = "FILE", conflicts_with = "without_objects")]
    pub(crate) export: Option<PathBuf>,
    /// Keep the working files (the pipeline as SQLite files, new objects)
    #[arg(long)]
    pub(crate) keep: bool,
    /// Replace an earlier rehearsal in the same folder
    #[arg(long)]
    pub(crate) force: bool,
}
