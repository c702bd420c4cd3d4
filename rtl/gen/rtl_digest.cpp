#include "rtl/gen/rtl_digest.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <stdexcept>
#include <vector>

#include "base/digest.hpp"

namespace fluence {
namespace {

bool is_blank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_operator(char c) {
  return std::string_view("+-*/%&|^~<>=!?:.@#'`\\$").find(c) != std::string_view::npos;
}

// A macro's definition, or any directive of C++: its end of line and its blanks count.
bool starts_directive(std::string_view rest) {
  return rest.starts_with("`define") ||
         (rest.size() > 1 && rest[0] == '#' && std::isalpha(static_cast<unsigned char>(rest[1])) != 0);
}

class Reader {
 public:
  explicit Reader(std::string_view source) : rest_(source) {}

  std::string read() {
    while (!rest_.empty()) {
      if (rest_.starts_with("//")) {
        skip(rest_.find('\n'));
        blank_ = true;
      } else if (rest_.starts_with("/*")) {
        const auto end = rest_.find("*/", 2);
        skip(end == std::string_view::npos ? end : end + 2);
        blank_ = true;
      } else if (rest_.starts_with("\\\n")) {
        skip(2);
        blank_ = true;
      } else if (is_blank(rest_.front())) {
        line_begins_ = line_begins_ || rest_.front() == '\n';
        if (rest_.front() == '\n' && in_directive_) {
          end_directive();
        }
        skip(1);
        blank_ = true;
      } else if (rest_.starts_with("`\"")) {
        put(2);  // a quote that a macro makes
      } else if (rest_.front() == '"') {
        put(string_length());
      } else {
        if (line_begins_ && starts_directive(rest_)) {
          begin_directive();
        }
        put(1);
      }
    }
    return std::move(text_);
  }

 private:
  void skip(std::size_t count) { rest_.remove_prefix(std::min(count, rest_.size())); }

  [[nodiscard]] std::size_t string_length() const {
    std::size_t end = 1;
    while (end < rest_.size() && rest_[end] != '"') {
      end += rest_[end] == '\\' ? 2 : 1;
    }
    return std::min(end + 1, rest_.size());
  }

  // Appends the next characters, behind a blank if there was one that means something.
  void put(std::size_t count) {
    if (blank_ && !text_.empty() && text_.back() != '\n') {
      const char before = text_.back();
      const char after = rest_.front();
      if (in_directive_ || (is_word(before) && is_word(after)) ||
          (is_operator(before) && is_operator(after))) {
        text_ += ' ';
      }
    }
    blank_ = line_begins_ = false;
    text_ += rest_.substr(0, count);
    skip(count);
  }

  void begin_directive() {
    if (!text_.empty() && text_.back() != '\n') {
      text_ += '\n';
    }
    in_directive_ = true;
  }
  void end_directive() {
    text_ += '\n';
    in_directive_ = false;
  }

  std::string_view rest_;
  std::string text_;
  bool blank_ = false;
  bool line_begins_ = true;
  bool in_directive_ = false;
};

std::set<std::string> words_of(std::string_view text) {
  std::set<std::string> words;
  for (std::size_t i = 0; i < text.size();) {
    const auto begin = i;
    while (i < text.size() && is_word(text[i])) {
      ++i;
    }
    if (i > begin) {
      words.emplace(text.substr(begin, i - begin));
    } else {
      ++i;
    }
  }
  return words;
}

}  // namespace

std::string meaning_of(std::string_view source) { return Reader(source).read(); }

std::string rtl_digest(const std::string& top, const RtlSources& modules, const RtlSources& always,
                       std::string_view options) {
  std::map<std::string, std::pair<std::string, std::string>> by_name;  // file, meaning
  for (const auto& [file, text] : modules) {
    if (!by_name.emplace(file.substr(0, file.find('.')), std::pair(file, meaning_of(text))).second) {
      throw std::logic_error("two sources for the name of " + file);
    }
  }
  if (!by_name.contains(top)) {
    throw std::logic_error("no source of the module " + top);
  }
  std::set<std::string> needed;
  for (std::vector<std::string> left{top}; !left.empty();) {
    const auto name = left.back();
    left.pop_back();
    if (!needed.insert(name).second) {
      continue;
    }
    for (const auto& word : words_of(by_name.at(name).second)) {
      if (by_name.contains(word)) {
        left.push_back(word);
      }
    }
  }
  Digest digest;
  const auto add = [&](const std::string& file, const std::string& text) {
    digest.add(std::uint64_t{file.size()});
    digest.add(file);
    digest.add(std::uint64_t{text.size()});
    digest.add(text);
  };
  for (const auto& name : needed) {
    const auto& [file, text] = by_name.at(name);
    add(file, text);
  }
  for (const auto& [file, text] : always) {
    add(file, meaning_of(text));
  }
  add("options", meaning_of(options));
  return digest.hex();
}

}  // namespace fluence
