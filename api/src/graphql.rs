//! `POST /graphql`: what MLflow's page asks in GraphQL. Experiments and runs come from what the REST endpoints use.
//!
//! An answer is 200 with `{data, errors}`; errors are texts. A document that does not parse is refused as a REST request would
//! be, where MLflow's server answers 500 with an HTML page.

mod inputs;
mod limits;
mod models;
mod mutation;
mod query;
mod runs;
mod scalars;

use async_graphql::parser::types::{DocumentOperations, ExecutableDocument, OperationDefinition};
use async_graphql::parser::{Error as ParseError, parse_query};
use async_graphql::{Context, EmptySubscription, Request, Schema, ServerError, Variables};
use axum::extract::State;
use runledger_domain::validate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::LazyLock;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tracing::{Instrument, Span, error};

use crate::body::JsonBody;
use crate::observe::causes;
use crate::wire::Answer;
use crate::{ApiError, App, AppState, Args, RequestContext};
use mutation::Mutation;
use query::Query;

/// Characters of the parser's complaint that are passed on: it quotes the whole line.
const PROBLEM: usize = 500;
/// Bytes of a document. The limits on what it selects hold only once it is parsed.
const DOCUMENT: usize = 64 << 10;
/// Documents that are worked on at a time; more wait. Each may hold pages of 50 000 runs.
static AT_ONCE: Semaphore = Semaphore::const_new(16);

static SCHEMA: LazyLock<Schema<Query, Mutation, EmptySubscription>> =
    LazyLock::new(|| Schema::build(Query, Mutation, EmptySubscription).disable_suggestions().finish());

#[derive(Debug, Serialize)]
struct Body {
    data: async_graphql::Value,
    errors: Option<Vec<String>>,
}

/// A request that may be executed, or what is wrong with its document.
type Read = Result<Request, String>;

pub(crate) async fn graphql(
    State(app): State<AppState>,
    context: RequestContext,
    body: JsonBody,
) -> Result<Answer, ApiError> {
    let request = match body.parse(read).await? {
        Ok(request) => request.data(app).data(context),
        Err(problem) => return Answer::new(&Body { data: async_graphql::Value::Null, errors: Some(vec![problem]) }),
    };
    let _permit = AT_ONCE.acquire().await.map_err(ApiError::internal)?;
    // The fields of many runs are put together without a pause, which would hold up other requests.
    let work = execute(request).instrument(Span::current());
    let answered = spawn_blocking(move || Handle::current().block_on(work));
    answered.await.map_err(ApiError::internal)?
}

async fn execute(request: Request) -> Result<Answer, ApiError> {
    let mut response = SCHEMA.execute(request).await;
    // Fields are read side by side; their errors come in the order of the document, as if they were not.
    response.errors.sort_by_key(|error| error.locations.first().map(|place| (place.line, place.column)));
    let errors: Vec<String> = response.errors.into_iter().map(|error| error.message).collect();
    Answer::new(&Body { data: response.data, errors: Some(errors).filter(|errors| !errors.is_empty()) })
}

fn read(bytes: &[u8]) -> Result<Read, ApiError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Sent {
        query: Option<String>,
        variables: Option<serde_json::Map<String, Value>>,
        operation_name: Option<String>,
    }
    let Sent { query, variables, operation_name } =
        serde_json::from_slice(bytes).map_err(|error| crate::args::not_json(&error))?;
    let query = query.ok_or_else(|| runledger_domain::DomainError::missing("query"))?;
    if query.len() > DOCUMENT {
        let size = query.len();
        return Err(ApiError::invalid(format!("The query has {size} bytes; the limit is {DOCUMENT} bytes.")));
    }
    let mut document = match parse_query(&query) {
        Ok(document) => document,
        Err(ParseError::RecursionLimitExceeded) => return Ok(Err(limits::too_deep())),
        Err(error) => {
            let problem = error.to_string();
            // The parser has a second limit, which it reports as a mistake in the text.
            if problem.contains("stack limit reached") {
                return Ok(Err(limits::too_deep()));
            }
            let shown = validate::cut(&problem, PROBLEM);
            return Err(ApiError::invalid(format!("The query cannot be read as GraphQL: {shown}")));
        }
    };
    if let Err(problem) = limits::check(&document) {
        return Ok(Err(problem));
    }
    forget_component(&mut document);
    let mut request = Request::new(query).variables(Variables::from_json(variables.unwrap_or_default().into()));
    request.operation_name = operation_name;
    request.set_parsed_query(document);
    Ok(Ok(request))
}

