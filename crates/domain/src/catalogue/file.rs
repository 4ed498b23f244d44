//! Reading the catalogue files.

use super::{Catalogue, Check, Provider, ProviderId, Scalar};
use crate::{Verdict, services::ServiceId};
use serde::Deserialize;
use std::collections::BTreeMap;

const BUILT_IN: &str = include_str!("../../catalogue/providers.toml");

/// Why a catalogue file cannot be used; says where.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CatalogueError {
    /// Not TOML, an unknown field, or a value of the wrong kind; the text has line and column.
    #[error("the catalogue file cannot be read: {0}")]
    Syntax(String),
    /// An entry that does not hold together.
    #[error("the catalogue entry providers.{provider} is not usable: {field} {fault}")]
    Entry {
        /// The entry's id.
        provider: ProviderId,
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// A service that does not hold together.
    #[error("the catalogue entry services.{service} is not usable: {field} {fault}")]
    Service {
        /// The entry's id.
        service: ServiceId,
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        fault: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    providers: BTreeMap<ProviderId, Entry>,
    /// Entries of the service catalogue: read elsewhere.
    #[serde(default, rename = "services")]
    _services: Option<toml::Table>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Option<String>,
    description: Option<String>,
    key_prefix: Option<String>,
    auth_header: Option<String>,
    auth_prefix: Option<String>,
    headers: Option<BTreeMap<String, String>>,
    base_url: Option<String>,
    check: Option<Check>,
    key_url: Option<String>,
    docs_url: Option<String>,
    keyless: Option<bool>,
    custom_endpoint: Option<bool>,
}

impl Catalogue {
    /// The catalogue that comes with the program.
    ///
    /// # Panics
    /// Never: a test reads the same text.
    #[must_use]
    pub fn built_in() -> Self {
        Self::with_overlay("").expect("the built-in file is fixed at compile time, and a test reads it")
    }
    /// The built-in catalogue with a TOML text laid over it: fields of `[providers.ID]` replace those of the entry, whole; new ids add
    /// entries, which need `name` and a `base_url` or `custom_endpoint = true`. `[services]` is left for the service catalogue.
    ///
    /// # Errors
    /// [`CatalogueError`] with line and column, or entry and field.
    pub fn with_overlay(text: &str) -> Result<Self, CatalogueError> {
        let mut entries = read(BUILT_IN)?;
        for (id, over) in read(text)? {
            let entry = entries.entry(id).or_default();
            *entry = over.over(std::mem::take(entry));
        }
        entries.into_iter().map(|(id, entry)| entry.finish(id)).collect::<Result<_, _>>().map(Self::new)
    }
}

fn read(text: &str) -> Result<BTreeMap<ProviderId, Entry>, CatalogueError> {
    toml::from_str::<File>(text).map(|file| file.providers).map_err(|error| CatalogueError::Syntax(error.to_string()))
}

impl Entry {
    fn over(self, base: Self) -> Self {
        Self {
            name: self.name.or(base.name),
            description: self.description.or(base.description),
            key_prefix: self.key_prefix.or(base.key_prefix),
            auth_header: self.auth_header.or(base.auth_header),
            auth_prefix: self.auth_prefix.or(base.auth_prefix),
            headers: self.headers.or(base.headers),
            base_url: self.base_url.or(base.base_url),
            check: self.check.or(base.check),
            key_url: self.key_url.or(base.key_url),
            docs_url: self.docs_url.or(base.docs_url),
            keyless: self.keyless.or(base.keyless),
            custom_endpoint: self.custom_endpoint.or(base.custom_endpoint),
        }
    }

    fn finish(self, id: ProviderId) -> Result<Provider, CatalogueError> {
        let fail = |field, fault| Err(CatalogueError::Entry { provider: id.clone(), field, fault });
        let Some(name) = self.name.filter(|name| is_line(name, 100)) else {
            return fail("name", "must be a line of 1 to 100 characters");
        };
        let custom_endpoint = self.custom_endpoint.unwrap_or(false);
        if self.base_url.is_none() && !custom_endpoint {
            return fail("base_url", "is missing");
        }
        if self.base_url.as_deref().is_some_and(|url| !is_web(url)) {
            return fail("base_url", "must begin with https:// or http:// and hold no spaces");
        }
        if self.key_url.as_deref().is_some_and(|url| !is_web(url)) {
            return fail("key_url", "must begin with https:// or http:// and hold no spaces");
        }
        if self.docs_url.as_deref().is_some_and(|url| !is_web(url)) {
            return fail("docs_url", "must begin with https:// or http:// and hold no spaces");
        }
        if self.key_prefix.as_deref().is_some_and(|prefix| !is_line(prefix, 64)) {
            return fail("key_prefix", "must be a line of 1 to 64 characters");
        }
        let auth_header = self.auth_header.unwrap_or_else(|| "authorization".to_owned()).to_ascii_lowercase();
        if !is_header_name(&auth_header) {
            return fail("auth_header", "is not a header name");
        }
        let auth_prefix = self.auth_prefix.unwrap_or_else(|| "Bearer ".to_owned());
        if !is_header_value(&auth_prefix) {
            return fail("auth_prefix", "must be printable ASCII");
        }
        let headers: BTreeMap<_, _> =
            self.headers.unwrap_or_default().into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        if headers.iter().any(|(name, value)| !is_header_name(name) || *name == auth_header || !is_header_value(value)) {
            return fail("headers", "has a name that is no header name or carries the key, or a value that is not printable ASCII");
        }
        if let Some(fault) = self.check.as_ref().and_then(check_fault) {
            return fail("check", fault);
        }
        Ok(Provider {
            name,
            description: self.description.unwrap_or_default(),
            key_prefix: self.key_prefix,
            auth_header,
            auth_prefix,
            headers,
            base_url: self.base_url.map(|url| url.trim_end_matches('/').to_owned()),
            check: self.check,
            key_url: self.key_url,
            docs_url: self.docs_url,
            keyless: self.keyless.unwrap_or(false),
            custom_endpoint,
            id,
        })
    }
}

pub(crate) fn check_fault(check: &Check) -> Option<&'static str> {
    let is_pointer = |text: &str| text.is_empty() || text.starts_with('/');
    let shape = &check.expect;
    let mut pointers =
        shape.fields.keys().chain(shape.each.keys()).chain(&shape.list).chain(check.answers.iter().filter_map(|a| a.at.as_ref()));
    if !check.path.starts_with('/') || check.path.contains(['#', '\\', ' ']) || check.path.chars().any(char::is_control) {
        return Some("path must begin with / and hold no fragment and no spaces");
    }
    if !pointers.all(|pointer| is_pointer(pointer)) {
        return Some("has a JSON pointer that does not begin with /");
    }
    if shape.fields.is_empty() && shape.list.is_none() {
        return Some("expect must name at least one field or list, or any JSON would prove the key");
    }
    if shape.list.is_none() && (!shape.each.is_empty() || shape.non_empty) {
        return Some("expect has each or non_empty without list");
    }
    for answer in &check.answers {
        if answer.status.is_none() && answer.header.is_none() && answer.at.is_none() {
            return Some("answers has an entry that fits every answer");
        }
        if answer.at.is_none() && answer.header.is_none() && (answer.equals.is_some() || answer.contains.is_some()) {
            return Some("answers has equals or contains without at or header");
        }
        if answer.at.is_none() && answer.equals.as_ref().is_some_and(|value| !matches!(value, Scalar::Text(_))) {
            return Some("answers compares a header with what is no text");
        }
        if matches!(answer.verdict, Verdict::Unchecked | Verdict::Unreachable) {
            return Some("answers cannot lead to unchecked or unreachable");
        }
    }
    None
}

