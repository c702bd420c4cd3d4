#include "fault/lifetimes.hpp"

#include <algorithm>
#include <stdexcept>

#include "rtl/fifo/fifo.hpp"

namespace fluence {

/// Turns words of a stream into places in the arithmetic.
class Lifetimes::Sink final : public EffectSink {
 public:
  Sink(const Lifetimes& lifetimes, std::size_t stage, std::vector<Transient>& out)
      : lifetimes_(lifetimes), stage_(stage), out_(out) {}
  void add(const Transient& transient) override { out_.push_back(transient); }
  void input_word(std::int64_t word, int bit) override { stream_word(stage_ - 1, word, bit); }
  void output_word(std::int64_t word, int bit) override { stream_word(stage_, word, bit); }

  void stream_word(std::size_t stream, std::int64_t word, int bit) {
    const auto& flow = lifetimes_.flow_;
    const auto& target = lifetimes_.targets_[stream];
    const auto words = flow.streams[stream].words;
    Transient transient{word / words, target.layer, target.point};
    const int at = static_cast<int>(word % words);
    if (target.point == Transient::Point::operand) {
      const int folds = flow.net->layer(target.layer).synapse_folds();
      transient.pixel = at / folds;
      transient.index = at % folds;
      transient.bit = bit;
    } else {
      const int map_bit = at * flow.streams[stream].width + bit;
      transient.pixel = map_bit / target.pixel_bits;
      transient.bit = map_bit % target.pixel_bits;
    }
    out_.push_back(transient);
  }

 private:
  const Lifetimes& lifetimes_;
  std::size_t stage_;
  std::vector<Transient>& out_;
};

Lifetimes::Lifetimes(const Dataflow& flow) : sites_(flow), flow_(flow), works_(stage_works(flow_)) {
  const auto& net = *flow_.net;
  const auto last = net.layers.back().index;
  StreamTarget target{0, Transient::Point::input, net.image().channels * net.layers.front().in_bits};
  for (std::size_t k = 0; k < flow_.streams.size(); ++k) {
    const auto& stage = flow_.stages[k];
    target = stage.kind->output(stage, net.layer(stage.layer), stage.layer == last, target);
    targets_.push_back(target);
  }
}

Fate Lifetimes::follow(const Site& site, const StageCounts& counts, int images,
                       std::vector<Transient>& transients) const {
  const auto& array = sites_.array_of(site);
  if (site.space == Space::control) {
    throw std::logic_error("what becomes of control is not known");
  }
  if (array.stage) {
    const auto k = *array.stage;
    const auto& stage = flow_.stages[k];
    Sink sink(*this, k, transients);
    return stage.kind->follow({site, stage, flow_.net->layer(stage.layer), works_[k], counts, k, images},
                              sink);
  }
  const auto stream = array.stream.value();
  const auto& work = works_[stream];
  const auto pushed = work.pushed(counts.steps(stream), work.fold == 0 ? 0 : counts.results(stream));
  const auto popped = works_[stream + 1].popped(counts.steps(stream + 1));
  std::int64_t word = 0;
  const auto fate = follow_slot(site.index, flow_.streams[stream].depth, pushed, popped,
                                std::int64_t{images} * flow_.streams[stream].words, word);
  if (fate == Fate::read) {
    Sink(*this, stream, transients).stream_word(stream, word, site.bit);
  }
  return fate;
}

Fate Lifetimes::follow(const Fault& fault, const StageCounts& counts, int images,
                       std::vector<Transient>& transients) const {
  auto fate = Fate::never_read;
  auto site = fault.site;
  for (const int bit : flipped_bits(fault, sites_.array_of(site).bits, Semantics::physical)) {
    site.bit = bit;
    fate = std::max(fate, follow(site, counts, images, transients));
  }
  return fate;
}

}  // namespace fluence
