//! The settings in force: command line and environment over the settings file over the compiled-in defaults.

use runledger_artifacts::StoreSettings;
use runledger_telemetry::TraceSettings;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use thiserror::Error;

use crate::cli::Settings;

/// `config.default.toml` is both the documentation and the defaults, so that they cannot differ.
const DEFAULTS: &str = include_str!("../config.default.toml");

/// For one request with spans, as OpenTelemetry has it.
const TRACE_TIMEOUT: Duration = Duration::from_secs(10);

/// Every setting, checked as far as it can be without using it.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) listen: String,
    pub(crate) admin_listen: Option<String>,
    pub(crate) data_dir: PathBuf,
    pub(crate) database_url: Option<String>,
    pub(crate) amqp_url: Option<String>,
    pub(crate) artifact_store: String,
    pub(crate) spool: String,
    pub(crate) objects: StoreSettings,
    pub(crate) direct_transfers: bool,
    pub(crate) uploads_at_once: usize,
    pub(crate) orphan_age: Duration,
    /// Bytes; absent for what suits the disk.
    pub(crate) spool_quota: Option<u64>,
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) allowed_origins: Vec<String>,
    pub(crate) private_webhooks: bool,
    /// The folder with MLflow's own page.
    pub(crate) mlflow_ui: Option<MlflowUi>,
    pub(crate) log_format: String,
    pub(crate) log_filter: String,
    pub(crate) projector: bool,
}

/// Where MLflow's own page is, and whether it is at `/`, too.
#[derive(Clone, Debug)]
pub(crate) struct MlflowUi {
    pub(crate) folder: PathBuf,
    pub(crate) at_root: bool,
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
    #[error("the setting amqp-url does not begin with amqp:// or amqps://; leave it out for a queue in the process")]
    AmqpUrl,
    #[error("the setting s3-addressing is {0:?}; use auto, path or virtual-host")]
    S3Addressing(String),
    #[error("the setting uploads-at-once is 0, so nothing would ever be uploaded; use 1 or more")]
    UploadsAtOnce,
    #[error("the setting mlflow-ui-at-root needs MLflow's page; give its folder with --mlflow-ui")]
    MlflowUi,
    #[error(
        "`runledger {role}` runs beside other processes, which needs PostgreSQL: give --database-url, or use `runledger server`"
    )]
    NeedsDatabase { role: &'static str },
    #[error(
        "`runledger {role}` runs beside other processes, which needs a RabbitMQ: give --amqp-url, or use `runledger server`"
    )]
    NeedsBroker { role: &'static str },
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
        let text = |name, get: fn(&Settings) -> &Option<String>| pick(&layers, name, |layer| get(layer).clone());
        let amqp_url = text("amqp-url", |layer| &layer.amqp_url)?;
        if !amqp_url.is_empty() && !["amqp://", "amqps://"].iter().any(|scheme| amqp_url.starts_with(scheme)) {
            return Err(ConfigError::AmqpUrl);
        }
        let uploads_at_once = pick(&layers, "uploads-at-once", |layer| layer.uploads_at_once)?;
        if uploads_at_once == 0 {
            return Err(ConfigError::UploadsAtOnce);
        }
        let path_style = match text("s3-addressing", |layer| &layer.s3_addressing)?.as_str() {
            "auto" => None,
            "path" => Some(true),
            "virtual-host" => Some(false),
            other => return Err(ConfigError::S3Addressing(other.to_owned())),
        };
        let objects = StoreSettings {
            endpoint: filled(text("s3-endpoint", |layer| &layer.s3_endpoint)?),
            public_endpoint: filled(text("s3-public-endpoint", |layer| &layer.s3_public_endpoint)?),
            region: filled(text("s3-region", |layer| &layer.s3_region)?),
            path_style,
            options: credentials(),
        };
        let folder: PathBuf = pick(&layers, "mlflow-ui", |layer| layer.mlflow_ui.clone())?;
        let at_root = pick(&layers, "mlflow-ui-at-root", |layer| layer.mlflow_ui_at_root)?;
        let mlflow_ui = (!folder.as_os_str().is_empty()).then_some(MlflowUi { folder, at_root });
        if at_root && mlflow_ui.is_none() {
            return Err(ConfigError::MlflowUi);
        }
        let data_dir: PathBuf = pick(&layers, "data-dir", |layer| layer.data_dir.clone())?;
        let or_folder =
            |given: String, name| filled(given).unwrap_or_else(|| data_dir.join(name).display().to_string());
        Ok(Self {
            amqp_url: filled(amqp_url),
            artifact_store: or_folder(text("artifact-store", |layer| &layer.artifact_store)?, "artifacts"),
            spool: or_folder(text("spool", |layer| &layer.spool)?, "spool"),
            objects,
            direct_transfers: pick(&layers, "direct-transfers", |layer| layer.direct_transfers)?,
            uploads_at_once,
            orphan_age: Duration::from_secs(pick(&layers, "orphan-age", |layer| layer.orphan_age)?),
            admin_listen: filled(text("admin-listen", |layer| &layer.admin_listen)?),
            listen: pick(&layers, "listen", |layer| layer.listen.clone())?,
            data_dir: data_dir.clone(),
            database_url: filled(database_url),
            spool_quota: Some(pick(&layers, "spool-quota", |layer| layer.spool_quota)?).filter(|bytes| *bytes > 0),
            allowed_hosts: pick(&layers, "allowed-hosts", |layer| layer.allowed_hosts.clone())?,
            allowed_origins: pick(&layers, "allowed-origins", |layer| layer.allowed_origins.clone())?,
            private_webhooks: pick(&layers, "private-webhooks", |layer| layer.private_webhooks)?,
            mlflow_ui,
            log_format: pick(&layers, "log-format", |layer| layer.log_format.clone())?,
            log_filter: pick(&layers, "log-filter", |layer| layer.log_filter.clone())?,
            projector: !pick(&layers, "no-projector", |layer| layer.no_projector)?,
        })
    }
}

