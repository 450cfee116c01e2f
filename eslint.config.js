import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import globals from "globals";
import ts from "typescript-eslint";
import svelteConfig from "./ui/svelte.config.js";

export default ts.config(
  {
    ignores: [
      "**/*",
      "!ui/",
      "!ui/**",
      "!eslint.config.js",
      "**/node_modules/**",
      "ui/dist/**",
      "ui/src/paraglide/**",
      "ui/project.inlang/**",
      "ui/src/lib/bindings.ts",
    ],
  },
  js.configs.recommended,
  ...ts.configs.strict,
  ...svelte.configs.recommended,
  ...svelte.configs.prettier,
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/consistent-type-imports": "error",
      "no-console": "error",
      // TypeScript knows the names; this rule does not know types.
      "no-undef": "off",
    },
  },
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: {
      parserOptions: { extraFileExtensions: [".svelte"], parser: ts.parser, svelteConfig },
    },
  },
  {
    files: ["ui/src/**/*.{ts,svelte}"],
    rules: {
      "svelte/no-at-html-tags": "error",
      "svelte/button-has-type": "off",
      "no-restricted-globals": [
        "error",
        "localStorage",
        "sessionStorage",
        "indexedDB",
        "fetch",
        "XMLHttpRequest",
      ],
      "no-restricted-properties": [
        "error",
        { object: "document", property: "cookie", message: "Nothing is kept in the web view." },
        {
          object: "navigator",
          property: "clipboard",
          message: "Nothing of the person's goes to the clipboard unasked.",
        },
        { object: "document", property: "write", message: "Build nodes." },
      ],
      "no-restricted-syntax": [
        "error",
        {
          selector: "AssignmentExpression > MemberExpression[property.name=/^(innerHTML|outerHTML)$/]",
          message: "Build nodes; text from outside must never become markup.",
        },
        { selector: "CallExpression[callee.property.name='insertAdjacentHTML']", message: "Build nodes." },
        {
          selector: "SvelteAttribute[key.name='style']",
          message: "The content security policy refuses style attributes; use a class or a style: directive.",
        },
      ],
    },
  },
  {
    // Commands are called where state lives, and nowhere else.
    files: ["ui/src/**/*.{ts,svelte}"],
    ignores: ["ui/src/**/*.svelte.ts", "ui/src/app/core.ts", "ui/src/app/drawn.ts", "ui/src/**/*.test.ts"],
    rules: {
      "@typescript-eslint/no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: ["$lib/bindings", "**/lib/bindings"],
              allowTypeImports: true,
              message: "Call from a state file.",
            },
            { group: ["$app/core"], message: "Call from a state file (*.svelte.ts)." },
            { group: ["@tauri-apps/*"], message: "Only the bindings speak to the shell." },
          ],
        },
      ],
    },
  },
  {
    files: ["ui/tests/**"],
    rules: { "no-console": "off" },
  },
);
