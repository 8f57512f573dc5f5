//! Transfers between clients and the store itself, by URLs that are signed for one request each.

use http::Method;
use object_store::aws::AmazonS3;
use object_store::multipart::MultipartStore;
use object_store::signer::{SignedUrlOptions, Signer};
use std::time::Duration;

use super::{ANSWER, Bucket, Fault, within};

/// Clients of an S3 for what its clients do themselves.
#[derive(Clone, Debug)]
pub(crate) struct Direct {
    /// Opens uploads that want no checksums of their parts.
    pub(crate) opener: AmazonS3,
    /// Signs for the address by which clients reach the store.
    pub(crate) signer: AmazonS3,
}

impl Bucket {
    /// `None` where the store cannot do such transfers.
    pub(crate) fn direct(&self) -> Option<&Direct> {
        self.direct.as_ref()
    }

    /// Opens a multipart upload whose parts come by signed URLs, and returns its id.
    pub(crate) async fn open_direct(&self, direct: &Direct, name: &str) -> Result<String, Fault> {
        let key = self.key(name)?;
        within(ANSWER, direct.opener.create_multipart(&key)).await
    }

    /// A URL to which the part, counted from 1 on, is PUT.
    pub(crate) async fn sign_part(
        &self,
        direct: &Direct,
        name: &str,
        id: &str,
        part: usize,
        ttl: Duration,
    ) -> Result<String, Fault> {
        let key = self.key(name)?;
        let part = part.to_string();
        let options = SignedUrlOptions::default().with_query([("partNumber", part.as_str()), ("uploadId", id)]);
        within(ANSWER, direct.signer.signed_url_opts(Method::PUT, &key, ttl, &options)).await.map(String::from)
    }

    /// A URL that brings the object.
    pub(crate) async fn sign_get(&self, direct: &Direct, name: &str, ttl: Duration) -> Result<String, Fault> {
        let key = self.key(name)?;
        within(ANSWER, direct.signer.signed_url(Method::GET, &key, ttl)).await.map(String::from)
    }
}