impl Config {
    /// What roles apart share with each other has to be outside of the process.
    pub(crate) fn check_apart(&self, role: &'static str, needs_broker: bool) -> Result<(), ConfigError> {
        if self.database_url.is_none() {
            return Err(ConfigError::NeedsDatabase { role });
        }
        if needs_broker && self.amqp_url.is_none() {
            return Err(ConfigError::NeedsBroker { role });
        }
        Ok(())
    }
}

/// How to send traces, if the standard variables of OpenTelemetry name a receiver. Its SDK reads the others by itself.
pub(crate) fn traces(service: &str) -> Option<TraceSettings> {
    #[expect(clippy::disallowed_methods, reason = "this is where settings are read")]
    traces_by(service, |name| std::env::var(name).ok())
}

fn traces_by(service: &str, variable: impl Fn(&str) -> Option<String>) -> Option<TraceSettings> {
    let value = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
    let endpoint = value("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").or_else(|| value("OTEL_EXPORTER_OTLP_ENDPOINT"));
    let disabled = value("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    let elsewhere = value("OTEL_TRACES_EXPORTER").is_some_and(|exporter| exporter != "otlp");
    if endpoint.is_none() || disabled || elsewhere {
        return None;
    }
    let named = value("OTEL_SERVICE_NAME").is_some()
        || value("OTEL_RESOURCE_ATTRIBUTES").is_some_and(|attributes| attributes.contains("service.name="));
    let timeout = value("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT").or_else(|| value("OTEL_EXPORTER_OTLP_TIMEOUT"));
    let timeout = timeout.and_then(|timeout| timeout.parse().ok()).map_or(TRACE_TIMEOUT, Duration::from_millis);
    Some(TraceSettings { service: (!named).then(|| service.to_owned()), timeout })
}

/// The variables with which the clouds' own tools are configured, credentials among them.
fn credentials() -> Vec<(String, String)> {
    let ours = |(name, _): &(String, String)| ["AWS_", "GOOGLE_", "AZURE_"].iter().any(|cloud| name.starts_with(cloud));
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(ours)
        .collect()
}

fn filled(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// The URL without its password; a folder as it is.
pub(crate) fn masked(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
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
    fn traces_are_sent_where_a_receiver_is_named() {
        let with = |given: &[(&str, &str)]| {
            traces_by("runledger-api", |name| {
                given.iter().find(|(given, _)| *given == name).map(|(_, value)| (*value).to_owned())
            })
        };
        let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318");
        assert_eq!(with(&[]), None);
        assert_eq!(with(&[(endpoint.0, " ")]), None);
        assert_eq!(with(&[endpoint, ("OTEL_SDK_DISABLED", "TRUE")]), None);
        assert_eq!(with(&[endpoint, ("OTEL_TRACES_EXPORTER", "none")]), None);
        let sent = with(&[endpoint, ("OTEL_TRACES_EXPORTER", "otlp")]).unwrap();
        assert_eq!((sent.service.as_deref(), sent.timeout), (Some("runledger-api"), TRACE_TIMEOUT));
        let sent = with(&[endpoint, ("OTEL_SERVICE_NAME", "mine"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "500")]).unwrap();
        assert_eq!((sent.service, sent.timeout), (None, Duration::from_millis(500)));
    }

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(masked("postgres://me:secret@db:5432/x"), "postgres://me@db:5432/x");
        assert_eq!(masked("postgres://db/x"), "postgres://db/x");
        assert_eq!(masked("/var/lib/spool"), "/var/lib/spool");
    }
}