/// MLflow's page says with `@component(name: …)` which of its parts asks. It changes no answer.
fn forget_component(document: &mut ExecutableDocument) {
    let forget = |operation: &mut OperationDefinition| {
        operation.directives.retain(|directive| {
            directive.node.name.node != "component" || directive.node.get_argument("name").is_none()
        });
    };
    match &mut document.operations {
        DocumentOperations::Single(operation) => forget(&mut operation.node),
        DocumentOperations::Multiple(operations) => {
            for operation in operations.values_mut() {
                forget(&mut operation.node);
            }
        }
    }
}

/// What a field answers: the outcome of `work` on the arguments of `input`, or nothing, with an error beside the data.
async fn answer<T, I: Default + Serialize>(
    context: &Context<'_>,
    input: Option<I>,
    work: impl AsyncFnOnce(&App, &Args) -> Result<T, ApiError>,
) -> Option<T> {
    let outcome = async {
        let app = context.data::<AppState>().map_err(|error| ApiError::internal(error.message))?;
        work(app, &Args::of(&input.unwrap_or_default())?).await
    };
    match outcome.await {
        Ok(answer) => Some(answer),
        Err(error) => {
            // An error that is returned would take the field out of the data instead of making it null.
            context.add_error(ServerError::new(told(context, &error), Some(context.item.pos)));
            None
        }
    }
}

/// The error as GraphQL tells it. What is the server's fault goes to the log, since the answer is a 200.
fn told(context: &Context<'_>, failure: &ApiError) -> String {
    if !failure.is_failure() {
        return failure.to_string();
    }
    error!(causes = %causes(failure), "a GraphQL query failed");
    let request_id = context.data::<RequestContext>().map_or("", |context| context.request_id.as_str());
    format!("{failure} (request id {request_id})")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(query: &str) -> Result<Read, ApiError> {
        read(serde_json::json!({"query": query}).to_string().as_bytes())
    }

    #[tokio::test]
    async fn the_directive_of_the_page_is_taken_and_no_other() {
        let errors = async |query: &str| {
            let response = SCHEMA.execute(sent(query).unwrap().unwrap()).await;
            response.errors.into_iter().map(|error| error.message).collect::<Vec<_>>()
        };
        assert!(errors("query Q @component(name: \"x\") {test(inputString: \"a\") {output}}").await.is_empty());
        for wrong in ["@component", "@other(name: \"x\")"] {
            let errors = errors(&format!("query Q {wrong} {{test(inputString: \"a\") {{output}}}}")).await;
            assert!(errors[0].starts_with("Unknown directive"), "{errors:?}");
        }
        let field = errors("{test(inputString: \"a\") @component(name: \"x\") {output}}").await;
        assert!(field[0].starts_with("Unknown directive"), "{field:?}");
    }

    #[test]
    fn a_document_that_is_none_is_refused() {
        for (bad, begins) in [("{test", "The query cannot be read as GraphQL"), ("", "The query cannot be read")] {
            assert!(sent(bad).unwrap_err().message.starts_with(begins), "{bad}");
        }
        assert!(read(b"{}").unwrap_err().message.starts_with("Missing value for required parameter 'query'"));
        assert!(read(br#"{"query": 5}"#).is_err());
        assert!(sent(&" ".repeat(DOCUMENT + 1)).unwrap_err().message.ends_with("the limit is 65536 bytes."));
    }

    #[test]
    fn no_depth_breaks_the_parser() {
        for depth in [11, 50, 64, 65, 1_000, 20_000] {
            let problem = sent(&format!("{}{}", "{a".repeat(depth), "}".repeat(depth))).unwrap().unwrap_err();
            assert_eq!(problem, limits::too_deep(), "{depth}");
        }
    }
}
