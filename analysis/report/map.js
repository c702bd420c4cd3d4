// Draws the page of a complete map: every bit and what it does when it is inverted, of the parameters from the
// start, of the buffers in every cycle of a run.
"use strict";

const kInk = [213, 94, 0]; // of the most critical; less is more transparent, never is nothing
const kPictureRows = 260;  // pixels of a picture's height, at least where the layer has as many rows

// Little-endian 16-bit counts.
function countsOf(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const counts = new Uint16Array(bytes.length / 2);
  for (let i = 0; i < counts.length; ++i) counts[i] = bytes[2 * i] | bytes[2 * i + 1] << 8;
  return counts;
}

// sums[(y) * (columns + 1) + x]: of all counts above and left of (x, y), so that any block's mean is four look-ups.
function sumsOf(counts, rows, columns) {
  const sums = new Float64Array((rows + 1) * (columns + 1));
  for (let y = 0; y < rows; ++y) {
    let row = 0;
    for (let x = 0; x < columns; ++x) {
      row += counts[y * columns + x];
      sums[(y + 1) * (columns + 1) + x + 1] = sums[y * (columns + 1) + x + 1] + row;
    }
  }
  return sums;
}

// "weights_q[3][17] bit 5": the fault in a row (neuron, of copy after copy) and column of a picture.
function faultName(region, row, column) {
  const copy = Math.floor(row / region.neurons), neuron = row % region.neurons;
  const word = Math.floor(column / region.word_faults);
  const bit = (column % region.word_faults) * region.fault_bits;
  const module = neuron % region.pe, fold = Math.floor(neuron / region.pe);
  const index = region.space === "weights" ? `[${fold * region.words + word}]` : `[${fold}][${word}]`;
  return `${region.rtl_name}[${module}]${index} ${region.fault_bits > 1 ? "bits from " : "bit "}${bit}` + (region.rows > region.neurons ? ` of copy ${copy}` : "");
}

// "mem_q[17] bit 5": the bit in a row (word) and column of a buffer's picture.
function bufferBitName(region, row, bit) {
  const module = `[${Math.floor(row / region.words)}]`, index = `[${row % region.words}]`;
  const place = region.space === "accumulator" ? module : region.space === "window" ? module + index : index;
  return `${region.rtl_name}${place} bit ${bit}`;
}

// How pictures of a kind of map speak, of `all` images or cycles.
const imagesOf = (all) => ({ rows: "neurons", of: "a neuron", name: faultName, often: (n) => `critical in ${n} of ${all} images`,
  label: (r) => `How often each bit of ${r.space} in layer ${r.layer} is critical`, title: (r) => `${r.space} of layer ${r.layer}` });
const cyclesOf = (all) => ({ rows: "words", of: "a word", name: bufferBitName, often: (n) => `a change of scores in ${n} of ${all} cycles`,
  label: (r) => `How often each bit of ${r.rtl_name} changes a score`, title: (r) => `${r.space} of layer ${r.layer}, ${r.rtl_name}` });

