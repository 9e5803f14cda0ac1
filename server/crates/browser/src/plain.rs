//! Text that is read as it is, as Markdown.

use url::Url;

/// The name under which a file is known where its text gives none: the last part of its address.
pub(crate) fn name(url: &Url) -> String {
    let last = url.path_segments().and_then(|mut parts| parts.rfind(|part| !part.is_empty()));
    last.or(url.host_str()).unwrap_or_default().to_owned()
}

/// The title of a Markdown text: its first heading.
pub(crate) fn title(markdown: &str) -> Option<String> {
    let heading = markdown.lines().find_map(|line| line.strip_prefix("# "))?;
    Some(heading.trim().to_owned()).filter(|heading| !heading.is_empty())
}

/// A text in a fence that nothing in it closes.
pub(crate) fn fenced(text: &str, language: &str) -> String {
    let longest = text.lines().map(|line| line.chars().take_while(|c| *c == '`').count()).max();
    let fence = "`".repeat(longest.unwrap_or_default().max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_the_last_part_of_its_address() {
        let name = |address: &str| name(&Url::parse(address).unwrap());
        assert_eq!(name("https://example.org/a/README.md?raw"), "README.md");
        assert_eq!(name("https://example.org/a/"), "a");
        assert_eq!(name("https://example.org/"), "example.org");
    }

    #[test]
    fn the_first_heading_is_the_title() {
        assert_eq!(title("intro\n# Guide \n# Other\n"), Some("Guide".to_owned()));
        assert_eq!(title("## Part\n#\n"), None);
    }

    #[test]
    fn a_fence_is_longer_than_those_in_the_text() {
        assert_eq!(fenced("{}\n", "json"), "```json\n{}\n```\n");
        assert_eq!(fenced("a\n````\nb", ""), "`````\na\n````\nb\n`````\n");
    }
}
