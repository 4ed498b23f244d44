//! Requests over connections that stay open.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

/// Sends the same request again and again over one connection.
pub struct Connection {
    stream: BufReader<TcpStream>,
    line: String,
    body: Vec<u8>,
}

impl Connection {
    pub fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { stream: BufReader::with_capacity(64 * 1024, stream), line: String::new(), body: Vec::new() }
    }
    /// One exchange; gives back the status.
    pub fn exchange(&mut self, request: &[u8]) -> u16 {
        self.stream.get_mut().write_all(request).unwrap();
        let (mut status, mut length, mut chunked) = (0, 0, false);
        loop {
            self.read_line();
            let line = self.line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some(rest) = line.strip_prefix("HTTP/1.1 ") {
                status = rest[..3].parse().unwrap();
            } else if let Some((name, value)) = line.split_once(": ") {
                if name.eq_ignore_ascii_case("content-length") {
                    length = value.parse().unwrap();
                }
                chunked |= name.eq_ignore_ascii_case("transfer-encoding");
            }
        }
        while chunked {
            self.read_line();
            let size = usize::from_str_radix(self.line.trim_end(), 16).unwrap();
            self.skip(size + 2);
            chunked = size > 0;
        }
        self.skip(length);
        status
    }
    fn read_line(&mut self) {
        self.line.clear();
        assert!(self.stream.read_line(&mut self.line).unwrap() > 0, "the connection was closed");
    }
    fn skip(&mut self, count: usize) {
        self.body.resize(count, 0);
        self.stream.read_exact(&mut self.body).unwrap();
    }
}

/// Answers a second that all connections get together. `request` is asked for each connection and number of the exchange.
pub fn rate(port: u16, connections: usize, time: Duration, expected: u16, request: impl Fn(usize, usize) -> Vec<u8> + Sync) -> f64 {
    let begun = Instant::now();
    let count: usize = thread::scope(|scope| {
        let workers: Vec<_> = (0..connections)
            .map(|connection| {
                let request = &request;
                scope.spawn(move || {
                    let mut open = Connection::open(port);
                    let mut count = 0;
                    while begun.elapsed() < time {
                        assert_eq!(open.exchange(&request(connection, count)), expected);
                        count += 1;
                    }
                    count
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    count as f64 / begun.elapsed().as_secs_f64()
}
