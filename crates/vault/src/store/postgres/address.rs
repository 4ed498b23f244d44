//! Where the database is: a URL whose password nobody gets to see.

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::{fmt, str::FromStr};
use url::{Host, Url};

/// What may follow the `?`. Anything else is refused, because it would be ignored.
const PARAMETERS: [&str; 9] = ["sslmode", "sslrootcert", "sslcert", "sslkey", "host", "port", "dbname", "user", "password"];

/// What is wrong with a database address. Never repeats any of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AddressError {
    /// Not `postgres://...`.
    #[error("it is not a PostgreSQL address, like postgres://user@host/database?sslmode=verify-full")]
    Malformed,
    /// A parameter that would have no effect.
    #[error(
        "it has a parameter that is not supported; there are: sslmode, sslrootcert, sslcert, sslkey, host, port, dbname, user, password"
    )]
    Parameter,
    /// A mode that anybody on the way can turn off.
    #[error("sslmode must be disable, require, verify-ca or verify-full: the others fall back to an open connection without a word")]
    SslMode,
}

/// The address of a PostgreSQL database, with the password. `Debug` and `Display` show host and database alone.
#[derive(Clone)]
pub struct PostgresAddress(Box<PgConnectOptions>);

impl PostgresAddress {
    /// Reads `postgres://user:password@host:port/database?sslmode=...&sslrootcert=...`.
    ///
    /// Without `sslmode` a server on another machine must prove who it is (`verify-full`); on this machine, over loopback or
    /// a socket, the connection is open.
    ///
    /// # Errors
    /// [`AddressError`], which repeats nothing of the text.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let url = Url::parse(text.trim()).map_err(|_| AddressError::Malformed)?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(AddressError::Malformed);
        }
        if url.query_pairs().any(|(name, _)| !PARAMETERS.contains(&&*name)) {
            return Err(AddressError::Parameter);
        }
        let mode = url.query_pairs().find(|(name, _)| name == "sslmode").map(|(_, value)| value.to_lowercase());
        if mode.as_deref().is_some_and(|mode| !matches!(mode, "disable" | "require" | "verify-ca" | "verify-full")) {
            return Err(AddressError::SslMode);
        }
        let options = PgConnectOptions::from_str(text.trim()).map_err(|_| AddressError::Malformed)?;
        Ok(Self(Box::new(match mode {
            Some(_) => options,
            None if is_here(&options) => options.ssl_mode(PgSslMode::Disable),
            None => options.ssl_mode(PgSslMode::VerifyFull),
        })))
    }

    pub(in crate::store) fn options(&self) -> PgConnectOptions {
        (*self.0).clone()
    }
}

fn is_here(options: &PgConnectOptions) -> bool {
    options.get_socket().is_some()
        || match Host::parse(options.get_host()) {
            Ok(Host::Domain(name)) => name == "localhost",
            Ok(Host::Ipv4(address)) => address.is_loopback(),
            Ok(Host::Ipv6(address)) => address.is_loopback(),
            Err(_) => options.get_host().trim_matches(['[', ']']) == "::1",
        }
}

impl fmt::Display for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let database = self.0.get_database().unwrap_or(self.0.get_username());
        match self.0.get_socket() {
            Some(socket) => write!(f, "PostgreSQL, database {database} at {}", socket.display()),
            None => write!(f, "PostgreSQL, database {database} at {}:{}", self.0.get_host(), self.0.get_port()),
        }
    }
}
impl fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_not_shown() {
        let address = PostgresAddress::parse("postgres://ann:canary@db.example.com/keys").expect("an address");
        assert_eq!(format!("{address:?} {address}").matches("canary").count(), 0);
        assert_eq!(address.to_string(), "PostgreSQL, database keys at db.example.com:5432");
    }

    #[test]
    fn a_server_elsewhere_proves_who_it_is_unless_the_address_says_otherwise() {
        let mode = |text| format!("{:?}", PostgresAddress::parse(text).expect("an address").options().get_ssl_mode());
        assert_eq!(mode("postgres://db.example.com/keys"), "VerifyFull");
        assert_eq!(mode("postgres://db.example.com/keys?sslmode=disable"), "Disable");
        assert_eq!(mode("postgres://10.0.0.1/keys?sslmode=verify-ca&sslrootcert=/etc/ca.pem"), "VerifyCa");
        for here in ["postgres://localhost/k", "postgres://127.0.0.1:5433/k", "postgres://[::1]/k", "postgres:///k?host=/run/postgresql"] {
            assert_eq!(mode(here), "Disable", "{here}");
        }
    }

    #[test]
    fn what_would_be_ignored_or_unsafe_is_refused() {
        let refused = |text: &str| PostgresAddress::parse(text).expect_err("this address does not hold");
        assert_eq!(refused("mysql://h/d"), AddressError::Malformed);
        assert_eq!(refused("postgres"), AddressError::Malformed);
        assert_eq!(refused("postgres://h/d?sslmod=require"), AddressError::Parameter);
        for mode in ["prefer", "allow", "x"] {
            assert_eq!(refused(&format!("postgres://h/d?sslmode={mode}")), AddressError::SslMode);
        }
    }
}