function picture(region, says) {
  const { rows, columns } = region;
  const counts = countsOf(region.counts);
  const sums = sumsOf(counts, rows, columns);
  const most = counts.reduce((a, b) => Math.max(a, b), 0);
  const width = 1080, height = Math.min(kPictureRows, Math.max(96, rows));
  const canvas = el("canvas", "", { width, height, tabindex: "0", role: "img",
    "aria-label": says.label(region) });
  const note = el("span", "");
  const state = { x: 0, y: 0, across: columns, down: rows };
  const block = (x0, y0, x1, y1) => (sums[y1 * (columns + 1) + x1] - sums[y0 * (columns + 1) + x1] -
    sums[y1 * (columns + 1) + x0] + sums[y0 * (columns + 1) + x0]) / ((x1 - x0) * (y1 - y0));
  // The cells of the map under a pixel of the picture.
  const cells = (px, py) => {
    const x0 = Math.min(columns - 1, Math.floor(state.x + px * state.across / width));
    const y0 = Math.min(rows - 1, Math.floor(state.y + py * state.down / height));
    const x1 = Math.min(columns, Math.max(x0 + 1, Math.floor(state.x + (px + 1) * state.across / width)));
    const y1 = Math.min(rows, Math.max(y0 + 1, Math.floor(state.y + (py + 1) * state.down / height)));
    return [x0, y0, x1, y1];
  };
  const draw = () => {
    const context = canvas.getContext("2d");
    const pixels = context.createImageData(width, height);
    for (let py = 0, at = 0; py < height; ++py) {
      for (let px = 0; px < width; ++px, at += 4) {
        const share = most === 0 ? 0 : block(...cells(px, py)) / most;
        [pixels.data[at], pixels.data[at + 1], pixels.data[at + 2]] = kInk;
        pixels.data[at + 3] = share === 0 ? 0 : 20 + 235 * Math.log1p(99 * share) / Math.log(100);
      }
    }
    context.putImageData(pixels, 0, 0);
    note.textContent = state.across === columns && state.down === rows ? "" :
      ` Shown: ${says.rows} ${Math.floor(state.y)} to ${Math.ceil(state.y + state.down) - 1}, ` +
      `bits ${Math.floor(state.x)} to ${Math.ceil(state.x + state.across) - 1} of ${says.of}.`;
  };
  const zoom = (factor, px = width / 2, py = height / 2) => {
    const fix = (at, size, all, part) => {
      const next = Math.min(all, Math.max(Math.min(all, 8), size * factor));
      return [Math.min(all - next, Math.max(0, at + (size - next) * part)), next];
    };
    [state.x, state.across] = fix(state.x, state.across, columns, px / width);
    [state.y, state.down] = fix(state.y, state.down, rows, py / height);
    draw();
  };
  const move = (dx, dy) => {
    state.x = Math.min(columns - state.across, Math.max(0, state.x + dx * state.across));
    state.y = Math.min(rows - state.down, Math.max(0, state.y + dy * state.down));
    draw();
  };
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * width / box.width, (event.clientY - box.top) * height / box.height];
  };
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(event.deltaY > 0 ? 1.25 : 0.8, ...place(event));
  }, { passive: false });
  let dragged = null;
  canvas.addEventListener("pointerdown", (event) => { dragged = place(event); canvas.setPointerCapture(event.pointerId); });
  canvas.addEventListener("pointerup", () => { dragged = null; });
  canvas.addEventListener("pointermove", (event) => {
    const [px, py] = place(event);
    if (dragged) {
      move((dragged[0] - px) / width, (dragged[1] - py) / height);
      dragged = [px, py];
    }
    const [x0, y0, x1, y1] = cells(Math.max(0, px), Math.max(0, py));
    const many = (x1 - x0) * (y1 - y0);
    canvas.title = many === 1 ? `${says.name(region, y0, x0)}: ${says.often(counts[y0 * columns + x0] * region.unit)}`
      : `${many} bits, on average ${says.often(fixed(block(x0, y0, x1, y1) * region.unit))}; zoom in for each`;
  });
  canvas.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [-0.2, 0], ArrowRight: [0.2, 0], ArrowUp: [0, -0.2], ArrowDown: [0, 0.2] };
    if (event.key === "+" || event.key === "-") zoom(event.key === "-" ? 1.6 : 1 / 1.6);
    else if (moves[event.key]) move(...moves[event.key]);
    else return;
    event.preventDefault();
  });
  const button = (label, what, action) => {
    const node = el("button", label, { type: "button", "aria-label": `${what}: ${says.title(region)}` });
    node.addEventListener("click", action);
    return node;
  };
  const caption = el("span", [`${says.title(region)}: ${rows} ${says.rows} down, ${columns} ` +
    `${region.fault_bits > 1 ? "groups of bits" : "bits"} of each across; darkest: ${says.often(most * region.unit)}.`, note]);
  page.append(el("figure", [el("div.plot", canvas), el("figcaption", [caption, el("span", [
    button("+", "Zoom in", () => zoom(1 / 1.6)), " ", button("\u2212", "Zoom out", () => zoom(1.6)), " ", button("whole", "Show the whole", () => zoom(1e9))])])],
  { "data-figure": "picture", "aria-label": `Map of ${region.space} of layer ${region.layer}` }));
  draw();
}

const count = (n) => n.toLocaleString("en");

function concentration(m, faults) {
  section("How concentrated it is", `The most critical ${faults} first: so many of them carry so much of all that is critical.`);
  if (m.worst.length > 0) {
    figure("curve", m.curve.map((c) => ({ bits: 100 * c.bits, critical: 100 * c.critical })), "Share of what is critical", "curve");
    page.append(table([`#${faults}, %`, "#of what is critical, %"], m.curve.map((c) => [fixed(100 * c.bits, 1), percent(c.critical)])));
  } else {
    absent("No fault is critical in any of these images.");
  }
}

// `inWhat`: what a bit's count is of.
function mapEnd(m, inWhat) {
  section("Most often critical");
  page.append(table(["word in the RTL", "#bit", "space", "#layer", `#critical ${inWhat}`], m.worst.map((w) =>
    [el("td.mono", w.rtl_name), String(w.bit), w.space, String(w.layer), count(w.critical)])));
  section("The engines");
  if (m.agreement) page.append(el("p", m.agreement));
  else absent("No fault of this map has been run on the RTL: 'fluence verify' with the map's folder compares a sample.");
  section("Manifest", `What the numbers rest on. Digest of ${m.cycles ? "what the map says" : "the counts"}: ${m.digest}`);
  page.append(table(["key", "value"], Object.entries(m.manifest).map(([k, v]) => [k, el("td.mono", v)])));
}

