//! Where bytes can be kept: a folder, or a bucket of an object store.

mod clients;
mod trial;

use object_store::path::Path;
use percent_encoding::percent_decode_str;
use std::fmt;
use std::path::PathBuf;
use thiserror::Error;

use crate::BoxError;
use crate::bucket::Bucket;

pub(crate) use trial::{try_out, unless_full, unusable};

/// How object stores are reached. This crate reads no environment, so credentials come in here too.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct StoreSettings {
    /// Where an S3 other than Amazon's is, such as `http://minio:9000`.
    pub endpoint: Option<String>,
    /// Where clients reach it, if by another address; URLs are signed for this one.
    pub public_endpoint: Option<String>,
    /// Absent for what `options` say, else `us-east-1`.
    pub region: Option<String>,
    /// Absent for path style wherever there is an endpoint.
    pub path_style: Option<bool>,
    /// Variables with which the clouds' own tools are configured: `AWS_…`, `GOOGLE_…` and `AZURE_…`.
    pub options: Vec<(String, String)>,
}

impl fmt::Debug for StoreSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options: Vec<&str> = self.options.iter().map(|(name, _secret)| name.as_str()).collect();
        f.debug_struct("StoreSettings")
            .field("endpoint", &self.endpoint.as_deref().map(masked))
            .field("public_endpoint", &self.public_endpoint.as_deref().map(masked))
            .field("region", &self.region)
            .field("path_style", &self.path_style)
            .field("options", &options)
            .finish()
    }
}

/// Why a place cannot be used. The text says what to do about it, and holds no secrets.
#[derive(Debug, Error)]
pub enum PlaceError {
    #[error(
        "{setting} cannot be {location:?}: use a folder, or a URL such as file:///folder, s3://bucket/prefix, \
         gs://bucket/prefix or az://container/prefix"
    )]
    Unsupported { setting: &'static str, location: String },
    #[error("{setting} cannot be {location:?}: what is said about how to reach it does not do")]
    Settings { setting: &'static str, location: String, source: BoxError },
    /// It was tried, and does not work.
    #[error("cannot use {location}: {advice}")]
    Unusable { location: String, advice: String },
}

/// A location as it was given, told apart.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Folder(PathBuf),
    Bucket(Bucket),
}

impl Place {
    /// Reads the location without touching it. `setting` is where it came from, for error messages.
    pub(crate) fn parse(location: &str, settings: &StoreSettings, setting: &'static str) -> Result<Self, PlaceError> {
        let unsupported = || PlaceError::Unsupported { setting, location: masked(location) };
        let Some((scheme, rest)) = location.split_once("://") else {
            return if location.is_empty() { Err(unsupported()) } else { Ok(Self::Folder(location.into())) };
        };
        let rest = percent_decode_str(rest).decode_utf8().map_err(|_not_text| unsupported())?.into_owned();
        if scheme == "file" {
            return if rest.starts_with('/') { Ok(Self::Folder(rest.into())) } else { Err(unsupported()) };
        }
        let (bucket, prefix) = rest.split_once('/').unwrap_or((&rest, ""));
        // What stands before an `@` may be a password, and object stores do not take one in this way.
        if bucket.is_empty() || bucket.contains('@') {
            return Err(unsupported());
        }
        let refused = |source: BoxError| PlaceError::Settings { setting, location: masked(location), source };
        let prefix = Path::parse(prefix).map_err(|source| refused(source.into()))?;
        let opened = match scheme {
            "s3" => clients::s3(bucket, settings),
            "gs" => clients::gs(bucket, settings),
            "az" => clients::az(bucket, settings),
            _ => return Err(unsupported()),
        };
        let clients = opened.map_err(|source| refused(source.into()))?;
        let url = location.trim_end_matches('/');
        let name = clients.endpoint.as_ref().map_or_else(|| url.to_owned(), |at| format!("{url} at {}", masked(at)));
        Ok(Self::Bucket(Bucket::new(clients.objects, prefix, name, setting).with_direct(clients.direct)))
    }
}

/// The URL without the name and password that it may contain.
fn masked(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').map_or((rest, None), |(host, path)| (host, Some(path)));
            let host = host.rsplit_once('@').map_or(host, |(_secret, host)| host);
            path.map_or_else(|| format!("{scheme}://{host}"), |path| format!("{scheme}://{host}/{path}"))
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests;
