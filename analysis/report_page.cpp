#include "analysis/report.hpp"
#include "analysis/report_resource.hpp"
#include "base/escape.hpp"
#include "base/json_text.hpp"

namespace fluence {
namespace {

using Json = nlohmann::ordered_json;

void fill(std::string& page, std::string_view place, const std::string& content) {
  page.replace(page.rfind(place), place.size(), content);
}

std::string make_page(const std::string& title, const Json& data) {
  std::string json;
  for (const char c : json_text(data)) {  // nothing in it can end the script that holds it
    json += c == '<' ? std::string("\\u003c") : std::string(1, c);
  }
  std::string page(kReportPage);
  fill(page, "{{DATA}}", json);
  page.replace(page.find("{{TITLE}}"), 9, markup(title));
  return page;
}

}  // namespace

std::string report_page(const Json& data) {
  return make_page(data["campaign"]["name"].get<std::string>(), data);
}

std::string trace_page(const Json& trace) { return make_page("Trace", Json{{"trace", trace}}); }

std::string map_page(const Json& map) { return make_page("Map", Json{{"map", map}}); }

std::string index_page(const std::vector<Json>& campaigns, const std::vector<std::string>& links) {
  Json index{{"campaigns", Json::array()}};
  for (std::size_t i = 0; i < campaigns.size(); ++i) {
    Json entry = campaigns[i]["campaign"];
    entry["link"] = links[i].empty() ? Json() : Json(links[i]);
    entry["scenarios"] = Json::array();
    for (const auto& s : campaigns[i]["scenarios"]) {
      Json row;
      for (const auto* key : {"network", "mode", "space", "layers", "faults", "dose", "dose_value"}) {
        row[key] = s[key];
      }
      row["loss"] = s["fault_free"].get<double>() - s["mean"].get<double>();
      row["worst"] = s["fault_free"].get<double>() - s["least"].get<double>();
      entry["scenarios"].push_back(std::move(row));
    }
    index["campaigns"].push_back(std::move(entry));
  }
  return make_page("Campaigns", index);
}

}  // namespace fluence
