//! The network of a command is its own and empty, but for the proxy.

use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::Path;
use std::thread;

use devika_sandbox::Exit;

use crate::world::World;

/// A program that does something with sockets and says how it went.
fn attempt(what: &str) -> String {
    format!(
        "import socket\ntry:\n  {}\n  print('got through')\nexcept OSError as e:\n  print(e)\n",
        what.replace('\n', "\n  ")
    )
}

/// Whether the program gets through in the sandbox, and without it.
async fn gets_through(world: &World, program: &str) -> (bool, bool) {
    let line = world.python(&attempt(program));
    let said = |output: String| output.contains("got through");
    (said(world.run(&line).await.output), said(world.plain(&line).await.output))
}

#[tokio::test]
async fn tcp_does_not_reach_this_machine() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let program = format!("socket.create_connection(('127.0.0.1', {port}), 2)");
    assert_eq!(gets_through(&World::new(), &program).await, (false, true));
}

#[tokio::test]
async fn udp_does_not_reach_this_machine() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let world = World::new();
    let port = socket.local_addr().unwrap().port();
    let line = |word: &str| {
        world.python(&format!(
            "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n\
             s.sendto(b'{word}', ('127.0.0.1', {port}))\n"
        ))
    };
    assert_eq!(world.run(&line("inside")).await.exit, Exit::Code(0));
    assert_eq!(world.plain(&line("outside")).await.exit, Exit::Code(0));
    // The first that arrives is that of the second command.
    let mut word = [0; 16];
    let length = socket.recv(&mut word).unwrap();
    assert_eq!(&word[..length], b"outside");
}

#[tokio::test]
async fn dns_is_not_reached() {
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut query = [0; 512];
        while let Ok((length, from)) = server.recv_from(&mut query) {
            // The answer flag is all that makes an answer of it.
            query[2] |= 0x80;
            server.send_to(&query[..length], from).unwrap();
        }
    });
    let program = format!(
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.settimeout(2)\n\
         s.connect(('127.0.0.1', {port}))\n\
         s.send(b'\\0\\1\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\7example\\3org\\0\\0\\1\\0\\1')\ns.recv(512)"
    );
    assert_eq!(gets_through(&World::new(), &program).await, (false, true));
    // Nor by the way of the system.
    let world = World::new();
    let line = world.python("import socket\nsocket.getaddrinfo('example.org', 80)\n");
    let output = world.run(&line).await.output;
    assert!(output.contains("gaierror"), "{output}");
}

#[tokio::test]
async fn a_socket_of_another_program_is_not_reached() {
    let world = World::new();
    let places = [world.at("outside/socket"), world.at("home/socket"), "/run/devika-matrix".into()];
    for place in places {
        // Only a superuser makes one in `/run`.
        let Ok(_listener) = UnixListener::bind(&place) else {
            assert!(place.starts_with("/run"));
            continue;
        };
        let program = format!("socket.socket(socket.AF_UNIX).connect('{}')", place.display());
        let got_through = gets_through(&world, &program).await;
        std::fs::remove_file(&place).unwrap();
        assert_eq!(got_through, (false, true), "{}", place.display());
    }
}

#[tokio::test]
async fn a_socket_anywhere_in_the_system_is_not_reached() {
    // Where neither of the private folders hides it; only a superuser can make one there.
    let place = Path::new("/opt/devika-matrix.sock");
    std::fs::remove_file(place).ok();
    let Ok(_listener) = UnixListener::bind(place) else { return };
    let program = format!("socket.socket(socket.AF_UNIX).connect('{}')", place.display());
    let got_through = gets_through(&World::new(), &program).await;
    std::fs::remove_file(place).unwrap();
    assert_eq!(got_through, (false, true));
}

#[tokio::test]
async fn an_abstract_socket_is_not_reached() {
    let name = format!("devika-matrix-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let _listener = UnixListener::bind_addr(&address).unwrap();
    let program = format!("socket.socket(socket.AF_UNIX).connect('\\0{name}')");
    assert_eq!(gets_through(&World::new(), &program).await, (false, true));
}

#[tokio::test]
async fn the_socket_of_docker_is_not_there() {
    let output = World::new().run("ls /run/docker.sock /var/run/docker.sock 2>&1").await.output;
    assert_eq!(output.matches("No such file").count(), 2, "{output}");
}

#[tokio::test]
async fn a_family_of_sockets_that_no_program_needs_is_refused() {
    let world = World::new();
    // Packets past the firewall; kernel audit; a virtual machine's host.
    for family in
        ["socket.AF_PACKET, socket.SOCK_RAW", "socket.AF_NETLINK, socket.SOCK_RAW, 9", "40, 1"]
    {
        let program = format!("socket.socket({family})");
        let line = world.python(&attempt(&program));
        let output = world.run(&line).await.output;
        assert!(output.contains("Operation not permitted"), "{family}: {output}");
    }
    let control = world.python(&attempt("socket.socket(40, 1)"));
    assert!(!world.plain(&control).await.output.contains("not permitted"));
}

#[tokio::test]
async fn a_command_talks_to_itself() {
    let program = "import socket\n\
        for family, address in [(socket.AF_INET, ('127.0.0.1', 0)), (socket.AF_INET6, ('::1', 0)), \
        (socket.AF_UNIX, '/tmp/s')]:\n  \
          a = socket.socket(family); a.bind(address); a.listen()\n  \
          b = socket.socket(family); b.connect(a.getsockname()); c, _ = a.accept()\n  \
          b.send(b'x'); print(c.recv(1))\n\
        a, b = socket.socketpair(); a.send(b'x'); print(b.recv(1))\n";
    let world = World::new();
    assert_eq!(world.run(&world.python(program)).await.output, "b'x'\n".repeat(4));
}

#[tokio::test]
async fn a_port_that_is_taken_outside_is_free_inside() {
    let world = World::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let line = world.python(&attempt(&format!("socket.socket().bind(('127.0.0.1', {port}))")));
    assert_eq!(world.run(&line).await.output, "got through\n");
    assert!(world.plain(&line).await.output.contains("in use"));
}
