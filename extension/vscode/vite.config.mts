// The panel's page: one script and one style sheet, with the editor's icons beside them.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { type Plugin, defineConfig } from "vite";

const require = createRequire(import.meta.url);

/** The icons stay a sheet of their own: the elements look for it by its address. */
const icons: Plugin = {
  name: "icons",
  generateBundle() {
    for (const fileName of ["codicon.css", "codicon.ttf"]) {
      const source = readFileSync(require.resolve(`@vscode/codicons/dist/${fileName}`));
      this.emitFile({ type: "asset", fileName, source });
    }
  },
};

export default defineConfig({
  plugins: [svelte(), icons],
  build: {
    outDir: "dist/webview",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    // In one sheet: the page allows none that a script makes.
    cssCodeSplit: false,
    reportCompressedSize: false,
    rollupOptions: {
      input: "webview/main.ts",
      output: { format: "iife", entryFileNames: "panel.js", assetFileNames: "panel.[ext]" },
    },
  },
});
