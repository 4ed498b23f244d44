//! How a provider is asked whether a key works, and what its answers mean.

use crate::Verdict;
use serde::Deserialize;
use std::collections::BTreeMap;

/// One request that needs the key and costs nothing.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The method the provider offers.
    #[serde(default)]
    pub method: Method,
    /// Path below the base URL, with its leading slash, and a query where there is one.
    pub path: String,
    /// The shape of a 2xx answer that proves the key.
    pub expect: Shape,
    /// The provider's own words for a verdict, the first that fits.
    #[serde(default)]
    pub answers: Vec<Answer>,
}

/// A request method.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
pub enum Method {
    /// `GET`
    #[default]
    #[serde(rename = "GET")]
    Get,
    /// `POST`, with an empty body.
    #[serde(rename = "POST")]
    Post,
}

/// The shape of a JSON answer.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// What the answer as a whole is.
    #[serde(default = "object")]
    pub root: Kind,
    /// What is at each JSON pointer (RFC 6901).
    #[serde(default)]
    pub fields: BTreeMap<String, Expected>,
    /// Pointer to an array all of whose elements have `each`; the empty pointer is the whole answer.
    pub list: Option<String>,
    /// What each element has, by pointers that begin at the element.
    #[serde(default)]
    pub each: BTreeMap<String, Expected>,
    /// Whether an empty list proves nothing.
    #[serde(default)]
    pub non_empty: bool,
}

const fn object() -> Kind {
    Kind::Object
}

/// A kind of JSON value (RFC 8259).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An object.
    Object,
    /// An array.
    Array,
    /// A string.
    String,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
}

/// What is expected of one value.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub enum Expected {
    /// Anything of this kind.
    Kind(Kind),
    /// Exactly this string, written `=text`.
    Text(String),
}

/// The text is neither a kind nor `=text`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("expected \"object\", \"array\", \"string\", \"number\", \"boolean\", or \"=\" and an exact text")]
pub struct NotExpected;

impl TryFrom<String> for Expected {
    type Error = NotExpected;
    fn try_from(text: String) -> Result<Self, NotExpected> {
        Ok(match text.as_str() {
            "object" => Self::Kind(Kind::Object),
            "array" => Self::Kind(Kind::Array),
            "string" => Self::Kind(Kind::String),
            "number" => Self::Kind(Kind::Number),
            "boolean" => Self::Kind(Kind::Boolean),
            _ => Self::Text(text.strip_prefix('=').ok_or(NotExpected)?.to_owned()),
        })
    }
}

/// A known answer and what it means. All parts that are given must fit.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The HTTP status; any when absent.
    pub status: Option<u16>,
    /// A response header that must be present; without a pointer it must hold `contains`, or be `equals`, where those are given.
    pub header: Option<String>,
    /// Pointer (RFC 6901) into the JSON body.
    pub at: Option<String>,
    /// The exact value at the pointer, or of the header.
    pub equals: Option<Scalar>,
    /// A text within any string at or below the pointer, without regard to ASCII case.
    pub contains: Option<String>,
    /// What it means.
    pub verdict: Verdict,
}

/// A JSON value without parts.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A string.
    Text(String),
}
