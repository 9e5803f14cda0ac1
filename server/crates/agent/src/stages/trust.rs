//! Trust: nothing of a workspace is interpreted before the user vouches for it, once.

use devika_protocol::{Agent, AskKind};

use crate::error::Stop;
use crate::ports::UserReply;
use crate::run::Run;

/// Makes sure that the user trusts the workspace; asks once, and keeps the answer outside it.
pub(crate) async fn ensure(run: &Run) -> Result<(), Stop> {
    let project = run.project();
    if run.store.is_trusted(&project).await? {
        return Ok(());
    }
    if !run.trusted {
        let question = format!(
            "Do you trust the files in {project}? Devika will read them, send parts of them to {}, and run commands in this folder after asking.",
            run.model(Agent::Coder).name()
        );
        if run.ask("trust", AskKind::Trust, &question).await? != UserReply::Allow {
            return Err(Stop::Denied);
        }
    }
    Ok(run.store.trust(&project, true).await?)
}
