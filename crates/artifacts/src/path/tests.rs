use super::*;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;

fn parsed(raw: &str) -> String {
    ArtifactPath::parse(raw).unwrap().as_str().to_owned()
}

#[test]
fn ordinary_names_pass_as_they_are() {
    for raw in [
        "a",
        "0/4f/artifacts/model.pkl",
        "with blank/ü/数据.csv",
        "100%",
        "a%20b",
        "..a/b..",
        "x/...",
        "a:b/c",
        "~",
        "aa:b",
    ] {
        let outcome = ArtifactPath::parse(raw);
        if raw == "a:b/c" {
            assert_eq!(outcome, Err(PathError::Unsafe), "a drive letter");
        } else {
            assert_eq!(outcome.unwrap().as_str(), raw);
        }
    }
}

#[test]
fn redundant_separators_are_dropped() {
    assert_eq!(parsed("a//b/./c/"), "a/b/c");
    assert_eq!(parsed(""), "");
    assert_eq!(parsed("./"), "");
}

#[test]
fn tricks_are_refused_in_every_encoding() {
    let tricks = [
        "..",
        "../x",
        "a/../b",
        "a/..",
        "/etc/passwd",
        "C:/x",
        "c:\\x",
        "a\\b",
        "a#b",
        "a\0b",
        "a\nb",
        "a\u{7f}",
        "\u{85}",
    ];
    for trick in tricks {
        let mut form = trick.to_owned();
        for round in 0..12 {
            assert_eq!(ArtifactPath::parse(&form), Err(PathError::Unsafe), "{trick:?} encoded {round} times");
            form = utf8_percent_encode(&form, NON_ALPHANUMERIC).to_string();
        }
    }
    assert_eq!(ArtifactPath::parse("a/%2e%2e/b"), Err(PathError::Unsafe));
    assert_eq!(ArtifactPath::parse("%2fetc"), Err(PathError::Unsafe));
    assert_eq!(ArtifactPath::from_url("..%252f..%252fetc"), Err(PathError::Unsafe));
    assert_eq!(ArtifactPath::from_url("%ff"), Err(PathError::Unsafe));
}

#[test]
fn a_path_from_a_url_is_decoded_once() {
    assert_eq!(ArtifactPath::from_url("a%20b/%C3%BC%2520").unwrap().as_str(), "a b/ü%20");
}

#[test]
fn long_paths_are_refused_with_their_length() {
    let long = "n".repeat(241);
    assert_eq!(ArtifactPath::parse(&long), Err(PathError::NameTooLong { start: "n".repeat(40), length: 241 }));
    let deep = "d/".repeat(600);
    assert_eq!(ArtifactPath::parse(&deep), Err(PathError::TooLong { length: 1199 }));
}

#[test]
fn joining_stays_below_the_folder() {
    let folder = ArtifactPath::parse("0/r/artifacts").unwrap();
    assert_eq!(folder.join("a/b").unwrap().as_str(), "0/r/artifacts/a/b");
    assert_eq!(folder.join("").unwrap(), folder);
    assert_eq!(ArtifactPath::root().join("x").unwrap().as_str(), "x");
    assert_eq!(folder.join("../x"), Err(PathError::Unsafe));
    assert_eq!(folder.join("/x"), Err(PathError::Unsafe));
}

#[test]
fn parents_go_from_the_outermost_in() {
    let path = ArtifactPath::parse("a/b/c").unwrap();
    assert_eq!(path.parents().collect::<Vec<_>>(), ["a", "a/b"]);
    assert_eq!(path.name(), "c");
}

#[test]
fn a_uri_of_this_server_means_a_path() {
    let of = |uri: &str| ArtifactPath::of_uri(uri).map(|path| path.map(|path| path.to_string()));
    for uri in
        ["mlflow-artifacts:/a/b", "mlflow-artifacts:a/b", "mlflow-artifacts://host:5000/a/b", "mlflow-artifacts:///a/b"]
    {
        assert_eq!(of(uri), Ok(Some("a/b".to_owned())), "{uri}");
    }
    assert_eq!(of("mlflow-artifacts:/"), Ok(Some(String::new())));
    assert_eq!(of("s3://bucket/a"), Ok(None));
    assert_eq!(of("mlflow-artifacts:/../a"), Err(PathError::Unsafe));
}

proptest! {
    #[test]
    fn whatever_is_accepted_stays_below_the_root(raw in "[a-z./%0-9eEfF#:\\\\ \\x00-\\x1f]{0,40}") {
        if let Ok(path) = ArtifactPath::parse(&raw) {
            let mut form = path.as_str().to_owned();
            for _ in 0..ROUNDS {
                prop_assert!(!form.starts_with('/') && !form.contains(['\\', '#', '\0']));
                prop_assert!(form.split('/').all(|segment| segment != ".."));
                form = percent_decode_str(&form).decode_utf8_lossy().into_owned();
            }
            prop_assert_eq!(&ArtifactPath::parse(path.as_str()), &Ok(path.clone()), "parsing is idempotent");
        }
    }

    #[test]
    fn any_name_of_letters_survives_the_wire(name in "[\\p{L} ._-]{1,20}") {
        prop_assume!(name != "." && name != "..");
        let wire = utf8_percent_encode(&name, NON_ALPHANUMERIC).to_string();
        prop_assert_eq!(ArtifactPath::from_url(&wire).map(|path| path.to_string()), Ok(name));
    }
}
