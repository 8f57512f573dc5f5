//! `runledger import` and `runledger export`: everything in from an MLflow server, and out to one.

use runledger_transfer::{
    Export, ExportSettings, Import, ImportSettings, Imported, Mlflow, StockServer, StockStore, Watcher, What,
};
use std::io::{self, Write};
use std::sync::Arc;

use super::progress::Progress;
use crate::Failure;
use crate::backend::Backend;
use crate::cli::{ExportArgs, ExportCommand, ImportArgs, ImportCommand};
use crate::config::Config;
use crate::parts::{Parts, open_store};

pub(crate) async fn import(config: &Config, command: ImportCommand) -> Result<(), Failure> {
    let ImportCommand::Mlflow(ImportArgs { from, artifacts, artifacts_destination, at_once }) = command;
    let (source, _server) = source(from, artifacts, artifacts_destination).await?;
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

/// The server to ask; where it was started for this, it runs as long as what is returned with it.
async fn source(
    from: String,
    artifacts: bool,
    destination: Option<String>,
) -> Result<(Mlflow, Option<StockServer>), Failure> {
    if !StockServer::is_store(&from) {
        return match destination {
            Some(_) => Err("--artifacts-destination is for a database; a server knows where its artifacts are".into()),
            None => Ok((Mlflow::new(&from)?, None)),
        };
    }
    if artifacts && destination.is_none() {
        return Err(
            "a database does not say where the server kept its artifacts: give --artifacts-destination as it had it \
                    (without one, `mlflow server` takes ./mlartifacts)"
                .into(),
        );
    }
    let server = StockServer::start(StockStore { store: from, artifacts: destination }).await?;
    Ok((server.address().clone(), Some(server)))
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
