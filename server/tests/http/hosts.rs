use crate::harness::Server;
use std::{
    io::{Read, Write},
    net::TcpStream,
};

fn status(server: &Server, head: &str) -> String {
    let mut stream = TcpStream::connect(server.at.origin().trim_start_matches("http://")).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[test]
fn a_request_names_exactly_one_host() {
    let server = Server::new();
    let ask = |hosts: &str| status(&server, &format!("GET /healthz HTTP/1.1\r\nConnection: close\r\n{hosts}\r\n"));
    assert_eq!(ask("Host: keys.example.com\r\n"), "200");
    assert_eq!(ask("Host: [::1]:3000\r\n"), "200");
    for hosts in [
        "",
        "Host: a.example\r\nHost: b.example\r\n",
        "Host: a.example\r\nHost: a.example\r\n",
        "Host: \r\n",
        "Host: a.example/b\r\n",
        "Host: a@b.example\r\n",
        "Host: a.example, b.example\r\n",
    ] {
        assert_eq!(ask(hosts), "400", "{hosts:?}");
    }
    assert_eq!(status(&server, "GET /healthz HTTP/1.0\r\n\r\n"), "200");
}
