//! Which hosts commands may reach. Where a command fails and was refused a host, the user is asked, and
//! on a yes it runs again with that host.

use devika_protocol::{AskKind, Event};
use devika_sandbox::is_inside;
use devika_store::Entry;
use serde_json::json;

use crate::error::Stop;
use crate::ports::UserReply;
use crate::run::Run;
use crate::stages::checkpoint;
use crate::stages::verify::{self, StoredOutcome};

/// How often the user is asked about the hosts of one command: a package manager goes from a registry to
/// where its packages lie, and a command that goes on with new names for ever means no good.
const MAX_ASKS: u32 = 5;

/// Runs a command line, and again for as long as the user allows it hosts that it was refused. An output
/// that lacks a host in the end says so.
pub(super) async fn outcome_of(run: &Run, key: &str, line: &str) -> Result<StoredOutcome, Stop> {
    let mut once = Vec::new();
    let mut outcome = attempt(run, key, line, &once).await?;
    for again in 1..=MAX_ASKS {
        let hosts = unanswered(run, &outcome, &once);
        let ask = format!("{key}/hosts{again}");
        if hosts.is_empty() || !are_allowed(run, &ask, line, hosts, &mut once).await? {
            break;
        }
        outcome = attempt(run, &format!("{key}/again{again}"), line, &once).await?;
    }
    tell_model(&mut outcome);
    Ok(outcome)
}

/// Runs the command line with what is allowed by now; `once` are hosts for this command alone.
async fn attempt(run: &Run, key: &str, line: &str, once: &[String]) -> Result<StoredOutcome, Stop> {
    let mut hosts = run.store.approved_hosts(&project(run)).await?;
    let allowed = run.approvals.hosts().into_iter().filter(|(_, is_allowed)| *is_allowed);
    hosts.extend(allowed.map(|(host, _)| host).chain(once.iter().cloned()));
    let mut intent = json!({ "line": line });
    if !hosts.is_empty() {
        intent["hosts"] = json!(hosts);
    }
    let execute = async |entry: Entry| verify::execute(run, entry.id, line, hosts).await;
    run.once(key, checkpoint::COMMAND, intent, execute).await
}

/// The hosts for whose want a command may have failed, and of which the user has said nothing.
fn unanswered(run: &Run, outcome: &StoredOutcome, once: &[String]) -> Vec<String> {
    if outcome.exit.is_success() {
        return Vec::new();
    }
    let answered = run.approvals.hosts();
    let hosts = outcome.refused_hosts.iter();
    hosts.filter(|host| !answered.contains_key(*host) && !once.contains(host)).cloned().collect()
}

async fn are_allowed(
    run: &Run,
    key: &str,
    line: &str,
    hosts: Vec<String>,
    once: &mut Vec<String>,
) -> Result<bool, Stop> {
    let unforeseen = hosts.iter().any(|host| is_inside(host));
    let reply = run.ask_of(key, AskKind::Host, &question(line, &hosts), unforeseen).await?;
    let is_allowed = matches!(reply, UserReply::Allow | UserReply::AllowAlways);
    match reply {
        UserReply::AllowOnce => {
            once.extend(hosts);
            return Ok(true);
        }
        UserReply::Allow => {}
        UserReply::AllowAlways => {
            for host in &hosts {
                run.store.approve_host(&project(run), host).await?;
            }
        }
        _ => warn_of(run, line, &hosts),
    }
    for host in &hosts {
        run.approvals.answered_host(host, is_allowed);
    }
    Ok(is_allowed)
}

/// The command comes last, so that it can be told from the question.
fn question(line: &str, hosts: &[String]) -> String {
    let named = |host: &String| match is_inside(host) {
        true => format!("{host} (this machine, or a private network)"),
        false => host.clone(),
    };
    let hosts: Vec<String> = hosts.iter().map(named).collect();
    format!(
        "Let commands reach {}? This one asked for it and failed; it runs again if you allow that.\n{line}",
        hosts.join(", ")
    )
}

/// Tells the user of hosts that a command was refused, and how to allow them.
pub(super) fn warn_of(run: &Run, line: &str, hosts: &[String]) {
    if !hosts.is_empty() {
        let text = format!(
            "`{line}` asked for {}, which commands may not reach. Add what you trust to `sandbox.hosts` \
             in your configuration.",
            hosts.join(", ")
        );
        run.tell(Event::Warning { text });
    }
}

/// Tells the user of hosts that they have allowed, and that are refused all the same for where they lead.
pub(super) fn warn_of_inside(run: &Run, line: &str, hosts: &[String]) {
    if !hosts.is_empty() {
        let text = format!(
            "`{line}` may reach {}, but the name leads to this machine or into a private network. Where \
             that is meant, add it to `sandbox.private_hosts` in your configuration.",
            hosts.join(", ")
        );
        run.tell(Event::Warning { text });
    }
}

fn tell_model(outcome: &mut StoredOutcome) {
    if outcome.exit.is_success() || outcome.refused_hosts.is_empty() {
        return;
    }
    let hosts = outcome.refused_hosts.join(", ");
    let output = outcome.output.trim_end();
    outcome.output =
        format!("{output}\n(The user does not allow commands to reach {hosts}; do without.)\n");
}

fn project(run: &Run) -> String {
    run.project()
}
