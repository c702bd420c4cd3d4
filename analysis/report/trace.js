// Draws the page of a trace: one fault on its way through the accelerator.
"use strict";

const whole = (value) => value == null ? "" : value.toLocaleString("en");
const sentence = (text) => text[0].toUpperCase() + text.slice(1) + ".";
const several = (count, what) => `${whole(count)} ${what}${count === 1 ? "" : "s"}`;
const bitsOf = (upset) => (upset.bits.length === 1 ? "bit " : "bits ") + upset.bits.join(" ");

function traceTitle(t) {
  if (t.upsets.length > 1) return `${t.network}: ${whole(t.upsets.length)} upsets`;
  const u = t.upsets[0];
  return `${t.network}: an upset in ${u.space} of layer ${u.layer}`;
}

// Neighbouring bins of which `same` says that they look alike, as one: [first, one beyond the last, value].
function stretches(bins, look) {
  const found = [];
  bins.forEach((value, i) => {
    const shown = look(value);
    if (shown === 0) return;
    const last = found[found.length - 1];
    if (last && last[1] === i && last[2] === shown) last[1] = i + 1;
    else found.push([i, i + 1, shown]);
  });
  return found;
}

// Rows of the figure are "<layer>|<stream>"; "<layer>|" is the gap above a layer.
function travelRows(t, layers) {
  const rows = [];
  const at = (bin) => Math.min(t.begin + bin * t.bin_cycles, t.end);
  const put = (row, bins, kind, look, tip) => {
    for (const [first, beyond, value] of stretches(bins, look)) {
      const [from, to] = [at(first), at(beyond)];
      rows.push({ row, kind, from, to, [kind]: value, tip: `${row.split("|")[1]}, cycles ${whole(from)} to ${whole(to)}: ${tip(value)}` });
    }
  };
  for (const layer of layers) {
    const stored = `${layer.layer}|stored bits`;
    rows.push({ row: stored, kind: "layer", label: `layer ${layer.layer}` });
    put(stored, layer.difference, "bits", (n) => n, (n) => `${several(n, "bit")} at most differ`);
    for (const u of t.upsets.filter((u) => u.layer === layer.layer)) {
      rows.push({ row: stored, kind: "upset", from: u.cycle ?? t.begin, tip: `upset: ${u.rtl_name} ${bitsOf(u)}, ${when(u)}` });
    }
    if (t.ending === "gone" && layer.first != null) {
      rows.push({ row: stored, kind: "alike", from: t.alike_from, tip: `from cycle ${whole(t.alike_from)} on both runs are alike` });
    }
    for (const s of t.streams.filter((s) => s.layer === layer.layer)) {
      put(`${layer.layer}|${s.name}`, s.flow, "flow", (n) => Math.min(n, 1), () => "words pass");
      put(`${layer.layer}|${s.name}`, s.difference, "words", (n) => n, (n) => `${several(n, "word")} differ`);
    }
  }
  const last = t.streams[t.streams.length - 1];
  const changed = changedImages(t).length;
  if (last.differing > 0 && changed > 0) {
    rows.push({ row: `${last.layer}|${last.name}`, kind: "scores", label: `\u2192 scores of ${several(changed, "image")}` });
  }
  return rows;
}

// What the figure's specification leaves open.
function travelDomains(t, layers, rows) {
  const { encoding, layer } = structuredClone(figures.trace);
  encoding.x.scale = { domain: [t.begin, t.end], nice: false, zero: false };
  encoding.y.scale = { domain: layers.flatMap((l) => [`${l.layer}|`, `${l.layer}|stored bits`,
    ...t.streams.filter((s) => s.layer === l.layer).map((s) => `${l.layer}|${s.name}`)]) };
  const most = (kind) => rows.reduce((n, row) => Math.max(n, row[kind] ?? 0), 2);
  const shown = layer.filter((l) => rows.some((row) => row.kind === l.name));
  for (const l of shown) {
    const channel = { bits: "opacity", words: "color" }[l.name];
    if (channel) l.encoding[channel].scale.domain = [1, most(l.name)];
    delete l.name;
  }
  return { encoding, layer: shown };
}

function changedImages(t) {
  return t.images.filter((image) => image.differing > 0);
}

const becomes = (image) => !image.done ? "never finished" :
  image.class === image.class_fault_free ? `still ${image.class}` : `${image.class_fault_free} becomes ${image.class}`;

function traceScores(t) {
  const most = 9;
  const changed = changedImages(t);
  section("Scores", "Ring: without the fault. Dot: with it; orange if the score changed. The ten class scores.");
  const shown = changed.filter((image) => image.done).slice(0, most);
  if (shown.length === 0) {
    absent(changed.length === 0 ? "No score of any image differs." : "No image whose scores differ was finished.");
  } else {
    const rows = shown.flatMap((image) => t.classes.map((name, i) => ({
      image: `image ${image.image}: ${becomes(image)}`, class: name, fault_free: image.scores_fault_free[i], faulty: image.scores[i],
      tip: `${name}: ${image.scores_fault_free[i]} without, ${image.scores[i]} with the fault` })));
    figure("scores", rows, `${several(changed.length, "image")} with other scores` +
      (changed.length > shown.length ? `, the first ${shown.length} of them` : ""), "scores");
  }
  if (changed.length > 0) {
    page.append(table(["#image", "is", "without the fault", "with it", "#scores that differ, of 64"], changed.map((image) =>
      [whole(image.image), image.label, image.class_fault_free, image.class ?? "never finished", whole(image.differing)])));
  }
}

