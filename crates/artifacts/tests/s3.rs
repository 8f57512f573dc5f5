//! Spool and store on real S3 servers, which `RUNLEDGER_TEST_S3` names as `KIND=http://ACCESS:SECRET@HOST:PORT/BUCKET,…`.
//! What holds on one server only is no S3, so at least two are needed; `scripts/with-services.sh` starts them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use prometheus::Registry;
use runledger_artifacts::conformance::{At, Bench, bytes, path, spools, stores};
use runledger_artifacts::{ArtifactStore, PlaceError, Spool, StoreError, StoreSettings};
use std::error::Error as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

const TTL: Duration = Duration::from_mins(1);
/// The least that S3 takes for a part that is not the last.
const PART: usize = 5 << 20;

/// One S3 server with a bucket.
#[derive(Clone, Debug)]
struct Server {
    kind: String,
    bucket: String,
    settings: StoreSettings,
}

impl Server {
    fn parse(given: &str) -> Option<Self> {
        let (kind, url) = given.split_once('=')?;
        let (scheme, rest) = url.split_once("://")?;
        let (credentials, rest) = rest.split_once('@')?;
        let (access, secret) = credentials.split_once(':')?;
        let (host, bucket) = rest.split_once('/')?;
        let options = [("AWS_ACCESS_KEY_ID", access), ("AWS_SECRET_ACCESS_KEY", secret)];
        let options = options.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let settings =
            StoreSettings { endpoint: Some(format!("{scheme}://{host}")), options, ..StoreSettings::default() };
        Some(Self { kind: kind.to_owned(), bucket: bucket.to_owned(), settings })
    }

    /// A folder of the bucket that nobody has used.
    fn new_place(&self) -> At {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let (number, process) = (NEXT.fetch_add(1, Ordering::Relaxed), std::process::id());
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos();
        let location = format!("s3://{}/test-{now}-{process}-{number}", self.bucket);
        At { location, settings: self.settings.clone() }
    }

    fn with(&self, name: &str, value: &str) -> StoreSettings {
        let mut settings = self.settings.clone();
        settings.options.retain(|(given, _)| given != name);
        settings.options.push((name.to_owned(), value.to_owned()));
        settings
    }
}

fn servers() -> Vec<Server> {
    #[expect(clippy::disallowed_methods, reason = "a test is configured by its environment")]
    let given = std::env::var("RUNLEDGER_TEST_S3").unwrap_or_default();
    let servers: Vec<Server> = given.split(',').filter_map(Server::parse).collect();
    assert!(servers.len() >= 2, "RUNLEDGER_TEST_S3 names {} servers; run scripts/with-services.sh", servers.len());
    servers
}

fn local(folder: &TempDir) -> At {
    let location = tempfile::tempdir_in(folder).unwrap().keep().display().to_string();
    At { location, settings: StoreSettings::default() }
}

#[tokio::test]
async fn a_bucket_is_a_spool() {
    for server in servers() {
        spools(|| server.new_place()).await;
    }
}

#[tokio::test]
async fn a_bucket_is_a_store_for_a_spool_in_a_folder() {
    let folder = TempDir::new().unwrap();
    for server in servers() {
        stores(|| server.new_place(), || local(&folder)).await;
    }
}

#[tokio::test]
async fn a_bucket_is_a_store_for_a_spool_in_a_bucket() {
    for server in servers() {
        stores(|| server.new_place(), || server.new_place()).await;
    }
}

#[tokio::test]
async fn a_client_uploads_parts_and_downloads_by_itself() {
    let folder = TempDir::new().unwrap();
    for server in servers() {
        let bench = Bench::open(&server.new_place(), &local(&folder)).await;
        let (store, spool, at) = (&bench.store, &bench.spool, path("0/r/artifacts/large ü%.bin"));
        assert!(store.supports_direct_transfers());
        let id = store.open_multipart(&at, spool, 0).await.unwrap();
        assert!(store.is_recorded(&id, spool).await.unwrap());
        let sent = bytes(2 * PART + 7);
        let urls = store.signed_part_urls(&at, &id, 3, TTL).await.unwrap();
        let mut etags = Vec::new();
        for (url, part) in urls.iter().zip(sent.chunks(PART)) {
            etags.push(put(url, part).await);
        }
        assert!(matches!(store.head(&at).await, Err(StoreError::NotFound { .. })));
        assert_eq!(store.complete_multipart(&at, &id, etags.clone()).await.unwrap(), sent.len() as u64);
        // A repeat, as after a crash: some servers answer that there is no such upload, others that it was completed.
        match store.complete_multipart(&at, &id, etags).await {
            Err(StoreError::NotFound { .. }) => {}
            repeated => assert_eq!(repeated.unwrap(), sent.len() as u64, "{}", server.kind),
        }
        assert!(store.is_recorded(&id, spool).await.unwrap());
        store.forget_multipart(&id, spool).await;
        assert!(!store.is_recorded(&id, spool).await.unwrap());
        assert!(bench.get(at.as_str()).await == sent);
        let url = store.signed_get(&at, TTL).await.unwrap();
        let answer = reqwest::get(&url).await.unwrap().error_for_status().unwrap();
        assert!(answer.bytes().await.unwrap() == sent);
    }
}

