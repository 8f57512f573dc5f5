//! `runledger openapi`: the description of our own API, which a server also gives at `/api/runledger/v1/openapi.json`.

use std::io::{self, Write};

use crate::Failure;

pub(crate) fn run() -> Result<(), Failure> {
    Ok(io::stdout().lock().write_all(runledger_api::openapi()?.as_bytes())?)
}
