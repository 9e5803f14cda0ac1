//! Servers: how to know that one has started, since none of them ends by itself.

use std::time::Duration;

/// What servers say when they are up, in lower case.
const READY_LINES: [&str; 9] = [
    "listening on",
    "listening at",
    "local: ",
    "running on http",
    "running at http",
    "serving http",
    "server started",
    "started server on",
    "development server at http",
];

/// Words that start a server, as neighbouring words of a command line.
const SERVERS: [&[&str]; 21] = [
    &["npm", "run", "dev"],
    &["npm", "run", "start"],
    &["npm", "run", "serve"],
    &["npm", "start"],
    &["yarn", "dev"],
    &["yarn", "start"],
    &["pnpm", "dev"],
    &["pnpm", "start"],
    &["http.server"],
    &["flask", "run"],
    &["flask", "--app"],
    &["manage.py", "runserver"],
    &["uvicorn"],
    &["gunicorn"],
    &["vite"],
    &["next", "dev"],
    &["php", "-S"],
    &["rails", "server"],
    &["hugo", "server"],
    &["live-server"],
    &["http-server"],
];

/// Words after the name of a server which mean that it is to do something else and end.
const NO_SERVER: [&str; 6] = ["build", "--version", "-V", "--help", "-h", "install"];

/// By what to know that a server has started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// Text of its output, in lower case, each of which says that it is up.
    pub lines: Vec<String>,
    /// Whether it is up when one of its processes listens on a TCP port. Known only where the command
    /// has a network of its own.
    pub port: bool,
    /// How long it must stay up after that.
    pub settle: Duration,
}

impl Default for Readiness {
    fn default() -> Self {
        Self {
            lines: READY_LINES.map(str::to_owned).to_vec(),
            port: true,
            settle: Duration::from_millis(500),
        }
    }
}

impl Readiness {
    /// The readiness of a line that by its words starts a server, such as `npm run dev`.
    #[must_use]
    pub fn of(line: &str) -> Option<Self> {
        // Only the last command of a line can keep it from ending.
        let last = line.rsplit(['&', ';', '|', '\n']).find(|part| !part.trim().is_empty())?;
        let words: Vec<&str> =
            last.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word)).collect();
        let starts = |server: &[&str]| words.windows(server.len()).any(|run| run == server);
        let ends =
            line.trim_end().ends_with('&') || words.iter().any(|word| NO_SERVER.contains(word));
        (!ends && SERVERS.iter().any(|server| starts(server))).then(Self::default)
    }

    /// Whether a piece of output says that the server is up.
    pub(crate) fn is_told_by(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.lines.iter().any(|line| text.contains(line.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_starts_a_server_is_known_by_its_words() {
        for line in [
            "npm run dev",
            "cd web && npm run dev -- --port 3000",
            "python3 -m http.server 8000",
            "flask run",
            "FLASK_APP=a flask --app a run",
            "./node_modules/.bin/vite",
            "python manage.py runserver",
        ] {
            assert!(Readiness::of(line).is_some(), "{line}");
        }
    }

    #[test]
    fn a_line_that_ends_by_itself_is_none() {
        for line in [
            "",
            "npm test",
            "npm run build",
            "vite build",
            "pip install flask",
            "uvicorn --version",
            "npm run dev & sleep 1; curl localhost",
            "python3 -m http.server & curl localhost:8000",
            "npm run dev &",
        ] {
            assert_eq!(Readiness::of(line), None, "{line}");
        }
    }

    #[test]
    fn servers_say_that_they_are_up_in_many_words() {
        for said in [
            "Serving HTTP on 0.0.0.0 port 8000",
            " * Running on http://127.0.0.1:5000",
            "  ➜  Local: http://localhost:5173/",
            "Listening on :8080",
        ] {
            assert!(Readiness::default().is_told_by(said), "{said}");
        }
        assert!(!Readiness::default().is_told_by("compiling…"));
    }
}
