/** Terminal output as text with colours: no cursor, no screen. */

import Anser from "anser";

export interface Span {
  text: string;
  /** Classes for the colours of the editor's terminal theme. */
  classes: string;
  /** Colours that no class stands for, as `r, g, b`. */
  colour?: string;
  ground?: string;
}

/** How much is looked at, from its end: more than anybody reads, and quick. */
const LIMIT = 200_000;

export function spans(output: string): Span[] {
  const text = settled(output.length > LIMIT ? output.slice(-LIMIT) : output);
  return Anser.ansiToJson(text, { use_classes: true, json: true, remove_empty: true }).map((chunk) => ({
    text: chunk.content,
    classes: classes(chunk),
    ...(rgb(chunk.fg, chunk.fg_truecolor) ?? {}),
    ...ground(chunk),
  }));
}

/** The text of the output alone. */
export function plainText(output: string): string {
  return Anser.ansiToText(settled(output));
}

type Chunk = ReturnType<typeof Anser.ansiToJson>[number];

function classes({ fg, bg, decorations }: Chunk): string {
  const named = (colour: string | null, prefix: string): string[] =>
    colour?.startsWith("ansi-") && !/truecolor|palette/u.test(colour) ? [`${prefix}-${colour.slice(5)}`] : [];
  return [...named(fg, "fg"), ...named(bg, "bg"), ...decorations.map((decoration) => `is-${decoration}`)].join(" ");
}

function rgb(name: string | null, truecolor: string | null): { colour: string } | undefined {
  if (name === "ansi-truecolor" && truecolor) return { colour: truecolor };
  const index = palette(name);
  return index === undefined ? undefined : { colour: index };
}

function ground({ bg, bg_truecolor: truecolor }: Chunk): { ground?: string } {
  const found = rgb(bg, truecolor);
  return found ? { ground: found.colour } : {};
}

/** A colour of the 256 beyond the first 16: a cube of six shades a side, then greys. */
function palette(name: string | null): string | undefined {
  const index = Number(/^ansi-palette-(\d+)$/u.exec(name ?? "")?.[1] ?? Number.NaN);
  if (Number.isNaN(index) || index < 16 || index > 255) return undefined;
  if (index >= 232) return Array(3).fill(8 + (index - 232) * 10).join(", ");
  const shade = (step: number): number => (step === 0 ? 0 : 55 + step * 40);
  const at = index - 16;
  return [Math.floor(at / 36), Math.floor(at / 6) % 6, at % 6].map(shade).join(", ");
}

/** What is left on each line when carriage returns and backspaces have been carried out; all escapes but colours are gone. */
function settled(output: string): string {
  return output
    .replaceAll("\r\n", "\n")
    // eslint-disable-next-line no-control-regex -- escape sequences begin with a control character
    .replace(/\u001b(?:\[[0-?]*[ -/]*[@-ln-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[ -/]*[0-Z\\^-~])/gu, "")
    .split("\n")
    .map((line) => line.slice(line.lastIndexOf("\r", line.length - 2) + 1).replace("\r", ""))
    .join("\n")
    // eslint-disable-next-line no-control-regex -- what no terminal shows
    .replace(/[\u0000-\u0008\u000b-\u001a\u007f]/gu, "");
}
