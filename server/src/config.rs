//! The settings in force: command line and environment over the settings file over the compiled-in defaults.

use std::fs;
use std::path::{Path, PathBuf};
use thiserror::Error;

use crate::cli::Settings;

/// `config.default.toml` is both the documentation and the defaults, so that they cannot differ.
const DEFAULTS: &str = include_str!("../config.default.toml");

/// Every setting, checked as far as it can be without using it.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) listen: String,
    pub(crate) data_dir: PathBuf,
    pub(crate) database_url: Option<String>,
    pub(crate) artifact_store: Option<String>,
    /// Bytes; absent for what suits the disk.
    pub(crate) spool_quota: Option<u64>,
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) allowed_origins: Vec<String>,
    pub(crate) log_format: String,
    pub(crate) log_filter: String,
    pub(crate) projector: bool,
}

/// A setting that cannot be used.
#[derive(Debug, Error)]
pub(crate) enum ConfigError {
    #[error("the settings file {path} cannot be read")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the settings file {path} is not right; `runledger server --help` lists the settings")]
    Parse { path: PathBuf, source: toml::de::Error },
    #[error("the setting {0} has no value; give --{0} or set it in the settings file")]
    Missing(&'static str),
    #[error("the setting database-url does not begin with postgres:// or postgresql://; leave it out for SQLite")]
    DatabaseUrl,
}

impl Config {
    /// Puts the sources together. `given` holds what the command line and the environment say.
    pub(crate) fn load(given: Settings) -> Result<Self, ConfigError> {
        let defaults = parse(Path::new("config.default.toml"), DEFAULTS)?;
        let file = match &given.config {
            Some(path) => {
                let text =
                    fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.clone(), source })?;
                parse(path, &text)?
            }
            None => Settings::default(),
        };
        let layers = [given, file, defaults];
        let database_url = pick(&layers, "database-url", |layer| layer.database_url.clone())?;
        if !database_url.is_empty()
            && !["postgres://", "postgresql://"].iter().any(|scheme| database_url.starts_with(scheme))
        {
            return Err(ConfigError::DatabaseUrl);
        }
        let artifact_store = pick(&layers, "artifact-store", |layer| layer.artifact_store.clone())?;
        Ok(Self {
            listen: pick(&layers, "listen", |layer| layer.listen.clone())?,
            data_dir: pick(&layers, "data-dir", |layer| layer.data_dir.clone())?,
            database_url: Some(database_url).filter(|url| !url.is_empty()),
            artifact_store: Some(artifact_store).filter(|url| !url.is_empty()),
            spool_quota: Some(pick(&layers, "spool-quota", |layer| layer.spool_quota)?).filter(|bytes| *bytes > 0),
            allowed_hosts: pick(&layers, "allowed-hosts", |layer| layer.allowed_hosts.clone())?,
            allowed_origins: pick(&layers, "allowed-origins", |layer| layer.allowed_origins.clone())?,
            log_format: pick(&layers, "log-format", |layer| layer.log_format.clone())?,
            log_filter: pick(&layers, "log-filter", |layer| layer.log_filter.clone())?,
            projector: !pick(&layers, "no-projector", |layer| layer.no_projector)?,
        })
    }
}

/// The URL without its password.
pub(crate) fn masked(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return "PostgreSQL".to_owned() };
    match rest.rsplit_once('@') {
        Some((user, place)) => {
            let user = user.split_once(':').map_or(user, |(user, _)| user);
            format!("{scheme}://{user}@{place}")
        }
        None => url.to_owned(),
    }
}

fn parse(path: &Path, text: &str) -> Result<Settings, ConfigError> {
    toml::from_str(text).map_err(|source| ConfigError::Parse { path: path.to_owned(), source })
}

fn pick<T>(layers: &[Settings], name: &'static str, get: impl Fn(&Settings) -> Option<T>) -> Result<T, ConfigError> {
    layers.iter().find_map(get).ok_or(ConfigError::Missing(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_complete() {
        let config = Config::load(Settings::default()).unwrap();
        assert_eq!(config.listen, "127.0.0.1:5000");
        assert!(config.projector);
        assert_eq!(config.database_url, None);
    }

    #[test]
    fn the_command_line_wins() {
        let given = Settings { listen: Some("0.0.0.0:80".to_owned()), ..Settings::default() };
        assert_eq!(Config::load(given).unwrap().listen, "0.0.0.0:80");
    }

    #[test]
    fn an_unknown_key_is_named() {
        let error = parse(Path::new("x.toml"), "lissten = 1").unwrap_err();
        let ConfigError::Parse { source, .. } = error else { panic!("{error}") };
        assert!(source.to_string().contains("lissten"), "{source}");
    }

    #[test]
    fn another_database_is_refused() {
        let given = Settings { database_url: Some("mysql://x".to_owned()), ..Settings::default() };
        assert!(matches!(Config::load(given), Err(ConfigError::DatabaseUrl)));
    }

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(masked("postgres://me:secret@db:5432/x"), "postgres://me@db:5432/x");
        assert_eq!(masked("postgres://db/x"), "postgres://db/x");
    }
}
