//! What a request of our own API asks for: a query on a GET, a JSON body on anything else.

use axum::extract::{FromRequest, Query, Request};
use http::Method;
use runledger_storage::search::ViewType;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use crate::body::JsonBody;
use crate::{ApiError, AppState};

/// The parameters of the request, in the form that the handler names.
#[derive(Debug)]
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned + Send + 'static> FromRequest<AppState> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &AppState) -> Result<Self, ApiError> {
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            let query = Query::try_from_uri(request.uri());
            let Query(asked) =
                query.map_err(|error| ApiError::invalid(format!("The query cannot be used: {error}.")))?;
            return Ok(Self(asked));
        }
        JsonBody::from_request(request, app).await?.parse(from_json).await.map(Self)
    }
}

/// Which runs or experiments to show.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ViewType)]
pub(crate) enum View {
    #[default]
    Active,
    Deleted,
    All,
}

impl From<View> for ViewType {
    fn from(view: View) -> Self {
        match view {
            View::Active => Self::ActiveOnly,
            View::Deleted => Self::DeletedOnly,
            View::All => Self::All,
        }
    }
}

fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    serde_json::from_slice(bytes).map_err(|error| ApiError::invalid(format!("The body cannot be used: {error}.")))
}
