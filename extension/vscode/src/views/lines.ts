/** Lines of a text, from 0, that stay with what stands in them when the text changes. */

interface Place {
  line: number;
  character: number;
}

export class Lines {
  constructor(private readonly numbers: ReadonlySet<number> = new Set()) {}

  with(more: readonly number[]): Lines {
    return new Lines(new Set([...this.numbers, ...more]));
  }

  /** The lines after a change of the text: those that were changed are no more among them. */
  after(start: Place, end: Place, text: string): Lines {
    const grown = text.split("\n").length - 1 - (end.line - start.line);
    // What stands in front of a line as a whole only moves it.
    const isBefore = start.character === 0 && end.character === 0 && (text === "" || text.endsWith("\n"));
    const last = isBefore ? end.line - 1 : end.line;
    const kept = [...this.numbers].filter((line) => line < start.line || line > last);
    return new Lines(new Set(kept.map((line) => (line < start.line ? line : line + grown))));
  }

  /** The first and last lines of those that stand together. */
  runs(): [first: number, last: number][] {
    const runs: [number, number][] = [];
    for (const line of [...this.numbers].sort((one, other) => one - other)) {
      const run = runs.at(-1);
      if (run && line === run[1] + 1) run[1] = line;
      else runs.push([line, line]);
    }
    return runs;
  }
}
