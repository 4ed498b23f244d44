//! A provider for tests: a TCP listener on loopback that answers with exact bytes and remembers what it was sent.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::sleep,
};

/// What the double does with a connection after it read the request.
#[derive(Clone)]
pub(crate) enum Act {
    /// Sends these bytes and closes.
    Send(Vec<u8>),
    /// Sends the head, then these bytes again and again.
    Endless(Vec<u8>, Vec<u8>),
    /// Sends the head, then one byte every 50 ms.
    Drip(Vec<u8>),
    /// Says nothing.
    Hang,
    /// Resets the connection.
    Reset,
}

pub(crate) struct Double {
    pub(crate) port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Double {
    pub(crate) async fn start(act: Act) -> Self {
        Self::routed(move |_| act.clone()).await
    }
    /// A double that looks at the path first.
    pub(crate) async fn routed(act: impl Fn(&str) -> Act + Send + Sync + 'static) -> Self {
        let act = Arc::new(act);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&act), seen.clone()));
            }
        });
        Self { port, requests }
    }
    /// A double that answers with this status, extra header lines and body.
    pub(crate) async fn answering(status: &str, headers: &str, body: &str) -> Self {
        Self::start(Act::Send(http(status, headers, body.as_bytes()))).await
    }
    pub(crate) fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
    /// The head of each connection's request, the empty text for those that sent none.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

pub(crate) fn http(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

async fn serve(mut stream: TcpStream, act: Arc<impl Fn(&str) -> Act + Send + Sync>, seen: Arc<Mutex<Vec<String>>>) {
    let index = {
        let mut seen = seen.lock().unwrap();
        seen.push(String::new());
        seen.len() - 1
    };
    let mut head = Vec::new();
    let mut chunk = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => break,
            Ok(n) => head.extend_from_slice(&chunk[..n]),
        }
        // A TLS greeting is no request head.
        if head.first() == Some(&0x16) {
            break;
        }
    }
    seen.lock().unwrap()[index] = String::from_utf8_lossy(&head).into_owned();
    match act(String::from_utf8_lossy(&head).split(' ').nth(1).unwrap_or_default()) {
        Act::Send(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
            sleep(Duration::from_millis(50)).await;
        }
        Act::Endless(first, again) => {
            let _ = stream.write_all(&first).await;
            while stream.write_all(&again).await.is_ok() {}
        }
        Act::Drip(first) => {
            let _ = stream.write_all(&first).await;
            while stream.write_all(b" ").await.is_ok() {
                sleep(Duration::from_millis(50)).await;
            }
        }
        Act::Hang => sleep(Duration::from_secs(60)).await,
        Act::Reset => {
            let _ = stream.set_zero_linger();
        }
    }
}
