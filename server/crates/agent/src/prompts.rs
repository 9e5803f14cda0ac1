//! The prompts: minijinja templates in files, rendered strictly. Short, because a small model on
//! one core reads 30 tokens a second; their order is stable, so that prompt caches hold.

use std::sync::LazyLock;

use minijinja::{Environment, UndefinedBehavior, Value};

/// What every request begins with.
pub(crate) const SYSTEM: &str = include_str!("prompts/system.j2");

/// What a question about a page ends with.
pub(crate) const PAGE: &str = include_str!("prompts/page.j2");

/// What is added to it where the page can be used.
pub(crate) const OR_USE: &str = include_str!("prompts/page_or_use.j2");

/// The templates, by name.
const TEMPLATES: [(&str, &str); 9] = [
    ("opening", include_str!("prompts/opening.j2")),
    ("plan", include_str!("prompts/plan.j2")),
    ("code", include_str!("prompts/code.j2")),
    ("patch", include_str!("prompts/patch.j2")),
    ("suspect", include_str!("prompts/suspect.j2")),
    ("answer", include_str!("prompts/answer.j2")),
    ("run", include_str!("prompts/run.j2")),
    ("browse", include_str!("prompts/browse.j2")),
    ("section", include_str!("prompts/section.j2")),
];

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, source) in TEMPLATES {
        if let Err(error) = environment.add_template(name, source) {
            tracing::error!(name, %error, "a built-in template does not parse");
        }
    }
    environment
});

/// Renders a built-in template.
///
/// # Errors
/// The template's own words, where a value is missing; tests render all of them.
pub(crate) fn render(name: &str, values: Value) -> Result<String, String> {
    ENVIRONMENT
        .get_template(name)
        .and_then(|template| template.render(values))
        .map_err(|error| format!("the built-in prompt `{name}` is broken: {error:#}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tokens of English and code by the usual rule of thumb of four characters each.
    fn tokens(text: &str) -> usize {
        text.len().div_ceil(4)
    }

    #[test]
    fn the_fixed_part_of_every_prompt_stays_under_600_tokens() {
        for (name, source) in TEMPLATES {
            let fixed = tokens(SYSTEM) + tokens(source);
            assert!(fixed < 600, "{name} has {fixed} tokens");
        }
    }

    #[test]
    fn a_missing_value_is_an_error_and_not_an_empty_prompt() {
        assert!(render("opening", minijinja::context! {}).is_err());
    }
}
