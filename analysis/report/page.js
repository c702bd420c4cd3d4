// Draws the page from its data: a campaign's report, an index of several, a trace (trace.js) or a complete
// map (map.js).
"use strict";

const amount = (s) => s.dose == null ? `\u00d7${s.faults}` : `${short(s.dose_value)} ${s.dose}`;
const name = (s) => `${s.network} ${s.mode} ${s.space}${s.layers === "all" ? "" : ", layer " + s.layers} ${amount(s)}`;

const exposure = (e) => `at an equal rate of upsets a bit: ${e.what}, critical images ${fixed(e.ratio)} to 1` +
  (e.low == null ? "" : ` (${range(e.low, e.high)})`);

function statements() {
  section("The published statements", `Of ${data.study.source}. ` + "Each with the number that decides it in this campaign. Losses are points of " +
    "accuracy below the fault-free run; intervals are 95 %. The first is of other faults on other images like these, and decides; the second " +
    "of other faults on these very images. For and against: of the comparisons that the number is a mean of, those that differ significantly, 5 % over all. Mixed: " +
    "they disagree.");
  page.append(table(["verdict", "statement", "#value", "#images like these", "#these images", "what it is"], data.statements.map((s) => {
    const known = s.verdict !== "no data";
    return [el("span.verdict." + (known ? s.verdict : "none"), s.verdict), s.claim, known ? fixed(s.value) : "",
      range(s.images_low, s.images_high), known ? range(s.low, s.high) : "", known ? [s.measure, s.note, ...s.exposures.map(exposure)].join("; ") : s.note];
  })));
}

// What it bought that trials were drawn by a map.
function draws() {
  const rows = data.scenarios.filter((s) => s.draw != null);
  if (rows.length === 0) return;
  section("Drawn by a map", "These trials hit what a complete map found critical more often than particles do, and their numbers are brought back to those of plain ones. " +
    "Worth: as many plain trials tell as much as one of these.");
  const worth = (value) => value == null ? "" : value.toPrecision(3);
  page.append(table(["network", "mode", "space", "layers", "#upsets", "#trials", "#critical, %", "#these images", "#worth", "#loss", "#these images", "#worth", "drawn by"],
    rows.map((s) => [s.network, s.mode, s.space, s.layers, short(s.faults), String(s.trials), fixed(100 * s.critical.share),
      s.critical.low == null ? "" : range(100 * s.critical.low, 100 * s.critical.high), worth(s.worth_critical), fixed(s.loss), range(s.loss_low, s.loss_high),
      worth(s.worth_loss), s.draw]), undefined, (i) => name(rows[i])));
}

function recorded() {
  const of = data.scenarios.flatMap((s) => s.recorded.map(() => name(s)));
  const rows = data.scenarios.flatMap((s) => s.recorded.map((r) =>
    [name(s), fixed(r.accuracy), r.inside ? "inside" : "outside", percent(r.quantile), `${range(s.q05, s.q95)}`,
      `${range(s.least, s.most)}`]));
  if (rows.length === 0) return;
  section("Recorded elsewhere", "Accuracies measured on another platform, and where they lie among our trials.");
  page.append(table(["scenario", "#recorded, %", "our distribution", "#our trials at or below, %", "#5 to 95 % of ours",
    "#all of ours"], rows, "Recorded elsewhere", (i) => of[i]));
}

function accuracy(groups) {
  const counts = data.scenarios.filter((s) => s.dose == null);
  if (counts.length === 0) return;
  section("Accuracy against number of upsets", "Line: mean. Band: 5th to 95th percentile of the trials. Tick: the worst " +
    "trial. " + (data.scenarios.some((s) => s.predicted != null) ? "Dashed: prediction of the regression. " : "") + "Dotted: no faults.");
  let count = 0;
  for (const group of groups) {
    const whole = counts.filter((s) => s.group === group && s.layer == null && s.faults > 0);
    for (const layers of unique(whole.map((s) => s.layers))) {
      const rows = whole.filter((s) => s.layers === layers);
      const columns = Math.max(2, unique(rows.map((s) => s.space)).length);
      figure("accuracy", rows, `${layers === "all" ? "All layers" : "Layers " + layers}: ${group}`, `accuracy-${slug(layers)}-${++count}`, (room) => {
        const width = Math.max(72, (room - 84) / columns - 20); // beside the axis; 20 apart
        const { facet, spec } = structuredClone(figures.accuracy);
        facet.column.header = { labelLimit: width + 16 };
        return { facet, spec: { ...spec, width } };
      });
    }
    const single = counts.filter((s) => s.group === group && s.layer != null && s.faults > 0);
    for (const network of unique(single.map((s) => s.network))) {
      for (const space of unique(single.map((s) => s.space))) {
        const rows = single.filter((s) => s.network === network && s.space === space);
        if (rows.length > 0) {
          figure("layers", rows, `${network}, one layer at a time, ${space}: ${group}`,
            `layers-${slug(network)}-${slug(space)}-${++count}`);
        }
      }
    }
  }
}

