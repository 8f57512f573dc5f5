//! The description of our own API: what frames it, and the answers that operations share.
//!
//! Operations are described beside their handlers and name only the refusals of their own; those that any request may meet are
//! added here.

use std::collections::BTreeMap;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::path::PathItem;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{Components, Info, License, OpenApi, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

use super::stream::{Changes, Standing};
use crate::error::ErrorBody;

type Responses = BTreeMap<String, RefOr<Response>>;

/// Done, nothing to tell.
pub(crate) struct Done;

/// What the request names is not there.
pub(crate) struct Missing;

/// The request stands on something that this process does not know any more.
pub(crate) struct Forgotten;

/// It is too late for the change.
pub(crate) struct Settled;

/// What is to be purged was not deleted before.
pub(crate) struct NotDeleted;

/// There is something in the way that the request has to say it knows about.
pub(crate) struct Occupied;

/// A refusal or failure: its name in the document, its status and its meaning.
type Refusal = (&'static str, &'static str, &'static str);

const ALWAYS: [Refusal; 4] = [
    ("Invalid", "400", "The request is wrong; the message names what and the limit."),
    ("Overloaded", "429", "Try again after the time in `Retry-After`."),
    ("Failed", "500", "The server failed; its log tells more under the request id."),
    ("Unavailable", "503", "The database cannot be reached. Try again after the time in `Retry-After`."),
];
const WITH_A_BODY: [Refusal; 3] = [
    ("Incomplete", "408", "The body did not arrive in full."),
    ("TooLarge", "413", "The body is larger than 32 MiB."),
    ("Encoded", "415", "The body may come as it is or compressed with gzip or zstd, in no other encoding."),
];
const MISSING: Refusal = ("Missing", "404", "What the request names is not there.");
const FORGOTTEN: Refusal =
    ("Forgotten", "410", "The snapshot or position is not known here any more. Begin anew without it.");
const SETTLED: Refusal = ("Settled", "409", "It is too late: the upload has reached the artifact store.");
const OCCUPIED: Refusal = ("Occupied", "409", "There are runs already, and the request does not force it.");
const NOT_DELETED: Refusal = ("NotDeleted", "409", "It is not deleted, and only what is deleted can be purged.");
const SOME: [Refusal; 5] = [MISSING, FORGOTTEN, SETTLED, OCCUPIED, NOT_DELETED];
/// Not in our words: it is decided before a handler is chosen.
const FOREIGN: (&str, &str) = ("Foreign", "403");

/// The document without its operations.
pub(crate) fn frame() -> OpenApi {
    let info = Info::builder()
        .title("Runledger")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "What MLflow's REST has no words for; the web UI stands on it. Times are milliseconds since the epoch. It may \
             still change before 1.0.",
        ))
        .license(Some(License::builder().name("Apache-2.0").identifier(Some("Apache-2.0")).build()));
    let mut components = Components::new();
    components.schemas.extend([schema::<ErrorBody>(), schema::<Changes>(), schema::<Standing>()]);
    let mut nested = Vec::new();
    Changes::schemas(&mut nested);
    components.schemas.extend(nested);
    for (name, _, description) in ALWAYS.into_iter().chain(WITH_A_BODY).chain(SOME) {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(ErrorBody::name()))).build();
        let response = ResponseBuilder::new().description(description).content("application/json", content);
        components.responses.insert(name.to_owned(), response.into());
    }
    let text = ContentBuilder::new().schema(Some(ObjectBuilder::new().schema_type(Type::String))).build();
    let foreign = ResponseBuilder::new()
        .description(
            "The Host header is not one that is served, or the page that sends the request is of another origin.",
        )
        .content("text/plain", text);
    components.responses.insert(FOREIGN.0.to_owned(), foreign.into());
    OpenApi::builder().info(info.build()).components(Some(components)).build()
}

/// Adds what every operation may answer.
pub(crate) fn complete(mut document: OpenApi) -> OpenApi {
    for item in document.paths.paths.values_mut() {
        let PathItem { get, post, put, delete, .. } = item;
        for operation in [get, post, put, delete].into_iter().flatten() {
            let all = &mut operation.responses.responses;
            all.extend(ALWAYS.iter().map(refer));
            all.insert(FOREIGN.1.to_owned(), Ref::from_response_name(FOREIGN.0).into());
            if operation.request_body.is_some() {
                all.extend(WITH_A_BODY.iter().map(refer));
            }
        }
    }
    document
}

fn schema<T: ToSchema + PartialSchema>() -> (String, RefOr<utoipa::openapi::Schema>) {
    (T::name().into_owned(), T::schema())
}

fn refer((name, status, _): &Refusal) -> (String, RefOr<Response>) {
    ((*status).to_owned(), Ref::from_response_name(*name).into())
}

impl IntoResponses for Done {
    fn responses() -> Responses {
        let nothing = ObjectBuilder::new().schema_type(Type::Object).max_properties(Some(0));
        let content = ContentBuilder::new().schema(Some(nothing)).build();
        let response = ResponseBuilder::new().description("Done.").content("application/json", content);
        Responses::from([("200".to_owned(), response.into())])
    }
}

impl IntoResponses for Missing {
    fn responses() -> Responses {
        Responses::from([refer(&MISSING)])
    }
}

impl IntoResponses for Forgotten {
    fn responses() -> Responses {
        Responses::from([refer(&FORGOTTEN)])
    }
}

impl IntoResponses for Occupied {
    fn responses() -> Responses {
        Responses::from([refer(&OCCUPIED)])
    }
}

impl IntoResponses for NotDeleted {
    fn responses() -> Responses {
        Responses::from([refer(&NOT_DELETED)])
    }
}

impl IntoResponses for Settled {
    fn responses() -> Responses {
        Responses::from([refer(&SETTLED)])
    }
}
