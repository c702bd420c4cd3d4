#include "rtl/matrix_vector/matrix_vector.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <stdexcept>

#include "base/bits.hpp"
#include "rtl/memory_cell/memory_cell.hpp"

namespace fluence {
namespace {

// A step: a synapse fold is accumulated. A result: a row of sums, which waits in the accumulators.
class MatrixVector final : public StageKind {
 public:
  [[nodiscard]] Instance instance(const Stage& stage, const Layer& l) const override {
    if (!has_plane_unit(l)) {
      return of_stage(stage, numbers_unit(l));
    }
    Instance instance{"fl_mvau",
                      {{"MatrixWidth", l.matrix_width()},
                       {"MatrixHeight", l.matrix_height()},
                       {"Simd", l.simd},
                       {"Pe", l.pe},
                       {"InBits", l.in_bits},
                       {"OutBits", l.out_bits},
                       {"WeightBits", l.weight_bits},
                       {"Thresholds", l.thresholds},
                       {"AccBits", l.accumulator_bits},
                       {"FractionBits", l.fraction_bits},
                       {"Xnor", l.xnor ? 1 : 0}}};
    if (l.adds_signs()) {
      instance.module = "fl_mvau_signs";
      std::erase_if(instance.parameters, [](const auto& parameter) {
        return parameter.first == "InBits" || parameter.first == "WeightBits" ||
               parameter.first == "FractionBits" || parameter.first == "Xnor";
      });
    }
    return of_stage(stage, std::move(instance));
  }
  [[nodiscard]] std::vector<Storage> storages(const Stage& stage, const Layer& layer) const override {
    const auto& weights = *layer.weight_codec;
    const auto& thresholds = *layer.threshold_codec;
    const bool weight_cells = layer.weights_in_cells();
    const bool threshold_cells = layer.thresholds_in_cells();
    std::vector<Storage> all = {{Space::weights, layer.pe, layer.weight_words(), 1,
                                 weights.stored_bits(layer.weight_word_bits()),
                                 weight_cells            ? kWeightCells
                                 : has_plane_unit(layer) ? "weights_q"
                                                         : "g_weights.weights_q",
                                 weights.copies(), weight_cells ? kCellWords : ""}};
    if (layer.thresholds > 0) {
      all.push_back({Space::thresholds, layer.pe, layer.threshold_words(), layer.thresholds,
                     thresholds.stored_bits(layer.accumulator_bits),
                     threshold_cells ? kThresholdCells : "g_thresholds.thresholds_q",
                     thresholds.copies(), threshold_cells ? kCellWords : ""});
    }
    const auto add_registers = [&](Storage storage, const Codec& codec) {
      storage.space = Space::read;
      storage.words = 1;
      storage.bits *= codec.words();
      storage.cell = kCellRegister;
      all.push_back(std::move(storage));
    };
    if (layer.synchronous_weights) {
      add_registers(all[0], weights);
    }
    if (layer.synchronous_thresholds) {
      add_registers(all[1], thresholds);
    }
    all.push_back({Space::vector, 1, layer.synapse_folds(), 1, stage.in_width, "vector_q"});
    all.push_back({Space::accumulator, layer.pe, 1, 1, layer.accumulator_bits, "acc_q"});
    return all;
  }
  [[nodiscard]] std::vector<ControlRegister> control(const Stage&, const Layer& layer) const override {
    std::vector<ControlRegister> all = {{"sf_q", counter_bits(layer.synapse_folds())},
                                        {"nf_q", counter_bits(layer.neuron_folds())},
                                        {"nf_out_q", counter_bits(layer.neuron_folds())},
                                        {"tile_q", counter_bits(layer.weight_words())},
                                        {"out_valid_q", 1}};
    const auto add_counters = [&](const Codec& codec, int bits, const std::string& block) {
      if (counts_accesses(codec, bits)) {
        for (const char* event : {"corrected", "detected"}) {
          all.push_back({block + ".g_events.u_" + event + ".count_q", kAccessCounterBits});
        }
      }
    };
    add_counters(*layer.weight_codec, layer.weight_word_bits(), kWeightCells);
    add_counters(*layer.threshold_codec, layer.accumulator_bits, kThresholdCells);
    for (const auto& [block, synchronous] : {std::pair{kWeightCells, layer.synchronous_weights},
                                             {kThresholdCells, layer.synchronous_thresholds}}) {
      if (synchronous) {
        all.push_back({std::string(block) + ".g_later.write_q", 1});
      }
    }
    return all;
  }
  [[nodiscard]] const char* waiting() const override { return "out_valid_q"; }
  [[nodiscard]] StageWork work(const Stage&, const Layer& layer) const override {
    StageWork work;
    work.line = work.fold = layer.synapse_folds();
    work.row = layer.weight_words();
    work.steps = layer.out_pixels() * work.row;
    return work;
  }
  [[nodiscard]] std::int64_t popped(const StageWork& work, std::int64_t steps) const override {
    return steps / work.row * work.line + std::min(steps % work.row, work.line);
  }
  [[nodiscard]] std::int64_t pushed(const StageWork&, std::int64_t,
                                    std::int64_t results) const override {
    return results;
  }
  [[nodiscard]] StreamTarget output(const Stage& stage, const Layer& layer, bool last,
                                    const StreamTarget&) const override {
    const int pixel_bits = layer.out_channels * layer.out_bits;
    return layer.pool || last
               ? StreamTarget{stage.layer, Transient::Point::output, pixel_bits, layer.out_pixels()}
               : StreamTarget{stage.layer + 1, Transient::Point::input, pixel_bits, layer.out_pixels()};
  }
  [[nodiscard]] Fate follow(const StoredBit& bit, EffectSink& effects) const override {
    switch (bit.site.space) {
      case Space::vector: return follow_vector(bit, effects);
      case Space::accumulator: return follow_sum(bit, effects);
      case Space::read: return Fate::overwritten;  // unless it is read in this very cycle
      default:
        return first_read(bit.layer, bit.index, bit.site, bit.counts).image < bit.images
                   ? Fate::read
                   : Fate::never_read;
    }
  }
  [[nodiscard]] std::int64_t next_store(const StoredBit& bit) const override {
    const auto row = bit.work.row;
    switch (bit.site.space) {
      case Space::vector:
        return (bit.steps() + row - 1 - bit.site.index) / row * row + bit.site.index + 1;
      case Space::accumulator: return bit.steps() + 1;
      default: return kNeverStored;
    }
  }
  void observe(const StageSignals& signals, const std::string& stage, StepLog& log) const override {
    const bool blocked = signals.out_valid && signals.out_full;
    const auto& work = log.work();
    // Asked before a result closes the image.
    const bool first_fold = log.steps() % work.row < work.line;
    if (signals.in_ready != (first_fold && !blocked)) {
      throw std::logic_error("stage " + stage +
                             " does not step as a matrix-vector unit does, in cycle " +
                             std::to_string(signals.cycle));
    }
    if (signals.out_valid && !blocked) {
      log.give_result(signals.cycle);  // after the last one the next image's first step can be taken
    }
    if (first_fold ? signals.in_ready && signals.in_has_word : !blocked) {
      log.take_step(signals.cycle);
    }
  }
  [[nodiscard]] std::string absorbed(const Stage& stage, const std::string& words,
                                     const std::function<bool(Space)>& differed) const override {
    return absorbed_by_unit(stage.layer, words, differed(Space::accumulator));
  }

