// The language servers of a real VS Code as Devika's compiler; hello.test.mjs says how to run it.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openWindow, runTask } from "./scene.mjs";
import { code, plan } from "./world.mjs";

const PRICE = 'export interface Price {\n  cents: number;\n}\n\nconst free: Price = { cents: "nothing" };\n';
const wrong = 'import { type Price } from "./price";\n\nexport const total = (prices: Price[]) => prices.reduce((sum, price) => sum + price.amount, 0);\n';
const right = wrong.replace("price.amount", "price.cents");
const ERROR = "total.ts:3: error: Property 'amount' does not exist on type 'Price'.";

describe("an error that TypeScript's language server reports", () => {
  const at = openWindow("compiler", {
    files: { "price.ts": PRICE, "tsconfig.json": '{ "compilerOptions": { "strict": true, "module": "esnext", "moduleResolution": "bundler" } }\n' },
    replies: [
      plan({ reply: "I will add up the prices.", focus: "total", verify: [], steps: [{ text: "Add total()", files: ["total.ts", "price.ts"] }] }),
      code("Add up prices", { "total.ts": wrong }),
      // For the prompt with the error's words alone: without them the model has nothing to say.
      { ...code("Take the cents of a price", { "total.ts": right }), when: `Command: ts\nIt reports errors that were not there before. Output:\n\`\`\`\n${ERROR}\n\`\`\`` },
    ],
  });

  test("goes to the patcher, and the repaired code is committed", async () => {
    const { window, world } = at;
    await runTask(window, "Add up prices");
    await window.notification("Devika is done");
    await window.command("Devika: Open Log");
    await window.text("Task 1 is done");
    await window.screenshot("1-repaired");
    assert.equal(world.read("total.ts"), right);
    assert.equal(world.git("show", "--format=", "--name-only", "HEAD"), "total.ts");
    assert.equal(world.git("status", "--porcelain"), "");
    assert.deepEqual(await window.unsaved(), []);
  });
});
