/** What the server asks of the editor's other language servers, through this extension. */

/** The request for what the editor's language servers find wrong. */
export const DIAGNOSTICS_METHOD = "devika/diagnostics";

export interface DiagnosticsArgs {
  /** Documents that must have been looked at. */
  uris: string[];
  /** How long the language servers must have been silent; 0 asks for what is known now. */
  settleMillis: number;
  /** How long to wait for that at the most. */
  limitMillis: number;
}

export interface DiagnosticsReply {
  errors: Problem[];
}

/** An error that a language server reports. Lines count from 0, here and below. */
export interface Problem {
  uri: string;
  line: number;
  message: string;
  /** Who says so, for example `ts`. */
  source?: string;
}

/** The request for the places where the symbol at a place is defined. */
export const DEFINITION_METHOD = "devika/definition";

/** The request for the places that refer to the symbol at a place. */
export const REFERENCES_METHOD = "devika/references";

export interface PlaceArgs {
  uri: string;
  line: number;
  /** Counted from 0 in UTF-16 code units. */
  character: number;
}

export interface PlacesReply {
  places: Place[];
}

export interface Place {
  uri: string;
  line: number;
}

/** The request for the symbols of the workspace that fit a name. */
export const SYMBOLS_METHOD = "devika/symbols";

export interface SymbolsArgs {
  query: string;
}

export interface SymbolsReply {
  symbols: WorkspaceSymbol[];
}

export interface WorkspaceSymbol extends Place {
  name: string;
  character: number;
}