 protected:
  [[nodiscard]] Position position(const StageWork& work, const Layer&,
                                  const ControlValues& values) const override {
    return {values.own("tile_q"), work.row};
  }

 private:
  static constexpr const char* kWeightCells = "g_weight_memories";
  static constexpr const char* kThresholdCells = "g_threshold_memories";
  static constexpr const char* kCellWords = "mem_q";
  static constexpr const char* kCellRegister = "g_read.read_q";

  // What fl_mvau and fl_mvau_signs compute. Of more than 64 rows at a time they are too large for
  // Verilator.
  static bool has_plane_unit(const Layer& l) {
    constexpr int kMostRows = 64;
    // Of their words the host reads and writes all bits at once.
    return !l.weights_in_cells() && !l.thresholds_in_cells() && l.has_plane_numbers() &&
           l.pe <= kMostRows && l.weight_word_bits() <= kWordBits &&
           (l.in_bits > 1 || l.weight_bits == 1) &&
           (l.thresholds > 0 || l.accumulator_bits == l.out_bits);
  }
  // Everything else.
  static Instance numbers_unit(const Layer& l) {
    Instance instance{
        "fl_mvau_numbers",
        {{"MatrixWidth", l.matrix_width()},
         {"MatrixHeight", l.matrix_height()},
         {"Simd", l.simd},
         {"Pe", l.pe},
         {"InBits", l.in_bits},
         {"InUnsigned", l.in_unsigned ? 1 : 0},
         {"WeightBits", l.weight_bits},
         {"Xnor", l.xnor ? 1 : 0},
         {"Thresholds", l.thresholds},
         {"OutBits", l.out_bits},
         {"OutLeast", l.thresholds > 0 ? static_cast<int>(l.out_format().code(l.out_least)) : 0},
         {"AccBits", l.accumulator_bits},
         {"FractionBits", l.fraction_bits}}};
    const auto add_codec = [&](const char* memory, const Codec& codec, int bits) {
      if (!is_plain(codec)) {
        std::ranges::move(memory_cell_parameters(memory, codec, bits),
                          std::back_inserter(instance.parameters));
      }
    };
    add_codec("Weight", *l.weight_codec, l.weight_word_bits());
    add_codec("Threshold", *l.threshold_codec, l.accumulator_bits);
    for (const auto& [memory, synchronous] :
         {std::pair{"Weight", l.synchronous_weights}, {"Threshold", l.synchronous_thresholds}}) {
      if (synchronous) {
        instance.parameters.emplace_back(std::string(memory) + "Synchronous", 1);
      }
    }
    instance.counts = true;
    return instance;
  }
  // With the ports of its parameters.
  static Instance of_stage(const Stage& stage, Instance instance) {
    const auto layer = [&](int offset) {
      return "param_layer_i == 32'd" + std::to_string(2 * stage.layer + offset);
    };
    const auto target = [&](int offset) { return "param_access_i && " + layer(offset); };
    instance.further.insert(instance.further.end(),
                            {{"weights_sel_i", target(0)},
                             {"thresholds_sel_i", target(1)},
                             {"param_we_i", ""},
                             {"param_pe_i", ""},
                             {"param_word_i", ""},
                             {"param_thresh_i", ""},
                             {"param_data_i", ""},
                             {"param_data_o", "param_data[" + std::to_string(stage.layer) + "]"}});
    if (instance.counts) {
      instance.further.insert(instance.further.end(), {{"param_copy_i", ""},
                                                       {"counts_clear_i", "start_i && !readback_i"},
                                                       {"weight_counts_sel_i", layer(0)},
                                                       {"threshold_counts_sel_i", layer(1)}});
    }
    return instance;
  }
  // A word is stored in neuron fold 0, which takes it from the stream, and read in the further ones.
  static Fate follow_vector(const StoredBit& bit, EffectSink& effects) {
    const auto& layer = bit.layer;
    const auto& work = bit.work;
    const auto pixel = bit.steps() / work.row;
    const auto step = bit.steps() % work.row;
    const auto pixels = bit.images * layer.out_pixels();
    const int word = bit.site.index;
    if (step <= word) {
      return unread(pixel < pixels);
    }
    const auto fold = step / work.line + (word < step % work.line ? 1 : 0);
    if (fold == layer.neuron_folds()) {
      return unread(pixel + 1 < pixels);
    }
    effects.add({pixel / layer.out_pixels(), layer.index, Transient::Point::operand,
                 static_cast<int>(pixel % layer.out_pixels()), word, static_cast<int>(fold),
                 bit.site.bit});
    return Fate::read;
  }

