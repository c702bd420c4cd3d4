// What a dose does: accuracy and outcomes against it, drawn and as a table.
"use strict";

const kDoseTitles = { "upsets/bit/image": "upsets a bit and image", "upsets/bit/second": "upsets a bit and second", "particles/cm2": "particles a cm\u00b2" };
const kMeasures = [["accuracy, %", (s) => [s.mean, s.mean_low, s.mean_high]],
  ...["masked", "tolerable", "critical", "hang"].map((outcome) => [`${outcome}, %`, (s) =>
    [100 * s[outcome].share, ...[s[outcome].low, s[outcome].high].map((end) => end == null ? null : 100 * end)]])];

// Days a unit of the dose, if they are the same in all scenarios: then both have one axis.
function daysOfDose(rows) {
  const days = rows.map((s) => s.mission_days == null ? null : s.mission_days / s.dose_value);
  const same = days.every((d) => d != null && Math.abs(d / days[0] - 1) < 1e-9);
  return same ? days[0] : null;
}

function doseFigure(rows, caption, file) {
  const values = rows.flatMap((s) => kMeasures.map(([measure, of]) => {
    const [value, low, high] = of(s);
    return { network: s.network, dose_value: s.dose_value, upsets: s.faults, days: s.mission_days, trials: s.trials, measure, value, low, high };
  }));
  const days = daysOfDose(rows);
  figure("dose", values, caption, file, () => {
    const { facet, spec } = structuredClone(figures.dose);
    facet.sort = kMeasures.map(([measure]) => measure);
    spec.encoding.x.axis.title = kDoseTitles[rows[0].dose] ?? rows[0].dose;
    spec.encoding.color.sort = unique(rows.map((s) => s.network));
    const stated = unique(rows.map((s) => s.dose_value));
    if (stated.length <= 8) spec.encoding.x.axis.values = stated;
    if (days != null && stated.length > 1) { // a second axis, and so one of its own for each layer
      for (const layer of spec.layer.slice(1)) layer.encoding.x = { ...spec.encoding.x, axis: null };
      const day = `datum.value * ${days}`;
      spec.layer.push({ mark: { type: "point", opacity: 0 }, encoding: { y: { field: "value", type: "quantitative" },
        x: { ...spec.encoding.x, axis: { ...spec.encoding.x.axis, orient: "top", title: "mission time, days",
          labelExpr: `${day} >= 0.01 && ${day} < 1e5 ? format(${day}, '.2~r') : format(${day}, '.1~e')` } } } });
      spec.resolve = { axis: { x: "independent" } };
    }
    return { facet, spec };
  });
}

const doseHeadings = (mission) => ["network", "mode", "space", "layers", "#dose", "#upsets", ...(mission ? ["#mission, days"] : []), "#trials", "#accuracy, %", "#these images",
  "#images like these", ...kMeasures.slice(1).flatMap(([measure]) => [`#${measure}`, "#these images"])];
const doseRow = (mission) => (s) => [s.network, s.mode, s.space, s.layers, short(s.dose_value), s.faults.toPrecision(4),
  ...(mission ? [s.mission_days == null ? "" : s.mission_days.toPrecision(4)] : []), String(s.trials), fixed(s.mean), range(s.mean_low, s.mean_high),
  range(s.mean_images_low, s.mean_images_high), ...kMeasures.slice(1).flatMap(([, of]) => {
    const [value, low, high] = of(s);
    return [fixed(value), range(low, high)];
  })];

const signed = (value) => `${value > 0 ? "+" : ""}${fixed(value)}`;
const signedRange = (low, high) => low == null ? "-" : `${signed(low)} to ${signed(high)}`;
const trialsOf = (d) => unique(d.trials).join(", ");
const hardwaresOf = (d) => `${d.second} less ${d.first}`;

