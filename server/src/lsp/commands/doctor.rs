//! `devika.doctor`: checks that everything Devika needs is there, the client included.

use std::sync::Arc;
use std::time::Duration;

use devika_protocol::{Check, DoctorArgs};
use tower_lsp::jsonrpc::Result;

use crate::doctor::{Examination, Finding};
use crate::lsp::negotiated::Negotiated;
use crate::lsp::session::Session;

pub(super) async fn run(session: &Arc<Session>, _: DoctorArgs) -> Result<Vec<Check>> {
    let mut checks = Examination::whole(&session.place()).all().await;
    checks.push(client(session.negotiated()).named("editor".to_owned(), Duration::ZERO));
    Ok(checks)
}

/// What Devika can do with this client.
fn client(negotiated: Negotiated) -> Finding {
    let Negotiated { devika, apply_edit, document_changes, progress, choices, .. } = negotiated;
    let all = [
        (apply_edit && document_changes, "versioned edits, so that files are written on disk"),
        (progress || devika.events, "progress, so that a task is followed by its messages alone"),
        (choices || devika.asks, "questions, which are answered by commands instead"),
    ];
    let missing: Vec<&str> =
        all.into_iter().filter(|(there, _)| !there).map(|(_, what)| what).collect();
    if !missing.is_empty() {
        return Finding::warning(format!("it knows no {}", missing.join("; no ")));
    }
    Finding::ok(match devika.events {
        true => "edits, progress, questions, and Devika's own events",
        false => "edits, progress and questions",
    })
}

#[cfg(test)]
mod tests {
    use devika_protocol::{Capabilities, Verdict};

    use super::*;

    fn look(negotiated: Negotiated) -> (Verdict, String) {
        let check = client(negotiated).named(String::new(), Duration::ZERO);
        (check.verdict, check.text)
    }

    #[test]
    fn a_client_is_told_what_it_lacks_and_what_happens_instead() {
        let full = Negotiated {
            apply_edit: true,
            document_changes: true,
            progress: true,
            devika: Capabilities {
                events: true,
                save: true,
                asks: true,
                ..Capabilities::default()
            },
            ..Negotiated::default()
        };
        let all = "edits, progress, questions, and Devika's own events".to_owned();
        assert_eq!(look(full), (Verdict::Ok, all));
        let devika = Capabilities { asks: true, ..Capabilities::default() };
        let told = look(Negotiated { progress: false, document_changes: false, devika, ..full });
        let lacks = "it knows no versioned edits, so that files are written on disk; no progress, so \
                     that a task is followed by its messages alone";
        assert_eq!(told, (Verdict::Warning, lacks.to_owned()));
    }
}