  static Fate follow_sum(const StoredBit& bit, EffectSink& effects) {
    const auto& layer = bit.layer;
    const auto& work = bit.work;
    const auto steps = bit.steps();
    auto row = steps / work.fold;
    auto added = steps % work.fold;
    if (added == 0) {
      if (bit.results() == row) {
        return unread(steps < bit.images * work.steps);
      }
      --row;  // finished, and waiting
      added = work.fold;
    }
    const auto of_image = row % work.results();
    const auto folds = layer.neuron_folds();
    effects.add({row / work.results(), layer.index, Transient::Point::sum,
                 static_cast<int>(of_image / folds),
                 static_cast<int>(of_image % folds) * layer.pe + bit.site.module,
                 static_cast<int>(added), bit.site.bit});
    return Fate::read;
  }
};

}  // namespace

const StageKind& matrix_vector() {
  static const MatrixVector kind;
  return kind;
}

FirstRead first_read(const Layer& layer, std::size_t unit, const Site& site, const StageCounts& counts) {
  assert(site.space == Space::weights || site.space == Space::thresholds);
  const bool weights = site.space == Space::weights;
  const auto at = weights ? counts.steps(unit) : counts.results(unit);
  const int words = weights ? layer.weight_words() : layer.neuron_folds();
  const auto pixel = at / words + (at % words > site.index ? 1 : 0);
  return {pixel / layer.out_pixels(), static_cast<int>(pixel % layer.out_pixels())};
}

NextAccess next_access(const Layer& layer, std::size_t unit, Space memory, const StageCounts& counts) {
  const bool weights = memory == Space::weights;
  const auto number = weights ? counts.steps(unit) : counts.results(unit);
  const int words = weights ? layer.weight_words() : layer.neuron_folds();
  const auto pixel = number / words;
  return {{pixel / layer.out_pixels(), static_cast<int>(pixel % layer.out_pixels())},
          static_cast<int>(number % words)};
}

bool is_synchronous(const Layer& layer, Space memory) {
  return memory == Space::weights ? layer.synchronous_weights : layer.synchronous_thresholds;
}

Site memory_of(const Layer& layer, const Site& site) {
  assert(site.space == Space::read);
  const int of_weights = layer.synchronous_weights ? layer.pe : 0;  // the first ones of the layer
  auto memory = site;
  memory.space = site.module < of_weights ? Space::weights : Space::thresholds;
  memory.module -= memory.space == Space::weights ? 0 : of_weights;
  memory.index = memory.bit = 0;
  return memory;
}

std::string absorbed_by_unit(int layer, const std::string& words, bool sums_differed) {
  const auto number = std::to_string(layer);
  return sums_differed
             ? "absorbed by the thresholds of layer " + number + ": " + words +
                   ", sums did, no activation"
             : "absorbed by the matrix-vector unit of layer " + number + ": " + words + ", no sum did";
}

}  // namespace fluence