function traceTables(t, layers) {
  const shift = t.streams.some((s) => s.shifted != null);
  const odd = t.streams.some((s) => s.missing + s.extra > 0);
  section("Every stream", "Word n of one run is compared with word n of the other, whenever each comes. Cycles are those of the faulty run.");
  page.append(table(["layer", "stream", "#bits a word", "#first cycle", "#last cycle", "#words that differ", "#of", "images",
    ...(shift ? ["#other times from cycle"] : []), ...(odd ? ["#never came", "#too many"] : [])],
  t.streams.filter((s) => layers.some((l) => l.layer === s.layer)).map((s) => [String(s.layer), s.name, whole(s.width), whole(s.first), whole(s.last),
    whole(s.differing), whole(s.words), s.first == null ? "" : s.first_image === s.last_image ? `${s.first_image}` : `${s.first_image} to ${s.last_image}`,
    ...(shift ? [whole(s.shifted)] : []), ...(odd ? [whole(s.missing), whole(s.extra)] : [])])));
  section("Everything stored", "Registers and buffers in which a bit differed at some time, parameters apart, in the order in which they did.");
  if (t.stored.length === 0) absent("None.");
  else {
    page.append(table(["layer", "variable of the RTL", "space", "#first cycle", "#last cycle", "#bits at most"], t.stored.map((s) =>
      [String(s.layer), el("td.mono", s.rtl_name), s.space, whole(s.first), whole(s.last), whole(s.most)])));
  }
}

function trace() {
  const t = data.trace;
  header(traceTitle(t), t.story.map(sentence).join(" "));
  const touched = t.layers.filter((l) => l.first != null || t.upsets.some((u) => u.layer === l.layer) ||
    t.streams.some((s) => s.layer === l.layer && s.first != null)).map((l) => l.layer);
  const layers = t.layers.filter((l) => l.layer >= Math.min(...touched) && l.layer <= Math.max(...touched));
  const changed = changedImages(t);
  const classes = changed.filter((image) => image.done && image.class !== image.class_fault_free).length;
  const first = Math.min(...t.streams.filter((s) => s.first != null).map((s) => s.first));
  const streams = t.streams.filter((s) => s.differing > 0);
  const moment = (u) => u.cycle ?? u.before_image;
  const earliest = t.upsets.reduce((a, b) => (moment(b) < moment(a) ? b : a));
  const read = t.upsets.filter((u) => u.fate === "read").length;
  cards([
    [earliest.cycle == null ? `image ${earliest.before_image}` : whole(earliest.cycle),
      `${earliest.cycle == null ? "before which" : "cycle of"} the ${t.upsets.length === 1 ? "" : "first "}upset`,
      t.upsets.length === 1 ? `${t.semantics}; fate: ${earliest.fate.replace("_", " ")}` :
        `${t.semantics}; ${read} of ${t.upsets.length} known to be read`],
    [streams.length === 0 ? "none" : whole(first), "cycle of the first word that differed",
      streams.length === 0 ? "" : `in ${streams[0].name}, layer ${streams[0].layer}`],
    [`${streams.length} of ${t.streams.length}`, "streams with differing words", `${whole(streams.reduce((sum, s) => sum + s.differing, 0))} words`],
    [`${changed.length} of ${t.images_asked}`, "images with other scores", `${classes} of another class`],
    [t.ending === "hang" ? "hung" : whole(t.ending === "gone" ? t.alike_from : t.end),
      { gone: "cycle from which both runs are alike", hang: "how the faulty run ended", over: "cycles, to the end of the run" }[t.ending],
      t.lasting_bits > 0 ? `${several(t.lasting_bits, "parameter bit")} still wrong` : ""]]);
  section("Where the difference went", "Across: cycles of the run. Down: the streams of the pipeline in their order, grouped by layer, and " +
    "the bits that each layer stores. Grey: words pass and are alike. \u25bc and line: the upset." +
    (t.ending === "gone" ? " Green line: from here on both runs are alike." : ""));
  const rows = travelRows(t, layers);
  figure("trace", rows, `One column: ${several(t.bin_cycles, "cycle")}. ` +
    (layers.length < t.layers.length ? "In the other layers nothing differs." : ""), "trace", () => travelDomains(t, layers, rows));
  section(t.upsets.length === 1 ? "The upset" : "The upsets");
  page.append(table(["time", "space", "#layer", "#module", "#index", "#thresh", "bits", "in the RTL", "fate"], t.upsets.map((u) =>
    [when(u), u.space, String(u.layer), String(u.module), String(u.index), String(u.thresh), u.bits.join(" "), el("td.mono", u.rtl_name), u.fate.replace("_", " ")])));
  traceScores(t);
  traceTables(t, layers);
}
