use std::io;

use async_trait::async_trait;
use proptest::prelude::*;

use super::*;

/// A name service that answers each name with the same addresses.
struct Answers(Vec<&'static str>);

#[async_trait]
impl Names for Answers {
    async fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(self.0.iter().map(|address| address.parse().unwrap()).collect())
    }
}

fn guard(hosts: &[&str]) -> Guard {
    Guard::new(hosts)
}

#[track_caller]
fn assert_refused(guard: &Guard, addresses: &[&str]) {
    for address in addresses {
        let found = guard.check(address);
        assert!(matches!(found, Err(WebError::Refused { .. })), "{address}: {found:?}");
    }
}

#[test]
fn a_page_of_the_web_is_admitted_in_one_spelling() {
    let spellings =
        ["https://Docs.RS./serde#top", "https://docs.rs:443/serde", "https:docs.rs/serde"];
    for address in spellings {
        let admitted = guard(&[]).check(address).unwrap();
        assert_eq!(admitted.url().as_str(), "https://docs.rs/serde", "{address}");
    }
}

#[test]
fn other_schemes_are_refused() {
    assert_refused(
        &guard(&[]),
        &[
            "file:///etc/passwd",
            "ftp://example.org/",
            "data:text/html,x",
            "javascript:1",
            "about:blank",
        ],
    );
    assert_refused(
        &guard(&[]),
        &[
            "view-source:https://example.org",
            "chrome://settings",
            "gopher://example.org",
            "example.org",
        ],
    );
}

#[test]
fn a_host_without_a_name_between_its_dots_is_refused() {
    assert_refused(
        &guard(&["example.org"]),
        &["http://./", "http://../", "http://example.org../", "http://.example.org/"],
    );
}

#[test]
fn a_password_is_refused_and_not_repeated() {
    let refusal = guard(&[]).check("https://me:hunter2@example.org/").unwrap_err().to_string();
    assert_eq!(refusal, "https://example.org/ is not read: it carries a user's name or password");
}

#[test]
fn this_machine_is_refused_in_every_notation() {
    assert_refused(
        &guard(&[]),
        &[
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://127.1/",
            "http://127.0.0.1./",
            "http://①②⑦.0.0.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[2002:7f00:1::]/",
            "http://0/",
            "http://169.254.169.254/latest/meta-data/",
        ],
    );
}

#[test]
fn a_port_that_is_not_the_webs_is_refused_unless_it_is_named() {
    assert_refused(&guard(&[]), &["http://example.org:22/", "https://example.org:6379/"]);
    assert!(guard(&["example.org:8443"]).check("https://example.org:8443/").is_ok());
}

#[test]
fn a_named_host_may_be_on_this_machine_and_its_neighbours_may_not() {
    let guard = guard(&["127.0.0.1:8080"]);
    assert!(guard.check("http://127.0.0.1:8080/").is_ok());
    assert_refused(
        &guard,
        &[
            "http://127.0.0.1/",
            "http://127.0.0.1:8081/",
            "http://127.0.0.2:8080/",
            "http://[::1]:8080/",
        ],
    );
}

#[test]
fn a_clouds_credentials_are_refused_even_where_they_are_named() {
    assert_refused(
        &guard(&["169.254.169.254", "[fd00:ec2::254]"]),
        &["http://169.254.169.254/", "http://[fd00:ec2::254]/"],
    );
}

#[test]
fn a_page_of_the_web_does_not_lead_to_what_only_the_user_may_ask_for() {
    let guard = guard(&["localhost:8080", "127.0.0.1:8080", "docs.example.org"]);
    let web = guard.check("https://example.org/").unwrap();
    let own = guard.check("http://localhost:8080/").unwrap();
    for inside in ["http://localhost:8080/admin", "http://127.0.0.1:8080/"] {
        assert_eq!(
            guard.check_redirect(&web, inside).unwrap_err().to_string(),
            format!("{inside} is not read: only the user may ask for it, not a page of the web")
        );
        assert!(guard.check_redirect(&own, inside).is_ok());
    }
    // A name may lead to the internet as well; inside it may not.
    let named = guard.check_redirect(&web, "https://docs.example.org/").unwrap();
    assert_eq!(named.scope(), Scope::Internet);
}

#[test]
fn an_address_without_end_is_refused_and_told_short() {
    let address = format!("https://example.org/?k={}", "x".repeat(5000));
    let refusal = guard(&[]).check(&address).unwrap_err().to_string();
    assert!(refusal.len() < 300, "{refusal}");
}

#[tokio::test]
async fn a_name_is_connected_to_where_it_leads() {
    let guard = guard(&[]).with_names(Arc::new(Answers(vec!["1.1.1.1", "2606:4700::1111"])));
    let admitted = guard.check("https://example.org/").unwrap();
    let found = guard.resolve(&admitted).await.unwrap();
    let wanted = ["1.1.1.1:443", "[2606:4700::1111]:443"].map(|at| at.parse().unwrap());
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_though_it_leads_outside_as_well() {
    let guard = guard(&[]).with_names(Arc::new(Answers(vec!["1.1.1.1", "127.0.0.1"])));
    let admitted = guard.check("https://example.org/").unwrap();
    let refusal = guard.resolve(&admitted).await.unwrap_err().to_string();
    assert_eq!(
        refusal,
        "https://example.org/ is not read: 127.0.0.1 is this machine or in a private network; the \
         user can name the host in `research.private_hosts`"
    );
}

#[tokio::test]
async fn a_name_without_an_address_cannot_be_read() {
    let guard = guard(&[]).with_names(Arc::new(Answers(vec![])));
    let admitted = guard.check("https://example.org/").unwrap();
    let failure = guard.resolve(&admitted).await.unwrap_err();
    assert!(matches!(failure, WebError::Failed { .. }), "{failure}");
}

proptest! {
    #[test]
    fn no_text_breaks_the_guard_and_what_it_admits_is_of_the_web(text in "\\PC{0,80}") {
        for address in [text.clone(), format!("http://{text}"), format!("https://{text}/")] {
            if let Ok(admitted) = guard(&[]).check(&address) {
                let url = admitted.url();
                prop_assert!(matches!(url.scheme(), "http" | "https"));
                prop_assert!(url.username().is_empty() && url.password().is_none());
                prop_assert!(matches!(url.port_or_known_default(), Some(80 | 443)));
                prop_assert_eq!(guard(&[]).check(url.as_str()).unwrap(), admitted);
            }
        }
    }

    #[test]
    fn an_ip_address_is_refused_in_decimal_as_in_dots(bits: u32) {
        let dotted = guard(&[]).check(&format!("http://{}/", std::net::Ipv4Addr::from(bits)));
        let decimal = guard(&[]).check(&format!("http://{bits}/"));
        let hex = guard(&[]).check(&format!("http://0x{bits:x}/"));
        prop_assert_eq!(dotted.is_ok(), decimal.is_ok());
        prop_assert_eq!(dotted.is_ok(), hex.is_ok());
    }
}
