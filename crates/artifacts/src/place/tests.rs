use super::*;

fn settings() -> StoreSettings {
    let options =
        [("AWS_ACCESS_KEY_ID", "key"), ("AWS_SECRET_ACCESS_KEY", "secret"), ("AWS_ENDPOINT_URL", "http://env:1")];
    let options = options.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    StoreSettings { options, ..StoreSettings::default() }
}

fn place(location: &str) -> Result<Place, PlaceError> {
    Place::parse(location, &settings(), "--spool")
}

#[test]
fn folders_are_told_from_buckets() {
    for (location, folder) in [("a/b", "a/b"), ("/a", "/a"), ("file:///with%20blank", "/with blank")] {
        assert!(
            matches!(place(location), Ok(Place::Folder(path)) if path == std::path::Path::new(folder)),
            "{location}"
        );
    }
    for location in ["s3://bucket", "s3://bucket/", "s3://bucket/a/b%20c/", "gs://bucket/x"] {
        assert!(matches!(place(location), Ok(Place::Bucket(_))), "{location}");
    }
}

#[test]
fn other_places_are_refused_with_what_is_possible() {
    for location in ["", "ftp://host/x", "file://host/x", "s3://", "http://host/bucket", "s3://bucket/../x"] {
        let error = place(location).unwrap_err();
        assert!(error.to_string().starts_with("--spool cannot be"), "{error}");
    }
    let error = place("ftp://host/x").unwrap_err().to_string();
    assert!(error.contains("ftp://host/x") && error.contains("s3://bucket/prefix"), "{error}");
}

#[test]
fn secrets_are_not_shown() {
    let error = place("s3://key:hidden@bucket/x").unwrap_err();
    assert!(!error.to_string().contains("hidden"), "{error}");
    let mut settings = settings();
    settings.endpoint = Some("http://me:hidden@host:9000".to_owned());
    let shown = format!("{settings:?}");
    assert!(
        !shown.contains("hidden") && !shown.contains("secret\"") && shown.contains("AWS_SECRET_ACCESS_KEY"),
        "{shown}"
    );
    let Ok(Place::Bucket(bucket)) = Place::parse("s3://bucket/x", &settings, "--spool") else { panic!("no bucket") };
    let shown = bucket.unusable(&crate::bucket::Fault::other(String::new())).to_string();
    assert!(shown.contains("s3://bucket/x at http://host:9000:"), "{shown}");
}

#[tokio::test]
async fn the_settings_win_over_the_variables() {
    let signed = async |settings: StoreSettings| {
        let Ok(Place::Bucket(bucket)) = Place::parse("s3://bucket/x", &settings, "--spool") else {
            panic!("no bucket")
        };
        let direct = bucket.direct().unwrap();
        bucket.sign_get(direct, "y", std::time::Duration::from_mins(1)).await.unwrap()
    };
    let base = settings();
    assert!(signed(base.clone()).await.starts_with("http://env:1/bucket/x/y?"));
    let endpoint = StoreSettings { endpoint: Some("http://given:2".to_owned()), ..base.clone() };
    assert!(signed(endpoint.clone()).await.starts_with("http://given:2/bucket/x/y?"));
    let virtual_host = StoreSettings { path_style: Some(false), ..endpoint.clone() };
    assert!(signed(virtual_host).await.starts_with("http://bucket.given:2/x/y?"));
    let public = StoreSettings { public_endpoint: Some("https://public/".to_owned()), ..endpoint };
    assert!(signed(public).await.starts_with("https://public/bucket/x/y?"));
    let mut amazon = StoreSettings { region: Some("eu-west-1".to_owned()), ..base };
    amazon.options.truncate(2);
    assert!(signed(amazon.clone()).await.starts_with("https://bucket.s3.eu-west-1.amazonaws.com/x/y?"));
    amazon.path_style = Some(true);
    assert!(signed(amazon).await.starts_with("https://s3.eu-west-1.amazonaws.com/bucket/x/y?"));
}