pub(crate) fn is_line(text: &str, most: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control)
}
pub(crate) fn is_web(text: &str) -> bool {
    (text.starts_with("https://") || text.starts_with("http://"))
        && text.len() <= 2048
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
}
pub(crate) fn is_header_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}
pub(crate) fn is_header_value(text: &str) -> bool {
    text.len() <= 256 && text.bytes().all(|b| matches!(b, b' '..=b'~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> ProviderId {
        ProviderId::parse(text).expect("a valid id")
    }

    #[test]
    fn the_built_in_catalogue_has_every_provider_with_its_documented_check() {
        let catalogue = Catalogue::built_in();
        let expected = [
            ("openrouter", Some("sk-or-v1-"), "https://openrouter.ai/api/v1/key"),
            ("openai", Some("sk-"), "https://api.openai.com/v1/models"),
            ("anthropic", Some("sk-ant-"), "https://api.anthropic.com/v1/models"),
            ("google", Some("AIza"), "https://generativelanguage.googleapis.com/v1beta/models?pageSize=1"),
            ("mistral", None, "https://api.mistral.ai/v1/models"),
            ("groq", Some("gsk_"), "https://api.groq.com/openai/v1/models"),
            ("together", None, "https://api.together.xyz/v1/models"),
            ("cohere", None, "https://api.cohere.com/v1/models"),
            ("huggingface", Some("hf_"), "https://huggingface.co/api/whoami-v2"),
            ("xai", Some("xai-"), "https://api.x.ai/v1/api-key"),
            ("deepseek", Some("sk-"), "https://api.deepseek.com/user/balance"),
            ("fireworks", None, "https://api.fireworks.ai/inference/v1/models"),
            ("ollama", None, "http://127.0.0.1:11434/api/tags"),
        ];
        for (name, prefix, url) in expected {
            let entry = catalogue.get(&id(name)).unwrap_or_else(|| panic!("{name} is missing"));
            assert_eq!(entry.key_prefix.as_deref(), prefix, "{name}");
            let path = &entry.check.as_ref().expect(name).path;
            assert_eq!(format!("{}{path}", entry.base_url.as_deref().expect(name)), url, "{name}");
        }
        for name in ["perplexity", "ollama_cloud"] {
            assert_eq!(catalogue.get(&id(name)).expect(name).check, None, "{name}");
        }
        assert_eq!(catalogue.iter().count(), 16);
        let custom = catalogue.get(&id("custom")).expect("custom");
        assert!(custom.custom_endpoint && custom.base_url.is_none());
        assert_eq!(catalogue.iter().last(), Some(custom));
        let keyless: Vec<_> = catalogue.iter().filter(|p| p.keyless).map(|p| p.id.as_str()).collect();
        assert_eq!(keyless, ["ollama"]);
    }

    #[test]
    fn views_say_nothing_of_the_caller() {
        let views = Catalogue::built_in().view();
        assert!(views.iter().all(|view| !view.configured));
        assert_eq!(views[0].name, "Anthropic");
    }

    #[test]
    fn an_overlay_replaces_the_fields_it_names_and_no_others() {
        let over = Catalogue::with_overlay("[providers.openai]\nbase_url = \"http://127.0.0.1:9001/v1/\"\n").expect("a valid overlay");
        let mut entry = Catalogue::built_in().get(&id("openai")).expect("openai").clone();
        entry.base_url = Some("http://127.0.0.1:9001/v1".to_owned());
        assert_eq!(over.get(&id("openai")), Some(&entry));
        assert_eq!(over.iter().count(), 16);
    }

    #[test]
    fn an_overlay_adds_an_entry_and_leaves_services_alone() {
        let text = "[services.github]\nbase_url = \"http://127.0.0.1:9002\"\n[providers.acme]\nname = \"Acme\"\nbase_url = \"https://api.acme.example\"\n";
        let over = Catalogue::with_overlay(text).expect("a valid overlay");
        let acme = over.get(&id("acme")).expect("acme");
        assert_eq!((acme.auth_header.as_str(), acme.auth_prefix.as_str(), acme.check.is_some()), ("authorization", "Bearer ", false));
    }

    #[test]
    fn a_fault_names_its_place() {
        let cases = [
            ("[providers.openai]\n\nbase_ulr = \"https://x.example\"", "line 3"),
            ("[providers.openai]\nbase_url = 7", "line 2"),
            ("[provider.openai]\n", "provider"),
            ("[providers.OpenAI]\n", "provider id"),
            ("[providers.acme]\nname = \"Acme\"", "providers.acme is not usable: base_url"),
            ("[providers.acme]\nbase_url = \"https://x.example\"", "name"),
            ("[providers.openai]\nbase_url = \"ftp://x.example\"", "base_url"),
            ("[providers.openai]\nauth_header = \"x y\"", "auth_header"),
            ("[providers.openai]\nheaders = { Authorization = \"x\" }", "headers"),
            ("[providers.openai.check]\npath = \"/m\"\n[providers.openai.check.expect]", "expect"),
            ("[providers.openai.check]\npath = \"m\"\n[providers.openai.check.expect.fields]\n\"/a\" = \"string\"", "path"),
            ("[providers.openai.check]\npath = \"/m\"\n[providers.openai.check.expect.fields]\n\"/a\" = \"text\"", "line 4"),
        ];
        for (text, place) in cases {
            let error = Catalogue::with_overlay(text).expect_err(text).to_string();
            assert!(error.contains(place), "{text}: {error}");
        }
    }
}