function buffersPage(m) {
  const cycles = m.cycles[1] - m.cycles[0];
  header(`${m.network}: the complete map of buffers`, `${count(m.all.bits)} stored bits, each inverted in each of the cycles ${count(m.cycles[0])} to ` +
    `${count(m.cycles[1] - 1)} of a run of ${count(m.images)} images. Nothing is sampled.`);
  cards([[count(m.all.bits), "bits", `${count(m.all.bit_cycles)} upsets`], [`${fixed(100 * m.all.avf, 3)} %`, "of these change a score"],
    [`${fixed(100 * m.all.critical_share, 4)} %`, "of these are critical"]]);
  section("By space and layer", "Upsets: share of all, which is that of the bits. Read: the next access uses the bit. AVF: any score of an image changes. " +
    "Critical: the class changes. Lost: from right to wrong.");
  const places = (of, description) => figure("places", m.layers.map((l) => ({ network: m.network, mode: "", space: l.space, layers: l.layer,
    upsets: l.bit_cycles, lost: 1000 * l[of] })), `${description}, of every 1,000`, `places-${of}`, () => ({ description }));
  places("avf", "Upsets that change a score");
  places("critical_share", "Upsets that change a class");
  const row = (l, layer) => [l.space ?? "all", layer, count(l.bits), ...[l.bit_cycles / m.all.bit_cycles, l.read / l.bit_cycles, l.avf, l.critical_share,
    l.right_to_wrong / l.bit_cycles, l.wrong_to_right / l.bit_cycles, l.wrong_to_wrong / l.bit_cycles].map((share) => fixed(100 * share, 4))];
  page.append(table(["space", "layer", "#bits", "#upsets, %", "#read, %", "#AVF, %", "#critical, %", "#lost, %", "#won, %", "#wrong to wrong, %"],
    [...m.layers.map((l) => row(l, String(l.layer))), ...m.spaces.map((s) => row(s, "all")), row(m.all, "all")]));
  concentration(m, "bits");
  section("The memories", "Each point is a bit, or the mean of those that it covers: in how many cycles its inversion changes a score. Turn the wheel or press + " +
    "to zoom, drag to move; a bit's name in the RTL and its count appear under the pointer. What holds one or two words is in the tables alone.");
  if (m.pictures.length === 0) absent("There is none in these spaces and layers.");
  for (const region of m.pictures) picture(region, cyclesOf(cycles));
  mapEnd(m, "cycles");
}

function mapPage() {
  const m = data.map;
  if (m.cycles) {
    buffersPage(m);
    return;
  }
  const faults = m.mode === "mbu" ? "groups of 8 bits" : "bits";
  const all = m.layers.reduce((sum, l) => sum + l.bits, 0);
  const critical = m.layers.reduce((sum, l) => sum + l.right_to_wrong + l.wrong_to_right + l.wrong_to_wrong, 0);
  const never = m.layers.reduce((sum, l) => sum + l.never_critical_bits, 0);
  header(`${m.network}: the complete map`, `${count(all)} parameter ${faults}, each inverted in each of ${count(m.images)} images from the ` +
    "start. Nothing is sampled." + (m.given.length > 0 ? ` Inverted all the time, also in what each is compared with: ${m.given.join(", ")}.` : ""));
  if (m.images !== m.images_asked) {
    banner(el("b", "Not finished. "), `${count(m.images)} of ${count(m.images_asked)} images are done, and what follows is of these. The command that began the map resumes it.`);
  }
  cards([[count(all), faults, `${count(all * m.images)} pairs with an image`], [`${fixed(100 * critical / (all * m.images), 3)} %`,
    "of these pairs critical"], [`${fixed(100 * never / all, 1)} %`, `of the ${faults} never critical`]]);
  section("By space and layer", "AVF: share of (fault, image) pairs in which any score changes. Critical: the class changes. Lost: from right to wrong.");
  const row = (l, layer) => {
    const pairs = l.bits * m.images;
    return [l.space, layer, count(l.bits), fixed(100 * l.avf, 4), fixed(100 * l.critical_share, 4), fixed(100 * l.right_to_wrong / pairs, 4),
      fixed(100 * l.wrong_to_right / pairs, 4), fixed(100 * l.wrong_to_wrong / pairs, 4), count(l.never_critical_bits)];
  };
  page.append(table(["space", "layer", `#${faults}`, "#AVF, %", "#critical, %", "#lost, %", "#won, %", "#wrong to wrong, %", "#never critical"],
    [...m.layers.map((l) => row(l, String(l.layer))), ...m.spaces.map((s) => row(s, "all"))]));
  concentration(m, faults);
  section("The layers", "Each point is a bit, or the mean of those that it covers. Turn the wheel or press + to zoom, drag to move; " +
    "a bit's name in the RTL and its count appear under the pointer.");
  for (const region of m.pictures) picture(region, imagesOf(m.images));
  mapEnd(m, "images");
}
