// Counts what ran, checks docs/promises.md against it, and ends with the line "N passed, N failed".

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const [folder, mode] = process.argv.slice(2);
const quick = mode === "--quick";

/** Every test case of the JUnit files of a step: name and whether it passed. */
function cases(files) {
  const reports = readdirSync(folder).filter((name) => files.test(name));
  const xml = reports.map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
  return [...xml.matchAll(/<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)].map(([, attributes, body = ""]) => ({
    name: unescape(/\bname="([^"]*)"/.exec(attributes)?.[1] ?? ""),
    skipped: /<skipped\b/.test(body),
    passed: !/<(failure|error)\b/.test(body),
  }));
}

function unescape(text) {
  const signs = { quot: '"', apos: "'", lt: "<", gt: ">", amp: "&" };
  return text.replace(/&(quot|apos|lt|gt|amp);/g, (_, name) => signs[name]);
}

/** What is wrong with docs/promises.md, given the tests that ran and passed. */
function brokenPromises(passed) {
  const rows = readFileSync("docs/promises.md", "utf8").matchAll(/^\| ([VHL]\d+) \| .* \| ([^|]+) \|$/gm);
  const known = new Set();
  const broken = [];
  for (const [, id, status] of rows) {
    known.add(id);
    if (status.trim() === "not yet") continue;
    const named = [...status.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
    if (!/^kept( on the device| in part)?: /.test(status.trim()) || named.length === 0) broken.push(`${id}: status not understood`);
    for (const name of named) {
      const own = new RegExp(`\\b${id}\\b`, "i").test(name.replaceAll("_", " "));
      if (!own) broken.push(`${id}: "${name}" does not bear its id`);
      else if (![...passed].some((test) => test === name || test.endsWith(`::${name}`)) && !(quick && name.includes(" "))) {
        broken.push(`${id}: "${name}" did not run and pass`);
      }
    }
  }
  for (const [letter, count] of [["V", 30], ["H", 20], ["L", 10]]) {
    for (let number = 1; number <= count; number++) {
      if (!known.has(`${letter}${number}`)) broken.push(`${letter}${number}: no row`);
    }
  }
  return broken;
}

const steps = readFileSync(join(folder, "steps.tsv"), "utf8").trim().split("\n").map((line) => line.split("\t"));
const files = { vitest: /^vitest\.xml$/, nextest: /^nextest\.xml$/, "window tests": /^window-\d+\.xml$/ };
let [passed, failed] = [0, 0];
const names = new Set();
console.log("");
for (const [outcome, name, time] of steps) {
  const tests = files[name] ? cases(files[name]).filter((test) => !test.skipped) : [];
  const bad = tests.filter((test) => !test.passed);
  tests.filter((test) => test.passed).forEach((test) => names.add(test.name));
  passed += tests.length - bad.length;
  failed += bad.length;
  if (outcome === "failed" && bad.length === 0) failed += 1;
  if (outcome === "passed" && tests.length === 0) {
    if (files[name]) failed += 1;
    else passed += 1;
  }
  console.log(`${outcome.padEnd(7)} ${name} (${tests.length ? `${tests.length} tests, ` : ""}${time})`);
  bad.forEach((test) => console.log(`        ${test.name}`));
}
const broken = brokenPromises(names);
console.log(`${broken.length ? "failed " : "passed "} docs/promises.md claims only tests that ran and passed`);
broken.forEach((line) => console.log(`        ${line}`));
if (broken.length) failed += 1;
else passed += 1;
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
