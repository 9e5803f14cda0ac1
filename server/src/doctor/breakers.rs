//! Which providers are left alone, because they failed several times in a row.

use std::time::SystemTime;

use devika_store::ProviderState;

use super::Finding;
use super::database::Opened;

pub(super) async fn look(store: Opened) -> Finding {
    let states = match store.await {
        Ok(store) => store.provider_states().await,
        Err(error) => Err(error),
    };
    match states {
        Ok(states) => tell(&states, SystemTime::now()),
        // The check of the database says why.
        Err(_) => Finding::failed("not known, because the database cannot be read"),
    }
}

fn tell(states: &[ProviderState], now: SystemTime) -> Finding {
    let resting: Vec<String> = states.iter().filter_map(|state| resting(state, now)).collect();
    if resting.is_empty() {
        return Finding::ok("no provider is left alone because of failures");
    }
    Finding::warning(resting.join("; "))
}

fn resting(state: &ProviderState, now: SystemTime) -> Option<String> {
    let ProviderState { provider, resting_until, failures, .. } = state;
    let until = (*resting_until)?;
    Some(match until.duration_since(now) {
        Ok(left) => format!(
            "{provider} failed {failures} times in a row and is left alone for another {} s",
            left.as_secs().max(1)
        ),
        Err(_) => {
            format!("{provider} failed {failures} times in a row; the next call tries it out")
        }
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use devika_protocol::Verdict;

    use super::*;

    #[test]
    fn a_provider_that_is_left_alone_is_told_with_the_time_that_is_left() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let state = |provider: &str, until| ProviderState {
            provider: provider.to_owned(),
            resting_until: until,
            failures: 5,
            limit: None,
            running: 0,
            waiting: 0,
        };
        let look = |states: &[ProviderState]| {
            let check = tell(states, now).named(String::new(), Duration::ZERO);
            (check.verdict, check.text)
        };
        let well = state("well", None);
        let fine = "no provider is left alone because of failures".to_owned();
        assert_eq!(look(std::slice::from_ref(&well)), (Verdict::Ok, fine));
        let resting = state("openai", Some(now + Duration::from_secs(23)));
        let tried = state("groq", Some(now - Duration::from_secs(1)));
        let told = "openai failed 5 times in a row and is left alone for another 23 s; \
                    groq failed 5 times in a row; the next call tries it out";
        assert_eq!(look(&[well, resting, tried]), (Verdict::Warning, told.to_owned()));
    }
}
