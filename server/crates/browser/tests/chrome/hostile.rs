//! Pages that want something else than to be read.

use devika_browser::WebError;

use crate::Shared;
use crate::world::until;

pub(crate) async fn a_page_reaches_no_other_port_and_no_metadata(it: &Shared) {
    let read = it.world.read(&it.site.address("/reach")).await.unwrap();
    assert!(read.starts_with("This page says something"), "{read}");
    // All the others were asked for before this one.
    until("the page has asked for everything", || it.site.was_asked_for("GET /reached")).await;
    assert_eq!(it.other.asked(), Vec::<String>::new());
}

pub(crate) async fn a_redirect_to_another_port_is_refused(it: &Shared) {
    let error = it.world.read(&it.site.address("/to-other")).await.unwrap_err();
    assert!(matches!(&error, WebError::Refused { .. }), "{error}");
    assert_eq!(it.other.asked(), Vec::<String>::new());
}

pub(crate) async fn a_redirect_loop_ends(it: &Shared) {
    let error = it.world.read(&it.site.address("/loop")).await.unwrap_err();
    assert!(
        matches!(&error, WebError::TooMuch { why, .. } if why == "it leads on more than 5 times"),
        "{error}"
    );
}

pub(crate) async fn a_page_that_leads_on_by_itself_ends(it: &Shared) {
    let error = it.world.read(&it.site.address("/leads-on")).await.unwrap_err();
    assert!(matches!(&error, WebError::TooMuch { .. }), "{error}");
}

pub(crate) async fn a_body_without_end_is_cut_off(it: &Shared) {
    let error = it.world.read(&it.site.address("/gigabyte")).await.unwrap_err();
    assert!(
        matches!(&error, WebError::TooMuch { why, .. } if why == "it loads more than 2 MiB"),
        "{error}"
    );
}

pub(crate) async fn a_file_to_download_is_no_page(it: &Shared) {
    for path in ["/file", "/pdf"] {
        let error = it.world.read(&it.site.address(path)).await.unwrap_err();
        assert!(
            matches!(&error, WebError::Failed { why, .. } if why == "it is a file to download, no page"),
            "{path}: {error}"
        );
    }
}

pub(crate) async fn a_download_that_a_page_starts_writes_nothing(it: &Shared) {
    it.world.read(&it.site.address("/downloads")).await.ok();
    let written = walk(it.world.folder.path());
    assert!(!written.iter().any(|file| file.contains("stolen")), "{written:?}");
}

fn walk(folder: &std::path::Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            true => found.extend(walk(&entry.path())),
            false => found.push(entry.file_name().to_string_lossy().into_owned()),
        }
    }
    found
}

pub(crate) async fn a_page_that_leads_to_a_file_of_the_machine_shows_none(it: &Shared) {
    match it.world.read(&it.site.address("/to-file")).await {
        Ok(read) => assert!(!read.contains("root:"), "{read}"),
        Err(error) => assert!(matches!(&error, WebError::Refused { .. }), "{error}"),
    }
    for address in
        ["file:///etc/passwd", "data:text/html,x", "chrome://version", "view-source:http://a.b/"]
    {
        let error = it.world.read(address).await.unwrap_err();
        assert!(matches!(&error, WebError::Refused { .. }), "{error}");
    }
}

pub(crate) async fn a_page_that_takes_too_long_is_told_and_the_next_is_read(it: &Shared) {
    let (busy, silent) = (it.site.address("/busy"), it.site.address("/silent"));
    let (busy, silent) = tokio::join!(it.world.read(&busy), it.world.read(&silent));
    for error in [busy.unwrap_err(), silent.unwrap_err()] {
        let WebError::TooMuch { why, .. } = &error else { panic!("{error}") };
        assert_eq!(why, "it takes more than 10 s");
    }
    it.world.read(&it.site.address("/documentation")).await.unwrap();
}
