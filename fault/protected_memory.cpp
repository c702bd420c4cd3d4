#include "fault/protected_memory.hpp"

#include <algorithm>

#include "base/bits.hpp"
#include "fault/parameter_fault.hpp"

namespace fluence {
namespace {

int value_bits(const Layer& layer, Space space) {
  return space == Space::weights ? layer.weight_word_bits() : layer.accumulator_bits;
}

}  // namespace

ProtectedMemory::Group& ProtectedMemory::group_of(const Site& site, const Parameters& values) {
  const auto& codec = codec_of(*values.net, site);
  auto first = site;
  first.bit = first.copy = 0;
  first.index -= first.index % codec.words();
  const auto [at, fresh] = groups_.try_emplace(first);
  auto& group = at->second;
  if (fresh) {
    const auto& layer = values.net->layer(site.layer);
    group.codec = &codec;
    group.bits = value_bits(layer, first.space);
    const int all = first.space == Space::weights ? layer.weight_words() : layer.threshold_words();
    const int words = std::min(codec.words(), all - first.index);
    for (auto word = first; word.index < first.index + words; ++word.index) {
      group.given.push_back(parameter_word(values, word) & low_bits(group.bits));
    }
    group.stored.resize(group.given.size() * static_cast<std::size_t>(codec.copies()));
    codec.encode(group.given, group.bits, group.stored);
  }
  return group;
}

void ProtectedMemory::hit(std::size_t number, const Fault& fault, Semantics semantics,
                          const Parameters& values) {
  auto& group = group_of(fault.site, values);
  auto& word = group.word(fault.site);
  word = faulted_word(word, fault, values.net->layer(fault.site.layer),
                      group.codec->stored_bits(group.bits), semantics);
  group.faults.push_back(number);
}

std::uint64_t ProtectedMemory::stored(const Site& site, const Parameters& values) {
  return group_of(site, values).word(site);
}

void ProtectedMemory::access(std::vector<Fate>& fates, const Take& take) {
  for (auto& [first, group] : groups_) {
    if (group.faults.empty()) {
      continue;
    }
    auto values = group.given;
    const auto status = group.codec->decode(group.stored, group.bits, values);
    const auto fate = status == AccessStatus::detected                             ? Fate::detected
                      : status == AccessStatus::corrected && values == group.given ? Fate::corrected
                                                                                   : Fate::read;
    for (const auto fault : group.faults) {
      fates[fault] = fate;
    }
    group.faults.clear();
    if (group.codec->repairs()) {
      group.codec->encode(values, group.bits, group.stored);
    }
    auto site = first;
    for (const auto value : values) {
      take(site, value);
      ++site.index;
    }
    group.given = std::move(values);
  }
}

void ProtectedMemory::clear() { groups_.clear(); }

}  // namespace fluence
