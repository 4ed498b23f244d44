//! Who is there is proven before anything is said.

use super::*;
use crate::{Context, check::check};
use domain::{
    Verdict,
    catalogue::{Catalogue, Provider, ProviderId},
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ServerConfig, SupportedProtocolVersion,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer},
    version::{TLS12, TLS13},
};
use std::time::UNIX_EPOCH;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

#[path = "../../../tests/contract/ear.rs"]
mod ear;

const NAME: &str = "llm.corp.example";
const KEY: &str = "sk-canary-secret-1234567890";
const HOUR: Duration = Duration::from_secs(60 * 60);

/// A provider that speaks TLS. It counts the connections that are over, and the bytes that it could decrypt.
#[derive(Default)]
struct Double {
    over: AtomicUsize,
    bytes: AtomicUsize,
}

impl Double {
    async fn serve(
        self: Arc<Self>,
        chain: CertificateDer<'static>,
        key: &KeyPair,
        version: &'static SupportedProtocolVersion,
        answer: Answering,
    ) -> u16 {
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![chain], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, double) = (acceptor.clone(), Arc::clone(&self));
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        double.talk(stream, answer).await;
                    }
                    double.over.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        port
    }

    /// Reads a request and answers, until the other side has nothing more to say.
    async fn talk(&self, mut stream: TlsStream<TcpStream>, answer: Answering) {
        let (mut request, mut chunk) = (Vec::new(), [0; 4096]);
        while let Ok(read @ 1..) = stream.read(&mut chunk).await {
            self.bytes.fetch_add(read, Ordering::SeqCst);
            request.extend_from_slice(&chunk[..read]);
            if request.windows(4).any(|end| end == b"\r\n\r\n") {
                match answer {
                    Answering::Well => stream.write_all(&http("200 OK", "", MODELS.as_bytes())).await.unwrap(),
                    // Below the encryption.
                    Answering::NoRecord(bytes) => stream.get_mut().0.write_all(bytes.as_bytes()).await.unwrap(),
                }
                let _ = stream.shutdown().await;
            }
        }
    }

    async fn bytes_after(&self, connections: usize) -> usize {
        for _ in 0..200 {
            if self.over.load(Ordering::SeqCst) >= connections {
                return self.bytes.load(Ordering::SeqCst);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("a connection did not end");
    }
}

const MODELS: &str = r#"{"object":"list","data":[{"id":"m","object":"model"}]}"#;

#[derive(Clone, Copy)]
enum Answering {
    Well,
    NoRecord(&'static str),
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut parameters = CertificateParams::default();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

/// A way out that trusts this authority too, to a host that is here, and the endpoint there.
fn way_to(host: &str, port: u16, trusted: Option<&CertifiedIssuer<'static, KeyPair>>) -> (Egress, Endpoint) {
    let folder = tempfile::tempdir().unwrap();
    let extra_ca = trusted.map(|trusted| {
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, trusted.pem()).unwrap();
        file
    });
    let origin = format!("https://{host}:{port}");
    let settings = Settings { allow_endpoints: vec![origin.clone()], extra_ca, ..Settings::default() };
    let egress = Egress::with(settings, short(), Box::new(Names::new(&[&["127.0.0.1"]]))).unwrap();
    (egress, Endpoint::from_catalogue(&origin).unwrap())
}

fn openai() -> Provider {
    Catalogue::built_in().get(&ProviderId::parse("openai").unwrap()).unwrap().clone()
}

/// Seen red with a verifier that takes any certificate.
#[tokio::test]
async fn who_does_not_prove_who_they_are_is_told_nothing() {
    let now = UNIX_EPOCH + Duration::from_micros(Context::system().now.micros().unsigned_abs());
    let (ours, other) = (authority(), authority());
    for version in [&TLS12, &TLS13] {
        let cases = [
            ("sound", NAME, now - HOUR, now + HOUR, Some(&ours)),
            ("expired", NAME, now - 2 * HOUR, now - HOUR, Some(&ours)),
            ("not valid yet", NAME, now + HOUR, now + 2 * HOUR, Some(&ours)),
            ("of another name", "other.corp.example", now - HOUR, now + HOUR, Some(&ours)),
            ("of the name above", "corp.example", now - HOUR, now + HOUR, Some(&ours)),
            ("of another authority", NAME, now - HOUR, now + HOUR, Some(&other)),
            ("of an authority that only its maker knows", NAME, now - HOUR, now + HOUR, None),
        ];
        for (what, name, from, until, trusted) in cases {
            let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
            (parameters.not_before, parameters.not_after) = (from.into(), until.into());
            let key = KeyPair::generate().unwrap();
            let certificate = parameters.signed_by(&key, &ours).unwrap();
            let double = Arc::new(Double::default());
            let port = Arc::clone(&double).serve(certificate.der().clone(), &key, version, Answering::Well).await;
            let (egress, endpoint) = way_to(NAME, port, trusted);
            let asked = egress.send(user(1), &endpoint, get()).await.map(|answer| answer.status);
            let checked = check(&egress, &openai(), &endpoint, Some(KEY), user(1)).await;
            let told = (checked.verdict, checked.status_code, checked.latency_ms.is_some(), checked.reason);
            let bytes = double.bytes_after(2).await;
            if what == "sound" {
                assert_eq!((asked, told), (Ok(200), (Verdict::Valid, Some(200), true, None)), "{version:?}");
                assert!(bytes > 2 * KEY.len(), "what arrives is counted");
            } else {
                assert_eq!((asked, told), (Err(Refusal::Tls), (Verdict::Unreachable, None, false, Some("tls"))), "{what}, {version:?}");
                assert_eq!(bytes, 0, "{what}, {version:?}");
            }
        }
    }
}

/// Below the encryption, where libraries say what they cannot read. Seen red with the headers of the request in a line of the log, where
/// the key's was not marked as a secret.
#[tokio::test]
async fn a_key_that_comes_back_outside_of_tls_is_not_told_on() {
    const ECHOES: [&str; 3] = [
        "HTTP/1.1 302 Found\r\nlocation: https://llm.corp.example/sk-canary-secret-1234567890\r\n\r\n",
        // The heads of an alert and of a handshake message.
        "\u{15}\u{3}\u{3}\0\u{1b}sk-canary-secret-1234567890",
        "\u{16}\u{3}\u{3}\0\u{1b}sk-canary-secret-1234567890",
    ];
    let ours = authority();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![NAME.to_owned()]).unwrap().signed_by(&key, &ours).unwrap();
    for (version, echo) in [&TLS12, &TLS13].into_iter().flat_map(|version| ECHOES.map(|echo| (version, echo))) {
        assert!(echo.contains(KEY));
        let double = Arc::new(Double::default());
        let port = Arc::clone(&double).serve(certificate.der().clone(), &key, version, Answering::NoRecord(echo)).await;
        let (egress, endpoint) = way_to(NAME, port, Some(&ours));
        ear::listen();
        let checked = check(&egress, &openai(), &endpoint, Some(KEY), user(1)).await;
        let heard = ear::heard();
        assert_eq!((checked.verdict, checked.reason), (Verdict::Unreachable, Some("tls")), "{echo:?}");
        assert!(double.bytes_after(1).await > KEY.len(), "the key was there");
        assert!(!format!("{checked:?} {heard}").contains("canary"), "{echo:?}: {heard}");
    }
}

#[test]
fn a_certificate_file_without_certificates_is_a_configuration_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    for path in [file.clone(), folder.path().join("absent.pem")] {
        std::fs::write(&file, "nothing").unwrap();
        let settings = Settings { extra_ca: Some(path), ..Settings::default() };
        assert!(matches!(Egress::new(settings), Err(ConfigError::ExtraCa { .. })));
    }
}
