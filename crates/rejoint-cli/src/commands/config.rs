//! `rejoint config`.

use super::Context;
use crate::args::ConfigArgs;
use crate::failure::{Failure, Kind};
use crate::{output, session};
use std::path::Path;

pub(crate) fn run(context: &Context, args: &ConfigArgs) -> Result<u8, Failure> {
    let settings = session::settings(&context.connection)?;
    if let Some(folder) = &args.to_v2 {
        return write_v2(&settings, folder);
    }
    let connection = &settings.connection;
    let mut rows = vec![
        vec!["database.host".to_owned(), connection.host.value.clone(), connection.host.origin.to_string()],
        vec![
            "database.port".to_owned(),
            connection.port.value.to_string(),
            connection.port.origin.to_string(),
        ],
    ];
    if let Some(user) = &connection.user {
        rows.push(vec!["database.user".to_owned(), user.value.clone(), user.origin.to_string()]);
    }
    if let Some(password) = &connection.password {
        rows.push(vec!["database.password".to_owned(), "(set)".to_owned(), password.origin.to_string()]);
    }
    for (name, store) in &settings.stores {
        let place = format!("{} {}", store.protocol, store.location);
        rows.push(vec![format!("stores.{name}"), place, store.origin.to_string()]);
    }
    let problems: Vec<String> = settings.problems.iter().map(ToString::to_string).collect();
    if context.json {
        let settings: Vec<_> = rows
            .iter()
            .map(|r| serde_json::json!({ "key": r.first(), "value": r.get(1), "origin": r.get(2) }))
            .collect();
        output::json(&serde_json::json!({ "settings": settings, "problems": problems }));
    } else {
        output::table(&["setting", "value", "from"], &rows);
        for problem in &problems {
            output::line(problem);
        }
    }
    Ok(if settings.errors().next().is_some() { 1 } else { 0 })
}

fn write_v2(settings: &rejoint_settings::Settings, folder: &Path) -> Result<u8, Failure> {
    let files = rejoint_settings::to_v2(settings);
    let target = folder.join("datajoint.json");
    let secrets = folder.join(".secrets");
    for path in std::iter::once(target.clone()).chain(files.secrets.iter().map(|s| secrets.join(&s.name))) {
        if path.exists() {
            return Err(Failure::input(format!("{} exists", path.display()))
                .hint("Move it away, or choose another folder."));
        }
    }
    let write = |path: &Path, text: &str, private: bool| -> Result<(), Failure> {
        let error = |e: std::io::Error| {
            Failure::new(Kind::Environment, format!("cannot write {}: {e}", path.display()))
        };
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(error)?;
        }
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        if private {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        use std::io::Write as _;
        options.open(path).and_then(|mut f| f.write_all(text.as_bytes())).map_err(error)
    };
    write(&target, &files.datajoint_json, false)?;
    for secret in &files.secrets {
        write(&secrets.join(&secret.name), secret.content.expose(), true)?;
    }
    output::line(format!(
        "wrote {} and {} secrets in {}",
        target.display(),
        files.secrets.len(),
        secrets.display()
    ));
    for note in &files.notes {
        output::note(&note.to_string());
    }
    Ok(0)
}
