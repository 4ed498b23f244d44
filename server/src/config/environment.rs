//! The `KEYWARD_*` variables of a process, checked against the names there are, and those of other programs that stand in for service
//! credentials.

use super::{ConfigError, names};
use domain::{key_input::SecretInput, services::VARIABLES};
use std::{collections::BTreeMap, fs, str::FromStr};
use vault::Fallbacks;

/// Every `KEYWARD_*` variable and every one that answers for a service credential, by name.
pub(super) struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The environment of this process.
    ///
    /// # Errors
    /// Names a variable that is unknown or not UTF-8.
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub(super) fn of_process() -> Result<Self, ConfigError> {
        let mut found = BTreeMap::new();
        for (name, value) in std::env::vars_os() {
            let Some(name) = name.to_str().filter(|name| name.starts_with("KEYWARD_") || names::is_fallback(name)) else { continue };
            let value = value.into_string().map_err(|_| ConfigError(format!("{name} is not UTF-8 text.")))?;
            found.insert(name.to_owned(), value);
        }
        Self::checked(found)
    }

    /// # Errors
    /// Names a variable that is unknown.
    pub(super) fn checked(found: BTreeMap<String, String>) -> Result<Self, ConfigError> {
        match found.keys().find(|name| !names::is_known(name)) {
            None => Ok(Self(found)),
            Some(name) => Err(ConfigError(match names::nearest(name) {
                Some(known) => format!("{name} is not a setting of Keyward. Did you mean {known}?"),
                None => format!("{name} is not a setting of Keyward. Unset it or correct its name."),
            })),
        }
    }

    /// The text of a variable; an empty one counts as unset.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.raw(name).map(str::trim).filter(|text| !text.is_empty())
    }

    /// The text of a variable as it is.
    pub(super) fn raw(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// # Errors
    /// Says what the variable must be.
    pub(super) fn parse<T: FromStr>(&self, name: &str, expected: &str) -> Result<Option<T>, ConfigError> {
        self.get(name).map(|text| text.parse().map_err(|_| ConfigError(format!("{name} must be {expected}.")))).transpose()
    }

    /// A secret from its variable or from the file that `NAME_FILE` names.
    ///
    /// # Errors
    /// When both are set, or the file cannot be read.
    pub(super) fn secret(&self, name: &str) -> Result<Option<SecretInput>, ConfigError> {
        let file = names::file_variant(name);
        match (self.get(name), self.get(&file)) {
            (Some(_), Some(_)) => Err(ConfigError(format!("{name} and {file} are both set. Keep one."))),
            (Some(text), None) => Ok(Some(SecretInput::new(text.to_owned()))),
            (None, Some(path)) => fs::read_to_string(path)
                .map(|text| Some(SecretInput::new(text)))
                .map_err(|error| ConfigError(format!("The file that {file} names cannot be read: {error}."))),
            (None, None) => Ok(None),
        }
    }

    /// The variables that answer while no service credential is stored.
    ///
    /// # Errors
    /// As [`Environment::secret`].
    pub(super) fn fallbacks(&self) -> Result<Fallbacks, ConfigError> {
        let mut found = BTreeMap::new();
        for name in VARIABLES {
            if let Some(value) = self.secret(name)? {
                found.insert(name.to_owned(), value);
            }
        }
        Ok(Fallbacks(found))
    }

    /// # Errors
    /// Names a setting of a feature that this version does not have.
    pub(super) fn refuse_unsupported(&self) -> Result<(), ConfigError> {
        let set = |name: &&&str| self.get(name).is_some() || self.get(&names::file_variant(name)).is_some();
        if let Some(name) = names::UNSUPPORTED.iter().find(set) {
            return Err(ConfigError(format!("{name} is set, but this version does not support it. Unset it.")));
        }
        Ok(())
    }
}
