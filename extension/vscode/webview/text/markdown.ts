/** Markdown as a tree that components draw: no HTML is made from what a model says. */

import { type Token, lexer } from "marked";

export type { Token, Tokens } from "marked";

export function parse(text: string): Token[] {
  return lexer(text, { gfm: true });
}

/** Where a link may lead: out of the editor, to a file of the project, or nowhere. */
export function target(href: string): { address: string } | { path: string } | undefined {
  if (/^https?:\/\//iu.test(href)) return URL.canParse(href) ? { address: href } : undefined;
  if (/^[a-z][a-z0-9+.-]*:/iu.test(href) || /^[/\\#?]/u.test(href)) return undefined;
  const path = href.replace(/#L?\d.*$/u, "");
  return path.split(/[\\/]/u).includes("..") ? undefined : { path };
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

/** Text with its entities as characters. */
export function decoded(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+));/giu, (whole: string, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex ?? "", 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** A coder's answer with the language of each file at its fence. */
export function withLanguages(answer: string): string {
  return answer.replace(/^File: `([^`\n]+)`\n+(`{3,})[ \t]*$/gmu, (_, path: string, fence: string) => {
    return `\`${path}\`\n\n${fence}${path.split(".").pop() ?? ""}`;
  });
}
