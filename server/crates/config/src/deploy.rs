//! Where projects are put on the web, resolved from the configuration.

use std::path::Path;
use std::time::Duration;

use crate::key::{Key, KeyTable};
use crate::values::Values;

/// The table of Netlify's keys.
const NETLIFY: &str = "deploy.netlify";

/// How projects are put on the web.
#[derive(Debug, Clone)]
pub struct Deploy {
    /// Bytes of a site at the most.
    pub site_bytes: u64,
    /// How long the host may take to put a site on the web.
    pub time_limit: Duration,
    /// The host.
    pub netlify: Netlify,
}

/// Netlify, which puts sites on the web.
#[derive(Debug, Clone)]
pub struct Netlify {
    /// Its access token, where there is one.
    pub key: Option<Key>,
    /// The environment variable that the token would be read from.
    pub key_variable: String,
    /// Where it answers, ending before `api/v1/`, with a final slash.
    pub base_url: String,
    /// The site that the user names, by its name or its id.
    pub site: Option<String>,
    /// The folder that the user names, relative to the project's root.
    pub folder: Option<String>,
}

pub(crate) fn resolve(values: &Values, keys: &KeyTable<'_>, wrong: &mut Vec<String>) -> Deploy {
    let variable = values.text("deploy.netlify.key_env");
    let variable = variable.unwrap_or_else(|| "NETLIFY_AUTH_TOKEN".to_owned());
    commands_get_no_token(values, &variable, wrong);
    let mut base_url = values.text("deploy.netlify.base_url");
    if let Some(url) = base_url.as_mut().filter(|url| !url.ends_with('/')) {
        url.push('/');
    }
    Deploy {
        site_bytes: values.megabytes("deploy.site_mb"),
        time_limit: values.duration("deploy.time_limit").unwrap_or_default(),
        netlify: Netlify {
            key: keys.key(NETLIFY, "netlify", Some(&variable)),
            key_variable: variable,
            base_url: base_url.unwrap_or_else(|| "https://api.netlify.com/".to_owned()),
            site: values.text("deploy.netlify.site").filter(|site| !site.is_empty()),
            folder: folder(values, wrong),
        },
    }
}

/// The folder, which must lie in the project.
fn folder(values: &Values, wrong: &mut Vec<String>) -> Option<String> {
    let name = "deploy.netlify.folder";
    let folder = values.text(name)?;
    let leads_out = |part: std::path::Component<'_>| {
        !matches!(part, std::path::Component::Normal(_) | std::path::Component::CurDir)
    };
    if Path::new(&folder).components().any(leads_out) {
        let place = values.place(name);
        wrong.push(format!(
            "{place}: `{name}` must be a folder below the project, such as \"dist\""
        ));
    }
    Some(folder)
}

fn commands_get_no_token(values: &Values, variable: &str, wrong: &mut Vec<String>) {
    if values.texts("commands.env_allow").iter().any(|allowed| allowed == variable) {
        wrong.push(format!(
            "{}: `commands.env_allow` names {variable}, which holds the token of Netlify; commands \
             never get keys: take it out",
            values.place("commands.env_allow"),
        ));
    }
}
