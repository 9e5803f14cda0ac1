//! Where branches and requests to merge them are published, resolved from the configuration.

use crate::key::{Key, KeyTable};
use crate::values::Values;

/// The forges that work may be published at.
#[derive(Debug, Clone)]
pub struct Publish {
    /// GitHub, or a server of its kind.
    pub github: Forge,
    /// GitLab, or a server of its kind.
    pub gitlab: Forge,
}

/// One of them.
#[derive(Debug, Clone)]
pub struct Forge {
    /// Its access token, where there is one.
    pub key: Option<Key>,
    /// The environment variable that the token would be read from.
    pub key_variable: String,
    /// Where its API answers, with a final slash.
    pub base_url: String,
}

pub(crate) fn resolve(values: &Values, keys: &KeyTable<'_>, wrong: &mut Vec<String>) -> Publish {
    let mut forge = |name: &str, variable: &str, base_url: &str| {
        let table = format!("publish.{name}");
        let variable = values.text(&format!("{table}.key_env")).unwrap_or(variable.to_owned());
        if values.texts("commands.env_allow").contains(&variable) {
            wrong.push(format!(
                "{}: `commands.env_allow` names {variable}, which holds a token of `{table}`; commands \
                 never get keys: take it out",
                values.place("commands.env_allow"),
            ));
        }
        let mut base_url =
            values.text(&format!("{table}.base_url")).unwrap_or_else(|| base_url.to_owned());
        if !base_url.ends_with('/') {
            base_url.push('/');
        }
        Forge { key: keys.key(&table, name, Some(&variable)), key_variable: variable, base_url }
    };
    Publish {
        github: forge("github", "GITHUB_TOKEN", "https://api.github.com/"),
        gitlab: forge("gitlab", "GITLAB_TOKEN", "https://gitlab.com/api/v4/"),
    }
}
