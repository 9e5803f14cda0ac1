//! A command's one argument, from JSON to its type.

use devika_protocol::CommandName;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tower_lsp::jsonrpc::{Error, Result};

/// Reads the argument of a command: one object. For `devika.task.start` a string is the prompt.
///
/// # Errors
/// Invalid params, with the name of the field that is wrong.
pub(super) fn parse<T: DeserializeOwned>(command: CommandName, arguments: &[Value]) -> Result<T> {
    let fields = fields(command, arguments)?;
    serde_json::from_value(Value::Object(fields.clone())).map_err(|error| {
        let field = wrong_field::<T>(&fields);
        let field = field.map(|field| format!("`{field}`: ")).unwrap_or_default();
        wrong(command, &format!("{field}{error}"))
    })
}

fn fields(command: CommandName, arguments: &[Value]) -> Result<Map<String, Value>> {
    match arguments {
        [] | [Value::Null] => Ok(Map::new()),
        [Value::Object(fields)] => Ok(fields.clone()),
        // An empty Lua table is written as an empty array.
        [Value::Array(nothing)] if nothing.is_empty() => Ok(Map::new()),
        [Value::String(prompt)] if command == CommandName::Start => {
            Ok(Map::from_iter([("prompt".to_owned(), json!(prompt))]))
        }
        [_] => Err(wrong(command, "its argument must be a JSON object")),
        _ => Err(wrong(command, "it takes one argument, a JSON object")),
    }
}

/// The field whose value is at fault: without it, the complaint is another one or none. (The error
/// itself names a field only where it is missing or unknown.)
fn wrong_field<T: DeserializeOwned>(fields: &Map<String, Value>) -> Option<String> {
    let complaint = |fields: &Map<String, Value>| {
        serde_json::from_value::<T>(Value::Object(fields.clone()))
            .err()
            .map(|error| error.to_string())
    };
    let all = complaint(fields)?;
    if all.contains('`') && (all.starts_with("missing field") || all.starts_with("unknown field")) {
        return None;
    }
    let without = |name: &&String| {
        let mut rest = fields.clone();
        drop(rest.shift_remove(name.as_str()));
        complaint(&rest).as_ref() != Some(&all)
    };
    fields.keys().find(without).cloned()
}

fn wrong(command: CommandName, why: &str) -> Error {
    Error::invalid_params(format!("{}: {why}", command.as_str()))
}

#[cfg(test)]
mod tests {
    use devika_protocol::{ApproveArgs, ListArgs, StartArgs, TaskId};

    use super::*;

    fn start(arguments: &[Value]) -> std::result::Result<StartArgs, String> {
        parse(CommandName::Start, arguments).map_err(|error| error.message.into_owned())
    }

    #[test]
    fn a_string_is_the_prompt_of_a_new_task() {
        let expected = StartArgs { prompt: "add a test".into(), ..StartArgs::default() };
        assert_eq!(start(&[json!("add a test")]), Ok(expected.clone()));
        assert_eq!(start(&[json!({"prompt": "add a test"})]), Ok(expected));
    }

    #[test]
    fn no_argument_is_an_empty_object() {
        for arguments in [vec![], vec![json!(null)], vec![json!([])], vec![json!({})]] {
            let list: ListArgs = parse(CommandName::List, &arguments).unwrap();
            assert_eq!(list, ListArgs::default());
        }
    }

    #[test]
    fn a_wrong_argument_is_told_by_the_name_of_its_field() {
        let cases = [
            json!({}),
            json!({"prompt": 5}),
            json!({"prompt": "x", "mode": "fast"}),
            json!({"prompt": "x", "modell": "a/b"}),
            json!(5),
        ];
        let told: Vec<String> = cases.into_iter().map(|case| start(&[case]).unwrap_err()).collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        devika.task.start: missing field `prompt`
        devika.task.start: `prompt`: invalid type: integer `5`, expected a string
        devika.task.start: `mode`: unknown variant `fast`, expected one of `plan`, `review`, `auto`
        devika.task.start: unknown field `modell`, expected one of `prompt`, `mode`, `model`, `root`, `git`
        devika.task.start: its argument must be a JSON object
        ");
        let approve =
            parse::<ApproveArgs>(CommandName::Approve, &[json!({"task": "7", "allow": true})]);
        assert_eq!(
            approve.unwrap_err().message,
            "devika.task.approve: `task`: invalid type: string \"7\", expected i64"
        );
        let approve =
            parse::<ApproveArgs>(CommandName::Approve, &[json!({"task": 7, "allow": true})]);
        assert_eq!(
            approve.unwrap(),
            ApproveArgs {
                task: TaskId(7),
                ask: None,
                allow: true,
                scope: None,
                refused: Vec::new()
            }
        );
    }
}