// Trials of a place are added up over their numbers of upsets.
function places(groups) {
  section("What an upset costs", "Images that change their class for every 1,000 upsets, all trials of a place together. A parameter " +
    "stays flipped until the end of the run, a buffer until it is written again.");
  for (const group of groups) {
    const sums = new Map();
    for (const s of data.scenarios.filter((one) => one.group === group && one.faults > 0)) {
      const key = [s.network, s.mode, s.space, s.layers].join();
      if (!sums.has(key)) sums.set(key, { network: s.network, mode: s.mode, space: s.space, layers: s.layers, upsets: 0, images: 0 });
      sums.get(key).upsets += s.trials * s.faults;
      sums.get(key).images += s.trials * s.images * s.critical.share;
    }
    const rows = [...sums.values()].map((r) => ({ ...r, lost: 1000 * r.images / r.upsets }));
    if (rows.length > 0) figure("places", rows, group, `places-${slug(group)}`);
  }
}

function outcomes(groups) {
  section("Outcomes of images", "Masked: every score as without faults. Tolerable: scores differ, the class does not. " +
    "Critical: another class, or what a group of scenarios names. Hang: no result.");
  for (const group of groups) {
    const here = data.scenarios.filter((s) => s.group === group);
    const oneSpace = unique(here.map((s) => s.space)).length === 1;
    const place = (s) => s.layers === "all" ? s.space : (oneSpace ? "" : s.space + " ") + "layer " + s.layers;
    const rows = here.map((s) => ({ ...s, case: `${place(s)} ${amount(s)}`, panel: `${s.network}, ${s.mode}` }));
    const networks = unique(here.map((s) => s.network));
    const panels = networks.flatMap((n) => [`${n}, seu`, `${n}, mbu`]);
    const fitting = (room) => { // networks side by side, or on a narrow screen one below the other
      const { facet, spec } = structuredClone(figures.outcomes);
      if (isNarrow(room)) spec.encoding.color.legend.columns = 2; // which begins beside the names, too
      const columns = isNarrow(room) ? 1 : networks.length;
      const width = Math.max(120, Math.min(350, (room - 40) / columns - 130)); // beside the names of cases
      return { facet: columns === networks.length ? facet : { row: { field: "panel", title: null, sort: panels, header: { orient: "top" } } }, spec: { ...spec, width } };
    };
    if (here.length <= 300) {
      figure("outcomes", rows, group, `outcomes-${slug(group)}`, fitting);
      continue;
    }
    for (const space of unique(here.map((s) => s.space))) { // one figure would be longer than a page
      figure("outcomes", rows.filter((r) => r.space === space), `${space}: ${group}`, `outcomes-${slug(space)}-${slug(group)}`, fitting);
    }
  }
}

function heat(groups) {
  section("Tolerance by place", `p: share of trials whose accuracy stays within ${data.scenarios[0].tolerant.tolerance} ` +
    "points of the fault-free one. H(p) = \u2212p log\u2082 p \u2212 (1\u2212p) log\u2082(1\u2212p): how uncertain that is.");
  for (const group of groups) {
    const here = data.scenarios.filter((s) => s.group === group);
    for (const network of unique(here.map((s) => s.network))) {
      const rows = here.filter((s) => s.network === network).map((s) => ({
        ...s, condition: `${s.mode} ${amount(s)}`,
        place: s.layers === "all" ? s.space : `layer ${s.layers}` + (s.layer == null || s.space.includes("+") ? "" : ` ${s.space}`) }));
      const columns = unique(rows.map((r) => r.condition)).length > 9 ? 1 : 2;
      figure("heat", rows, `${network}: ${group}`, `tolerance-${slug(network)}-${slug(group)}`, (room) => ({ columns: isNarrow(room) ? 1 : columns }));
    }
  }
}

