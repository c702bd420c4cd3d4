#!/usr/bin/env node
// Writes what docs/study keeps of finished campaigns: NAME.md with a campaign's tables, and figures/NAME/*.svg.
//
//   scripts/study.mjs [--out DIR] RESULTS...
//
// RESULTS are folders of `fluence run`; DIR is docs/study. Pages of other campaigns stay as they are. Reports are made by `fluence report` ($FLUENCE, else
// build/cli/fluence); the figures are those that the report's page saves, drawn in Chromium ($CHROMIUM, else chromium).
// Nothing is written unless all of it was made.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const fluence = process.env.FLUENCE ?? join(root, "build/cli/fluence");
const chromium = process.env.CHROMIUM ?? "chromium";

function fail(message) {
  console.error(`study: ${message}`);
  process.exit(2);
}

function run(program, args) {
  try {
    return execFileSync(program, args, { encoding: "utf8", maxBuffer: 1 << 30, stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    fail(error.code === "ENOENT" ? `there is no ${program}: build the project, or install it`
      : `${basename(program)} failed: ${String(error.stderr ?? error).trim().split("\n").at(-1)}`);
  }
}

// Presses every button that saves a figure as SVG and leaves the files in the page instead.
const press = `<script>
  const blobs = new Map();
  const register = URL.createObjectURL;
  URL.createObjectURL = (blob) => {
    const url = register(blob);
    blobs.set(url, blob);
    return url;
  };
  HTMLAnchorElement.prototype.click = async function () {
    const svg = await blobs.get(this.href).text();
    const holder = document.createElement("template");
    holder.dataset.file = this.download;
    holder.dataset.svg = btoa(unescape(encodeURIComponent(svg)));
    document.body.append(holder);
  };
  const ready = setInterval(() => {
    if (document.body.dataset.ready) {
      clearInterval(ready);
      document.querySelectorAll("button[data-type=svg]").forEach((button) => button.click());
    }
  }, 50);
</script>`;

function figures(page, work) {
  const copy = join(work, "page.html");
  writeFileSync(copy, readFileSync(page, "utf8") + press);
  const dom = run(chromium, ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
    "--disable-background-networking", `--user-data-dir=${join(work, "profile")}`, "--virtual-time-budget=120000",
    "--dump-dom", pathToFileURL(copy).href]);
  const wanted = dom.split("data-figure=").length - 1 - (readFileSync(copy, "utf8").split("data-figure=").length - 1);
  const found = [...dom.matchAll(/<template data-file="([^"]+)" data-svg="([^"]+)"/g)].map(([, file, svg]) =>
    ({ file, svg: Buffer.from(svg, "base64").toString("utf8") }));
  if (found.length !== wanted) fail(`only ${found.length} of ${wanted} figures of ${page} were drawn`);
  return found;
}

// ---- Markdown
// Texts of results are somebody's: no markup, no HTML, no end of a table's cell.
const plain = (text) => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, " ").replace(/[\\`*[\]|]/g, "\\$&")
  .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const unique = (values) => [...new Set(values)];
const slug = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, "-");
const fixed = (value, digits = 2) => value == null ? "" : Number(value).toFixed(digits).replace("-", "\u2212");
const range = (low, high) => `${fixed(low)} to ${fixed(high)}`;

// A heading that starts with '#' is of a column of numbers.
function table(headings, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |\n`;
  return line(headings.map((h) => h.replace("#", ""))) +
    line(headings.map((h) => h.startsWith("#") ? "---:" : "---")) + rows.map(line).join("");
}

// Mean loss and, in brackets, that of the worst trial: a row for each series, a column for each number of upsets.
function losses(scenarios, headings, series) {
  const counts = unique(scenarios.map((s) => s.faults)).sort((a, b) => a - b);
  const key = (s) => JSON.stringify(series(s));
  return table([...headings, ...counts.map((n) => `#${n}`)], unique(scenarios.map(key)).map((k) => [...JSON.parse(k),
    ...counts.map((n) => {
      const s = scenarios.find((one) => key(one) === k && one.faults === n);
      return s ? `${fixed(s.fault_free - s.mean)} (${fixed(s.fault_free - s.least, 1)})` : "";
    })]));
}

function accuracies(data) {
  let text = "";
  for (const group of unique(data.scenarios.map((s) => s.group))) {
    const here = data.scenarios.filter((s) => s.group === group);
    const free = unique(here.map((s) => `${s.network} ${fixed(s.fault_free)} %`)).join(", ");
    text += `## Mean loss, in brackets that of the worst trial\n\nPoints of accuracy below the fault-free run (${free}) by ` +
      `number of upsets a trial; ${group}.\n\n`;
    const whole = here.filter((s) => s.layer == null);
    const single = here.filter((s) => s.layer != null);
    if (whole.length > 0) text += losses(whole, ["network", "mode", "space", "layers"], (s) => [s.network, s.mode, s.space, s.layers]) + "\n";
    if (single.length > 0) text += losses(single, ["network", "mode", "space", "#layer"], (s) => [s.network, s.mode, s.space, s.layer]) + "\n";
  }
  return text;
}

function statements(data) {
  if (!data.study) return "";
  const known = data.statements.filter((s) => s.verdict !== "no data");
  if (known.length === 0) return "";
  return "## The published statements\n\n" + table(["verdict", "statement", "#number", "#images like these", "#these images", "what it is"],
    known.map((s) => [`**${s.verdict}**`, s.claim, fixed(s.value), s.images_low == null ? "" : range(s.images_low, s.images_high),
      s.low == null ? "" : range(s.low, s.high), 
      [s.measure, s.note, ...s.exposures.map((e) => `at an equal rate of upsets a bit: ${e.what}, critical images ${fixed(e.ratio)} to 1` +
        (e.low == null ? "" : ` (${range(e.low, e.high)})`))].join("; ")])) + "\n";
}

function experiments(data) {
  if (!data.study) return "";
  let text = "";
  for (const e of data.experiments.filter((one) => one.fits.length > 0)) {
    const fit = e.fits[e.closest];
    text += `## The ${e.experiment} experiment beside ${e.published}\n\n${e.design}; factors coded ${fit.coding}, whose standard errors are most like the ` +
      "table's; deviation in published standard errors.\n\n" +
      table(["term", "#ours", "#std. error", "#robust", "", "#published", "#std. error", "#deviation"],
        fit.terms.map((t) => [t.name, fixed(t.estimate, 4), fixed(t.error, 4), fixed(t.robust_error, 4), t.stars, fixed(t.published),
          fixed(t.published_error), fixed(t.deviation)])) + "\n" +
      table(["observations are", "coded", "#n", "#R\u00b2", "#adjusted R\u00b2", "#published", "#misfit of std. errors", "#root mean square deviation",
        "#fitted accuracies, points", "#chi squared, 16", "#robust"], e.fits.map((f) => [f.response, f.coding, f.observations, fixed(f.r2, 3),
        fixed(f.adjusted_r2, 3), fixed(e.published_adjusted_r2), fixed(f.error_misfit), fixed(f.distance), fixed(f.fitted_difference), fixed(f.joint, 1),
        fixed(f.joint_robust, 1)])) + "\n";
  }
  return text;
}

// Intervals are those of images like these where they are known.
function rankings(data) {
  const of = (r) => `${r.network} ${r.space}`;
  const known = (r, number) => r[`${number}_images_low`] ?? r[`${number}_low`];
  const interval = (r, number) => known(r, number) == null ? "" : range(known(r, number), r[`${number}_images_high`] ?? r[`${number}_high`]);
  const rows = (ranks) => ranks.map((r) => [r.network, r.space, r.place, r.trials, fixed(r.critical), interval(r, "critical"), fixed(r.loss), interval(r, "loss")]);
  let text = "";
  if (data.layer_ranking.length > 0) {
    text += "## Layers\n\nBy images that change their class, over the scenarios that all layers have; burst: bits that a burst of 8 flips there on average.\n\n" +
      table(["network", "space", "#layer", "#trials", "#critical, %", "#interval", "#loss", "#interval", "#burst"],
        rows(data.layer_ranking).map((row, i) => [...row, fixed(data.layer_ranking[i].burst_bits, 1)])) + "\n";
  }
  if (data.ranked_bits.length > 0) {
    text += "## Bit positions\n\nTrials with one single-bit upset; intervals hold for all positions of a space at once. " + data.ranked_bits.filter((r) => r.places > 1)
      .map((r) => `${of(r)}: ${r.places} positions ${r.told_apart ? "" : "not "}told apart (Kruskal-Wallis p ${r.p.toPrecision(2)}).`).join(" ") + "\n\n";
    const apart = data.bit_ranking.filter((r) => data.ranked_bits.some((o) => of(o) === of(r) && o.told_apart));
    if (apart.length > 0) text += table(["network", "space", "#bit", "#trials", "#critical, %", "#interval", "#loss", "#interval"], rows(apart)) + "\n";
  }
  return text;
}

function worst(data) {
  if (data.worst_trials.length === 0) return "";
  const by = new Map(data.scenarios.map((s) => [s.id, s]));
  return "## The worst trials\n\n`fluence trial` with the numbers runs one again.\n\n" + table(["#points lost", "#left, %", "#--scenario", "#--trial", "what"],
    data.worst_trials.map((w) => {
      const s = by.get(w.scenario);
      return [fixed(w.loss), fixed(w.accuracy), w.scenario, w.trial, `${s.network} ${s.mode} ${s.space} layers ${s.layers}, ${s.faults} upsets`];
    })) + "\n";
}

function agreement(data) {
  const a = data.agreement;
  if (a == null) return "";
  const count = (n) => n.toLocaleString("en");
  return `\`fluence verify\` ran ${count(a.trials)} of these trials on the RTL (digest \`${a.rtl}\`), too, and compared ${count(a.scores)} scores of ` +
    `${count(a.images)} images and ${count(a.fates)} fates of ${count(a.upsets)} upsets: ` +
    `${a.mismatches === 0 ? "all are equal" : `**${count(a.mismatches)} trials differ**`}.\n\n`;
}

function commands({ name, shard, "given params": given }) {
  const inputs = (params, images) => given === "embedded" ? "" : ` ${params}data/bnn-pynq ${images}data/cifar10/test_batch.bin`;
  const run = shard ? `build/cli/fluence run campaigns/${name}.toml --shard ${shard}${inputs("--params ", "--images ")}`
    : `make campaign SPEC=campaigns/${name}.toml${inputs("PARAMS=", "IMAGES=")}`;
  return `${run}\nscripts/study.mjs results/${name}${shard ? `/shard-${shard.replace("/", "-of-")}` : ""}`;
}

function campaign(data, drawn) {
  const c = data.campaign;
  const { spec, name, version, "given params": params, "given images": images, ...rest } = data.manifest;
  const count = c.trials === c.asked ? c.trials.toLocaleString("en") : `${c.trials.toLocaleString("en")} of ${c.asked.toLocaleString("en")}`;
  return `# ${c.name}\n\n` + "Tables and figures of a report, written by `scripts/study.mjs`: [the study](README.md) says more. " +
    "[Statistics](../statistics.md) says what each number is; losses are points of accuracy, intervals 95 %.\n\n" +
    `\`\`\`\n${commands(data.manifest)}\n\`\`\`\n\n${count} trials in ${c.scenarios} scenarios. ` +
    `${Object.entries(rest).map(([k, v]) => `${k} \`${v}\``).join(", ")}.\n\n` +
    agreement(data) + accuracies(data) + statements(data) + experiments(data) + rankings(data) + worst(data) + "## Figures\n\n" +
    drawn.map(({ file, caption }) => `![${caption}](figures/${name}/${file})\n\n`).join("");
}

// ---- The command
const args = process.argv.slice(2);
const at = args.indexOf("--out");
const out = at < 0 ? join(root, "docs/study") : resolve(args.splice(at, 2)[1] ?? fail("--out names no folder"));
if (args.length === 0) fail("no results are named: scripts/study.mjs [--out DIR] results/uniform results/layers");

const work = mkdtempSync(join(tmpdir(), "study-"));
process.on("exit", () => rmSync(work, { recursive: true, force: true }));
const pages = [];
for (const folder of args) {
  const json = join(work, "report.json"), page = join(work, "report.html");
  run(fluence, ["report", folder, "--json", json, "--page", page]);
  const data = JSON.parse(readFileSync(json, "utf8"), (_, value) => typeof value === "string" ? plain(value) : value);
  if (data.scenarios.length === 0) fail(`no trial in ${folder} has finished: run the campaign first`);
  const { name, shard } = data.manifest;
  if (!/^[\w-][\w.-]*$/.test(name) || !/^(\d+\/\d+)?$/.test(shard ?? "")) { // files and commands are named after them
    fail(`the results in ${folder} bear no name of a campaign: name those that 'fluence run' wrote`);
  }
  if (name === "README") fail(`the results in ${folder} are of a campaign 'README', which is the name of the study's own page: give it another`);
  const groups = unique(data.scenarios.map((s) => s.group));
  const drawn = figures(page, work).map(({ file, svg }) => {
    const own = groups.length > 1 ? file : file.replace(`-${slug(groups[0])}`, ""); // there is nothing to tell apart
    // A label on every mark is two thirds of a file.
    return { file: own, caption: own.replace(".svg", "").replaceAll("-", " "), svg: svg.replace(/ (aria-[a-z]+|role)="[^"]*"/g, "") };
  });
  pages.push({ name, drawn, text: campaign(data, drawn) });
}
for (const { name, drawn, text } of pages) {
  const folder = join(out, "figures", name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { file, svg } of drawn) writeFileSync(join(folder, file), svg);
  writeFileSync(join(out, `${name}.md.new`), text.trimEnd() + "\n");
  renameSync(join(out, `${name}.md.new`), join(out, `${name}.md`));
  console.log(`${join(out, `${name}.md`)}: ${drawn.length} figures`);
}
