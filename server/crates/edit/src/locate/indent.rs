//! From the model's indentation to the file's.

use super::keys::{indent, is_blank};

/// How the model's indentation maps to the file's, learned from all matched line pairs.
pub(super) struct Indentation {
    /// (index in SEARCH, model's indentation, file's indentation)
    pairs: Vec<(usize, String, String)>,
    /// How many of `pairs`, from the first on, say nothing about other depths: 1 where the model
    /// left out the indentation of its first line alone.
    odd: usize,
    file_has_tabs: bool,
    file_unit: usize,
    model_unit: usize,
}

impl Indentation {
    /// Learns from `pairs` of (index in SEARCH, line in SEARCH, line in the file).
    pub(super) fn learn(pairs: &[(usize, &str, &str)], model: &[&str], file: &[&str]) -> Self {
        let file_has_tabs = file.iter().filter(|line| line.starts_with('\t')).count()
            > file.iter().filter(|line| line.starts_with("  ")).count();
        let pairs: Vec<(usize, String, String)> = pairs
            .iter()
            .filter(|(_, search, real)| !is_blank(search) && !is_blank(real))
            .map(|(at, search, real)| (*at, indent(search).to_owned(), indent(real).to_owned()))
            .collect();
        Self {
            odd: usize::from(first_is_odd(&pairs)),
            pairs,
            file_has_tabs,
            file_unit: unit(file).unwrap_or(4),
            model_unit: unit(model).unwrap_or(4),
        }
    }

    /// The file's indentation for a line that the model indented by `wanted`, near line `near` of
    /// its SEARCH.
    pub(super) fn of(&self, wanted: &str, near: usize) -> String {
        let same = self.pairs.iter().filter(|(_, model, _)| model == wanted);
        if let Some((_, _, real)) = same.min_by_key(|(at, _, _)| at.abs_diff(near)) {
            return real.clone();
        }
        let base = self.base(wanted, near);
        let (model, real) = base.map_or(("", ""), |(_, model, real)| (model, real));
        if self.pairs.iter().all(|(_, model, real)| model == real)
            && (!self.pairs.iter().all(|(_, model, _)| model.is_empty())
                || wanted.contains('\t') == self.file_has_tabs)
        {
            return wanted.to_owned();
        }
        let tabs = if real.is_empty() { self.real_has_tabs() } else { real.contains('\t') };
        let steps = width(wanted) as f64 - width(model) as f64;
        let columns = width(real) as f64 + steps * self.scale(tabs, wanted);
        render(columns.max(0.0), tabs, self.model_unit)
    }

    fn real_has_tabs(&self) -> bool {
        let with_indent = self.pairs.iter().find(|(_, _, real)| !real.is_empty());
        with_indent.map_or(self.file_has_tabs, |(_, _, real)| real.contains('\t'))
    }

    /// The pair to count from: the deepest that is not deeper than `wanted`, else the shallowest.
    fn base(&self, wanted: &str, near: usize) -> Option<&(usize, String, String)> {
        let depth = |pair: &&(usize, String, String)| width(&pair.1);
        let telling = &self.pairs[self.odd..];
        telling
            .iter()
            .filter(|pair| depth(pair) <= width(wanted))
            .max_by_key(|pair| (depth(pair), std::cmp::Reverse(pair.0.abs_diff(near))))
            .or_else(|| telling.iter().min_by_key(depth))
    }

    /// The file's columns (or tabs) for one column (or tab) of the model's.
    fn scale(&self, tabs: bool, wanted: &str) -> f64 {
        let mut depths: Vec<(usize, usize)> =
            self.pairs[self.odd..].iter().map(|(_, m, real)| (width(m), width(real))).collect();
        depths.sort_unstable();
        depths.dedup_by_key(|(model, _)| *model);
        if let [.., (low, low_real), (high, high_real)] = depths[..] {
            let scale = (high_real as f64 - low_real as f64) / (high - low) as f64;
            if scale > 0.0 {
                return scale;
            }
        }
        match (wanted.contains('\t'), tabs) {
            (false, true) => 1.0 / self.model_unit as f64,
            (true, false) => self.file_unit as f64,
            _ => 1.0,
        }
    }
}

/// Whether all lines but the first are shifted alike, and the first stands too far left.
fn first_is_odd(pairs: &[(usize, String, String)]) -> bool {
    let shift = |pair: &(usize, String, String)| width(&pair.2) as isize - width(&pair.1) as isize;
    match pairs {
        [first, second, rest @ ..] => {
            rest.iter().all(|pair| shift(pair) == shift(second)) && shift(first) > shift(second)
        }
        _ => false,
    }
}

/// Columns, or tabs where there are any.
fn width(indent: &str) -> usize {
    match indent.matches('\t').count() {
        0 => indent.chars().count(),
        tabs => tabs,
    }
}

fn render(columns: f64, tabs: bool, model_unit: usize) -> String {
    if !tabs {
        return " ".repeat(columns.round() as usize);
    }
    let whole = (columns + 0.001).floor();
    let rest = ((columns - whole) * model_unit as f64).round().max(0.0);
    format!("{}{}", "\t".repeat(whole as usize), " ".repeat(rest as usize))
}

/// The smallest step between the depths of neighbouring lines that are indented with spaces.
fn unit(lines: &[&str]) -> Option<usize> {
    let depths: Vec<usize> = lines
        .iter()
        .filter(|line| !is_blank(line) && !indent(line).contains('\t'))
        .map(|line| indent(line).len())
        .collect();
    let steps = depths.windows(2).map(|pair| pair[0].abs_diff(pair[1]));
    steps.filter(|step| *step >= 2).min()
}
