//! The protocol in TypeScript, for the VS Code extension: printed from the serde types, so that the
//! two cannot differ. After a change of the protocol,
//! `UPDATE_TYPES=1 cargo test -p devika-protocol --test typescript` writes the file anew.

mod commands;
mod print;

use std::path::Path;

use devika_protocol::{
    Capabilities, DEFINITION_METHOD, DIAGNOSTICS_METHOD, DiagnosticsArgs, DiagnosticsReply,
    EVENT_METHOD, Event, EventRecord, LM_CHUNK_METHOD, LM_METHOD, LM_MODELS_METHOD, LmArgs,
    LmChunk, LmModels, LmReply, OPEN_FOLDER_METHOD, OpenFolderArgs, OpenFolderReply, PlaceArgs,
    PlacesReply, REFERENCES_METHOD, SAVE_METHOD, SYMBOLS_METHOD, SaveArgs, SaveReply, SymbolsArgs,
    SymbolsReply,
};

use self::print::Printer;

const FILE: &str = "../../../extension/vscode/src/generated/protocol.ts";

const HEAD: &str = "\
// Printed from the crate `devika-protocol`; not to be edited. After a change of that crate:
//   UPDATE_TYPES=1 cargo test -p devika-protocol --test typescript
";

/// The methods of the protocol beside the commands, with the names of their constants.
const METHODS: [(&str, &str); 10] = [
    ("EVENT_METHOD", EVENT_METHOD),
    ("SAVE_METHOD", SAVE_METHOD),
    ("OPEN_FOLDER_METHOD", OPEN_FOLDER_METHOD),
    ("DIAGNOSTICS_METHOD", DIAGNOSTICS_METHOD),
    ("DEFINITION_METHOD", DEFINITION_METHOD),
    ("REFERENCES_METHOD", REFERENCES_METHOD),
    ("SYMBOLS_METHOD", SYMBOLS_METHOD),
    ("LM_MODELS_METHOD", LM_MODELS_METHOD),
    ("LM_METHOD", LM_METHOD),
    ("LM_CHUNK_METHOD", LM_CHUNK_METHOD),
];

#[test]
fn the_extension_has_the_protocol_as_it_is() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let wanted = typescript();
    if std::env::var_os("UPDATE_TYPES").is_some() {
        std::fs::write(&file, &wanted).expect("the types are written");
    }
    let there = std::fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        there == wanted,
        "{} is not what the protocol is now: run \
         `UPDATE_TYPES=1 cargo test -p devika-protocol --test typescript`",
        file.display()
    );
}

fn typescript() -> String {
    let mut printer = Printer::default();
    let commands = commands::table(&mut printer);
    printer.sent::<Event>();
    printer.sent::<EventRecord>();
    printer.sent::<Capabilities>();
    printer.sent::<SaveArgs>();
    printer.sent::<SaveReply>();
    printer.sent::<OpenFolderArgs>();
    printer.sent::<OpenFolderReply>();
    printer.sent::<DiagnosticsArgs>();
    printer.sent::<DiagnosticsReply>();
    printer.sent::<PlaceArgs>();
    printer.sent::<PlacesReply>();
    printer.sent::<SymbolsArgs>();
    printer.sent::<SymbolsReply>();
    printer.sent::<LmModels>();
    printer.sent::<LmArgs>();
    printer.sent::<LmChunk>();
    printer.sent::<LmReply>();
    let methods: String = METHODS
        .iter()
        .map(|(name, method)| format!("export const {name} = \"{method}\";\n"))
        .collect();
    format!("{HEAD}\n{methods}\n{commands}{}", printer.definitions())
}