function fitNote(fit) {
  if (fit.diagnostics) {
    const d = fit.diagnostics;
    return `largest standardised residual ${fixed(d.largest_residual)}, largest Cook's distance ${fixed(d.largest_cook)}; ` +
      `normal residuals p ${fixed(d.normality_p, 3)}, even spread p ${fixed(d.spread_p, 3)}`;
  }
  return `lack of fit F ${fixed(fit.lack_of_fit.f)}, p ${fixed(fit.lack_of_fit.p, 3)}`;
}

function experiments() {
  section("The published model", "Ordinary least squares of accuracy on X1 bits of a weight, X2 mode, X3 domain (uniform " +
    "experiment) or layer (targeted), X4 upsets, with all products. A trial is an observation, as in the published fit. Stars: * p < .05, ** p < .01. " +
    "Deviation: from the published value, in published standard errors. Robust: standard error where trials with many upsets spread more.");
  for (const e of data.experiments) {
    page.append(el("h3", `${e.experiment[0].toUpperCase()}${e.experiment.slice(1)} experiment, ${e.published}`));
    if (e.fits.length === 0) {
      absent(`Not fitted: ${e.reason}.` + (e.group ? ` (${e.group})` : ""));
      continue;
    }
    page.append(table(["observations are", "X2, X3 coded", "#n", "#R\u00b2", "#adjusted R\u00b2", "#published", "#misfit of std. errors",
      "#distance, published std. errors", "diagnostics"], e.fits.map((f) => [f.response, f.coding, String(f.observations), fixed(f.r2, 3),
      fixed(f.adjusted_r2, 3), fixed(e.published_adjusted_r2), fixed(f.error_misfit), fixed(f.distance), fitNote(f)])));
    const fit = e.fits[e.closest];
    page.append(el("h3", `Coefficients with ${fit.coding}, whose standard errors are most like those of ${e.published}`));
    page.append(table(["term", "#estimate", "#std. error", "#robust", "#t", "#p", "", "#published", "#std. error", "#deviation"],
      fit.terms.map((t) => [t.name.replace("b", "\u03b2"), fixed(t.estimate, 4), fixed(t.error, 4), fixed(t.robust_error, 4), fixed(t.t),
        fixed(t.p, 4), t.stars, fixed(t.published), fixed(t.published_error), fixed(t.deviation)])));
    page.append(el("p", `${e.design[0].toUpperCase()}${e.design.slice(1)}. Fitted accuracies lie ${fixed(fit.fitted_difference)} points from the published ` +
      `fit's (root mean square over ${e.scenarios.length} scenarios; at most ${fixed(Math.abs(fit.largest_difference))}, in ` +
      `${name(data.scenarios.find((s) => s.id === e.scenarios[fit.largest_difference_cell]))}), of which rounding of the published coefficients gives ` +
      `${fixed(fit.rounding)}. All terms at once: \u03c7\u00b2 ${fixed(fit.joint, 1)} on 16, p ${fit.joint_p.toPrecision(2)}; with robust ` +
      `covariances ${fixed(fit.joint_robust, 1)}, p ${fit.joint_robust_p.toPrecision(2)}.`));
    const rows = data.scenarios.filter((s) => e.scenarios.includes(s.id));
    figure("residuals", rows, `Residuals of the ${e.experiment} fit: ${e.group}`, `residuals-${e.experiment}`);
  }
}

