//! How a project becomes a folder of pages: by what its build files promise.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// Bytes of a build file at the most.
const MOST: u64 = 1 << 20;

/// Folders that builds leave pages in, the likeliest first.
const USUAL: [&str; 8] = ["dist", "build", "out", "public", "_site", "site", "www", "docs"];

/// How a project becomes a folder of pages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Build {
    /// The command line and the file that promises it.
    line: Option<(String, String)>,
    /// Where the pages are, the likeliest first.
    folders: Vec<String>,
}

impl Build {
    /// The build of the project in this folder.
    pub(super) fn of(root: &Path) -> Self {
        let place = Place(root);
        let mut build = [netlify, node, hugo, mkdocs, mdbook, jekyll]
            .into_iter()
            .find_map(|known| known(&place))
            .unwrap_or_default();
        let usual = USUAL.iter().map(|folder| (*folder).to_owned());
        let more: Vec<String> = usual.filter(|folder| !build.folders.contains(folder)).collect();
        build.folders.extend(more);
        build
    }

    /// The command line that builds it, and the file that promises that.
    pub(super) fn line(&self) -> Option<(&str, &str)> {
        let (line, because) = self.line.as_ref()?;
        Some((line, because))
    }

    /// Where the pages are, the likeliest first.
    pub(super) fn folders(&self) -> &[String] {
        &self.folders
    }

    fn by(line: &str, because: &str, folder: &str) -> Self {
        Self { line: Some((line.to_owned(), because.to_owned())), folders: vec![folder.to_owned()] }
    }
}

/// The project's root.
struct Place<'a>(&'a Path);

impl Place<'_> {
    fn has(&self, name: &str) -> bool {
        self.0.join(name).exists()
    }

    fn read(&self, name: &str) -> Option<String> {
        let path = self.0.join(name);
        let size = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file)?.len();
        (size <= MOST).then(|| std::fs::read_to_string(path).ok()).flatten()
    }
}

/// What the project itself tells Netlify.
fn netlify(place: &Place<'_>) -> Option<Build> {
    let text: toml_edit::DocumentMut = place.read("netlify.toml")?.parse().ok()?;
    let said = |name: &str| {
        let text = text.get("build")?.get(name)?.as_str()?.trim();
        (!text.is_empty() && !text.contains(char::is_control)).then(|| text.to_owned())
    };
    // Where it is built in a folder of its own, the paths are of another place.
    if said("base").is_some_and(|base| !matches!(base.as_str(), "." | "./" | "/")) {
        return None;
    }
    let folders = said("publish").map(|folder| folder.trim_matches('/').to_owned());
    let line = said("command").map(|line| {
        let install = node_install(place);
        (
            install.map_or(line.clone(), |install| format!("{install} && {line}")),
            "netlify.toml".to_owned(),
        )
    });
    (line.is_some() || folders.is_some())
        .then(|| Build { line, folders: folders.into_iter().collect() })
}

fn node(place: &Place<'_>) -> Option<Build> {
    let package: serde_json::Value = serde_json::from_str(&place.read("package.json")?).ok()?;
    package["scripts"]["build"].as_str()?;
    let line = format!("{} run build", node_program(place));
    let line = node_install(place).map_or(line.clone(), |install| format!("{install} && {line}"));
    Some(Build { line: Some((line, "package.json".to_owned())), folders: Vec::new() })
}

fn node_program(place: &Place<'_>) -> &'static str {
    match () {
        () if place.has("pnpm-lock.yaml") => "pnpm",
        () if place.has("yarn.lock") => "yarn",
        () => "npm",
    }
}

/// What installs the packages that a build needs and that are not there.
fn node_install(place: &Place<'_>) -> Option<&'static str> {
    let package: serde_json::Value = serde_json::from_str(&place.read("package.json")?).ok()?;
    let needs = |name: &str| package[name].as_object().is_some_and(|it| !it.is_empty());
    if place.has("node_modules") || !(needs("dependencies") || needs("devDependencies")) {
        return None;
    }
    Some(match node_program(place) {
        "pnpm" => "pnpm install --frozen-lockfile",
        "yarn" => "yarn install --frozen-lockfile",
        _ if place.has("package-lock.json") => "npm ci",
        _ => "npm install",
    })
}

fn hugo(place: &Place<'_>) -> Option<Build> {
    let own = ["hugo.toml", "hugo.yaml", "hugo.json"].into_iter().find(|name| place.has(name));
    let old = || place.read("config.toml").filter(|text| text.contains("baseURL"));
    let because = own.or_else(|| old().map(|_| "config.toml"))?;
    Some(Build::by("hugo", because, "public"))
}

fn mkdocs(place: &Place<'_>) -> Option<Build> {
    place.has("mkdocs.yml").then(|| Build::by("mkdocs build", "mkdocs.yml", "site"))
}

fn mdbook(place: &Place<'_>) -> Option<Build> {
    place.has("book.toml").then(|| Build::by("mdbook build", "book.toml", "book"))
}

fn jekyll(place: &Place<'_>) -> Option<Build> {
    let is_jekyll = place.has("_config.yml") && place.read("Gemfile")?.contains("jekyll");
    is_jekyll.then(|| Build::by("bundle exec jekyll build", "_config.yml", "_site"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `LINE  # FILE -> FOLDER`
    fn built(files: &[(&str, &str)]) -> String {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            std::fs::write(root.path().join(path), text).unwrap();
        }
        let build = Build::of(root.path());
        let (line, because) = build.line().unwrap_or(("nothing", "nothing"));
        format!("{line}  # {because} -> {}", build.folders()[0])
    }

    #[test]
    fn each_kind_of_project_is_built_in_its_own_way() {
        let vite = r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}"#;
        let plain = r#"{"scripts": {"build": "node build.js"}}"#;
        let table: Vec<String> = [
            &[("package.json", plain)][..],
            &[("package.json", vite)],
            &[("package.json", vite), ("package-lock.json", "{}")],
            &[("package.json", vite), ("pnpm-lock.yaml", "")],
            &[("package.json", vite), ("yarn.lock", ""), ("node_modules", "")],
            &[("netlify.toml", "[build]\ncommand = \"make site\"\npublish = \"web/\"\n")],
            &[("netlify.toml", "[build]\npublish = \"web\"\n"), ("package.json", vite)],
            &[("netlify.toml", "[build]\nbase = \"app\"\n"), ("package.json", plain)],
            &[("hugo.toml", "")],
            &[("mkdocs.yml", "")],
            &[("book.toml", "")],
            &[("_config.yml", ""), ("Gemfile", "gem 'jekyll'")],
            &[("index.html", "")],
            &[("package.json", r#"{"scripts": {"test": "x"}}"#)],
        ]
        .iter()
        .map(|files| built(files))
        .collect();
        insta::assert_snapshot!(table.join("\n"), @r"
        npm run build  # package.json -> dist
        npm install && npm run build  # package.json -> dist
        npm ci && npm run build  # package.json -> dist
        pnpm install --frozen-lockfile && pnpm run build  # package.json -> dist
        yarn run build  # package.json -> dist
        make site  # netlify.toml -> web
        nothing  # nothing -> web
        npm run build  # package.json -> dist
        hugo  # hugo.toml -> public
        mkdocs build  # mkdocs.yml -> site
        mdbook build  # book.toml -> book
        bundle exec jekyll build  # _config.yml -> _site
        nothing  # nothing -> dist
        nothing  # nothing -> dist
        ");
    }
}
