// Puts the page's parts and libraries into one HTML file and that into a C++ source: what is left open
// are the two places where the report's data and title go.
//
//   node bundle.mjs <output.cpp>
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [output] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const read = (...path) => readFileSync(join(...path), "utf8");
const inScript = (text) => text.replaceAll("</script", "<\\/script").replace(/\n\/\/# sourceMappingURL=.*/, "");

const figures = {};
for (const name of readdirSync(join(here, "figures")).sort()) {
  figures[name.replace(".json", "")] = JSON.parse(read(here, "figures", name));
}
const parts = {
  CSS: read(here, "page.css"),
  LIBRARIES: inScript(
    read(here, "libraries", "vega.min.js") + "\n" + read(here, "libraries", "vega-lite.min.js")),
  FIGURES: inScript(JSON.stringify(figures)),
  SCRIPT: inScript(["parts.js", "search.js", "trace.js", "map.js", "dose.js", "page.js"].map((name) => read(here, name)).join("\n")),
};
const page = read(here, "page.html").replace(/\/\*(CSS|LIBRARIES|FIGURES|SCRIPT)\*\//g, (_, part) => parts[part]);

const end = ")FLUENCE\"";
if (page.includes(end)) {
  throw new Error("the page contains the mark that ends it");
}
writeFileSync(output, `#include "analysis/report_resource.hpp"

namespace fluence {
const std::string_view kReportPage = R"FLUENCE(${page}${end};
}  // namespace fluence
`);
