// When each layer reads each of its parameter words: recorded once a network, since no timing depends on
// data.
//
// A layer's matrix-vector unit takes its *steps* of an image in the order pixel, neuron fold, synapse
// fold: step s reads weight word s % WMEM of every PE for output pixel s / WMEM. The row of pixel p and
// neuron fold nf, number p * NF + nf, leaves with the thresholds of nf in a later cycle, at the earliest
// the next one. docs/schedule.md describes the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fault/sites.hpp"
#include "network/topology.hpp"

namespace fluence {

/// How a layer works through one image. Cycles count from its first step of the image.
struct WorkPattern {
  /// From `step` on one step a cycle, up to the next run.
  struct Run {
    std::int64_t step = 0;
    std::int64_t cycle = 0;
    bool operator==(const Run&) const = default;
  };
  /// A row that leaves `cycles` cycles later than the earliest one.
  struct Late {
    std::int64_t row = 0;
    std::int64_t cycles = 0;
    bool operator==(const Late&) const = default;
  };
  std::vector<Run> runs;   ///< ascending; the first is {0, 0}
  std::vector<Late> late;  ///< ascending
  bool operator==(const WorkPattern&) const = default;
};

/// Images, one after the other, that a layer works through alike.
struct ImageSpan {
  std::int64_t images = 0;  ///< 0: all further ones (the last span, and only it)
  std::size_t pattern = 0;
  std::uint64_t start = 0;   ///< run cycle of the first step of the first of them
  std::uint64_t period = 0;  ///< cycles from one's first step to the next one's; 0 if there is only one
  bool operator==(const ImageSpan&) const = default;
};

struct LayerSchedule {
  std::vector<WorkPattern> patterns;
  std::vector<ImageSpan> spans;
};

/// Where in a run a stored word is read first.
struct FirstRead {
  std::int64_t image = 0;
  int pixel = 0;  ///< output pixel, y * out_dim + x
  bool operator==(const FirstRead&) const = default;
};

class Schedule {
 public:
  /// `rtl`: digest of the RTL that was recorded. The topology must outlive the schedule. Throws
  /// std::logic_error if the layers are not as the comments above say.
  Schedule(const Topology& net, std::string rtl, std::vector<LayerSchedule> layers);

  /// The schedule in `text`, the content of a file that is called `name` in errors. Throws InputError if
  /// it is no schedule, or one of another network.
  static Schedule parse(std::string_view text, const std::string& name, const Topology& net);
  /// Reads `<folder>/<network>.json`, of whatever RTL. Throws InputError like `parse`, and if it cannot
  /// be read.
  static Schedule read(const std::filesystem::path& folder, const Topology& net);
  /// Throws like `read`, and if the schedule was recorded on an RTL with another digest. All errors say
  /// that `fluence calibrate` renews it.
  static Schedule load(const std::filesystem::path& folder, const Topology& net, std::string_view rtl);
  static std::filesystem::path file_in(const std::filesystem::path& folder, const Topology& net);
  /// The content of the file.
  [[nodiscard]] std::string text() const;
  /// Digest of `text()`, for the manifest: 16 hex digits.
  [[nodiscard]] std::string digest() const;

  [[nodiscard]] const Topology& net() const { return *net_; }
  [[nodiscard]] const std::string& rtl() const { return rtl_; }
  [[nodiscard]] const LayerSchedule& layer(int index) const {
    return layers_.at(static_cast<std::size_t>(index));
  }

  /// From this image on all layers do with every image what they did with the one before it,
  [[nodiscard]] std::int64_t periodic_from() const;
  /// so many cycles later.
  [[nodiscard]] std::uint64_t period() const { return layers_.back().spans.back().period; }

  /// Run cycle of a step or row of a layer.
  [[nodiscard]] std::uint64_t step_cycle(int layer, std::int64_t image, std::int64_t step) const;
  [[nodiscard]] std::uint64_t row_cycle(int layer, std::int64_t image, std::int64_t row) const;

  /// The first window that is computed with the site's word as it is in run cycle `cycle` or later; the
  /// site, of weights or thresholds, must exist. Takes no longer for late cycles.
  [[nodiscard]] FirstRead first_read(const Site& site, std::uint64_t cycle) const;

 private:
  /// (image, step or row)
  using Place = std::pair<std::int64_t, std::int64_t>;
  struct Numbered {
    ImageSpan span;
    std::int64_t first_image = 0;
  };
  [[nodiscard]] Place first_step(const Layer& layer, std::uint64_t cycle) const;
  [[nodiscard]] Place first_row(const Layer& layer, std::uint64_t cycle) const;

  const Topology* net_;
  std::string rtl_;
  std::vector<LayerSchedule> layers_;
  std::vector<std::vector<Numbered>> spans_;  ///< [layer]
};

}  // namespace fluence
