#include "trace/wave_writer.hpp"

#include <gtkwave/fstapi.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <system_error>
#include <tuple>

#include "base/error.hpp"
#include "base/output_file.hpp"
#include "rtl/model/state_access.hpp"
#include "rtl/site_names.hpp"
#include "trace/state.hpp"

namespace fluence {
namespace {

constexpr int kTimescale = -8;  // 10^-8 s, a cycle at 100 MHz
constexpr std::size_t kSides = 2;
constexpr std::array<const char*, kSides> kSideNames = {"fault_free", "faulty"};

std::filesystem::path temporary_file() {
  auto name = (std::filesystem::temp_directory_path() / "fluence-XXXXXX.fst").string();
  const int fd = ::mkstemps(name.data(), 4);
  if (fd < 0) {
    throw InputError("cannot write " + name + " (" + std::generic_category().message(errno) +
                     "): make room there, or set TMPDIR");
  }
  ::close(fd);
  return name;
}

}  // namespace

// An array of the RTL, or one word of a parameter memory.
struct WaveWriter::Variable {
  int layer = 0;
  std::size_t position = 0;  ///< in the pipeline
  std::string instance, name;
  std::vector<std::string> words;  ///< their names
  int bits = 0;                    ///< of a word
  std::size_t array = 0;
  std::optional<std::uint64_t> word{};  ///< of the array, the only one that is meant
  std::size_t bytes = 0;                ///< of a word
  bool fifo = false;                    ///< the slots of one

  std::array<std::vector<fstHandle>, kSides> handles{};  ///< [side][word]
  std::array<std::vector<std::byte>, kSides> shown{};
  fstHandle differs = 0;
  bool differed = false;

