//! Connection and store settings of DataJoint 0.x and 2.x from their files, secrets and environment.
//!
//! [`read`] collects everything a lab has configured into one [`Settings`], with the [`Origin`] of each value
//! and a list of [`Problem`]s. Environment, home and working directory are arguments ([`Environment`]).
//!
//! # Which source wins
//!
//! Each generation is resolved as its own client does it, highest first:
//!
//! | 0.x ("legacy") | 2.x |
//! |---|---|
//! | flag of rejoint | flag of rejoint |
//! | `DJ_HOST`, `DJ_USER`, `DJ_PASS`, `DJ_LOG_LEVEL`; set but empty counts as set | mapped variables (`DJ_HOST`, `DJ_PORT`, …), if not empty |
//! | `./dj_local_conf.json`; only if there is none `~/.datajoint_config.json` | `datajoint.json`, searched upwards to a folder with `.git` or `.hg` |
//! | | all other `DJ_*` variables (the file wins over them) |
//! | | `.secrets/` next to `datajoint.json`, else `/run/secrets/datajoint` |
//! | defaults | defaults |
//!
//! Then the two are joined key by key. Where only one generation sets a key, that value is used. Where both set it
//! to the same value, all is well. Where they differ, there is a [`ProblemCode::Conflict`] of severity
//! [`Severity::Error`]: the caller refuses to work until the person has chosen a generation ([`Generations`]) or
//! given the value by flag. (The 0.x value is then the one kept in [`Settings`], because it names the pipeline that
//! is to be moved; it must not be acted on.)
//!
//! # Limits
//!
//! Names of environment variables are matched exactly, while 2.x ignores their case. Values after a bad value in
//! `datajoint.json` are read, while 2.x drops them; the bad value is an error anyway. Connection plug-ins of 0.13 and newer
//! (`scheme://host`) are refused.

mod environment;
mod error;
mod keys;
mod layer;
mod legacy;
mod location;
mod origin;
mod problem;
mod secret;
mod settings;
mod store_spec;
mod upgrade;
mod v2;

pub use environment::Environment;
pub use error::{Error, Result};
pub use location::normalize_s3_location;
pub use origin::{Generation, Origin, Setting};
pub use problem::{Problem, ProblemCode, Severity};
pub use secret::Secret;
pub use settings::{
    Backend, ConnectionSettings, Generations, Overrides, Settings, TlsMode, TlsOptions, read,
};
pub use store_spec::{Protocol, StoreSpec};
pub use upgrade::{SecretFile, V2Files, to_v2};
