#!/usr/bin/env node
// How long the page of a campaign of 1,000 scenarios takes to open in Chromium, by the clock: medians of some runs.
//
//   bench/page_bench.mjs [RUNS]
//
// The campaign is run here, with as few trials as there can be; the command is $FLUENCE, else build/cli/fluence, the browser
// $CHROMIUM, else chromium. Each run is a browser with an empty profile, whose own start is not counted.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const fluence = process.env.FLUENCE ?? join(root, "build/cli/fluence");
const chromium = process.env.CHROMIUM ?? "chromium";
const runs = Number(process.argv[2] ?? 5);
if (!(Number.isInteger(runs) && runs > 0)) {
  console.error(`page_bench: '${process.argv[2]}' is no number of runs: give a whole number above 0`);
  process.exit(2);
}

const networks = readdirSync(join(root, "networks")).filter((name) => name.endsWith(".hardware.json")).map((name) => name.split(".")[0]).sort().slice(0, 2);
const campaign = `name = "thousand"
seed = 1
count = 1
trials = 1
[[part]]
networks = ${JSON.stringify(networks)}
modes = ["seu", "mbu"]
spaces = ["weights", "thresholds"]
faults = [${Array.from({ length: 125 }, (_, i) => i + 1)}]
`;

// Tells the server below, in milliseconds since the page was asked for, when it was loaded, when something was seen of it, when a
// search for scenarios had been answered and seen, and when every figure was drawn.
const probe = (port) => `<script>
addEventListener("load", async () => {
  const frame = () => new Promise((seen) => requestAnimationFrame(() => setTimeout(seen)));
  const times = { loaded: performance.now() };
  await frame();
  times.seen = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? performance.now();
  const begin = performance.now();
  const box = document.getElementById("search");
  box.value = "mbu weights";
  box.dispatchEvent(new Event("input"));
  await frame();
  times.searched = performance.now() - begin;
  times.found = [...document.querySelectorAll("tr[data-scenario]")].filter((row) => !row.hidden).length;
  while (!document.body.dataset.ready) await new Promise((later) => setTimeout(later, 10));
  times.drawn = performance.now();
  await fetch("http://127.0.0.1:${port}/", { method: "POST", mode: "no-cors", body: JSON.stringify(times) });
});
</script>`;

// The times of one browser.
function open(page, profile) {
  return new Promise((done, failed) => {
    let browser;
    const late = setTimeout(() => failed(new Error("the page has not said anything for two minutes")), 120_000);
    const server = createServer(async (request, response) => {
      const parts = [];
      for await (const part of request) parts.push(part);
      response.end();
      server.close();
      clearTimeout(late);
      browser.once("exit", () => done(JSON.parse(Buffer.concat(parts).toString())));
      browser.kill();
    });
    server.listen(0, "127.0.0.1", () => {
      // What the page may do is nothing to a browser without the rule, but the probe has to be heard.
      const copy = join(profile, "..", "page.html");
      writeFileSync(copy, readFileSync(page, "utf8").replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, "") + probe(server.address().port));
      browser = spawn(chromium, ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--window-size=1440,900", `--user-data-dir=${profile}`, pathToFileURL(copy).href], { stdio: "ignore" });
      browser.once("error", failed);
    });
  });
}

const work = mkdtempSync(join(tmpdir(), "page-bench-"));
try {
  const spec = join(work, "thousand.toml");
  const results = join(work, "results");
  writeFileSync(spec, campaign);
  execFileSync(fluence, ["run", spec, "--out", results], { stdio: "ignore" });
  execFileSync(fluence, ["report", results], { stdio: "ignore" });
  const page = join(results, "report.html");
  const all = [];
  for (let run = 0; run < runs; ++run) all.push(await open(page, join(work, `profile-${run}`)));
  const median = (key) => all.map((times) => times[key]).sort((a, b) => a - b)[Math.floor(runs / 2)];
  if (median("found") !== 250) throw new Error(`a search finds ${median("found")} of 250 scenarios`);
  const line = (what, key) => console.log(`${what.padEnd(52)} ${(median(key) / 1000).toFixed(2).padStart(6)} s`);
  console.log(`1000 scenarios, ${(statSync(page).size / 1e6).toFixed(1)} MB, median of ${runs}`);
  line("seen first", "seen");
  line("loaded: every section and table is there", "loaded");
  line("a search for scenarios, until its answer is seen", "searched");
  line("every figure drawn, also those below", "drawn");
} catch (error) {
  console.error(`page_bench: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true, maxRetries: 5 });
}