function differenceFigure(rows, measures, caption, file) {
  const values = rows.flatMap((d) => measures.map((key) => ({ hardwares: hardwaresOf(d), dose_value: d.dose_value, measure: `${key}, points`,
    value: d[key], low: d[`${key}_low`], high: d[`${key}_high`], draw: d.draw, trials: trialsOf(d) })));
  figure("difference", values, caption, file, () => {
    const { facet, spec } = structuredClone(figures.difference);
    facet.sort = measures.map((key) => `${key}, points`);
    spec.encoding.x.axis.title = kDoseTitles[rows[0].dose] ?? rows[0].dose;
    spec.encoding.color.sort = unique(rows.map(hardwaresOf));
    const stated = unique(rows.map((d) => d.dose_value));
    if (stated.length <= 8) spec.encoding.x.axis.values = stated;
    return { facet, spec };
  });
}

// Pairs of hardwares that differ in nothing else.
function hardwareDifferences(groups) {
  const all = data.hardware_differences;
  if (all.length === 0) return;
  section("Hardwares at the same dose", "What a hardware has more of than another one, in points: per cent of images, with 95 % intervals of other faults on " +
    "these images, as the bands are, and of other faults on other images like these. Of common draws, what hits a bit hits it in the same trial on each " +
    "hardware that has it, and trials are compared one by one; own draws are independent. No interval: no trial shows a difference, or there are fewer than 5.");
  const measures = ["critical", "accuracy", ...(all.some((d) => d.hang !== 0) ? ["hang"] : [])];
  const headings = ["hardwares", "#dose", "draws", "#trials",
    ...measures.flatMap((measure) => [`#${measure}`, "#these images", "#images like these"])];
  const row = (d) => [hardwaresOf(d), short(d.dose_value), d.draw, trialsOf(d), ...measures.flatMap((key) =>
    [signed(d[key]), signedRange(d[`${key}_low`], d[`${key}_high`]), signedRange(d[`${key}_images_low`], d[`${key}_images_high`])])];
  let count = 0;
  for (const group of groups) {
    const here = all.filter((d) => d.group === group);
    for (const key of unique(here.map((d) => [d.mode, d.space, d.layers, d.dose].join("|")))) {
      const rows = here.filter((d) => [d.mode, d.space, d.layers, d.dose].join("|") === key);
      const drawn = rows.filter((d) => d.dose_value > 0);
      const { mode, space, layers, dose } = rows[0];
      const caption = `Against ${kDoseTitles[dose] ?? dose}, ${mode} ${space}${layers === "all" ? "" : `, layer ${layers}`}: ${group}`;
      if (drawn.length > 0) differenceFigure(drawn, measures, caption, `difference-${slug(space)}-${++count}`);
      const sorted = unique(rows.map(hardwaresOf)).flatMap((pair) => rows.filter((d) => hardwaresOf(d) === pair));
      page.append(table(headings, sorted.map(row), caption));
    }
  }
}

function doses(groups) {
  const all = data.scenarios.filter((s) => s.dose != null);
  if (all.length === 0) return;
  const m = data.mission;
  section("Accuracy and outcomes against dose", "A dose gives a trial as many upsets on average as stand in the table. Bands and intervals are 95 %. " + (m == null ? "" :
    `Mission time: when so many upsets have come together on average in ${m.environment}, on ${m.device}, without repair` +
    (m.unverified.length > 0 ? ` (nobody has verified the cross sections of ${m.unverified.join(", ")}).` : ".")));
  let count = 0;
  for (const group of groups) {
    const here = all.filter((s) => s.group === group);
    for (const key of unique(here.map((s) => [s.mode, s.space, s.layers, s.dose].join("|")))) {
      const rows = here.filter((s) => [s.mode, s.space, s.layers, s.dose].join("|") === key);
      const drawn = rows.filter((s) => s.dose_value > 0);
      const { mode, space, layers, dose } = rows[0];
      const caption = `Against ${kDoseTitles[dose] ?? dose}, ${mode} ${space}${layers === "all" ? "" : `, layer ${layers}`}: ${group}`;
      if (drawn.length > 0) doseFigure(drawn, caption, `dose-${slug(space)}-${++count}`);
      page.append(table(doseHeadings(m != null), rows.map(doseRow(m != null)), caption, (i) => name(rows[i])));
    }
  }
}
