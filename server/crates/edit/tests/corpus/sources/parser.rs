use std::collections::HashMap;
use std::fmt;

/// A value of the configuration.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(String),
    Number(f64),
    Flag(bool),
}

#[derive(Debug)]
pub struct ParseError {
    line: usize,
    message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

pub fn parse(text: &str) -> Result<HashMap<String, Value>, ParseError> {
    let mut values = HashMap::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            return Err(ParseError { line: index + 1, message: "no equals sign".into() });
        };
        values.insert(key.trim().to_string(), value_of(value.trim()));
    }
    Ok(values)
}

fn value_of(text: &str) -> Value {
    match text {
        "true" => Value::Flag(true),
        "false" => Value::Flag(false),
        _ => match text.parse() {
            Ok(number) => Value::Number(number),
            Err(_) => Value::Text(text.trim_matches('"').to_string()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_numbers() {
        let values = parse("size = 4").unwrap();
        assert_eq!(values["size"], Value::Number(4.0));
    }

    #[test]
    fn comments_are_skipped() {
        let values = parse("# nothing\n").unwrap();
        assert!(values.is_empty());
    }
}
