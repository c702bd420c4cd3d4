#include "protect/storages.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/bits.hpp"
#include "base/error.hpp"
#include "base/random.hpp"
#include "map/summary.hpp"
#include "rtl/memory_cell/memory_cell.hpp"

namespace fluence {
namespace {

constexpr int kTriedValues = 16;

long extra_bits(const ProtectedStorage& storage, const Codec& codec) {
  return long{storage.cells} * storage.words *
         (long{codec.copies()} * codec.stored_bits(storage.bits) - storage.bits);
}

}  // namespace

std::string ProtectedStorage::name() const {
  return fmt::format("{} of layer {}", to_string(space), layer);
}

bool corrects(const Codec& codec, int bits, MapMode mode) {
  const auto group = static_cast<std::size_t>(codec.words());
  const auto stored_bits = codec.stored_bits(bits);
  const int step = mode == MapMode::mbu ? 8 : 1;
  const auto limbs = index(limbs_of(bits));
  const auto stored_limbs = index(limbs_of(stored_bits));
  std::vector<std::uint64_t> values(group * limbs), found(group * limbs);
  std::vector<std::uint64_t> stored(group * index(codec.copies()) * stored_limbs);
  for (int value = 0; value < kTriedValues; ++value) {
    TrialRandom random(0, 0, static_cast<std::uint64_t>(value));
    for (std::size_t limb = 0; limb < values.size(); ++limb) {
      const int used = std::min(bits - static_cast<int>(limb % limbs) * kWordBits, kWordBits);
      // All zeros and all ones, too.
      values[limb] = (value == 0 ? 0 : value == 1 ? ~std::uint64_t{0} : random.next()) & low_bits(used);
    }
    codec.encode(values, bits, stored);
    for (std::size_t word = 0; word < stored.size(); word += stored_limbs) {
      for (int bit = 0; bit < stored_bits; bit += step) {
        auto& limb = stored[word + index(bit / kWordBits)];  // which a step divides
        const auto before = limb;
        limb ^= low_bits(std::min(step, stored_bits - bit)) << (bit % kWordBits);
        codec.decode(stored, bits, found);
        limb = before;
        if (found != values) {
          return false;
        }
      }
    }
  }
  return true;
}

std::vector<ProtectedStorage> protected_storages(const MapResults& map,
                                                 const std::vector<std::string>& codecs) {
  const auto& request = map.request();
  if (map.images_done() < request.images) {
    throw InputError(fmt::format("the map holds {} of {} images: finish it, or merge its shards first",
                                 map.images_done(), request.images));
  }
  if (request.net->is_protected()) {
    throw InputError("the map is of " + request.net->name +
                     ", whose memories have codecs already: name one of the plain hardware, by which "
                     "memories are chosen");
  }
  std::vector<const Codec*> known;
  for (const auto& name : codecs) {
    known.push_back(&find_codec(name));
    if (!has_memory_cell(*known.back())) {
      throw InputError("the codec " + name + " has no memory in the RTL: name another one in --codecs");
    }
  }
  std::vector<ProtectedStorage> storages;
  for (const auto& totals : map_totals(map)) {
    const auto& layer = request.net->layer(totals.layer);
    const bool weights = totals.space == Space::weights;
    ProtectedStorage storage;
    storage.space = totals.space;
    storage.layer = totals.layer;
    storage.cells = layer.pe * (weights ? 1 : layer.thresholds);
    storage.words = weights ? layer.weight_words() : layer.threshold_words();
    storage.bits = weights ? layer.weight_word_bits() : layer.accumulator_bits;
    storage.critical = totals.critical();
    for (const auto* codec : known) {
      if (codec->refusal(storage.bits).empty() && codec->stored_bits(storage.bits) <= kMostWordBits &&
          corrects(*codec, storage.bits, request.mode) &&
          (storage.codec == nullptr || extra_bits(storage, *codec) < storage.extra_bits)) {
        storage.codec = codec;
        storage.extra_bits = extra_bits(storage, *codec);
      }
    }
    storages.push_back(storage);
  }
  if (std::ranges::all_of(storages, [](const auto& storage) { return storage.codec == nullptr; })) {
    throw InputError(
        fmt::format("none of {} corrects what the map's faults ({}) do: name another codec "
                    "in --codecs, as tmr-writeback",
                    fmt::join(codecs, ", "), to_string(request.mode)));
  }
  return storages;
}

Topology with_protection(const Topology& net, const std::vector<ProtectedStorage>& storages,
                         const std::string& name) {
  auto hardware = net;
  hardware.name = name;
  hardware.board.reset();  // no board has run it
  for (const auto& storage : storages) {
    auto& layer = hardware.layers[static_cast<std::size_t>(storage.layer)];
    (storage.space == Space::weights ? layer.weight_codec : layer.threshold_codec) = storage.codec;
  }
  return hardware;
}

}  // namespace fluence
