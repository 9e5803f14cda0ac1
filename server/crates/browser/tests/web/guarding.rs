//! What must not be reached, is not.

use axum::http::header;
use devika_browser::{Upstream, Web as _, WebError};

use crate::world::{Site, World, html, not_found, redirect};

#[track_caller]
fn assert_refused(found: Result<devika_browser::Page, WebError>, word: &str) {
    match found {
        Err(WebError::Refused { why, .. }) if why.contains(word) => {}
        other => panic!("not refused by {word:?}: {other:?}"),
    }
}

#[tokio::test]
async fn this_machine_is_not_read_unless_the_user_names_it() {
    let site = Site::with_page("<p>inside").await;
    assert_refused(World::new().reader().read(&site.address("/")).await, "port");
    let other_port = World::new().naming_host("127.0.0.1").naming_host("127.0.0.1:1");
    assert_refused(other_port.reader().read(&site.address("/")).await, "port");
    assert_eq!((site.asked().len(), site.asked_rules()), (0, 0));
    assert!(World::new().naming([&site]).reader().read(&site.address("/")).await.is_ok());
}

#[tokio::test]
async fn a_page_does_not_lead_inside_by_a_redirect() {
    let inside = Site::with_page("<p>inside").await;
    let target = inside.address("/");
    let site = Site::new(move |path| match path {
        "/machine" => redirect(&target),
        "/decimal" => redirect("http://2130706433/"),
        "/cloud" => redirect("http://169.254.169.254/latest/meta-data/"),
        "/file" => redirect("file:///etc/passwd"),
        "/scheme" => redirect("javascript:alert(1)"),
        "/password" => redirect("http://me:secret@example.org/"),
        _ => not_found(),
    })
    .await;
    let reader = World::new().naming([&site]).reader();
    let mut said = Vec::new();
    for path in ["/machine", "/decimal", "/cloud", "/file", "/scheme", "/password"] {
        match reader.read(&site.address(path)).await {
            Err(error @ WebError::Refused { .. }) => said.push(
                error.to_string().replace(&inside.host(), "INSIDE").replace(&site.host(), "SITE"),
            ),
            other => panic!("{path}: {other:?}"),
        }
    }
    assert_eq!((inside.asked().len(), inside.asked_rules()), (0, 0));
    let told = said.join("\n").replace(&inside.at.port().to_string(), "PORT");
    insta::assert_snapshot!(told, @r#"
    http://SITE/machine is not read: it redirects to http://INSIDE/: port PORT is not the web's; the user can name the host with its port in `research.private_hosts`
    http://SITE/decimal is not read: it redirects to http://127.0.0.1/: 127.0.0.1 is this machine or in a private network; the user can name the host in `research.private_hosts`
    http://SITE/cloud is not read: it redirects to http://169.254.169.254/latest/meta-data/: 169.254.169.254 is never read from: no host, or a cloud's credentials are there
    http://SITE/file is not read: it redirects to file:///etc/passwd: only http: and https: are read
    http://SITE/scheme is not read: it redirects to javascript:alert(1): only http: and https: are read
    http://SITE/password is not read: it redirects to http://example.org/: it carries a user's name or password
    "#);
}

#[tokio::test]
async fn a_name_that_leads_inside_is_not_read() {
    for inside in
        ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::a00:1"]
    {
        let (world, names) = World::new().looking_up(&[inside]);
        let found = world.reader().read("http://innocent.example/").await;
        match found {
            Err(WebError::Refused { address, why }) => {
                assert_eq!(address, "http://innocent.example/");
                assert!(why.contains("private network") || why.contains("never read"), "{why}");
            }
            other => panic!("{inside}: {other:?}"),
        }
        assert_eq!(names.asked(), 1);
    }
}

#[tokio::test]
async fn a_named_host_does_not_lead_to_a_clouds_credentials() {
    let (world, _) = World::new().naming_host("mine.example").looking_up(&["169.254.169.254"]);
    assert_refused(world.reader().read("http://mine.example/").await, "never read");
}

#[tokio::test]
async fn the_connection_goes_to_the_address_that_was_checked() {
    let checked = Site::with_page("<p>checked").await;
    let elsewhere = format!("127.0.0.2:{}", checked.at.port()).parse().unwrap();
    let elsewhere = Site::at(elsewhere, |_| html("<p>elsewhere")).await;
    let address = format!("http://mine.example:{}/", checked.at.port());
    let (world, names) = World::new()
        .naming_host(format!("mine.example:{}", checked.at.port()))
        .looking_up(&["127.0.0.1", "127.0.0.2"]);
    let page = world.reader().read(&address).await.unwrap();
    assert_eq!(page.markdown.trim(), "checked");
    assert_eq!((names.asked(), elsewhere.asked().len()), (1, 0));
}

#[tokio::test]
async fn a_name_that_turns_elsewhere_between_two_requests_is_checked_again() {
    let site = Site::new(|path| {
        let mut answer = if path == "/" { html("<p>text") } else { not_found() };
        // So that the next request needs a connection of its own.
        answer.headers_mut().insert(header::CONNECTION, "close".parse().unwrap());
        answer
    })
    .await;
    let (world, names) = World::new()
        .naming_host(format!("mine.example:{}", site.at.port()))
        .looking_up(&["127.0.0.1", "169.254.169.254"]);
    let address = format!("http://mine.example:{}/", site.at.port());
    assert_refused(world.reader().read(&address).await, "never read");
    assert_eq!((names.asked(), site.asked_rules(), site.asked().len()), (2, 1, 0));
}

#[tokio::test]
async fn a_lookalike_of_a_named_host_is_not_that_host() {
    let (world, _) = World::new().naming_host("docs.rs").looking_up(&["127.0.0.1"]);
    for address in ["http://docs.rs.evil.example/", "http://evildocs.rs/", "http://dоcs.rs/"] {
        assert_refused(world.reader().read(address).await, "private network");
    }
}

#[tokio::test]
async fn behind_a_proxy_the_internet_is_asked_of_it_and_a_private_name_of_nobody() {
    let proxy = Site::new(|asked| match asked {
        "http://web.example/a" => html("<p>from afar"),
        _ => not_found(),
    })
    .await;
    let behind = |names: &[&str]| {
        let (mut world, _names) = World::new().looking_up(names);
        world.settings.proxy = Some(Upstream::at(&proxy.address("/")).unwrap());
        world
    };
    let page = behind(&["93.184.216.34"]).reader().read("http://web.example/a").await.unwrap();
    assert_eq!(
        (page.address.as_str(), page.markdown.as_str()),
        ("http://web.example/a", "from afar")
    );
    let asked = ["http://web.example/robots.txt", "http://web.example/a"];
    assert_eq!(proxy.asked(), asked);
    assert_refused(behind(&["10.0.0.7"]).reader().read("http://web.example/a").await, "private");
    assert_refused(behind(&["93.184.216.34"]).reader().read("http://127.0.0.1/").await, "machine");
    assert_eq!(proxy.asked(), asked, "nothing else is asked of it");
}

#[tokio::test]
async fn a_host_that_the_user_names_is_reached_past_the_proxy() {
    let (proxy, site) = (Site::with_page("<p>from afar").await, Site::with_page("<p>inside").await);
    let mut world = World::new().naming([&site]);
    world.settings.proxy = Some(Upstream::at(&proxy.address("/")).unwrap());
    let page = world.reader().read(&site.address("/")).await.unwrap();
    assert_eq!((page.markdown.as_str(), proxy.asked().len()), ("inside", 0));
}
