//! What each server function takes. Its own decoder ignores a name it does not know, and a form must not be half read.

use app::api::{AddKey, DeleteKey, EditKey, ReplaceKey, SetDefault, SetEnabled, TestCandidate, TestKey};
use leptos::server_fn::ServerFn;
use serde::{
    Deserialize, Deserializer,
    de::{Visitor, value::Error},
    forward_to_deserialize_any,
};

/// The names of the arguments of the server function at `path`.
pub(super) fn of(path: &str) -> Option<&'static [&'static str]> {
    let all = [
        entry::<AddKey>(),
        entry::<DeleteKey>(),
        entry::<EditKey>(),
        entry::<ReplaceKey>(),
        entry::<SetDefault>(),
        entry::<SetEnabled>(),
        entry::<TestCandidate>(),
        entry::<TestKey>(),
    ];
    all.into_iter().find(|(known, _)| *known == path).map(|(_, names)| names)
}

fn entry<F: ServerFn + for<'de> Deserialize<'de>>() -> (&'static str, &'static [&'static str]) {
    let mut names: &'static [&'static str] = &[];
    // It always fails: there is nothing to read, only to ask.
    let _ = F::deserialize(Asked(&mut names));
    (F::PATH, names)
}

/// Is told which fields a type wants, and has none.
struct Asked<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Asked<'_> {
    type Error = Error;

    fn deserialize_struct<V: Visitor<'de>>(self, _: &'static str, fields: &'static [&'static str], _: V) -> Result<V::Value, Error> {
        *self.0 = fields;
        Err(serde::de::Error::custom("only asked"))
    }
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(serde::de::Error::custom("no struct"))
    }
    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq
        tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_the_functions_themselves() {
        assert_eq!(of("/api/fn/keys/enable"), Some(["id", "enabled"].as_slice()));
        assert_eq!(of("/api/fn/keys/delete"), Some(["id"].as_slice()));
        assert_eq!(of("/api/fn/keys/nothing"), None);
    }
}
