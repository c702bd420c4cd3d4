#include "codec/codec.hpp"

#include <algorithm>
#include <charconv>
#include <list>
#include <map>
#include <mutex>
#include <stdexcept>
#include <utility>

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
  std::list<CodecKind> kinds{triplicate(false), triplicate(true), duplicate(),           parity(),
                             secded(),          interleave(),     resilient_interleave()};
  std::map<std::string, std::unique_ptr<const Codec>, std::less<>> codecs;
};

Known& known() {
  static Known all;
  return all;
}

std::string names(const std::list<CodecKind>& kinds) {
  auto list = plain_codec().name();
  for (const auto& kind : kinds) {
    list += ", " + kind.name + (kind.numbers.empty() ? "" : " N");
  }
  return list;
}

// The number behind the first blank; 0: there is none.
int number_in(std::string_view name, std::size_t blank) {
  int number = 0;
  if (blank != std::string_view::npos) {
    const auto* end = name.data() + name.size();
    const auto [stop, error] = std::from_chars(name.data() + blank + 1, end, number);
    number = error == std::errc() && stop == end && number > 0 ? number : -1;
  }
  return number;
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
  const int number = number_in(name, blank);
  auto made = (number == 0) == kind->numbers.empty() ? kind->make(number) : nullptr;
  if (!made) {
    throw InputError("there is no codec '" + printable(std::string(name)) + "': write " + kind->name +
                     (kind->numbers.empty() ? " alone" : " and " + kind->numbers));
  }
  return *all.codecs.emplace(made->name(), std::move(made)).first->second;
}

}  // namespace fluence
