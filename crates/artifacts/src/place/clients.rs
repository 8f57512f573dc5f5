//! Clients of the clouds' object stores, with time limits and retries that suit an upload which a ladder of retries stands
//! behind.

use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey, Checksum};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::{BackoffConfig, ClientOptions, Result, RetryConfig};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use super::StoreSettings;
use crate::bucket::{Direct, Objects};

/// What a bucket needs.
pub(super) struct Clients {
    pub(super) objects: Arc<dyn Objects>,
    /// Set where clients can be sent to the store themselves.
    pub(super) direct: Option<Direct>,
    /// Where the store was looked for, unless it is the cloud's own place.
    pub(super) endpoint: Option<String>,
}

const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// With these a store that is gone is noticed in 25 seconds at most, and a refused connection within two.
const RETRIES: usize = 3;
/// Below the five minutes after which a signature may not be good any more.
const RETRY_LIMIT: Duration = Duration::from_mins(4);

pub(super) fn s3(bucket: &str, settings: &StoreSettings) -> Result<Clients> {
    let configured = s3_builder(settings);
    let given = |key| configured.get_config_value(&key);
    let endpoint = given(AmazonS3ConfigKey::S3Endpoint).or_else(|| given(AmazonS3ConfigKey::Endpoint));
    let path_style = settings.path_style.unwrap_or(endpoint.is_some() || bucket.contains('.'));
    let public = settings.public_endpoint.clone().or_else(|| endpoint.clone());

    let at = |endpoint: Option<String>| s3_at(s3_builder(settings), bucket, endpoint, path_style);
    let objects: AmazonS3 = at(endpoint.clone()).with_checksum_algorithm(Checksum::SHA256).build()?;
    // Parts of an upload that was opened with checksums must all carry one, which clients with a signed URL do not send.
    let direct = Direct { opener: at(endpoint.clone()).build()?, signer: at(public).build()? };
    Ok(Clients { objects: Arc::new(objects), direct: Some(direct), endpoint })
}

pub(super) fn gs(bucket: &str, settings: &StoreSettings) -> Result<Clients> {
    let builder = GoogleCloudStorageBuilder::new().with_client_options(client_options()).with_retry(retries());
    let builder = options(settings, "GOOGLE_").fold(builder, |builder, (name, value)| {
        GoogleConfigKey::from_str(&name).map_or(builder.clone(), |key| builder.with_config(key, value))
    });
    let objects = builder.with_bucket_name(bucket).build()?;
    Ok(Clients { objects: Arc::new(objects), direct: None, endpoint: None })
}

pub(super) fn az(container: &str, settings: &StoreSettings) -> Result<Clients> {
    let builder = MicrosoftAzureBuilder::new().with_client_options(client_options()).with_retry(retries());
    let builder = options(settings, "AZURE_").fold(builder, |builder, (name, value)| {
        AzureConfigKey::from_str(&name).map_or(builder.clone(), |key| builder.with_config(key, value))
    });
    let objects = builder.with_container_name(container).build()?;
    Ok(Clients { objects: Arc::new(objects), direct: None, endpoint: None })
}

/// A builder with what the variables and the settings say, these over those.
fn s3_builder(settings: &StoreSettings) -> AmazonS3Builder {
    let builder = AmazonS3Builder::new().with_client_options(client_options()).with_retry(retries());
    let builder = options(settings, "AWS_").fold(builder, |builder, (name, value)| {
        AmazonS3ConfigKey::from_str(&name).map_or(builder.clone(), |key| builder.with_config(key, value))
    });
    let explicit = [(AmazonS3ConfigKey::S3Endpoint, &settings.endpoint), (AmazonS3ConfigKey::Region, &settings.region)];
    let builder = explicit.into_iter().fold(builder, |builder, (key, value)| match value {
        Some(value) => builder.with_config(key, value),
        None => builder,
    });
    // Not every store that speaks S3 can delete in bulk, and nothing here needs it.
    builder.with_disable_bulk_delete(true)
}

fn s3_at(builder: AmazonS3Builder, bucket: &str, endpoint: Option<String>, path_style: bool) -> AmazonS3Builder {
    let builder = builder.with_bucket_name(bucket).with_virtual_hosted_style_request(!path_style);
    let Some(endpoint) = endpoint else { return builder };
    let endpoint = match endpoint.split_once("://") {
        // The builder takes the host of the bucket here, not the one above it.
        Some((scheme, host)) if !path_style => format!("{scheme}://{bucket}.{host}"),
        _ => endpoint,
    };
    let builder = if endpoint.starts_with("http://") { builder.with_allow_http(true) } else { builder };
    builder.with_config(AmazonS3ConfigKey::S3Endpoint, endpoint.trim_end_matches('/'))
}

/// The variables of one cloud, named as the builders know them.
fn options<'a>(settings: &'a StoreSettings, cloud: &'a str) -> impl Iterator<Item = (String, &'a str)> {
    let ours = settings.options.iter().filter(move |(name, _)| name.starts_with(cloud));
    ours.map(|(name, value)| (name.to_ascii_lowercase(), value.as_str()))
}

/// A request as a whole may take any time: `Bucket` knows how long each may be silent.
fn client_options() -> ClientOptions {
    ClientOptions::new().with_connect_timeout(CONNECT_LIMIT).with_timeout_disabled()
}

fn retries() -> RetryConfig {
    let backoff =
        BackoffConfig { init_backoff: Duration::from_millis(200), max_backoff: Duration::from_secs(2), base: 2.0 };
    RetryConfig { backoff, max_retries: RETRIES, retry_timeout: RETRY_LIMIT }
}
