//! The parameters of a request, read as MLflow's server reads protocol buffers from JSON or from a query.
//!
//! Names come in `snake_case`, in bodies also in `lowerCamelCase`; `null` is absent; unknown names are ignored; of a
//! repeated name in a body the last counts, in a query the first. Where MLflow's server takes in half of a request with a
//! wrongly typed value, this one refuses it.

mod value;

pub(crate) use value::{double_text, integer, whole, wrong_type};

use axum::extract::{FromRequest, Query, Request};
use http::Method;
use runledger_domain::{DomainError, KeyValue, validate};
use serde::Serialize;
use serde_json::{Map, Value};
use std::borrow::Cow;

use crate::body::JsonBody;
use crate::{ApiError, AppState};

/// A set of named parameters: of the request, or of an object in one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Args {
    fields: Map<String, Value>,
    /// Whether the fields came from a query, where each is a list of texts.
    query: bool,
    /// The way from the request to this object, such as `datasets[0].dataset`; empty for the request itself.
    path: String,
}

impl FromRequest<AppState> for Args {
    type Rejection = ApiError;

    /// A GET with at least one query argument takes all from the query, every other request all from its body.
    async fn from_request(request: Request, app: &AppState) -> Result<Self, ApiError> {
        if matches!(*request.method(), Method::GET | Method::HEAD)
            && request.uri().query().is_some_and(|query| !query.is_empty())
        {
            let query = Query::<Vec<(String, String)>>::try_from_uri(request.uri());
            let Query(pairs) =
                query.map_err(|error| ApiError::invalid(format!("The query cannot be read: {error}.")))?;
            return Ok(Self::from_query(pairs));
        }
        JsonBody::from_request(request, app).await?.parse(Self::from_json).await
    }
}

impl Args {
    /// Reads a JSON object.
    pub(crate) fn from_json(bytes: &[u8]) -> Result<Self, ApiError> {
        match serde_json::from_slice(&object_bytes(bytes)?).map_err(|error| not_json(&error))? {
            Value::Object(fields) => Ok(Self { fields, query: false, path: String::new() }),
            other => Err(ApiError::invalid(format!(
                "The request body must be a JSON object, but its type is '{}'.",
                value::type_name(&other)
            ))),
        }
    }

    /// What a typed input says, such as one of GraphQL.
    pub(crate) fn of(input: &impl Serialize) -> Result<Self, ApiError> {
        match serde_json::to_value(input).map_err(ApiError::internal)? {
            Value::Object(fields) => Ok(Self { fields, query: false, path: String::new() }),
            _ => Err(ApiError::internal("an input is not an object")),
        }
    }