function rankings() {
  section("What matters most", "Images that change their class, by layer and by bit position (the loss of accuracy, in which right and wrong images cancel, " +
    "is in the tooltips). Bars are 95 % intervals: of layers, of other faults on other images like these where that is known; else of other faults on these images.");
  const panel = (rows) => rows.map((r) => ({ ...r, panel: `${r.network}, ${r.space}${unique(rows.map((o) => o.group)).length > 1 ? ", " + r.group : ""}`, low: r.critical_images_low ?? r.critical_low,
    high: r.critical_images_high ?? r.critical_high }));
  const of = (r) => `${r.network} ${r.space}`;
  const fitting = (room) => {
    const columns = isNarrow(room) ? 1 : 2;
    const { spec } = structuredClone(figures.ranking);
    return { columns, spec: { ...spec, width: Math.min(400, (room - 60) / columns - 20), height: columns === 1 ? 100 : spec.height } };
  };
  if (data.layer_ranking.length > 0) {
    figure("ranking", panel(data.layer_ranking), "By layer, over the scenarios within one layer that all layers have", "ranking-layers", fitting);
    page.append(table(["network", "space", "#layer", "#trials", "#critical, %", "#these images", "#images like these", "#loss", "#these images", "#images like these",
      "#bits of a burst"], data.layer_ranking.map((r) => [r.network, r.space, String(r.place), String(r.trials), fixed(r.critical),
      range(r.critical_low, r.critical_high), range(r.critical_images_low, r.critical_images_high), fixed(r.loss), range(r.loss_low, r.loss_high),
      range(r.loss_images_low, r.loss_images_high), fixed(r.burst_bits, 1)])));
  }
  for (const r of data.ranked_layers) {
    if (!data.layer_ranking.some((l) => of(l) === of(r) && l.group === r.group)) absent(`Layers of ${of(r)} are not ranked: they have no scenarios in common. (${r.group})`);
    else if (r.left_out > 0) absent(`Of ${of(r)}, ${r.left_out} scenarios that not all layers have are in no rank. (${r.group})`);
  }
  if (data.ranked_layers.length === 0) absent("No ranking of layers: the campaign has no scenario within one layer.");
  const mapped = (r) => data.complete_map?.network === r.network && data.complete_map.mode === "seu";
  const bits = data.bit_ranking.filter((r) => !mapped(r));
  if (bits.length > 0) {
    figure("ranking", panel(bits), "By bit of the weight or threshold, over trials with one single-bit upset; intervals hold for all positions at once",
      "ranking-bits", fitting);
  }
  for (const r of data.ranked_bits) {
    if (mapped(r)) absent(`Bits of ${of(r)}: the complete map says it of every one.`);
    else if (r.places > 1) absent(`Of ${of(r)}, ${r.places} positions are ${r.told_apart ? "" : "not "}told apart: Kruskal-Wallis p ${r.p.toPrecision(2)}.`);
  }
  if (data.ranked_bits.length === 0) {
    absent("No ranking of bit positions: only trials with one single-bit upset tell what one bit costs, and the campaign has none.");
  }
}

const when = (u) => u.cycle == null ? `before image ${u.before_image}` : `cycle ${u.cycle}`;

function worst() {
  section("The worst trials", "The worst trial of each of the scenarios that lost most. The command replays it, checks the " +
    "stored result and, with --out FILE, writes its fault list; --engine rtl does so on the RTL. There is none where the " +
    "campaign's parameters and images are not known to be there.");
  if (data.worst_trials.length === 0) absent("No trial lost accuracy.");
  const byId = new Map(data.scenarios.map((s) => [s.id, s]));
  for (const w of data.worst_trials) {
    const copies = w.upsets.some((u) => u.copy > 0);
    const rows = w.upsets.map((u) => [when(u), u.space, String(u.layer), ...(copies ? [String(u.copy)] : []), String(u.module),
      String(u.index), String(u.thresh), String(u.bit), String(u.word_size), (u.kind ? `${u.kind}, ` : "") + u.fate.replace("_", " ")]);
    const what = name(byId.get(w.scenario));
    page.append(el("details", [
      el("summary", `${fixed(w.loss)} points lost: ${what} \u2014 ${fixed(w.accuracy)} %, trial ${w.trial}`),
      w.command == null ? el("p", `Scenario ${w.scenario}, trial ${w.trial}.`) : el("p", el("code", w.command)),
      table(["time", "space", "#layer", ...(copies ? ["#copy"] : []), "#module", "#index", "#thresh", "#bit", "#bits", "fate"], rows,
        `Upsets of trial ${w.trial} of ${what}`),
      el("p.lead", w.upset_count > w.upsets.length ? `The first ${w.upsets.length} of ${w.upset_count} upsets.` : ""),
    ], { "data-scenario": what }));
  }
}

