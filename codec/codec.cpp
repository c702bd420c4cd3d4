#include "codec/codec.hpp"

#include <algorithm>
#include <charconv>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/text.hpp"
#include "codec/kinds.hpp"

namespace fluence {
namespace {

class Plain final : public Codec {
 public:
  [[nodiscard]] std::string name() const override { return "none"; }
  void encode(std::span<const std::uint64_t> words, int /*bits*/,
              std::span<std::uint64_t> stored) const override {
    std::ranges::copy(words, stored.begin());
  }
  AccessStatus decode(std::span<const std::uint64_t> stored, int /*bits*/,
                      std::span<std::uint64_t> words) const override {
    std::ranges::copy(stored, words.begin());
    return AccessStatus::clean;
  }
};

struct Known {
  std::mutex mutex;
  std::list<CodecKind> kinds{triplicate(false), triplicate(true),       duplicate(), parity(), secded(),
                             interleave(),      resilient_interleave(), clamp()};
  std::map<std::string, std::unique_ptr<const Codec>, std::less<>> codecs;
};

Known& known() {
  static Known all;
  return all;
}

std::string names(const std::list<CodecKind>& kinds) {
  auto list = plain_codec().name();
  for (const auto& kind : kinds) {
    list += ", " + kind.name + (kind.make_range ? " N N" : kind.numbers.empty() ? "" : " N");
  }
  return list;
}

// The numbers behind the first blank, each after one; nothing if there is anything else.
std::optional<std::vector<int>> numbers_in(std::string_view name) {
  std::vector<int> numbers;
  for (auto blank = name.find(' '); blank != std::string_view::npos;) {
    name.remove_prefix(blank + 1);
    blank = name.find(' ');
    const auto text = name.substr(0, blank);
    const auto [stop, error] =
        std::from_chars(text.data(), text.data() + text.size(), numbers.emplace_back());
    if (error != std::errc() || stop != text.data() + text.size()) {
      return std::nullopt;
    }
  }
  return numbers;
}

std::unique_ptr<const Codec> make(const CodecKind& kind, const std::vector<int>& numbers) {
  if (kind.make_range) {
    return numbers.size() == 2 ? kind.make_range(numbers[0], numbers[1]) : nullptr;
  }
  if (kind.numbers.empty()) {
    return numbers.empty() ? kind.make(0) : nullptr;
  }
  return numbers.size() == 1 && numbers[0] > 0 ? kind.make(numbers[0]) : nullptr;
}

}  // namespace

const Codec& plain_codec() {
  static const Plain codec;
  return codec;
}

void add_codec_kind(CodecKind kind) {
  const std::lock_guard lock(known().mutex);
  if (std::ranges::find(known().kinds, kind.name, &CodecKind::name) != known().kinds.end()) {
    throw std::logic_error("there are two kinds of codecs called " + kind.name);
  }
  known().kinds.push_back(std::move(kind));
}

const Codec& find_codec(std::string_view name) {
  if (name == plain_codec().name()) {
    return plain_codec();
  }
  const std::lock_guard lock(known().mutex);
  auto& all = known();
  if (const auto it = all.codecs.find(name); it != all.codecs.end()) {
    return *it->second;
  }
  const auto blank = name.find(' ');
  const auto kind = std::ranges::find(all.kinds, name.substr(0, blank), &CodecKind::name);
  if (kind == all.kinds.end()) {
    throw InputError("unknown codec '" + printable(std::string(name)) + "': use one of " +
                     names(all.kinds));
  }
  const auto numbers = numbers_in(name);
  auto made = numbers ? make(*kind, *numbers) : nullptr;
  if (!made) {
    throw InputError("there is no codec '" + printable(std::string(name)) + "': write " + kind->name +
                     (kind->numbers.empty() ? " alone" : " and " + kind->numbers));
  }
  return *all.codecs.emplace(made->name(), std::move(made)).first->second;
}

}  // namespace fluence