#[tokio::test]
async fn parts_that_the_store_does_not_have_are_told() {
    let folder = TempDir::new().unwrap();
    for server in servers() {
        let bench = Bench::open(&server.new_place(), &local(&folder)).await;
        let (store, spool, at) = (&bench.store, &bench.spool, path("a"));
        let id = store.open_multipart(&at, spool, 0).await.unwrap();
        let urls = store.signed_part_urls(&at, &id, 1, TTL).await.unwrap();
        put(&urls[0], b"part").await;
        let wrong = vec!["\"00000000000000000000000000000000\"".to_owned()];
        let outcome = store.complete_multipart(&at, &id, wrong).await;
        assert!(matches!(outcome, Err(StoreError::Parts { .. })), "{}: {outcome:?}", server.kind);
        assert!(matches!(store.head(&at).await, Err(StoreError::NotFound { .. })));
        store.abort_multipart(&at, &id, spool).await.unwrap();
        store.abort_multipart(&at, &id, spool).await.unwrap();
        assert!(!store.is_recorded(&id, spool).await.unwrap());
        let outcome = store.complete_multipart(&at, &id, vec!["x".to_owned()]).await;
        assert!(
            matches!(outcome, Err(StoreError::NotFound { .. } | StoreError::Parts { .. })),
            "{}: {outcome:?}",
            server.kind
        );
    }
}

#[tokio::test]
async fn what_nobody_completes_is_swept_when_it_is_old() {
    let folder = TempDir::new().unwrap();
    for server in servers() {
        let bench = Bench::open(&server.new_place(), &local(&folder)).await;
        let (store, spool) = (&bench.store, &bench.spool);
        let old = store.open_multipart(&path("old"), spool, 1_000).await.unwrap();
        let young = store.open_multipart(&path("young"), spool, 50_000).await.unwrap();
        let urls = store.signed_part_urls(&path("old"), &old, 1, TTL).await.unwrap();
        put(&urls[0], b"part").await;
        assert_eq!(store.sweep_multiparts(spool, 61_000, TTL).await.unwrap(), 1);
        assert!(!store.is_recorded(&old, spool).await.unwrap());
        assert!(store.is_recorded(&young, spool).await.unwrap());
        let refused = reqwest::Client::new().put(&urls[0]).body("part").send().await.unwrap();
        assert_eq!(refused.status(), 404, "{}: the upload is still there", server.kind);
        assert_eq!(store.sweep_multiparts(spool, 120_000, TTL).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_used_says_which_setting_is_wrong() {
    for server in servers() {
        let At { location, settings } = server.new_place();
        let nobody = server.with("AWS_ACCESS_KEY_ID", "nobody");
        let secret = server.with("AWS_SECRET_ACCESS_KEY", "not-to-be-shown");
        let away = StoreSettings { endpoint: Some("http://127.0.0.1:1".to_owned()), ..settings.clone() };
        let cases = [
            (location.as_str(), nobody, "AWS_ACCESS_KEY_ID"),
            (&location, secret, "AWS_SECRET_ACCESS_KEY"),
            (&location, away, "--s3-endpoint"),
            ("s3://no-such-bucket/x", settings, "--artifact-store"),
        ];
        for (location, settings, setting) in cases {
            let store = ArtifactStore::open(location, &settings).await.unwrap();
            for outcome in [store.probe().await, store.probe_write().await] {
                let StoreError::Place { source } = outcome.expect_err(setting) else { panic!("no place") };
                let PlaceError::Unusable { advice, .. } = &source else { panic!("{source}") };
                assert!(advice.contains(setting), "{}: {advice}", server.kind);
                let text = source.to_string();
                assert!(text.contains(location) && !text.contains("not-to-be-shown"), "{text}");
            }
            // The spool opens all the same: it is away for the moment.
            let spool = Spool::open(location, &settings, None, &Registry::new()).await.unwrap();
            assert!(spool.probe().await.unwrap_err().source().is_some());
        }
    }
}

/// Sends a part as a client does, and returns its tag.
async fn put(url: &str, part: &[u8]) -> String {
    let answer = reqwest::Client::new().put(url).body(part.to_vec()).send().await.unwrap();
    let answer = answer.error_for_status().unwrap();
    answer.headers()["etag"].to_str().unwrap().to_owned()
}