function completeMap() {
  const m = data.complete_map;
  if (m == null) return;
  const pairs = (l) => l.bits * m.images;
  section("The complete map", `Not sampled: each parameter ${m.mode === "mbu" ? "group of 8 bits" : "bit"} of ${m.network}, ` +
          `${m.mode.startsWith("stuck") ? `held at ${m.mode.slice(-1)}` : "inverted"} in each of ` +
    `${m.images.toLocaleString("en")} images. AVF: any score changes. Critical: the class does.`);
  page.append(table(["space", "layer", "#faults", "#AVF, %", "#critical, %", "#lost, %"], [...m.layers.map((l) => [l, String(l.layer)]),
    ...m.spaces.map((l) => [l, "all"])].map(([l, layer]) => [l.space, layer, l.bits.toLocaleString("en"), fixed(100 * l.avf, 4),
    fixed(100 * l.critical_share, 4), fixed(100 * l.right_to_wrong / pairs(l), 4)])));
  if (m.link != null) page.append(el("p", el("a", "Every bit, to zoom into", { href: m.link })));
}

function failed() {
  if (data.failed_trials.length === 0) return;
  section("Trials that could not be evaluated", "Each ended its worker or outlasted its limit, twice. They are in no number of this report; " +
    "`fluence run` with --retry-failed runs them again.");
  page.append(table(["#scenario", "#trial", "why", "#upsets", "command"], data.failed_trials.map((f) => [String(f.scenario), String(f.trial),
    f.reason, String(f.upset_count), el("td.mono", f.command ?? "")])));
}

function agreement() {
  section("Agreement of the engines", "Trials of this campaign that `fluence verify` ran on the simulated accelerator as well, and what was " +
    "compared. Every score of every image must be equal, and every fate that both engines know.");
  const a = data.agreement;
  if (a == null) {
    absent("None of these trials has been compared yet.");
    if (data.verify != null) page.append(el("p", el("code", data.verify)));
    return;
  }
  const count = (n) => n.toLocaleString("en");
  page.append(table(["verdict", "#trials", "#images", "#scores", "#upsets", "#fates", "#trials that differ", "RTL", "#seed"], [[
    el("span.verdict." + (a.mismatches === 0 ? "holds" : "fails"), a.mismatches === 0 ? "all equal" : "they differ"), count(a.trials),
    count(a.images), count(a.scores), count(a.upsets), count(a.fates), count(a.mismatches), el("td.mono", a.rtl), String(a.seed)]]));
  for (const difference of a.differences) page.append(el("p", difference));
}

const scenarioHeadings = ["scenario", "#trials", "#no fault", "#mean", "#these images", "#images like these", "#loss", "#these images", "#images like these",
  "#std", "#least", "#5 %", "#median", "#95 %", "#most", "#masked, %", "#tolerable, %", "#critical, %", "#these images", "#images like these",
  "#design effect", "#hang, %"];
const scenarioRow = (s) => [name(s), s.at_most == null ? `${s.trials}` : `${s.trials} of ${s.at_most} at most, margin ${s.margin}`, fixed(s.fault_free),
  fixed(s.mean), range(s.mean_low, s.mean_high), range(s.mean_images_low, s.mean_images_high), fixed(s.loss), range(s.loss_low, s.loss_high),
  range(s.loss_images_low, s.loss_images_high), fixed(s.deviation), fixed(s.least), fixed(s.q05), fixed(s.median), fixed(s.q95), fixed(s.most),
  percent(s.masked.share), percent(s.tolerable.share), percent(s.critical.share),
  s.critical.low == null ? "" : range(100 * s.critical.low, 100 * s.critical.high),
  s.critical.images_low == null ? "" : range(100 * s.critical.images_low, 100 * s.critical.images_high),
  fixed(s.critical.design_effect, 1), percent(s.hang.share)];

function everything() {
  section("All scenarios", "Intervals are 95 %. These images: where the number would be with other faults on the same images. Images like these: with other " +
    "images of the same kind too, which is what it says of a network.");
  const names = data.scenarios.map(name);
  const box = el("details", el("summary", `${names.length} scenarios`));
  page.append(box);
  later(box, () => { box.append(table(scenarioHeadings, data.scenarios.map(scenarioRow), "All scenarios", (i) => names[i])); });
  if (names.length > 0) search(names, box);
  section("Manifest", "What the numbers rest on.");
  const { spec, ...rest } = data.manifest;
  page.append(table(["key", "value"], Object.entries(rest).map(([k, v]) => [k, el("td.mono", v)])));
  if (spec) page.append(el("details", [el("summary", "Specification"), el("pre", spec)]));
}

