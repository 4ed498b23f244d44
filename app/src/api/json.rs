//! JSON, written by serde on the server and read by the parser that the browser has: with serde's the bundle would be a quarter larger.

use leptos::server_fn::{Bytes, ContentType, Decodes, Encodes, Format, FormatType, codec::Post};

/// The encoding of what server functions answer.
pub struct Json;

/// How a server function says that it answers so.
pub(super) type Answer = Post<Json>;

impl ContentType for Json {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for Json {
    const FORMAT_TYPE: Format = Format::Text;
}

/// The other half: a server writes no questions and a browser no answers.
#[derive(Clone, Copy, Debug)]
pub struct NotHere;

impl std::fmt::Display for NotHere {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not on this side")
    }
}

#[cfg(feature = "ssr")]
mod side {
    use super::{Bytes, Decodes, Encodes, Json, NotHere};

    impl<T: serde::Serialize> Encodes<T> for Json {
        type Error = serde_json::Error;

        fn encode(answer: &T) -> Result<Bytes, Self::Error> {
            serde_json::to_vec(answer).map(Bytes::from)
        }
    }

    impl<T> Decodes<T> for Json {
        type Error = NotHere;

        fn decode(_: Bytes) -> Result<T, NotHere> {
            Err(NotHere)
        }
    }
}

#[cfg(feature = "hydrate")]
mod side {
    use super::{Bytes, Decodes, Encodes, Json, NotHere};
    use crate::api::{ApiError, keys::Tried};
    use domain::{FieldProblem, ids::KeyId};
    use wasm_bindgen::JsValue;
    use web_sys::js_sys::{Array, JSON, Reflect};

    /// What is read from the browser's own values; `None` when it is something else.
    pub trait Read: Sized {
        fn read(from: &JsValue) -> Option<Self>;
    }

    impl<T> Encodes<T> for Json {
        type Error = NotHere;

        fn encode(_: &T) -> Result<Bytes, NotHere> {
            Err(NotHere)
        }
    }

    impl<T: Read> Decodes<T> for Json {
        type Error = &'static str;

        fn decode(answer: Bytes) -> Result<T, Self::Error> {
            let text = std::str::from_utf8(&answer).unwrap_or_default();
            JSON::parse(text).ok().as_ref().and_then(T::read).ok_or("another answer than was asked for")
        }
    }

    fn text(of: &JsValue, name: &str) -> Option<String> {
        Reflect::get(of, &name.into()).ok()?.as_string()
    }

    impl Read for () {
        fn read(from: &JsValue) -> Option<Self> {
            from.is_null().then_some(())
        }
    }

    impl Read for KeyId {
        fn read(from: &JsValue) -> Option<Self> {
            from.as_string()?.parse().ok()
        }
    }

    impl Read for Tried {
        fn read(from: &JsValue) -> Option<Self> {
            Some(Self { verdict: text(from, "verdict")?.parse().ok()?, message: text(from, "message")? })
        }
    }

    impl Read for FieldProblem {
        fn read(from: &JsValue) -> Option<Self> {
            let text = |name| text(from, name).map(Into::into);
            Some(Self { field: text("field")?, code: text("code")?, message: text("message")? })
        }
    }

    impl Read for ApiError {
        fn read(from: &JsValue) -> Option<Self> {
            let fields = Array::from(&Reflect::get(from, &"fields".into()).ok()?);
            Some(Self {
                code: text(from, "code")?.into(),
                detail: text(from, "detail")?.into(),
                fields: fields.iter().filter_map(|field| FieldProblem::read(&field)).collect(),
                id: text(from, "id").and_then(|id| id.parse().ok()),
            })
        }
    }
}
