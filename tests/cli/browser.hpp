// Pages in headless Chromium.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/cli/command.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence::test {

struct Page {
  std::string dom;      ///< as it stands when the page has drawn itself
  std::string console;  ///< what it said, a line a message
};

/// Opens a page and lets it draw itself. `flags`: further ones of Chromium's.
inline Page browse(const std::string& file, const std::string& flags = "--virtual-time-budget=60000") {
  const TempDir dir;
  const auto command = "'" FLUENCE_CHROMIUM
                       "' --headless=new --no-sandbox --disable-gpu --no-first-run "
                       "--disable-background-networking --user-data-dir=" +
                       dir.file("profile") + " --enable-logging=stderr " + flags +
                       " --dump-dom file://" + file + " >" + dir.file("dom") + " 2>" + dir.file("log");
  EXPECT_EQ(std::system(command.c_str()), 0) << read_text(dir.file("log"));
  Page page{read_text(dir.file("dom")), ""};
  std::istringstream log(read_text(dir.file("log")));
  for (std::string line; std::getline(log, line);) {
    page.console += line.find("CONSOLE") != std::string::npos ? line + "\n" : "";
  }
  return page;
}

/// What page_checks.js finds of a page at each of the widths.
struct Checked {
  std::string wrong, sections, figures, saved, ground, console;
  int labels = 0;  ///< that stand in cells of figures
};

inline Checked check_page(const std::string& file, const std::string& widths, bool dark) {
  const TempDir dir;
  const std::ifstream script(FLUENCE_SOURCE_DIR "/tests/cli/page_checks.js");
  std::ostringstream page;
  page << "<!DOCTYPE html><body><script>" << script.rdbuf() << "\nrun('file://" << file << "', ["
       << widths << "], " << (dark ? "false" : "true")
       << ").catch((e) => { document.body.dataset.wrong = e.stack; });</script></body>";
  write_text(dir.file("checks.html"), page.str());
  const auto seen = browse(dir.file("checks.html"),
                           std::string("--virtual-time-budget=120000 --allow-file-access-from-files") +
                               (dark ? " --blink-settings=preferredColorScheme=0" : ""));
  const auto said = [&](const std::string& key) -> std::string {
    const auto mark = "data-" + key + "=\"";
    const auto begin = seen.dom.find(mark);
    return begin == std::string::npos
               ? "not told"
               : seen.dom.substr(begin + mark.size(),
                                 seen.dom.find('"', begin + mark.size()) - begin - mark.size());
  };
  return {said("wrong"),
          said("sections"),
          said("figures"),
          said("saved"),
          said("ground"),
          seen.console,
          std::atoi(said("labels").c_str())};
}

/// Marks drawn in each figure of a page.
inline std::vector<std::pair<std::string, int>> figures(const std::string& dom) {
  std::vector<std::pair<std::string, int>> found;
  const std::regex mark("class=\"mark-(symbol|rect|line|area|rule) role-mark[^\"]*\"[^>]*><path");
  for (auto at = dom.find("data-figure=\""); at != std::string::npos;) {
    const auto begin = at + 13;
    at = dom.find("data-figure=\"", begin);
    const auto text = dom.substr(begin, dom.find("</figure>", begin) - begin);
    found.emplace_back(
        text.substr(0, text.find('"')),
        static_cast<int>(std::distance(std::sregex_iterator(text.begin(), text.end(), mark), {})));
  }
  return found;
}

inline int count(const std::string& text, const std::string& part) {
  int n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++n;
  }
  return n;
}

}  // namespace fluence::test
