/*
 * Pictures of every screen on the fake core, from a built preview served with the app's own content security policy:
 *   node ui/tests/screens.mjs [folder] [--only today,lock] [--lang nl] [--theme dark] [--size phone] [--axe]
 * --axe prints what axe-core finds instead of only looking.
 */
import { mkdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import puppeteer from "puppeteer-core";
import { build } from "vite";
import { screens } from "./screens-list.mjs";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string" },
    lang: { type: "string" },
    theme: { type: "string" },
    size: { type: "string" },
    axe: { type: "boolean" },
    "no-build": { type: "boolean" },
  },
});
const folder = positionals[0] ?? at("../../out/screens");
const served = at("../../out/preview");

const sizes = {
  phone: { width: 390, height: 844, text: 100 },
  desktop: { width: 1280, height: 820, text: 100 },
  narrow: { width: 360, height: 640, text: 100 },
  large: { width: 390, height: 844, text: 200 },
  contrast: { width: 390, height: 844, text: 100, contrast: "more" },
  forced: { width: 360, height: 640, text: 100, forced: true },
};
const chosen = (all, wanted) => (wanted ? all.filter((each) => wanted.split(",").includes(each)) : all);

function policy(config) {
  return Object.entries(config.app.security.csp)
    .map(([name, value]) => `${name} ${value}`)
    .join("; ");
}

const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2" };

async function serve() {
  const config = JSON.parse(await readFile(at("../../tauri.conf.json"), "utf8"));
  const csp = policy(config);
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, "http://localhost").pathname);
    if (path === "/favicon.ico") return response.writeHead(204).end();
    try {
      const body = await readFile(join(served, path));
      response.writeHead(200, {
        "content-type": types[extname(path)] ?? "application/octet-stream",
        "content-security-policy": csp,
      });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: server.address().port, close: () => server.close() };
}

const settle = (page) =>
  page.evaluate(async () => {
    await document.fonts.ready;
    await new Promise((resolve) => setTimeout(resolve, 120));
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  });

/** As a system does where the person chose their own colours. */
async function forceColors(page, theme) {
  const session = await page.createCDPSession();
  const features = [
    { name: "forced-colors", value: "active" },
    { name: "prefers-color-scheme", value: theme },
  ];
  await session.send("Emulation.setEmulatedMedia", { features });
}

async function overflow(page) {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    return [...document.querySelectorAll("body *")]
      .filter((element) => element.getBoundingClientRect().right > width + 1)
      .slice(0, 3)
      .map((element) => `${element.tagName.toLowerCase()}.${element.className}`);
  });
}

async function audit(page) {
  await page.evaluate(await readFile(at("../../node_modules/axe-core/axe.min.js"), "utf8"));
  return page.evaluate(async () => {
    const found = await globalThis.axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    });
    return found.violations.map(
      ({ id, impact, nodes }) =>
        `${impact} ${id}: ${nodes
          .slice(0, 3)
          .map((node) => `${node.target} ${node.any[0]?.message ?? ""}`)
          .join(" | ")}`,
    );
  });
}

if (!values["no-build"])
  await build({ configFile: at("../vite.config.ts"), mode: "preview-fake", logLevel: "warn" });
await mkdir(folder, { recursive: true });
const server = await serve();
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
  ],
});

let shots = 0;
let findings = 0;
const complain = (...words) => {
  findings += 1;
  console.log(...words);
};

for (const size of chosen(Object.keys(sizes), values.size))
  for (const theme of chosen(["light", "dark"], values.theme))
    for (const lang of chosen(["nl", "en"], values.lang))
      for (const name of chosen(Object.keys(screens), values.only)) {
        const { query, page: html = "preview.html", act } = screens[name];
        const { width, height, text, contrast, forced } = sizes[size];
        const label = [name, lang, theme, size].join("-");
        const page = await browser.newPage();
        page.on("pageerror", (error) => complain(label, "error:", error.message));
        page.on("console", (message) => {
          if (["error", "warn"].includes(message.type())) complain(label, "console:", message.text());
        });
        await page.setViewport({ width, height, deviceScaleFactor: 1 });
        if (forced) await forceColors(page, theme);
        const search = new URLSearchParams({ lang, theme, text: String(text), ...query });
        if (contrast) search.set("contrast", contrast);
        await page.goto(`http://127.0.0.1:${server.port}/${html}?${search}`);
        await page.waitForSelector("h1", { timeout: 5000 }).catch(() => complain(label, "no heading"));
        // One that has become something else costs no other its picture.
        await act?.(page, { lang, settle: () => settle(page) }).catch((error) =>
          complain(label, error.message),
        );
        await settle(page);
        const wide = await overflow(page);
        if (wide.length > 0) complain(label, "wider than the window:", wide.join(", "));
        if (size !== "desktop") {
          // Sticky bars stand at the end of the page in the picture, as they do for who scrolls down.
          const full = await page.evaluate(() => document.documentElement.scrollHeight);
          await page.setViewport({ width, height: Math.max(height, full), deviceScaleFactor: 1 });
          await settle(page);
        }
        if (values.axe) for (const line of await audit(page)) complain(label, line);
        await page.screenshot({ path: join(folder, `${label}.png`) });
        shots += 1;
        await page.close();
      }

await browser.close();
server.close();
console.log(`${shots} screens, ${findings} findings, in ${folder}`);
process.exitCode = findings === 0 ? 0 : 1;
