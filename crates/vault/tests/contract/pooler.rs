//! A pooler between Keyward and PostgreSQL that hands its one server process from client to client after each transaction, or
//! gives each client a process of its own, as PgBouncer does in its modes `transaction` and `session`.

use crate::{cluster::Cluster, world::settings};
use std::{path::PathBuf, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UnixStream},
    sync::{Mutex, OwnedMutexGuard},
};
use vault::{
    Database,
    root_key::RootKey,
    start::{self, StartError},
    store::{PostgresAddress, StoreError},
};

type Io<T> = std::io::Result<T>;

/// One message of the protocol (PostgreSQL manual, "Message Formats"): its type and everything after it.
async fn message(stream: &mut (impl AsyncReadExt + Unpin)) -> Io<(u8, Vec<u8>)> {
    let kind = stream.read_u8().await?;
    let length = stream.read_u32().await?;
    let mut body = vec![0; length as usize - 4];
    stream.read_exact(&mut body).await?;
    Ok((kind, body))
}

async fn send(stream: &mut (impl AsyncWriteExt + Unpin), kind: u8, body: &[u8]) -> Io<()> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    stream.write_all(&[&[kind], &length[..], body].concat()).await
}

/// A connection to the server that is ready for a query.
async fn server(socket: &PathBuf, database: &str) -> Io<UnixStream> {
    let mut stream = UnixStream::connect(socket).await?;
    let startup = format!("\0\x03\0\0user\0keyward\0database\0{database}\0\0");
    stream.write_all(&u32::try_from(startup.len() + 4).unwrap().to_be_bytes()).await?;
    stream.write_all(startup.as_bytes()).await?;
    while message(&mut stream).await?.0 != b'Z' {}
    Ok(stream)
}

/// Serves one client; `one` is the process that all of them share.
async fn client(mut client: TcpStream, one: Arc<Mutex<UnixStream>>) -> Io<()> {
    let length = client.read_u32().await?;
    client.read_exact(&mut vec![0; length as usize - 4]).await?;
    send(&mut client, b'R', &[0; 4]).await?;
    send(&mut client, b'Z', b"I").await?;
    let mut held: Option<OwnedMutexGuard<UnixStream>> = None;
    loop {
        let (kind, body) = message(&mut client).await?;
        if kind == b'X' {
            return Ok(());
        }
        if held.is_none() {
            held = Some(Arc::clone(&one).lock_owned().await);
        }
        let process = held.as_mut().expect("it was just taken");
        send(&mut **process, kind, &body).await?;
        if kind != b'Q' && kind != b'S' {
            continue;
        }
        let state = loop {
            let (kind, body) = message(&mut **process).await?;
            send(&mut client, kind, &body).await?;
            if kind == b'Z' {
                break body;
            }
        };
        // The process goes on to the next client unless a transaction is open.
        held = held.filter(|_| state != b"I");
    }
}

/// Where the pooler listens; `shared` for the mode `transaction`.
async fn pooler(database: &str, shared: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("postgres://keyward@{}/{database}?sslmode=disable", listener.local_addr().unwrap());
    let (socket, database) = (Cluster::get().socket(), database.to_owned());
    let one = Arc::new(Mutex::new(server(&socket, &database).await.unwrap()));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let process = if shared { Arc::clone(&one) } else { Arc::new(Mutex::new(server(&socket, &database).await.unwrap())) };
            tokio::spawn(client(stream, process));
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_is_refused_in_transaction_mode_and_taken_in_session_mode() {
    for (shared, taken) in [(true, false), (false, true)] {
        let database = Cluster::get().database().split(['/', '?']).nth(3).unwrap().to_owned();
        let address = pooler(&database, shared).await;
        let settings = settings(Database::Postgres(PostgresAddress::parse(&address).unwrap()));
        let made = start::create(&settings, &RootKey::generate().unwrap()).await;
        assert_eq!(made.is_ok(), taken, "{:?}", made.err());
        match made {
            Ok(vault) => vault.close().await,
            Err(refusal) => {
                assert!(matches!(&refusal, StartError::Store(StoreError::Unsafe(_))), "{refusal}");
                assert!(refusal.to_string().contains("transaction mode"), "{refusal}");
            }
        }
    }
}
