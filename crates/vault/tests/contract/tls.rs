//! The way to PostgreSQL: who is there is proven, and an impostor is not told anything.

use crate::{cluster::Cluster, world::settings};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::{net::TcpListener, path::Path};
use vault::{Database, root_key::RootKey, start, store::PostgresAddress};

/// A port that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut parameters = CertificateParams::default();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

async fn opens(address: &str) -> bool {
    let settings = settings(Database::Postgres(PostgresAddress::parse(address).unwrap()));
    match start::create(&settings, &RootKey::generate().unwrap()).await {
        Ok(vault) => {
            vault.close().await;
            true
        }
        // The database was made by an earlier round, over a connection that held.
        Err(start::StartError::Exists(_)) => true,
        Err(_) => false,
    }
}

#[tokio::test]
async fn a_server_that_does_not_prove_who_it_is_gets_no_connection() {
    let (ours, other) = (authority(), authority());
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &ours).unwrap();
    let port = free_port();
    let cluster = Cluster::start_with_tls(port, &certificate.pem(), &key.serialize_pem());
    let name = cluster.database().split(['/', '?']).nth(3).unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, pem: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, pem).unwrap();
        path
    };
    let (ours, other) = (file("ours.pem", ours.pem()), file("other.pem", other.pem()));
    let address =
        |host: &str, mode: &str, ca: &Path| format!("postgres://keyward@{host}:{port}/{name}?sslmode={mode}&sslrootcert={}", ca.display());
    assert!(!opens(&address("localhost", "verify-full", &other)).await, "an authority that nobody trusts");
    assert!(!opens(&address("127.0.0.1", "verify-full", &ours)).await, "a name that the certificate has not");
    assert!(opens(&address("localhost", "verify-full", &ours)).await);
    assert!(opens(&address("127.0.0.1", "verify-ca", &ours)).await);
    assert!(!opens(&address("127.0.0.1", "verify-ca", &other)).await);
}
