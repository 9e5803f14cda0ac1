import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import svelte from "eslint-plugin-svelte";
import tseslint from "typescript-eslint";

export default defineConfig(
  { ignores: ["dist/", "node_modules/"] },
  js.configs.recommended,
  {
    files: ["**/*.ts", "**/*.svelte"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked, svelte.configs.recommended],
    languageOptions: {
      parserOptions: { projectService: true, extraFileExtensions: [".svelte"], parser: tseslint.parser },
    },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      // Discriminated unions, such as the protocol's events, are types.
      "@typescript-eslint/consistent-type-definitions": "off",
      "no-console": "error",
      "max-lines": ["error", 300],
    },
  },
  {
    files: ["**/*.svelte"],
    rules: {
      // What a model says never becomes HTML.
      "svelte/no-at-html-tags": "error",
      // The types of other components' parts are not resolved here; svelte-check looks at them.
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-call": "off",
      "@typescript-eslint/no-unsafe-return": "off",
      "@typescript-eslint/no-confusing-void-expression": "off",
      "@typescript-eslint/no-redundant-type-constituents": "off",
      "@typescript-eslint/restrict-plus-operands": "off",
      // The same as for TypeScript: the compiler knows what there is.
      "no-undef": "off",
      // Links lead to the extension, which opens them.
      "svelte/no-navigation-without-resolve": "off",
    },
  },
  { files: ["src/generated/**"], rules: { "max-lines": "off" } },
  { files: ["*.mjs"], languageOptions: { globals: { process: "readonly", console: "readonly" } } },
);
