//! MLflow's own page, served from an installed `mlflow` package. It is not part of this repository.
//!
//! The page asks for everything by paths relative to its own, `ajax-api/…`, `graphql`, `get-artifact`, so the API is below the
//! page's place too. It finds its pages behind the `#`, so there is one path of it, and its files.

use axum::Router;
use axum::middleware::map_response;
use axum::response::{Redirect, Response};
use axum::routing::get;
use http::{HeaderValue, StatusCode, header};
use std::path::{Path, PathBuf};
use thiserror::Error;
use tower_http::services::{ServeDir, ServeFile};

use crate::AppState;

/// Where the page is, besides `/` where the operator wants it there.
pub(crate) const PLACE: &str = "/mlflow";
/// Everything comes from this server, as with our own page. MLflow's makes functions of texts and puts styles into elements; and
/// it shows HTML artifacts in frames without an origin, whose scripts run under this policy.
const POLICY: &str = "default-src 'self'; script-src 'self' 'unsafe-eval' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' blob: data:; media-src 'self' blob: data:; connect-src 'self' blob: data:; font-src 'self' data:; \
    frame-src 'self' blob: data:; worker-src 'self' blob:; object-src 'none'; form-action 'self'; frame-ancestors 'self'; \
    base-uri 'self'";
/// MLflow's own server says the same of these files, whose names change with their contents.
const FOUR_WEEKS: &str = "public, max-age=2419200";
/// Prints the folder that the setting wants.
const FIND: &str = "python -c \"import mlflow.server, os; print(os.path.join(os.path.dirname(mlflow.server.__file__), 'js', 'build'))\"";

/// MLflow's page as the operator wants it.
#[derive(Clone, Debug)]
pub struct MlflowPage {
    folder: PathBuf,
    /// Whether the page is at `/` too, instead of ours.
    pub(crate) at_root: bool,
}

/// The folder does not hold MLflow's page.
#[derive(Debug, Error)]
#[error(
    "the setting mlflow-ui is {}, where there is no {missing}; it is the folder mlflow/server/js/build of an installed mlflow \
     package, which this command prints: {FIND}",
    folder.display()
)]
pub struct MlflowPageError {
    folder: PathBuf,
    missing: &'static str,
}

impl MlflowPage {
    /// Takes the built page in `folder`. `at_root`: show it at `/` too.
    pub async fn open(folder: &Path, at_root: bool) -> Result<Self, MlflowPageError> {
        for missing in ["index.html", "static"] {
            if !tokio::fs::try_exists(folder.join(missing)).await.unwrap_or(false) {
                return Err(MlflowPageError { folder: folder.to_owned(), missing });
            }
        }
        Ok(Self { folder: folder.to_owned(), at_root })
    }

    /// The page at its places, and `api` again below the one that is not the root.
    pub(crate) fn routes(&self, api: Router<AppState>) -> Router<AppState> {
        let below = api.merge(self.files());
        let router = Router::new()
            .route(PLACE, get(async || Redirect::permanent("mlflow/")))
            .route_service(&format!("{PLACE}/"), self.index())
            .nest(PLACE, below);
        if self.at_root { router.route_service("/", self.index()).merge(self.files()) } else { router }
    }

    fn index(&self) -> Router {
        let file = Router::new().fallback_service(ServeFile::new(self.folder.join("index.html")));
        file.layer(map_response(async |response| marked(response, "no-cache")))
    }

    fn files(&self) -> Router<AppState> {
        let folder = ServeDir::new(&self.folder).append_index_html_on_directories(false);
        let files =
            Router::new().fallback_service(folder).layer(map_response(async |response| marked(response, FOUR_WEEKS)));
        Router::new().nest_service("/static-files", files)
    }
}

/// The response with how long it holds, unless it is a failure, and the policy of the page.
fn marked(mut response: Response, holds: &'static str) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(holds));
    }
    response
}
