//! Pages that are used.

use devika_browser::{Act, Field, Form, Render as _, View, WebError};

use crate::Shared;

fn number(view: &View, label: &str) -> usize {
    view.elements.iter().position(|it| it.label == label).unwrap_or_else(|| panic!("{view:#?}"))
}

pub(crate) async fn a_form_is_sent_only_when_it_was_approved(it: &Shared) {
    let mut visit = it.world.chrome.visit(&it.site.address("/form")).await.unwrap();
    let view = visit.view().await.unwrap();
    let told: Vec<_> =
        view.elements.iter().map(|it| format!("{} {}: {}", it.kind, it.label, it.value)).collect();
    assert_eq!(
        told,
        [
            "input Words: old".to_owned(),
            "choice kind: All | Code".to_owned(),
            "input PIN: ".to_owned(),
            "button Find it: ".to_owned(),
            format!("link Next page: {}", it.site.address("/next")),
            "link Away: http://example.com/away".to_owned(),
            "button Just a button: ".to_owned(),
            format!("link Gone: {}", it.site.address("/gone")),
        ]
    );
    visit.act(Act::Type(number(&view, "Words"), "retry budget".to_owned())).await.unwrap();
    visit.act(Act::Type(number(&view, "kind"), "Code".to_owned())).await.unwrap();
    let find = number(&view, "Find it");
    let field = |name: &str, value: &str| Field { name: name.to_owned(), value: value.to_owned() };
    let form = Form {
        action: it.site.address("/results"),
        method: "POST".to_owned(),
        fields: vec![
            field("words", "retry budget"),
            field("token", "7"),
            field("kind", "Code"),
            field("pin", "(hidden)"),
        ],
    };
    assert_eq!(visit.will_submit(find).await.unwrap(), Some(form));
    assert_eq!(visit.will_submit(number(&view, "Next page")).await.unwrap(), None);

    let refused = visit.act(Act::Click(find)).await.unwrap_err();
    assert!(matches!(&refused, WebError::Refused { .. }), "{refused}");
    visit.act(Act::Click(number(&view, "Just a button"))).await.unwrap();
    assert_eq!(visit.view().await.unwrap().title, "Clicked");
    assert!(
        !it.site.asked().iter().any(|asked| asked.starts_with("POST")),
        "{:?}",
        it.site.asked()
    );

    visit.act(Act::Submit(find)).await.unwrap();
    let results = visit.view().await.unwrap();
    assert_eq!(
        (results.title.as_str(), results.markdown.as_str()),
        ("Results", "Found what you looked for.")
    );
    assert!(it.site.was_asked_for("POST /results"));
}

pub(crate) async fn a_form_without_a_button_is_sent_as_by_the_enter_key(it: &Shared) {
    let mut visit = it.world.chrome.visit(&it.site.address("/by-enter")).await.unwrap();
    let view = visit.view().await.unwrap();
    let labels: Vec<_> = view.elements.iter().map(|it| it.label.as_str()).collect();
    assert_eq!(
        labels,
        // The last form has two lines and no button: the key sends nothing there.
        ["Search", "Mail", "all", "One", "Two", "Enter in Search", "Enter in Mail"]
    );
    visit.act(Act::Type(number(&view, "Search"), "retry".to_owned())).await.unwrap();
    let field = |name: &str, value: &str| Field { name: name.to_owned(), value: value.to_owned() };
    let form = |method: &str, fields| Form {
        action: it.site.address("/results"),
        method: method.to_owned(),
        fields,
    };
    let (search, mail) = (number(&view, "Enter in Search"), number(&view, "Enter in Mail"));
    assert_eq!(
        visit.will_submit(search).await.unwrap(),
        Some(form("GET", vec![field("q", "retry")]))
    );
    assert_eq!(
        visit.will_submit(mail).await.unwrap(),
        Some(form("POST", vec![field("mail", ""), field("go", "1")]))
    );
    let refused = visit.act(Act::Click(search)).await.unwrap_err();
    assert!(matches!(&refused, WebError::Refused { .. }), "{refused}");
    visit.act(Act::Submit(search)).await.unwrap();
    assert_eq!(visit.view().await.unwrap().title, "Results");
    assert!(it.site.was_asked_for("GET /results?q=retry"));
}

pub(crate) async fn a_visit_stays_at_its_host(it: &Shared) {
    let mut visit = it.world.chrome.visit(&it.site.address("/form")).await.unwrap();
    let view = visit.view().await.unwrap();
    let away = visit.act(Act::Click(number(&view, "Away"))).await.unwrap_err();
    assert!(matches!(&away, WebError::Refused { .. }), "{away}");
    let view = visit.view().await.unwrap();
    assert_eq!(view.title, "Search", "the page stays as it is");
    visit.act(Act::Click(number(&view, "Next page"))).await.unwrap();
    assert_eq!(visit.view().await.unwrap().title, "Next");
    visit.act(Act::Scroll).await.unwrap();
    visit.act(Act::Back).await.unwrap();
    assert_eq!(visit.view().await.unwrap().title, "Search");
}

pub(crate) async fn a_link_that_leads_nowhere_is_told(it: &Shared) {
    let mut visit = it.world.chrome.visit(&it.site.address("/form")).await.unwrap();
    let view = visit.view().await.unwrap();
    visit.act(Act::Click(number(&view, "Gone"))).await.unwrap();
    let failed = visit.view().await.unwrap_err();
    assert!(failed.to_string().contains("an error and no page"), "{failed}");
}

pub(crate) async fn a_password_is_not_typed(it: &Shared) {
    let mut visit = it.world.chrome.visit(&it.site.address("/form")).await.unwrap();
    let view = visit.view().await.unwrap();
    let refused = visit.act(Act::Type(number(&view, "PIN"), "1234".to_owned())).await.unwrap_err();
    assert!(matches!(&refused, WebError::Refused { .. }), "{refused}");
    let gone = visit.act(Act::Click(99)).await.unwrap_err();
    assert!(matches!(&gone, WebError::Failed { .. }), "{gone}");
}
