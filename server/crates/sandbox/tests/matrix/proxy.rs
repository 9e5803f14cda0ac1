//! The network of a command, where hosts are allowed: these hosts, and no others.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;

use crate::world::World;

/// A web server on this machine that answers every request with one word.
struct Site {
    port: u16,
}

impl Site {
    fn new(word: &'static str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for client in listener.incoming() {
                let mut client = client.unwrap();
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && client.read(&mut byte).unwrap() == 1 {
                    head.push(byte[0]);
                }
                let length = word.len();
                let answer = format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{word}"
                );
                client.write_all(answer.as_bytes()).unwrap();
            }
        });
        Self { port }
    }

    fn at(&self, host: &str) -> String {
        format!("http://{host}:{}/", self.port)
    }
}

/// `urllib` and `requests` leave the proxy out for `localhost`, as they are told; curl's `--noproxy ''`
/// has it asked all the same.
const CURL: &str = "curl -sS --max-time 10 --noproxy ''";

fn world(private_hosts: &[String]) -> World {
    let mut world = World::new();
    world.sandbox.private_hosts = private_hosts.to_vec();
    world
}

#[tokio::test]
async fn an_allowed_host_is_reached_by_a_plain_request_and_by_a_tunnel() {
    let site = Site::new("welcome");
    let world = world(&[format!("localhost:{}", site.port)]);
    let url = site.at("localhost");
    let line = format!("{CURL} {url}; echo; {CURL} --proxytunnel {url}");
    let outcome = world.run(&line).await;
    assert_eq!(outcome.output, "welcome\nwelcome");
    assert_eq!(outcome.refused_hosts, [""; 0]);
}

#[tokio::test]
async fn python_finds_the_proxy_by_itself() {
    let site = Site::new("welcome");
    // Not one of the addresses for which Python leaves a proxy out.
    let world = world(&[format!("127.0.0.2:{}", site.port)]);
    let url = site.at("127.0.0.2");
    let line = world.python(&format!(
        "import urllib.request\nprint(urllib.request.urlopen('{url}').read().decode())\n"
    ));
    assert_eq!(world.run(&line).await.output, "welcome\n");
}

#[tokio::test]
async fn a_host_that_is_not_allowed_is_refused_and_told() {
    let site = Site::new("welcome");
    let world = world(&[format!("allowed.test:{}", site.port)]);
    let line = format!(
        "{CURL} {0}; {CURL} --proxytunnel {0}; {CURL} https://docs.rs.evil.test/",
        site.at("localhost")
    );
    let outcome = world.run(&line).await;
    assert!(outcome.output.contains("not among the hosts"), "{}", outcome.output);
    assert!(!outcome.output.contains("welcome"), "{}", outcome.output);
    let local = format!("localhost:{}", site.port);
    assert_eq!(outcome.refused_hosts, [local, "docs.rs.evil.test:443".to_owned()]);
}

#[tokio::test]
async fn a_host_approved_for_one_command_is_allowed_for_that() {
    let mut world = World::new();
    let outcome = world.run(&format!("{CURL} http://nowhere.invalid/")).await;
    assert_eq!(outcome.refused_hosts, ["nowhere.invalid:80"]);

    world.command.hosts = vec!["nowhere.invalid".to_owned()];
    let outcome = world.run(&format!("{CURL} http://nowhere.invalid/")).await;
    // It is looked for, and is not there.
    assert_eq!(outcome.refused_hosts, [""; 0]);
    assert!(outcome.output.contains("nowhere.invalid:80: "), "{}", outcome.output);
}

#[tokio::test]
async fn a_host_approved_for_one_command_may_be_this_machine_where_it_says_so() {
    let site = Site::new("welcome");
    let mut world = World::new();
    let line = format!("{CURL} {}", site.at("127.0.0.2"));
    let host = format!("127.0.0.2:{}", site.port);
    assert_eq!(world.run(&line).await.refused_hosts, std::slice::from_ref(&host));
    world.command.hosts = vec![host];
    assert_eq!(world.run(&line).await.output, "welcome");
    world.command.hosts = vec!["169.254.169.254".to_owned()];
    let outcome = world.run(&format!("{CURL} http://169.254.169.254/latest/meta-data/")).await;
    assert_eq!(outcome.refused_hosts, ["169.254.169.254:80"]);
}

#[tokio::test]
async fn an_allowed_name_that_leads_to_this_machine_is_refused() {
    let site = Site::new("welcome");
    let mut world = World::new();
    world.sandbox.hosts = vec![
        format!("localhost:{}", site.port),
        format!("127.0.0.1:{}", site.port),
        "169.254.169.254".to_owned(),
    ];
    for host in ["localhost", "127.0.0.1"] {
        let outcome = world.run(&format!("{CURL} {}", site.at(host))).await;
        assert!(outcome.output.contains("private network"), "{}", outcome.output);
        assert_eq!(outcome.refused_hosts, [format!("{host}:{}", site.port)]);
    }
    // The service that hands out credentials is refused even to those who name it.
    world.sandbox.private_hosts = vec!["169.254.169.254".to_owned()];
    let outcome = world.run(&format!("{CURL} http://169.254.169.254/latest/meta-data/")).await;
    assert_eq!(outcome.refused_hosts, ["169.254.169.254:80"]);
}

#[tokio::test]
async fn a_second_request_on_a_plain_connection_is_not_carried_out() {
    let site = Site::new("welcome");
    let world = world(&[format!("localhost:{}", site.port)]);
    let line = world.python(&format!(
        "import os, socket, urllib.parse\np = urllib.parse.urlparse(os.environ['http_proxy'])\n\
         s = socket.create_connection((p.hostname, p.port))\n\
         for host in ['localhost:{0}', 'evil.test']:\n  \
           s.send(f'GET http://{{host}}/ HTTP/1.1\\r\\nHost: {{host}}\\r\\n\\r\\n'.encode())\n\
         answer = b''\n\
         while piece := s.recv(9999): answer += piece\n\
         print(answer.count(b'HTTP/1.1'))\n",
        site.port
    ));
    assert_eq!(world.run(&line).await.output, "1\n");
}

#[tokio::test]
async fn nonsense_gets_an_answer() {
    let world = World::new();
    let line = world.python(
        "import os, socket, urllib.parse\np = urllib.parse.urlparse(os.environ['http_proxy'])\n\
         for text in [b'nonsense\\r\\n\\r\\n', b'x' * 40000, b'CONNECT a HTTP/1.1\\r\\n\\r\\n']:\n  \
           s = socket.create_connection((p.hostname, p.port))\n  \
           s.send(text); s.shutdown(socket.SHUT_WR); print(s.recv(12))\n",
    );
    assert_eq!(world.run(&line).await.output, "b'HTTP/1.1 400'\n".repeat(3));
}

#[tokio::test]
async fn what_is_downloaded_is_kept_for_the_next_command_and_out_of_the_users_folders() {
    let mut world = World::new();
    world.run("mkdir -p ~/.npm; echo x > ~/.npm/kept").await;
    world.sandbox.hosts = vec!["example.org".to_owned()];
    assert!(!world.run("cat ~/.npm/kept").await.succeeded());
    world.run("echo x > ~/.npm/kept; mkdir -p ~/.cargo/registry/a").await;
    assert_eq!(world.run("cat ~/.npm/kept; ls ~/.cargo/registry").await.output, "x\na\n");
    assert!(!world.at("home/.npm").exists() && !world.at("home/.cargo").exists());
}
