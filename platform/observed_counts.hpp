// How far the stages of the running RTL have come, read from its own control registers.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "rtl/dataflow.hpp"
#include "rtl/model/rtl_model.hpp"
#include "rtl/sites.hpp"
#include "rtl/stage_kind.hpp"

namespace fluence {

/// Counts of one moment of a run.
class ObservedCounts final : public StageCounts {
 public:
  /// Both [stage].
  ObservedCounts(std::vector<std::int64_t> steps, std::vector<std::int64_t> results)
      : steps_(std::move(steps)), results_(std::move(results)) {}
  [[nodiscard]] std::int64_t steps(std::size_t stage) const override { return steps_.at(stage); }
  [[nodiscard]] std::int64_t results(std::size_t stage) const override { return results_.at(stage); }

 private:
  std::vector<std::int64_t> steps_, results_;
};

/// Reads the counts of a model. A stage's registers say where it is in its work; which repetition of it,
/// follows from the words that have come to it: those that the stage before has given, without those in
/// the FIFO between them. The memory reader's registers say how many words it has yet to fetch.
class CountReader {
 public:
  /// The topology must outlive the object.
  explicit CountReader(const Topology& net);

  /// The stage of a layer's matrix-vector unit.
  [[nodiscard]] std::size_t unit(int layer) const {
    return flow_.units.at(static_cast<std::size_t>(layer));
  }
  /// The counts of an idle pipeline that has done so many images since it was reset.
  [[nodiscard]] ObservedCounts after(std::int64_t images) const;
  /// The counts before the model's present cycle; a run must be going on that no upset of control has
  /// disturbed. Throws std::logic_error if the registers contradict each other.
  [[nodiscard]] ObservedCounts read(const RtlModel& model) const;

 private:
  class Values;
  [[nodiscard]] std::int64_t value(const RtlModel& model, const std::string& name) const;

  Dataflow flow_;
  std::vector<StageWork> works_;                    ///< [stage]
  std::map<std::string, std::uint64_t> registers_;  ///< flat state addresses by RTL name
};

}  // namespace fluence
