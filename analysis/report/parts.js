// What every page is made of: elements, tables, sections, figures.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const main = document.getElementById("page");
let page = main; // the section that is being written

// el("p", "text"), el("td.n", "1"), el("div", [children])
function el(tag, content, attributes = {}) {
  const [name, ...classes] = tag.split(".");
  const node = document.createElement(name);
  if (classes.length > 0) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...(Array.isArray(content) ? content : [content]));
  return node;
}
const fixed = (value, digits = 2) => value == null ? "" : Number(value).toFixed(digits).replace("-", "\u2212");
// As a specification has it, with few zeros.
const short = (value) => value !== 0 && (value < 1e-3 || value >= 1e6) ? value.toExponential() : String(value);
const percent = (share) => fixed(100 * share);
const range = (low, high, digits = 2) => low == null ? "" : `${fixed(low, digits)} to ${fixed(high, digits)}`;
const unique = (values) => [...new Set(values)];
const slug = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, "-");

// What is wider than its place scrolls there, with the keyboard as well.
function reachScrollers() {
  for (const box of document.querySelectorAll(".scroll, .plot")) {
    if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) box.setAttribute("tabindex", "0");
    else box.removeAttribute("tabindex");
  }
}
addEventListener("resize", reachScrollers);
document.addEventListener("toggle", reachScrollers, true); // of details

// A heading that starts with '#' is of a column of numbers. `caption` is what screen readers call the table, that of
// its section if there is none; `name(i)` is what a search looks for in row i.
function table(headings, rows, caption = page.dataset.title, name = null) {
  const numeric = headings.map((h) => h.startsWith("#"));
  const head = el("tr", headings.map((h, i) => el(numeric[i] ? "th.n" : "th", h.replace("#", ""), { scope: "col" })));
  const body = rows.map((row, r) => el("tr", row.map((cell, i) =>
    cell instanceof Node && cell.tagName === "TD" ? cell : el(numeric[i] ? "td.n" : "td", cell)), name ? { "data-scenario": name(r) } : {}));
  return el("div.scroll", el("table", [el("caption", caption), el("thead", head), el("tbody", body)]), { role: "region", "aria-label": caption });
}

// With a link in the bar.
function section(title, lead) {
  const id = slug(title);
  page = el("section", el("h2", title, { id, tabindex: "-1" }), { "aria-labelledby": id, "data-title": title });
  main.append(page);
  if (lead) page.append(el("p.lead", lead));
  document.getElementById("sections").append(el("li", el("a", title, { href: `#${id}` })));
}
const absent = (why) => page.append(el("p.absent", why));

function header(title, text) {
  document.title = title;
  document.querySelector("header").append(el("h1", title), el("p", text));
}
// What must be known before anything else.
function banner(...content) {
  document.querySelector("header").append(el("p.banner", content, { role: "status" }));
}
function cards(items) {
  document.querySelector("header").append(el("div.cards", items.map(([value, label, note]) =>
    el("div.card", [el("span", label), el("b", value), el("small", note ?? "")]))));
}

// ---- Figures
const config = {
  background: "transparent", font: "system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif",
  aria: false, // a figure is named as a whole, and its numbers are in a table
  view: { stroke: null },
  axis: { labelColor: "currentColor", titleColor: "currentColor", domainColor: "#888888", tickColor: "#888888",
    gridColor: "#88888833", titleFontWeight: 500, labelFontSize: 11, titleFontSize: 11 },
  header: { labelColor: "currentColor", labelFontSize: 12, labelFontWeight: 600 },
  legend: { labelColor: "currentColor", titleColor: "currentColor", labelFontSize: 12 },
  rule: { color: "currentColor" }, text: { color: "currentColor" },
  title: { color: "currentColor", fontSize: 12, fontWeight: 600 },
};
const kLeastScale = 0.75; // a figure is made smaller to fit before it scrolls
const isNarrow = (room) => room < 560;

// ---- What is not drawn before it is looked at
const waiting = new Map(); // how a node is drawn
const drawn = new Map();   // the promise of each that is, or is about to be
const nearing = new IntersectionObserver(async (entries) => {
  await seen;
  for (const { isIntersecting, target } of entries) if (isIntersecting) draw(target);
}, { rootMargin: "600px" });
// When something of the page has been seen, or would have been in a window that is in front.
const seen = new Promise((done) => {
  new PerformanceObserver((paints) => {
    if (paints.getEntriesByName("first-contentful-paint").length > 0) done();
  }).observe({ type: "paint", buffered: true });
  setTimeout(done, 2000);
});

function later(node, make) {
  waiting.set(node, make);
  nearing.observe(node);
}
function draw(node) {
  if (!drawn.has(node)) {
    nearing.unobserve(node);
    drawn.set(node, Promise.resolve(waiting.get(node)()));
  }
  return drawn.get(node);
}
// One after the other, so that the page answers in between.
async function drawAll() {
  for (const node of waiting.keys()) {
    await draw(node);
    await new Promise((done) => setTimeout(done));
  }
  reachScrollers();
}
addEventListener("beforeprint", () => { for (const node of waiting.keys()) draw(node); });

// The libraries that draw, run when the first figure is: the page is seen before.
function loadLibraries() {
  document.getElementById("libraries")?.replaceWith(el("script", document.getElementById("libraries").textContent));
}

// `more`: what the specification leaves open, given the width that there is.
function figure(kind, rows, caption, file, more = () => ({})) {
  const plot = el("div.plot", "");
  const called = `${page.dataset.title}: ${caption}`;
  const save = (type) => el("button", `Save as ${type.toUpperCase()}`, { type: "button", "data-type": type, "aria-label": `Save as ${type.toUpperCase()}: ${called}` });
  const node = el("figure", [plot, el("figcaption", [el("span", caption), el("span.buttons", [save("svg"), save("png")])])],
    { "data-figure": kind, "aria-label": called });
  page.append(node);
  let view = null;
  later(node, async () => {
    loadLibraries();
    const spec = { ...figures[kind], ...more(plot.clientWidth), config };
    spec.description = `${called}. ${spec.description}`;
    spec.data = { values: rows };
    const absent = ["predicted", "low"].filter((field) => rows.every((r) => r[field] == null)); // nothing to overlay
    if (spec.spec?.layer && absent.length > 0) {
      spec.spec = { ...spec.spec, layer: spec.spec.layer.filter((l) => !absent.includes(l.encoding.y?.field)) };
    }
    const x = spec.spec?.encoding?.x;
    if (x?.scale?.type === "log" && unique(rows.map((r) => r[x.field])).length === 1) { // no scale to speak of
      const one = { field: x.field, type: "ordinal", axis: { title: x.axis.title, labelAngle: 0 } };
      spec.spec = { ...spec.spec, encoding: { ...spec.spec.encoding, x: one } };
    }
    view = new vega.View(vega.parse(vegaLite.compile(spec).spec), { renderer: "svg", container: plot, hover: true });
    view.logLevel(vega.Warn);
    await view.runAsync();
    plot.setAttribute("role", "img");
    const picture = plot.querySelector("svg");
    picture.style.minWidth = `${kLeastScale * picture.getAttribute("width")}px`;
  });
  for (const button of node.querySelectorAll("button")) {
    button.addEventListener("click", async () => {
      await draw(node);
      const type = button.dataset.type;
      view.background("white"); // ink is the page's on the page, black in a file
      const url = await view.runAsync().then(() => view.toImageURL(type, 2));
      view.background("transparent").run();
      el("a", "", { href: url, download: `${file}.${type}` }).click();
    });
  }
}
