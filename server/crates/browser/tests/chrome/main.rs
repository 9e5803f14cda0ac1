//! What the user gets of pages in a real browser. Starting it takes a second and much memory, so that
//! most of these specifications share one.

#![expect(clippy::unwrap_used, reason = "a test may panic, and its helpers with it")]

mod hostile;
mod life;
mod shapes;
mod using;
mod world;

use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;
use world::{Site, World};

/// What the specifications share.
pub(crate) struct Shared {
    pub(crate) site: Site,
    /// A site on this machine that nobody has allowed.
    pub(crate) other: Site,
    pub(crate) world: World,
}

/// Runs specifications in one browser, and tells all that fail.
macro_rules! specifications {
    ($shared:expr, $($name:path),+ $(,)?) => {{
        let mut failed: Vec<&str> = Vec::new();
        $(
            let told = AssertUnwindSafe($name($shared)).catch_unwind().await;
            if told.is_err() {
                failed.push(stringify!($name));
            }
        )+
        assert!(failed.is_empty(), "these fail, for the reasons above: {failed:#?}");
    }};
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_are_read_and_used_in_a_browser_that_reaches_nothing_else() {
    let other = Site::new(|_, _| async { world::html("secret of another program") }).await;
    let at = other.host();
    let site = Site::new(move |path, own| {
        let at = at.clone();
        async move { shapes::answer(&path, own, &at).await }
    })
    .await;
    let world = World::new(&site.host(), |_| {});
    let shared = Shared { site, other, world };
    specifications!(
        &shared,
        shapes::documentation_reads_as_it_does_without_a_browser,
        shapes::an_application_that_renders_late_is_waited_for,
        shapes::text_in_a_broken_encoding_is_read,
        shapes::a_page_that_grows_without_end_is_read_as_far_as_it_came,
        shapes::what_a_style_sheet_hides_is_left_out_and_what_a_shadow_holds_is_not,
        shapes::dialogs_are_dismissed,
        shapes::windows_that_a_page_opens_are_closed,
        shapes::pages_do_not_share_cookies,
        shapes::images_are_not_loaded,
        hostile::a_page_reaches_no_other_port_and_no_metadata,
        hostile::a_redirect_to_another_port_is_refused,
        hostile::a_redirect_loop_ends,
        hostile::a_page_that_leads_on_by_itself_ends,
        hostile::a_body_without_end_is_cut_off,
        hostile::a_file_to_download_is_no_page,
        hostile::a_download_that_a_page_starts_writes_nothing,
        hostile::a_page_that_leads_to_a_file_of_the_machine_shows_none,
        hostile::a_page_that_takes_too_long_is_told_and_the_next_is_read,
        using::a_form_is_sent_only_when_it_was_approved,
        using::a_form_without_a_button_is_sent_as_by_the_enter_key,
        using::a_visit_stays_at_its_host,
        using::a_link_that_leads_nowhere_is_told,
        using::a_password_is_not_typed,
    );
}
