//! The variables that answer while nothing is stored.

use crate::{access::Holder, secret::Plaintext, settings::Fallbacks};
use domain::services::{FieldKind, Metadata, MetadataValue, Service, ServiceCatalogue};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

/// Variables of the service catalogue, as they were at start.
pub(crate) struct Environment {
    secrets: BTreeMap<String, Plaintext>,
    texts: BTreeMap<String, String>,
    told: Mutex<BTreeSet<String>>,
}

impl Environment {
    /// Takes what the catalogue has a use for. A value that cannot be a credential is left out, with a line in the log that names its variable.
    pub(crate) fn read(fallbacks: &Fallbacks, catalogue: &ServiceCatalogue) -> Self {
        let (mut secrets, mut texts) = (BTreeMap::new(), BTreeMap::new());
        let kinds = || catalogue.iter().flat_map(|service| &service.types);
        for (variable, value) in &fallbacks.0 {
            if kinds().any(|kind| kind.variable.as_ref() == Some(variable)) {
                match Plaintext::parse("value", value) {
                    Ok(secret) => drop(secrets.insert(variable.clone(), secret)),
                    Err(fault) => tracing::warn!("{variable} is set and cannot be a credential ({}); it is not used", fault.code),
                }
            } else {
                texts.insert(variable.clone(), value.verbatim().trim().to_owned());
            }
        }
        Self { secrets, texts, told: Mutex::default() }
    }
    /// Whether a variable holds a credential.
    pub(super) fn has(&self, variable: &str) -> bool {
        self.secrets.contains_key(variable)
    }
    /// A credential, for use. Says so in the log, once for each variable.
    pub(super) fn take(&self, variable: &str) -> Option<Plaintext> {
        let secret = self.secrets.get(variable)?;
        if self.told.lock().unwrap_or_else(PoisonError::into_inner).insert(variable.to_owned()) {
            tracing::warn!("Using {variable} from environment (not recommended)");
        }
        Some(secret.once_more())
    }
    /// A credential, to be stored.
    pub(super) fn copy(&self, variable: &str) -> Option<Plaintext> {
        self.secrets.get(variable).map(Plaintext::once_more)
    }
    /// What is kept with a stored credential, with what the variables add. A switch that is off was switched off, so no variable turns it on.
    fn beside(&self, service: &Service, stored: &Metadata) -> Metadata {
        self.filled(service, stored, |kind| kind != FieldKind::Switch)
    }
    /// The same for whoever's credential it is: nobody's own sees a variable.
    pub(super) fn beside_for(&self, holder: Holder, service: &Service, stored: &Metadata) -> Metadata {
        if holder.is_installation() { self.beside(service, stored) } else { stored.clone() }
    }
    /// What goes with a credential of the environment.
    pub(super) fn metadata(&self, service: &Service) -> Metadata {
        self.filled(service, &Metadata::default(), |_| true)
    }
    fn filled(&self, service: &Service, stored: &Metadata, takes: impl Fn(FieldKind) -> bool) -> Metadata {
        let mut all = stored.clone();
        for field in service.metadata.iter().filter(|field| takes(field.kind) && !stored.0.contains_key(&field.id)) {
            let text = field.variable.as_ref().and_then(|variable| self.texts.get(variable));
            if let Some(Ok(Some(value))) = text.map(|text| field.parse(&MetadataValue::Text(text.clone()))) {
                all.0.insert(field.id.clone(), value);
            }
        }
        all
    }
}
