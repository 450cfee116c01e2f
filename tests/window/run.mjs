// Runs the window tests one after the other on a display of their own. Names of files narrow them down:
// node tests/window/run.mjs diary lock

import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const wanted = process.argv.slice(2);
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".test.mjs"))
  .filter((name) => wanted.length === 0 || wanted.some((each) => name.startsWith(each)))
  .map((name) => folder + name);

const reports = ["--test-reporter=spec", "--test-reporter-destination=stdout"];
if (process.env.REGIE_JUNIT)
  reports.push("--test-reporter=junit", `--test-reporter-destination=${process.env.REGIE_JUNIT}`);

const display = ["-a", "-s", "-screen 0 1280x900x24 -nolisten tcp"];
const run = spawn(
  "xvfb-run",
  [...display, process.execPath, "--test", "--test-concurrency=1", ...reports, ...files],
  {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    stdio: "inherit",
  },
);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => run.kill(signal));
run.on("exit", (code) => (process.exitCode = code ?? 1));
