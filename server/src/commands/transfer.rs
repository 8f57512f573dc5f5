//! `runledger import` and `runledger export`: everything in from an MLflow server, and out to one.

use runledger_transfer::{Export, ExportSettings, Import, ImportSettings, Imported, Mlflow, Watcher, What};
use std::io::{self, Write};
use std::sync::Arc;

use super::progress::Progress;
use crate::Failure;
use crate::backend::Backend;
use crate::cli::{ExportArgs, ExportCommand, ImportArgs, ImportCommand};
use crate::config::Config;
use crate::parts::{Parts, open_store};

pub(crate) async fn import(config: &Config, command: ImportCommand) -> Result<(), Failure> {
    let ImportCommand::Mlflow(ImportArgs { from, artifacts, at_once }) = command;
    let source = source(&from)?;
    let parts = Parts::new(Backend::open_migrated(config).await?)?;
    let spool = if artifacts { Some(parts.spool(config).await?) } else { None };
    let told = Arc::new(Told::default());
    let watcher: Arc<dyn Watcher> = Arc::<Told>::clone(&told);
    let settings = ImportSettings {
        source,
        author: parts.author("import"),
        views: parts.read_model.clone(),
        spool,
        at_once: at_once.into(),
        watcher,
    };
    let Imported { experiments, known_models } = Import::new(settings).all().await?;
    let mut out = io::stdout().lock();
    let (runs, models) = (told.runs.count(), told.logged_models.count());
    let (registered, files) = (told.registered_models.count(), told.files.count());
    write!(
        out,
        "{experiments} experiments, {runs} runs, {models} logged models and {registered} registered models are here"
    )?;
    writeln!(out, "{}", if artifacts { format!(", with {files} artifacts") } else { String::new() })?;
    if known_models > 0 {
        writeln!(out, "{known_models} registered models had been here before, and stay as they are")?;
    }
    Ok(out.flush()?)
}

pub(crate) async fn export(config: &Config, command: ExportCommand) -> Result<(), Failure> {
    let ExportCommand::Mlflow(ExportArgs { to, artifacts, at_once }) = command;
    let target = Mlflow::new(&to)?;
    let parts = Parts::new(Backend::open_migrated(config).await?)?;
    parts.await_views().await?;
    let files =
        if artifacts { Some((parts.spool(config).await?, open_store(config, &parts.registry).await?)) } else { None };
    let told = Arc::new(Told::default());
    let watcher: Arc<dyn Watcher> = Arc::<Told>::clone(&told);
    let views = parts.read_model.clone();
    let settings = ExportSettings { target, views, files, at_once: at_once.into(), watcher };
    let experiments = Export::new(settings).all().await?;
    let (runs, models) = (told.runs.count(), told.logged_models.count());
    let registered = told.registered_models.count();
    writeln!(
        io::stdout().lock(),
        "{experiments} experiments, {runs} runs, {models} logged models and {registered} registered models are there; the tags \
         runledger.run_id, runledger.model_id and runledger.experiment_id have their old ids"
    )?;
    Ok(())
}

fn source(address: &str) -> Result<Mlflow, Failure> {
    if ["postgres", "mysql", "sqlite", "mssql", "file:", "/", "."].iter().any(|start| address.starts_with(start)) {
        return Err("an import asks an MLflow server: start `mlflow server --backend-store-uri` with what you gave, and give its \
                    address, such as http://127.0.0.1:5000"
            .into());
    }
    Ok(Mlflow::new(address)?)
}

/// The progress of each kind of thing.
#[derive(Debug)]
struct Told {
    runs: Progress,
    logged_models: Progress,
    registered_models: Progress,
    files: Progress,
}

impl Told {
    fn of(&self, what: What) -> &Progress {
        match what {
            What::Runs => &self.runs,
            What::LoggedModels => &self.logged_models,
            What::RegisteredModels => &self.registered_models,
            What::Files => &self.files,
        }
    }
}

impl Default for Told {
    fn default() -> Self {
        let progress = |things| Progress::new(things, 0);
        Self {
            runs: progress("runs"),
            logged_models: progress("logged models"),
            registered_models: progress("registered models"),
            files: progress("artifacts"),
        }
    }
}

impl Watcher for Told {
    fn found(&self, what: What, number: usize) {
        self.of(what).found(number);
    }

    fn done(&self, what: What, number: usize) {
        self.of(what).done(number);
    }
}
