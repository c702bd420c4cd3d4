// A search over scenarios: what has one's name in data-scenario is shown if it has all words that are looked for.
"use strict";

// `names`: of all scenarios, which `details` lists.
function search(names, details) {
  const box = el("input", "", { type: "search", id: "search", placeholder: "as: mbu weights \u00d710", autocomplete: "off", "aria-describedby": "found" });
  const found = el("output", "", { id: "found", for: "search" });
  document.querySelector("nav").prepend(el("form", [el("label", "Search scenarios ", { for: "search" }), box, " ", found], { role: "search" }));
  const lower = names.map((n) => n.toLowerCase());
  const show = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter((word) => word !== "");
    const has = (name) => words.every((word) => name.includes(word));
    if (words.length > 0) draw(details);
    details.open = words.length > 0;
    for (const node of document.querySelectorAll("[data-scenario]")) node.hidden = !has(node.dataset.scenario.toLowerCase());
    found.textContent = words.length === 0 ? "" : `${lower.filter(has).length.toLocaleString("en")} of ${names.length.toLocaleString("en")}`;
  };
  box.addEventListener("input", show);
  box.form.addEventListener("submit", (event) => { // Enter goes to what was found
    event.preventDefault();
    document.getElementById("all-scenarios").focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.closest("input, canvas")) return;
    event.preventDefault();
    box.focus();
  });
}
