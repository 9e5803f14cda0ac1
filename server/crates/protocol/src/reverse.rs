//! What the server asks of a client that declares it: saving documents, opening folders, and what the
//! editor's other language servers know.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The request that has a client save documents, answered with [`SaveReply`].
pub const SAVE_METHOD: &str = "devika/save";

/// The request that has a client offer to open a folder, answered with [`OpenFolderReply`].
pub const OPEN_FOLDER_METHOD: &str = "devika/openFolder";

/// The request for what the editor's language servers find wrong, answered with [`DiagnosticsReply`].
pub const DIAGNOSTICS_METHOD: &str = "devika/diagnostics";

/// The request for the places where the symbol at a place is defined: [`PlaceArgs`] → [`PlacesReply`].
pub const DEFINITION_METHOD: &str = "devika/definition";

/// The request for the places that refer to the symbol at a place: [`PlaceArgs`] → [`PlacesReply`].
pub const REFERENCES_METHOD: &str = "devika/references";

/// The request for the symbols of the workspace that fit a name: [`SymbolsArgs`] → [`SymbolsReply`].
pub const SYMBOLS_METHOD: &str = "devika/symbols";

/// Asks the client to save documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SaveArgs {
    /// The documents' URIs.
    pub uris: Vec<String>,
}

/// Answers [`SaveArgs`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SaveReply {
    /// The URIs that are saved now.
    pub saved: Vec<String>,
}

/// Asks the client to offer the user a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenFolderArgs {
    /// The folder's URI.
    pub uri: String,
}

/// Answers [`OpenFolderArgs`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenFolderReply {
    /// Whether the user wants it opened; a client that opens it in the same window may not get to
    /// answer.
    pub opened: bool,
}

/// Asks for what is wrong in the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiagnosticsArgs {
    /// Documents that must have been looked at: the client loads those that it has not.
    pub uris: Vec<String>,
    /// How long the language servers must have been silent before the answer, in milliseconds; 0
    /// asks for what is known now.
    pub settle_millis: u32,
    /// How long the client may wait for that silence, in milliseconds.
    pub limit_millis: u32,
}

/// Answers [`DiagnosticsArgs`]: errors of these documents, and of all others the client knows of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DiagnosticsReply {
    /// What is wrong; errors alone.
    pub errors: Vec<Problem>,
}

/// An error that a language server reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// The document.
    pub uri: String,
    /// Its line, counted from 0.
    pub line: u32,
    /// What is wrong.
    pub message: String,
    /// Who says so, e.g. `Pyright`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// Names a place in a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlaceArgs {
    /// The document.
    pub uri: String,
    /// The line, counted from 0.
    pub line: u32,
    /// The character in the line, counted from 0 in UTF-16 code units.
    pub character: u32,
}

/// Places in documents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlacesReply {
    /// The places.
    pub places: Vec<Place>,
}

/// A place in a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The document.
    pub uri: String,
    /// The line, counted from 0.
    pub line: u32,
}

/// Asks for symbols by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SymbolsArgs {
    /// The name, or a part of it.
    pub query: String,
}

/// Answers [`SymbolsArgs`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SymbolsReply {
    /// The symbols.
    pub symbols: Vec<Symbol>,
}

/// A symbol of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// Where it is defined.
    #[serde(flatten)]
    pub place: Place,
    /// The character in the line, counted from 0 in UTF-16 code units.
    #[serde(default)]
    pub character: u32,
}