    fn from_query(pairs: Vec<(String, String)>) -> Self {
        let mut fields = Map::new();
        for (name, text) in pairs {
            if let Value::Array(texts) = fields.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
                texts.push(text.into());
            }
        }
        Self { fields, query: true, path: String::new() }
    }

    /// A text, if it was given. One with U+0000 is refused, because no database takes it, not even to compare.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, ApiError> {
        let text = self.any_text(name)?;
        text.map_or(Ok(()), |text| validate::no_nul(&self.member(name), text))?;
        Ok(text)
    }

    /// A text of any characters, if it was given, for readers that check it themselves.
    pub(crate) fn any_text(&self, name: &str) -> Result<Option<&str>, ApiError> {
        match self.scalar(name)? {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong_type(name, other)),
        }
    }

    /// A text, if it was given and is not empty.
    pub(crate) fn filled(&self, name: &str) -> Result<Option<&str>, ApiError> {
        Ok(self.text(name)?.filter(|text| !text.is_empty()))
    }

    /// A text that must be given and not be empty.
    pub(crate) fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.filled(name)?.ok_or_else(|| DomainError::missing(&self.member(name)).into())
    }

    /// A text, empty where it was not given.
    pub(crate) fn text_or_empty(&self, name: &str) -> Result<String, ApiError> {
        Ok(self.text(name)?.unwrap_or_default().to_owned())
    }

    /// The id of the run, under its present or its old name; the present one wins.
    pub(crate) fn run_id(&self) -> Result<&str, ApiError> {
        match self.filled("run_id")? {
            Some(id) => Ok(id),
            None => self.filled("run_uuid")?.ok_or_else(|| DomainError::missing("run_id").into()),
        }
    }

    /// The id of the experiment, which must be given.
    pub(crate) fn experiment_id(&self) -> Result<i64, ApiError> {
        parse_experiment_id(self.required("experiment_id")?)
    }

    pub(crate) fn int(&self, name: &str) -> Result<Option<i64>, ApiError> {
        let Some(value) = self.scalar(name)? else { return Ok(None) };
        integer(value).map(Some).ok_or_else(|| self.wrong_type(name, value))
    }

    /// An integer of at most `most`, if it was given.
    pub(crate) fn int_up_to(&self, name: &str, most: i64) -> Result<Option<i64>, ApiError> {
        match (self.int(name)?, self.scalar(name)?) {
            (Some(number), Some(value)) if number > most => Err(self.wrong_type(name, value)),
            (number, _) => Ok(number),
        }
    }

    /// A number that must be given, as MLflow reads it from a text.
    pub(crate) fn required_number(&self, name: &str) -> Result<i64, ApiError> {
        let missing = || DomainError::missing(&self.member(name)).into();
        match self.scalar(name)? {
            None => Err(missing()),
            Some(Value::String(text)) if text.is_empty() => Err(missing()),
            Some(Value::String(text)) => text.trim().parse().map_err(|_not_an_integer| {
                let shown = validate::cut(text, 200);
                ApiError::invalid(format!("Parameter '{name}' must be an integer, got '{shown}'."))
            }),
            Some(value) => integer(value).ok_or_else(|| self.wrong_type(name, value)),
        }
    }

    /// A value of an enum, given by name or by number.
    pub(crate) fn choice<T>(&self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, ApiError> {
        let Some(value) = self.scalar(name)? else { return Ok(None) };
        let choice = match value {
            Value::String(text) => parse(text),
            number => integer(number).and_then(|number| parse(&number.to_string())),
        };
        choice.map(Some).ok_or_else(|| self.wrong_type(name, value))
    }

    /// A boolean, in a query as text.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.scalar(name)? {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(Value::String(text)) if self.query => match text.to_ascii_lowercase().as_str() {
                "true" => Ok(Some(true)),
                "false" => Ok(Some(false)),
                _ => {
                    let shown = validate::cut(text, 200);
                    Err(ApiError::invalid(format!("Invalid boolean value: {shown}, must be 'true' or 'false'.")))
                }
            },
            Some(other) => Err(self.wrong_type(name, other)),
        }
    }

    /// A list of texts, empty where it was not given.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>, ApiError> {
        Ok(self.given_texts(name)?.unwrap_or_default())
    }

    /// A list of texts; `None` where it was not given.
    pub(crate) fn given_texts(&self, name: &str) -> Result<Option<Vec<String>>, ApiError> {
        let text = |value: &Value| match value {
            Value::String(text) => {
                validate::no_nul(name, text)?;
                Ok(text.clone())
            }
            other => Err(self.wrong_type(name, other)),
        };
        self.list(name)?.map(|values| values.iter().map(text).collect()).transpose()
    }

    /// A list of objects; `None` where it was not given.
    pub(crate) fn objects(&self, name: &str) -> Result<Option<Vec<Self>>, ApiError> {
        let Some(values) = self.list(name)? else { return Ok(None) };
        let object = |(i, value): (usize, &Value)| match value {
            Value::Object(fields) => {
                Ok(Self { fields: fields.clone(), query: false, path: format!("{}[{i}]", self.member(name)) })
            }
            other => Err(self.wrong_type(&format!("{name}[{i}]"), other)),
        };
        values.iter().enumerate().map(object).collect::<Result<_, _>>().map(Some)
    }

    /// An object, if it was given.
    pub(crate) fn object(&self, name: &str) -> Result<Option<Self>, ApiError> {
        match self.scalar(name)? {
            None => Ok(None),
            Some(Value::Object(fields)) => {
                Ok(Some(Self { fields: fields.clone(), query: false, path: self.member(name) }))
            }
            Some(other) => Err(self.wrong_type(name, other)),
        }
    }

    /// A list of `{key, value}`; an absent value is empty.
    pub(crate) fn key_values(&self, name: &str) -> Result<Vec<KeyValue>, ApiError> {
        let pair = |entry: &Self| {
            Ok(KeyValue { key: entry.required("key")?.to_owned(), value: entry.text_or_empty("value")? })
        };
        self.objects(name)?.unwrap_or_default().iter().map(pair).collect()
    }

    /// The name of a member of this object from the request on.
    pub(crate) fn member(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn list(&self, name: &str) -> Result<Option<&[Value]>, ApiError> {
        match self.get(name)? {
            None => Ok(None),
            Some(Value::Array(values)) => Ok(Some(values)),
            Some(other) => Err(self.wrong_type(name, other)),
        }
    }

    fn scalar(&self, name: &str) -> Result<Option<&Value>, ApiError> {
        match self.get(name)? {
            Some(Value::Array(texts)) if self.query => Ok(texts.first()),
            other => Ok(other),
        }
    }

    fn get(&self, name: &str) -> Result<Option<&Value>, ApiError> {
        let present = |name: &str| self.fields.get(name).filter(|value| !value.is_null());
        let camel = value::camel_case(name).filter(|_| !self.query);
        match (present(name), camel.as_deref().and_then(present)) {
            (Some(_), Some(_)) => Err(ApiError::invalid(format!(
                "Request specifies both '{name}' and '{}'; provide only one of them.",
                camel.unwrap_or_default()
            ))),
            (snake, camel) => Ok(snake.or(camel)),
        }
    }

    fn wrong_type(&self, name: &str, value: &Value) -> ApiError {
        wrong_type(&self.member(name), value)
    }
}

/// Reads the id of an experiment.
pub(crate) fn parse_experiment_id(text: &str) -> Result<i64, ApiError> {
    text.trim().parse().map_err(|_not_an_integer| {
        let shown = validate::cut(text, 200);
        ApiError::invalid(format!("Invalid experiment ID '{shown}'. Experiment ID must be a valid integer."))
    })
}

/// The refusal of a body that does not parse.
pub(crate) fn not_json(error: &serde_json::Error) -> ApiError {
    ApiError::invalid(format!(
        "The request body cannot be read as JSON: {error}. Numbers that are not finite are sent as the strings \"NaN\", \
         \"Infinity\" and \"-Infinity\"."
    ))
}

/// The bytes that should be a JSON object. Nothing at all and `null` count as an empty one; old clients wrap the object
/// into a JSON string.
pub(crate) fn object_bytes(bytes: &[u8]) -> Result<Cow<'_, [u8]>, ApiError> {
    match bytes.trim_ascii() {
        b"" | b"null" => Ok(Cow::Borrowed(b"{}")),
        wrapped @ [b'"', ..] => {
            let inner: String = serde_json::from_slice(wrapped).map_err(|error| not_json(&error))?;
            Ok(Cow::Owned(inner.into_bytes()))
        }
        object => Ok(Cow::Borrowed(object)),
    }
}

#[cfg(test)]
mod tests;
