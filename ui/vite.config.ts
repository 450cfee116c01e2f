import { paraglideVitePlugin } from "@inlang/paraglide-js";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { svelteTesting } from "@testing-library/svelte/vite";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const entries = (preview: boolean): Record<string, string> =>
  preview
    ? { preview: at("preview.html"), "preview-ask": at("preview-ask.html") }
    : { app: at("index.html"), ask: at("ask.html") };

export default defineConfig(({ mode }) => {
  const preview = mode === "preview-fake";
  return {
    root: at("."),
    publicDir: false,
    cacheDir: at("../node_modules/.vite"),
    plugins: [
      paraglideVitePlugin({
        project: at("project.inlang"),
        outdir: at("src/paraglide"),
        strategy: ["globalVariable", "baseLocale"],
      }),
      svelte({ configFile: at("svelte.config.js") }),
      svelteTesting(),
    ],
    resolve: {
      alias: {
        $lib: at("src/lib"),
        $app: at("src/app"),
        $components: at("src/components"),
        $screens: at("src/screens"),
      },
    },
    clearScreen: false,
    server: { port: 5173, strictPort: !preview, host: "127.0.0.1" },
    build: {
      outDir: preview ? at("../out/preview") : at("dist"),
      emptyOutDir: true,
      target: "es2022",
      // The policy allows neither data: fonts nor inline modules.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        checks: { bundlerTimings: false, pluginTimings: false },
        input: entries(preview),
      },
    },
    test: {
      environment: "jsdom",
      testTimeout: 20_000,
      include: ["src/**/*.test.ts", "tests/**/*.test.ts"],
      setupFiles: [at("tests/setup.ts")],
    },
  };
});
