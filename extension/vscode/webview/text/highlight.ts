/** Code as coloured pieces, without any HTML on the way. */

import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import csharp from "highlight.js/lib/languages/csharp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import dockerfile from "highlight.js/lib/languages/dockerfile";
import go from "highlight.js/lib/languages/go";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import kotlin from "highlight.js/lib/languages/kotlin";
import markdown from "highlight.js/lib/languages/markdown";
import php from "highlight.js/lib/languages/php";
import python from "highlight.js/lib/languages/python";
import ruby from "highlight.js/lib/languages/ruby";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import swift from "highlight.js/lib/languages/swift";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import { createLowlight } from "lowlight";

const lowlight = createLowlight({
  bash, c, cpp, csharp, css, diff, dockerfile, go, ini, java, javascript, json, kotlin, markdown, php, python, ruby,
  rust, sql, swift, typescript, xml, yaml,
});

/** More than this stays one colour, in characters: colouring would hold up what is typed. */
const LIMIT = 20_000;

export interface Piece {
  text: string;
  /** The classes of what it is, such as `hljs-string`. */
  classes: string;
}

/** The code in pieces; one piece where the language is not known. */
export function highlight(code: string, language: string): Piece[] {
  const name = language.toLowerCase();
  if (code.length > LIMIT || !lowlight.registered(name)) return [{ text: code, classes: "" }];
  return pieces(lowlight.highlight(name, code).children, "");
}

/** The language of a file, by its name. */
export function languageOf(path: string): string {
  const name = path.split("/").pop() ?? path;
  return name.toLowerCase() === "dockerfile" ? "dockerfile" : (name.split(".").pop() ?? "");
}

type Node = ReturnType<typeof lowlight.highlight>["children"][number];

function pieces(nodes: readonly Node[], classes: string): Piece[] {
  return nodes.flatMap((node) => {
    if (node.type === "text") return [{ text: node.value, classes }];
    if (node.type !== "element") return [];
    const own = node.properties.className;
    return pieces(node.children, Array.isArray(own) ? own.join(" ") : classes);
  });
}