  [[nodiscard]] std::span<const std::byte> in(const RtlProbes& model) const {
    return word ? model.stored_word(array, *word) : model.stored(array);
  }
};

struct WaveWriter::Handshake {
  std::array<fstHandle, kSides> valid{}, ready{};
};

WaveWriter::WaveWriter(const SiteMap& sites, const std::vector<Fault>& faults)
    : flow_(dataflow(sites.net())),
      temporary_(temporary_file()),
      file_(fstWriterCreate(temporary_.c_str(), 1)),
      handshakes_(flow_.streams.size()),
      layer_bits_(sites.net().layers.size()) {
  if (file_ == nullptr) {
    throw InputError("cannot write " + temporary_.string() + ": make room there, or set TMPDIR");
  }
  fstWriterSetPackType(file_, FST_WR_PT_LZ4);
  fstWriterSetTimescale(file_, kTimescale);
  fstWriterSetVersion(file_, "fluence trace");
  choose(sites, faults);
  declare();
}

WaveWriter::~WaveWriter() {
  if (file_ != nullptr) {
    fstWriterClose(file_);
  }
  std::error_code ignored;
  std::filesystem::remove(temporary_, ignored);
}

void WaveWriter::choose(const SiteMap& sites, const std::vector<Fault>& faults) {
  const auto position = [&](const std::string& instance) -> std::size_t {
    for (std::size_t k = 0; k < flow_.stages.size(); ++k) {
      if (instance == "u_" + flow_.stages[k].name) {
        return 2 * k + 1;
      }
      if (k < flow_.streams.size() && instance == "u_" + flow_.streams[k].name + "_fifo") {
        return 2 * k + 2;
      }
    }
    return 0;  // the top's own
  };
  const auto add = [&](std::size_t array, const std::vector<Site>& words,
                       std::optional<std::uint64_t> only) {
    const auto& a = sites.arrays()[array];
    Variable variable;
    const auto split = [&](std::string name) {
      constexpr std::string_view kPipeline = "u_pipeline.";
      name = name.starts_with(kPipeline) ? name.substr(kPipeline.size()) : name;
      const auto dot = name.find('.');
      return dot == std::string::npos ? std::pair(std::string("top"), name)
                                      : std::pair(name.substr(0, dot), name.substr(dot + 1));
    };
    std::tie(variable.instance, variable.name) = split(a.rtl_name);
    for (const auto& word : words) {
      variable.words.push_back(split(rtl_name(a, word)).second);
    }
    if (words.size() == 1) {
      variable.name = variable.words.front();
    }
    variable.layer = a.layer;
    variable.fifo = a.space == Space::fifo;
    variable.position = position(variable.instance);
    variable.bits = a.bits;
    variable.array = array;
    variable.bytes = stored_bytes(a.bits);
    variable.word = only;
    variables_.push_back(std::move(variable));
  };
  std::set<Site> hit;  // parameter words
  for (const auto& fault : faults) {
    auto site = fault.site;
    site.bit = 0;
    hit.insert(site);
  }
  for (std::size_t i = 0; i < sites.arrays().size(); ++i) {
    const auto& a = sites.arrays()[i];
    const bool parameters = a.space == Space::weights || a.space == Space::thresholds;
    std::vector<Site> words;
    const auto all = a.bit_count() / static_cast<std::uint64_t>(a.bits);
    for (std::uint64_t number = 0; number < all; ++number) {
      const auto site = sites.site(a.address + number * static_cast<std::uint64_t>(a.bits));
      if (!parameters) {
        words.push_back(site);
      } else if (hit.contains(site)) {
        add(i, {site}, number);
      }
    }
    if (!parameters) {
      add(i, words, {});
    }
  }
  std::ranges::stable_sort(variables_, {},
                           [](const Variable& v) { return std::tuple(v.layer, v.position); });
}

template <class DeclareOne>
void WaveWriter::declare_scope(const char* name, DeclareOne declare_one) {
  const auto open = [this](const std::string& scope) {
    fstWriterSetScope(file_, FST_ST_VCD_MODULE, scope.c_str(), nullptr);
  };
  open(name);
  for (std::size_t i = 0; i < variables_.size(); ++i) {
    auto& variable = variables_[i];
    const auto* before = i > 0 ? &variables_[i - 1] : nullptr;
    const auto* after = i + 1 < variables_.size() ? &variables_[i + 1] : nullptr;
    if (before == nullptr || before->layer != variable.layer) {
      open("layer" + std::to_string(variable.layer));
    }
    if (before == nullptr || before->layer != variable.layer || before->instance != variable.instance) {
      open(variable.instance);
    }
    declare_one(variable);
    if (after == nullptr || after->layer != variable.layer || after->instance != variable.instance) {
      fstWriterSetUpscope(file_);
    }
    if (after == nullptr || after->layer != variable.layer) {
      fstWriterSetUpscope(file_);
    }
  }
  fstWriterSetUpscope(file_);
}

void WaveWriter::declare() {
  const auto make = [this](const std::string& name, int bits) {
    const auto range = bits > 1 ? " [" + std::to_string(bits - 1) + ":0]" : "";
    return fstWriterCreateVar(file_, FST_VT_VCD_REG, FST_VD_IMPLICIT, static_cast<std::uint32_t>(bits),
                              (name + range).c_str(), 0);
  };
  cycle_ = make("cycle", 64);
  declare_scope("differs", [&](Variable& variable) { variable.differs = make(variable.name, 1); });
  for (std::size_t layer = 0; layer < layer_bits_.size(); ++layer) {
    layer_bits_[layer] = make("bits_of_layer" + std::to_string(layer), 32);
  }
  for (std::size_t side = 0; side < kSides; ++side) {
    declare_scope(kSideNames[side], [&](Variable& variable) {
      for (const auto& word : variable.words) {
        variable.handles[side].push_back(make(word, variable.bits));
      }
      if (variable.fifo) {
        auto& handshake = handshakes_[variable.position / 2 - 1];
        handshake.valid[side] = make("valid_i", 1);
        handshake.ready[side] = make("ready_i", 1);
      }
    });
  }
}

void WaveWriter::show(const Variable& variable, std::size_t side, std::span<const std::byte> now) {
  const auto& shown = variable.shown[side];
  for (std::size_t word = 0; word < variable.words.size(); ++word) {
    const auto at = word * variable.bytes;
    if (!shown.empty() && std::memcmp(shown.data() + at, now.data() + at, variable.bytes) == 0) {
      continue;
    }
    std::array<std::uint64_t, 64> limbs{};
    std::memcpy(limbs.data(), now.data() + at, variable.bytes);
    fstWriterEmitValueChangeVec64(file_, variable.handles[side][word],
                                  static_cast<std::uint32_t>(variable.bits), limbs.data());
  }
}

void WaveWriter::sample(std::uint64_t cycle, const RtlProbes& fault_free, const RtlProbes& faulty) {
  const auto emit = [this](fstHandle handle, std::uint32_t bits, std::uint64_t value) {
    fstWriterEmitValueChange64(file_, handle, bits, value);
  };
  fstWriterEmitTimeChange(file_, cycle);
  emit(cycle_, 64, cycle);
  const std::array<const RtlProbes*, kSides> models = {&fault_free, &faulty};
  std::vector<std::uint32_t> bits(layer_bits_.size());
  for (auto& variable : variables_) {
    const std::array now = {variable.in(fault_free), variable.in(faulty)};
    for (std::size_t side = 0; side < kSides; ++side) {
      auto& shown = variable.shown[side];
      if (shown.empty() || std::memcmp(shown.data(), now[side].data(), now[side].size()) != 0) {
        show(variable, side, now[side]);
        shown.assign(now[side].begin(), now[side].end());
      }
    }
    const auto differing = differing_bits(now[0], now[1]);
    bits[static_cast<std::size_t>(variable.layer)] += differing;
    if (const bool differs = differing > 0; first_ || differs != variable.differed) {
      emit(variable.differs, 1, differs ? 1 : 0);
      variable.differed = differs;
    }
  }
  for (std::size_t layer = 0; layer < bits.size(); ++layer) {
    emit(layer_bits_[layer], 32, bits[layer]);
  }
  for (std::size_t side = 0; side < kSides; ++side) {
    const auto streams = models[side]->streams();
    for (std::size_t k = 0; k < streams.size(); ++k) {
      emit(handshakes_[k].valid[side], 1, streams[k].valid_in ? 1 : 0);
      emit(handshakes_[k].ready[side], 1, streams[k].ready_out ? 1 : 0);
    }
  }
  first_ = false;
}

void WaveWriter::write(const std::filesystem::path& path) {
  fstWriterClose(file_);
  file_ = nullptr;
  std::ifstream in(temporary_, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(in), {}};
  write_file(path, content);
}

}  // namespace fluence
