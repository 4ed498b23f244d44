//! Reading the service catalogue.

use super::{Advice, CredentialKind, CredentialType, MetadataField, Permission, Protocol, Service, ServiceCatalogue, ServiceId, VARIABLES};
use crate::catalogue::{
    Answer, CatalogueError, Check,
    file::{check_fault, is_header_name, is_header_value, is_line, is_web},
};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

const BUILT_IN: &str = include_str!("../../catalogue/services.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    services: BTreeMap<ServiceId, Entry>,
    /// Entries of the provider catalogue: read elsewhere.
    #[serde(default, rename = "providers")]
    _providers: Option<toml::Table>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: Option<String>,
    description: Option<String>,
    protocol: Option<Protocol>,
    base_url: Option<String>,
    base_url_variable: Option<String>,
    sandbox_url: Option<String>,
    headers: Option<BTreeMap<String, String>>,
    types: Option<Vec<TypeEntry>>,
    metadata: Option<Vec<MetadataField>>,
    check: Option<Check>,
    docs_url: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct TypeEntry {
    id: CredentialType,
    name: String,
    #[serde(default)]
    help: String,
    variable: Option<String>,
    #[serde(default)]
    prefixes: Vec<String>,
    auth_header: Option<String>,
    auth_prefix: Option<String>,
    #[serde(default)]
    basic: bool,
    #[serde(default)]
    permissions: Vec<Permission>,
    scopes_header: Option<String>,
    #[serde(default)]
    advice: Vec<Advice>,
    #[serde(default)]
    answers: Vec<Answer>,
    make_url: Option<String>,
}

impl ServiceCatalogue {
    /// The catalogue that comes with the program.
    ///
    /// # Panics
    /// Never: a test reads the same text.
    #[must_use]
    pub fn built_in() -> Self {
        Self::with_overlay("").expect("the built-in file is fixed at compile time, and a test reads it")
    }
    /// The built-in catalogue with a TOML text laid over it: fields of `[services.ID]` replace those of the entry, whole; new ids add
    /// entries, which need `name`, `base_url` and `types`. Whoever names a base URL and no sandbox has the sandbox there, too.
    /// `[providers]` is left for the provider catalogue.
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

fn read(text: &str) -> Result<BTreeMap<ServiceId, Entry>, CatalogueError> {
    toml::from_str::<File>(text).map(|file| file.services).map_err(|error| CatalogueError::Syntax(error.to_string()))
}

const WEB: &str = "must begin with https:// or http:// and hold no spaces";

impl Entry {
    fn over(self, base: Self) -> Self {
        let sandbox = self.sandbox_url.or_else(|| base.sandbox_url.map(|url| self.base_url.clone().unwrap_or(url)));
        Self {
            name: self.name.or(base.name),
            description: self.description.or(base.description),
            protocol: self.protocol.or(base.protocol),
            base_url: self.base_url.or(base.base_url),
            base_url_variable: self.base_url_variable.or(base.base_url_variable),
            sandbox_url: sandbox,
            headers: self.headers.or(base.headers),
            types: self.types.or(base.types),
            metadata: self.metadata.or(base.metadata),
            check: self.check.or(base.check),
            docs_url: self.docs_url.or(base.docs_url),
        }
    }

    fn finish(self, id: ServiceId) -> Result<Service, CatalogueError> {
        let fail = |field, fault| CatalogueError::Service { service: id.clone(), field, fault };
        let name = self.name.filter(|name| is_line(name, 100)).ok_or_else(|| fail("name", "must be a line of 1 to 100 characters"))?;
        let base_url = self.base_url.ok_or_else(|| fail("base_url", "is missing"))?;
        let urls = [("base_url", Some(&base_url)), ("sandbox_url", self.sandbox_url.as_ref()), ("docs_url", self.docs_url.as_ref())];
        if let Some((field, _)) = urls.into_iter().find(|(_, url)| url.is_some_and(|url| !is_web(url))) {
            return Err(fail(field, WEB));
        }
        if self.base_url_variable.as_deref().is_some_and(|name| !VARIABLES.contains(&name)) {
            return Err(fail("base_url_variable", "is not one that Keyward reads"));
        }
        let headers: BTreeMap<_, _> =
            self.headers.unwrap_or_default().into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        if headers.iter().any(|(name, value)| !is_header_name(name) || !is_header_value(value)) {
            return Err(fail("headers", "has a name that is no header name, or a value that is not printable ASCII"));
        }
        if let Some(fault) = self.check.as_ref().and_then(check_fault) {
            return Err(fail("check", fault));
        }
        let types: Vec<_> = self
            .types
            .unwrap_or_default()
            .into_iter()
            .map(TypeEntry::finish)
            .collect::<Result<_, _>>()
            .map_err(|fault| fail("types", fault))?;
        let ids: BTreeSet<_> = types.iter().map(|kind| &kind.id).collect();
        if types.is_empty() || ids.len() != types.len() {
            return Err(fail("types", "must have at least one entry, each with an id of its own"));
        }
        if types.iter().any(|kind| headers.contains_key(&kind.auth_header)) {
            return Err(fail("headers", "has the header that carries the credential"));
        }
        let metadata = self.metadata.unwrap_or_default();
        if metadata.iter().any(field_fault) {
            return Err(fail("metadata", "has a field without id or name, or with a variable that Keyward does not read"));
        }
        let trimmed = |url: String| url.trim_end_matches('/').to_owned();
        Ok(Service {
            name,
            description: self.description.unwrap_or_default(),
            protocol: self.protocol.unwrap_or_default(),
            base_url: trimmed(base_url),
            base_url_variable: self.base_url_variable,
            sandbox_url: self.sandbox_url.map(trimmed),
            headers,
            types,
            metadata,
            check: self.check,
            docs_url: self.docs_url,
            id,
        })
    }
}

fn field_fault(field: &MetadataField) -> bool {
    CredentialType::parse(&field.id).is_err()
        || field.id == super::metadata::DESCRIPTION
        || !is_line(&field.name, 60)
        || field.variable.as_deref().is_some_and(|name| !VARIABLES.contains(&name))
}

impl TypeEntry {
    fn finish(self) -> Result<CredentialKind, &'static str> {
        if !is_line(&self.name, 60) {
            return Err("has a name that is no line of 1 to 60 characters");
        }
        if self.variable.as_deref().is_some_and(|name| !VARIABLES.contains(&name)) {
            return Err("has a variable that Keyward does not read");
        }
        if self.make_url.as_deref().is_some_and(|url| !is_web(url)) {
            return Err("has a make_url that is no web address");
        }
        let auth_header = self.auth_header.unwrap_or_else(|| "authorization".to_owned()).to_ascii_lowercase();
        let auth_prefix = self.auth_prefix.unwrap_or_else(|| if self.basic { "Basic " } else { "Bearer " }.to_owned());
        if !is_header_name(&auth_header) || !is_header_value(&auth_prefix) {
            return Err("has an auth_header that is no header name, or an auth_prefix that is not printable ASCII");
        }
        if self.scopes_header.as_deref().is_some_and(|name| !is_header_name(name)) {
            return Err("has a scopes_header that is no header name");
        }
        if self.prefixes.iter().chain(self.advice.iter().map(|advice| &advice.prefix)).any(|prefix| !is_line(prefix, 64)) {
            return Err("has a prefix that is no line of 1 to 64 characters");
        }
        Ok(CredentialKind {
            id: self.id,
            name: self.name,
            help: self.help,
            variable: self.variable,
            prefixes: self.prefixes,
            auth_header,
            auth_prefix,
            basic: self.basic,
            permissions: self.permissions,
            scopes_header: self.scopes_header.map(|name| name.to_ascii_lowercase()),
            advice: self.advice,
            answers: self.answers,
            make_url: self.make_url,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::{Metadata, MetadataValue};

    fn service(catalogue: &ServiceCatalogue, id: &str) -> Service {
        catalogue.get(&ServiceId::parse(id).expect("a valid id")).unwrap_or_else(|| panic!("{id} is missing")).clone()
    }

    #[test]
    fn the_built_in_catalogue_has_every_service_with_its_documented_check() {
        let catalogue = ServiceCatalogue::built_in();
        let expected = [
            ("cloudflare", "https://api.cloudflare.com/client/v4/user/tokens/verify", "api_token"),
            ("github", "https://api.github.com/user", "api_token personal_access_token"),
            ("namecheap", "https://api.namecheap.com/xml.response", "api_key"),
            ("stripe", "https://api.stripe.com/v1/balance", "secret_key publishable_key"),
        ];
        for (id, url, types) in expected {
            let entry = service(&catalogue, id);
            assert_eq!(format!("{}{}", entry.base_url, entry.check.as_ref().expect(id).path), url);
            let names: Vec<_> = entry.types.iter().map(|kind| kind.id.as_str()).collect();
            assert_eq!(names.join(" "), types);
        }
        assert_eq!(catalogue.iter().count(), 4);
    }

    #[test]
    fn a_variable_belongs_to_one_type_of_one_service() {
        let catalogue = ServiceCatalogue::built_in();
        let mut seen: Vec<_> = catalogue
            .iter()
            .flat_map(|service| {
                let types = service.types.iter().filter_map(|kind| kind.variable.clone());
                types.chain(service.metadata.iter().filter_map(|field| field.variable.clone())).chain(service.base_url_variable.clone())
            })
            .collect();
        seen.sort();
        assert_eq!(seen, VARIABLES);
    }

    #[test]
    fn an_overlay_replaces_the_fields_it_names_and_no_others() {
        let over = ServiceCatalogue::with_overlay("[services.github]\nbase_url = \"http://127.0.0.1:9002/\"\n[providers.x]\nname = 7\n");
        let mut entry = service(&ServiceCatalogue::built_in(), "github");
        entry.base_url = "http://127.0.0.1:9002".to_owned();
        assert_eq!(service(&over.expect("a valid overlay"), "github"), entry);
    }

    #[test]
    fn a_sandbox_goes_where_its_service_is_moved_to() {
        let on = Metadata([("sandbox".to_owned(), MetadataValue::Flag(true))].into());
        assert_eq!(service(&ServiceCatalogue::built_in(), "namecheap").address(&on), "https://api.sandbox.namecheap.com");
        let over = ServiceCatalogue::with_overlay("[services.namecheap]\nbase_url = \"http://127.0.0.1:9002\"\n").expect("a valid overlay");
        assert_eq!(service(&over, "namecheap").address(&on), "http://127.0.0.1:9002");
    }

    #[test]
    fn an_overlay_adds_a_service() {
        let text = "[services.acme]\nname = \"Acme\"\nbase_url = \"https://api.acme.example\"\n[[services.acme.types]]\nid = \"token\"\nname = \"Token\"\n";
        let acme = service(&ServiceCatalogue::with_overlay(text).expect("a valid overlay"), "acme");
        assert_eq!((acme.types[0].auth_header.as_str(), acme.types[0].auth_prefix.as_str()), ("authorization", "Bearer "));
        assert!(acme.check.is_none() && acme.protocol == Protocol::Json);
    }

    #[test]
    fn a_fault_names_its_place() {
        let cases = [
            ("[services.github]\n\nbase_ulr = \"https://x.example\"", "line 3"),
            ("[services.GitHub]\n", "id of the service catalogue"),
            ("[services.github]\nbase_url = \"ftp://x\"", "services.github is not usable: base_url"),
            ("[services.github]\nheaders = { Authorization = \"x\" }", "headers"),
            ("[services.acme]\nname = \"Acme\"\nbase_url = \"https://x.example\"", "types"),
            ("[[services.stripe.types]]\nid = \"a\"\nname = \"A\"\nvariable = \"PATH\"", "types has a variable"),
            ("[services.cloudflare]\nbase_url_variable = \"HOME\"", "base_url_variable"),
        ];
        for (text, place) in cases {
            let error = ServiceCatalogue::with_overlay(text).expect_err(text).to_string();
            assert!(error.contains(place), "{text}: {error}");
        }
    }
}
