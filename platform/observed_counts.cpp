#include "platform/observed_counts.hpp"

namespace fluence {

CountReader::CountReader(const Topology& net) : flow_(dataflow(net)), works_(stage_works(flow_)) {
  const SiteMap sites(net);
  for (const auto& array : sites.arrays()) {
    if (array.space == Space::control) {
      registers_.emplace(array.rtl_name, array.address);
    }
  }
}

ObservedCounts CountReader::after(std::int64_t images) const {
  std::vector<std::int64_t> steps;
  std::vector<std::int64_t> results;
  for (const auto& work : works_) {
    steps.push_back(images * work.steps);
    results.push_back(images * work.results());
  }
  return {std::move(steps), std::move(results)};
}

/// The registers of a stage of a model.
class CountReader::Values final : public ControlValues {
 public:
  Values(const CountReader& reader, const RtlModel& model, std::size_t stage)
      : reader_(reader), model_(model), stage_(stage) {}
  [[nodiscard]] std::int64_t own(const char* variable) const override {
    return reader_.value(model_, "u_pipeline.u_" + reader_.flow_.stages[stage_].name + "." + variable);
  }
  [[nodiscard]] std::int64_t top(const char* rtl_name) const override {
    return reader_.value(model_, rtl_name);
  }

 private:
  const CountReader& reader_;
  const RtlModel& model_;
  std::size_t stage_;
};

ObservedCounts CountReader::read(const RtlModel& model) const {
  if (value(model, "begin_q") != 0) {
    return after(0);  // the memory ports are told in this cycle what to do
  }
  const auto streams = model.streams();
  std::vector<std::int64_t> all_steps;
  std::vector<std::int64_t> all_results;
  for (std::size_t k = 0; k < works_.size(); ++k) {
    const auto& work = works_[k];
    const auto& stage = flow_.stages[k];
    const Values values(*this, model, k);
    const auto taken =
        k == 0 ? 0 : works_[k - 1].pushed(all_steps.back(), all_results.back()) - streams[k - 1].fill;
    const auto steps =
        stage.kind->observed_steps(stage, flow_.net->layer(stage.layer), work, values, taken);
    all_steps.push_back(steps);
    all_results.push_back(work.fold == 0 ? 0 : steps / work.fold - values.own(stage.kind->waiting()));
  }
  return {std::move(all_steps), std::move(all_results)};
}

std::int64_t CountReader::value(const RtlModel& model, const std::string& name) const {
  return static_cast<std::int64_t>(model.read_word(registers_.at(name)).front());
}

}  // namespace fluence
