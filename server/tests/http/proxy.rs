//! A network between Keyward and PostgreSQL that does what a test tells it to.

use crate::cluster::Cluster;
use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    os::unix::net::UnixStream,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// What happens to bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    Pass,
    /// Nothing arrives, and nobody is told.
    Swallow,
    /// Connections end in the middle of what is sent, and new ones at once.
    Cut,
    /// Everything arrives later.
    Slow(Duration),
}

pub struct Proxy(Arc<Mutex<Mode>>);

impl Proxy {
    /// In front of a new database of the cluster; with the address to use.
    pub fn to(cluster: &Cluster) -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let name = cluster.database().split(['/', '?']).nth(3).unwrap().to_owned();
        let url = format!("postgres://keyward@{}/{name}?sslmode=disable", listener.local_addr().unwrap());
        let (mode, socket) = (Arc::new(Mutex::new(Mode::Pass)), cluster.socket());
        let shared = Arc::clone(&mode);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (Ok(client), Ok(server)) = (client, UnixStream::connect(&socket)) else { continue };
                let (back, forth) = ((server.try_clone().unwrap(), client.try_clone().unwrap()), (client, server));
                let (mode, same) = (Arc::clone(&shared), Arc::clone(&shared));
                thread::spawn(move || {
                    carry(forth.0.try_clone().unwrap(), &forth.1, &mode);
                    close(&forth.0, &forth.1);
                });
                thread::spawn(move || {
                    carry(back.0.try_clone().unwrap(), &back.1, &same);
                    close(&back.1, &back.0);
                });
            }
        });
        (Self(mode), url)
    }
    pub fn set(&self, mode: Mode) {
        *self.0.lock().unwrap() = mode;
    }
}

fn close(client: &TcpStream, server: &UnixStream) {
    let _ = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
}

/// Carries bytes one way until an end.
fn carry(mut from: impl Read, mut to: impl Write, mode: &Mutex<Mode>) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let now = *mode.lock().unwrap();
        match now {
            Mode::Pass => {}
            Mode::Swallow => continue,
            Mode::Cut => return,
            Mode::Slow(time) => thread::sleep(time),
        }
        if to.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
}
