/** The keys of Devika's configuration file as settings below `devika.config`: VS Code completes and explains them. */

/** What a setting may be, and what VS Code says about it. */
export interface Schema {
  type?: string;
  markdownDescription?: string;
  properties?: Record<string, Schema>;
}

/** A table, or a key with its value; a key that is an example only has a space after the `#`. */
const LINE = /^(?:# ?)?(?:\[(?<table>[a-z.]+)\]|(?<key>[a-z_]+) = (?<value>.+))$/u;

/**
 * The schema of what the example of the configuration file shows. Providers of the user's own, and
 * the keys that only a file may hold, are left to the server, which checks all of it.
 */
export function configurationSchema(example: string): Schema {
  const root: Schema = { type: "object" };
  let table: Schema | undefined;
  let said: string[] = [];
  for (const line of example.split("\n")) {
    const { table: name, key, value = "" } = LINE.exec(line)?.groups ?? {};
    if (name !== undefined) table = line.startsWith("#") ? undefined : tableOf(root, name.split("."));
    else if (key !== undefined && table && !isSecret(key)) {
      property(table, key).markdownDescription = words(said, line, value);
    } else if (line.startsWith("# ")) {
      said.push(line.slice(2).trim());
      continue;
    }
    said = [];
  }
  return root;
}

function tableOf(root: Schema, path: string[]): Schema {
  return path.reduce((table, name) => Object.assign(property(table, name), { type: "object" }), root);
}

function property(table: Schema, name: string): Schema {
  const properties = (table.properties ??= {});
  return (properties[name] ??= {});
}

/** How a key is found is said in the file or the environment, never in an editor's settings. */
function isSecret(key: string): boolean {
  return key === "key" || key.startsWith("key_");
}

function words(said: string[], line: string, value: string): string {
  const last = `${line.startsWith("# ") ? "For example" : "Default"}: \`${value}\``;
  return [...said, last].join(" ");
}

interface Manifest {
  contributes: { configuration: { properties: Record<string, Schema> } };
}

/** The text of package.json with the settings that the example of the configuration file makes. */
export function withConfiguration(manifestText: string, example: string): string {
  const manifest = JSON.parse(manifestText) as Manifest;
  Object.assign(manifest.contributes.configuration.properties["devika.config"] ?? {}, configurationSchema(example));
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