function state(c, complete) {
  const count = (n) => n.toLocaleString("en");
  if (!complete) {
    banner(el("b", "Not finished. "), `${count(c.trials)} of ${count(c.asked)} trials are there, and what follows is of these. The command that began the campaign resumes it.`);
  }
  if (c.failed > 0) {
    banner(el("b", `${count(c.failed)} trials could not be evaluated`), " and are in no number here: ", el("a", "which, and why", { href: "#trials-that-could-not-be-evaluated" }), ".");
  }
  if (data.agreement?.mismatches > 0) {
    banner(el("b", "The engines disagree"), ` in ${count(data.agreement.mismatches)} trials: `, el("a", "a defect of the program", { href: "#agreement-of-the-engines" }), ".");
  }
}

// What matters first: what became of images, where, in which trials; then curves, models, tables.
function report() {
  const c = data.campaign;
  const complete = c.trials + c.failed === c.asked;
  header(c.name, `Fault-injection campaign: ${c.trials.toLocaleString("en")} ${complete ? "" : `of ${c.asked.toLocaleString("en")} `}` +
    `trials in ${c.scenarios} scenarios.`);
  state(c, complete);
  if (data.scenarios.length === 0) {
    absent("No trial has finished yet: run the campaign, then make the report again.");
    failed();
    everything();
    return;
  }
  const by = (f) => data.scenarios.reduce((a, b) => (f(b) > f(a) ? b : a));
  const loss = by((s) => s.fault_free - s.mean);
  const least = by((s) => s.fault_free - s.least);
  const images = data.scenarios.reduce((sum, s) => sum + s.trials * s.images, 0);
  cards([[c.trials.toLocaleString("en"), "trials", `${images.toLocaleString("en")} images classified`],
    ...unique(data.scenarios.map((s) => s.network)).map((n) => [`${fixed(data.scenarios.find((s) => s.network === n).fault_free)} %`,
      `${n} without faults`]),
    [fixed(loss.fault_free - loss.mean), "largest mean loss, points", name(loss)],
    [fixed(least.fault_free - least.least), "worst trial, points lost", name(least)]]);
  const groups = unique(data.scenarios.map((s) => s.group));
  outcomes(groups);
  places(groups);
  rankings();
  completeMap();
  worst();
  failed();
  accuracy(groups);
  doses(groups);
  hardwareDifferences(groups);
  draws();
  heat(groups);
  recorded();
  if (data.study) {
    statements();
    experiments();
  }
  agreement();
  everything();
}

function index() {
  header("Campaigns", `${data.campaigns.length} campaigns side by side. Losses are points of accuracy below the fault-free run.`);
  section("Overview");
  page.append(table(["campaign", "#trials", "of", "networks", "#largest mean loss", "in", "#worst trial", "in"], data.campaigns.map((c) => {
    const top = (f) => c.scenarios.reduce((a, b) => (a && f(a) >= f(b) ? a : b), null);
    const loss = top((s) => s.loss), worst = top((s) => s.worst);
    return [c.link == null ? c.name : el("a", c.name, { href: c.link }), String(c.trials), String(c.asked), unique(c.scenarios.map((s) => s.network)).join(", "),
      loss ? fixed(loss.loss) : "", loss ? name(loss) : "no trial has finished", worst ? fixed(worst.worst) : "", worst ? name(worst) : ""];
  })));
  const rows = data.campaigns.flatMap((c) => c.scenarios.map((s) => ({ ...s, campaign: c.name })));
  if (rows.length > 0) {
    section("Loss by scenario", "Point: mean of a scenario. Tick: its worst trial.");
    figure("campaigns", rows, "Every scenario of every campaign", "campaigns");
  }
}

async function open() {
  if (data.map) mapPage();
  else if (data.trace) trace();
  else if (data.campaigns) index();
  else report();
  await seen;
  await drawAll();
  document.body.dataset.ready = "yes"; // what a test waits for
}
open();
