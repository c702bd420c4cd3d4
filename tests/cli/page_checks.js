// What a page must be for whoever reads it: opens it, uses it at several widths, and leaves what is wrong in data-wrong
// of this page, a line a complaint, and in other data-* what the test compares.
"use strict";

const luminance = (colour) => {
  const [r, g, b] = colour.map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a, b) => {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
};
// "rgba(1, 2, 3, 0.5)" as [1, 2, 3, 0.5]
const channels = (text) => (text.match(/[\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
const opaque = (colour) => colour.length >= 3 && (colour[3] ?? 1) > 0.99;

// `drawn`: its figures were, at this width.
function checks(view, wrong, drawn) {
  const page = view.document;
  const all = (selector, root = page) => [...root.querySelectorAll(selector)];
  const style = (node) => view.getComputedStyle(node);
  const text = (node) => node.textContent.trim().slice(0, 40);
  const require = (good, what) => { if (!good) wrong.push(`${view.innerWidth}: ${what}`); };
  const parts = all(":is(header, nav, main) *:not(tbody tr:nth-child(n+4), tbody tr:nth-child(n+4) *, svg, svg *)"); // rows are alike

  // ---- Nothing reaches out of its place.
  const wide = view.document.documentElement;
  require(wide.scrollWidth <= wide.clientWidth, `the page is ${wide.scrollWidth} wide`);
  for (const node of parts) {
    const box = node.getBoundingClientRect();
    const hidden = box.width === 0 || node.closest("caption, .skip") != null;
    const scrolls = node.parentElement.closest(".scroll, .plot, pre, ul") != null;
    require(hidden || scrolls || box.right <= wide.clientWidth + 1, `${node.tagName} '${text(node)}' ends at ${box.right}`);
  }
  for (const node of all(".scroll, .plot")) {
    require((node.scrollWidth <= node.clientWidth && node.scrollHeight <= node.clientHeight) || node.tabIndex === 0, `the keyboard cannot scroll '${node.getAttribute("aria-label")}'`);
  }

  for (const node of drawn ? all(":is([data-figure=outcomes], [data-figure=ranking]) .plot") : []) {
    require(node.scrollWidth <= node.clientWidth, `a figure is ${node.scrollWidth} wide in ${node.clientWidth}`);
  }

  // ---- Everything has a name.
  const names = all("figure").map((node) => node.getAttribute("aria-label") ?? "");
  require(names.every((name) => name !== "") && new Set(names).size === names.length, `figures are called ${names}`);
  for (const node of all(".plot")) require(node.matches("[role=img][aria-label]") || node.querySelector("canvas[role=img][aria-label]"), "a plot is no named image");
  for (const node of all("table")) require(node.caption != null && text(node.caption) !== "", "a table has no caption");
  require(all("th").every((node) => node.scope === "col"), "a heading is of no column");
  const buttons = all("button").map((node) => node.getAttribute("aria-label") ?? text(node));
  require(new Set(buttons).size === buttons.length, "buttons share a name");
  for (const node of all("section")) require(page.getElementById(node.getAttribute("aria-labelledby"))?.tagName === "H2", "a section has no name");
  for (const node of all("input")) require(node.labels.length === 1, "a field has no label");
  for (const node of all("nav a, .banner a, .skip")) require(page.getElementById(node.hash.slice(1)) != null, `'${text(node)}' leads nowhere`);

  // ---- The keyboard.
  const stops = all("a[href], button, input, summary");
  require(stops[0].className === "skip", "the first stop does not skip to the results");
  for (const node of stops.filter((one) => one.offsetParent != null || one.className === "skip")) {
    node.focus();
    require(page.activeElement === node && parseFloat(style(node).outlineWidth) > 0 && style(node).outlineStyle !== "none",
      `the focus is not seen on '${text(node)}'`);
  }

  // ---- Every text can be read where it stands.
  const ground = (node) => {
    for (let at = node; at != null; at = at.parentElement) {
      const colour = channels(style(at).backgroundColor);
      if (opaque(colour)) return colour;
    }
    return [255, 255, 255];
  };
  const worst = { ratio: 21, text: "" };
  const note = (ratio, what) => { if (ratio < worst.ratio) Object.assign(worst, { ratio, text: what }); };
  for (const node of parts) {
    if (![...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim() !== "")) continue;
    note(contrast(channels(style(node).color), ground(node)), text(node));
  }
  let labels = 0;
  for (const plot of all(".plot")) {
    const cells = all(".mark-rect.role-mark path", plot).map((node) => ({ box: node.getBoundingClientRect(), fill: channels(style(node).fill) }))
      .filter((cell) => opaque(cell.fill));
    for (const node of all("svg text", plot)) {
      const box = node.getBoundingClientRect();
      const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
      const below = cells.filter((cell) => cell.box.left <= x && x <= cell.box.right && cell.box.top <= y && y <= cell.box.bottom).pop();
      if (below) ++labels;
      if (node.textContent.trim() !== "") note(contrast(channels(style(node).fill), below?.fill ?? ground(plot)), `${node.textContent} in a figure`);
    }
  }
  require(worst.ratio >= 4.5, `contrast ${worst.ratio.toFixed(2)} of '${worst.text}'`);
  return labels;
}

// Looks for scenarios as a user does.
function searches(view, wrong) {
  const page = view.document;
  const require = (good, what) => { if (!good) wrong.push(what); };
  const press = (key, at) => at.dispatchEvent(new view.KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  page.body.focus();
  press("/", page.body);
  const box = page.getElementById("search");
  require(page.activeElement === box, "'/' does not lead to the search");
  const rows = () => [...page.querySelectorAll("tr[data-scenario]")];
  const shown = () => rows().filter((row) => row.offsetParent != null).map((row) => row.cells[0].textContent);
  const look = (words) => {
    box.value = words;
    box.dispatchEvent(new view.Event("input"));
    return shown();
  };
  const every = rows().length;
  const found = look("  MBU weights \u00d710 ");
  require(found.length > 0 && found.length < every && found.every((name) => /mbu.*weights.*\u00d710/.test(name)), `found ${found}`);
  require(page.getElementById("found").textContent === `${found.length.toLocaleString("en")} of ${every.toLocaleString("en")}`, "it does not say how many");
  const details = [...page.querySelectorAll("details[data-scenario]")].filter((node) => !node.hidden);
  require(details.every((node) => /mbu.*weights.*\u00d710/.test(node.dataset.scenario)), "other trials are left");
  require(look("no such").length === 0 && page.getElementById("found").textContent === `0 of ${every.toLocaleString("en")}`, "found what is not there");
  box.form.requestSubmit();
  require(page.activeElement.id === "all-scenarios", "Enter does not lead to what was found");
  look("");
  require(page.getElementById("found").textContent === "" && rows().every((row) => !row.hidden), "it does not come to an end");
}

// Presses every button that saves a figure: how many pictures come of it.
async function saves(view) {
  const saved = { svg: 0, png: 0 };
  const ended = [];
  view.HTMLAnchorElement.prototype.click = function () {
    const image = new view.Image();
    ended.push(new Promise((end) => {
      image.onload = () => {
        saved[this.download.split(".").pop()] += image.width > 100 ? 1 : 0;
        end();
      };
      image.onerror = end;
    }));
    image.src = this.href;
  };
  const buttons = [...view.document.querySelectorAll("button[data-type]")];
  for (const button of buttons) button.click();
  while (ended.length < buttons.length) await new Promise((later) => setTimeout(later, 20));
  await Promise.all(ended);
  return `${saved.svg} svg, ${saved.png} png`;
}

// What is drawn: "accuracy 1, layers 2".
function figures(view, wrong) {
  const kinds = {};
  for (const node of view.document.querySelectorAll("figure")) {
    const kind = node.dataset.figure;
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    if (node.querySelector(".role-mark path, canvas") == null) wrong.push(`nothing is drawn in ${kind}`);
  }
  return Object.entries(kinds).sort().map(([kind, count]) => `${kind} ${count}`).join(", ");
}

// Opens the page once, at the first width, and makes its window as wide as the others.
async function run(file, widths, saving) {
  const wrong = [];
  let labels = 0;
  const frame = document.createElement("iframe");
  Object.assign(frame, { src: file, width: widths[0], height: 900 });
  document.body.append(frame);
  await new Promise((loaded) => { frame.onload = loaded; });
  const view = frame.contentWindow;
  while (!view.document.body.dataset.ready) await new Promise((later) => setTimeout(later, 50));
  Object.assign(document.body.dataset, {
    sections: [...view.document.querySelectorAll("h2")].map((node) => node.textContent).join("; "),
    figures: figures(view, wrong),
    ground: view.getComputedStyle(view.document.body).backgroundColor,
    saved: saving ? await saves(view) : "",
  });
  if (view.document.getElementById("search")) searches(view, wrong);
  for (const node of view.document.querySelectorAll("details")) node.open = true;
  for (const width of widths) {
    frame.width = width;
    view.dispatchEvent(new view.Event("resize")); // the browser's comes with a picture, of which virtual time has none
    await new Promise((later) => setTimeout(later, 50)); // for details
    labels += checks(view, wrong, width === widths[0]);
  }
  document.body.dataset.labels = labels;
  document.body.dataset.wrong = wrong.join("\n");
}
