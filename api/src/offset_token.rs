//! MLflow's page tokens that are offsets, for listings whose pages do not shift: those that grow at their end only, and short
//! ones.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::ApiError;

/// The token of the page that begins at the offset.
pub(crate) fn write_token(offset: usize) -> String {
    STANDARD.encode(format!("{{\"offset\": {offset}}}"))
}

/// The offset in the token.
pub(crate) fn read_token(token: &str) -> Result<usize, ApiError> {
    #[derive(serde::Deserialize)]
    struct Token {
        offset: usize,
    }
    let bytes = STANDARD
        .decode(token)
        .map_err(|_not_base64| ApiError::invalid("Invalid page token, could not base64-decode"))?;
    match serde_json::from_slice(&bytes) {
        Ok(Token { offset }) if offset > 0 => Ok(offset),
        _ => Err(ApiError::invalid(format!("Invalid page token, decoded value=b'{}'", bytes.escape_ascii()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_the_offsets_of_mlflow() {
        assert_eq!(write_token(2), "eyJvZmZzZXQiOiAyfQ==");
        assert_eq!(read_token("eyJvZmZzZXQiOiAyfQ==").unwrap(), 2);
        for bad in ["?", "e30=", &STANDARD.encode(r#"{"offset": 0}"#), &STANDARD.encode("x")] {
            assert!(read_token(bad).unwrap_err().message.starts_with("Invalid page token, "), "{bad}");
        }
    }
}
