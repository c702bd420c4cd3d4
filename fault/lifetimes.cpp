#include "fault/lifetimes.hpp"

#include <algorithm>
#include <stdexcept>

#include "rtl/fifo/fifo.hpp"

namespace fluence {
namespace {

/// Right after a step of one stage; of others nothing is asked.
class AfterStep final : public StageCounts {
 public:
  AfterStep(std::int64_t steps, const StageWork& work)
      : steps_(steps), results_(work.fold == 0 ? 0 : (steps - 1) / work.fold) {}
  [[nodiscard]] std::int64_t steps(std::size_t) const override { return steps_; }
  [[nodiscard]] std::int64_t results(std::size_t) const override { return results_; }

 private:
  std::int64_t steps_, results_;
};

}  // namespace

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
      int map_bit = at * flow.streams[stream].width + bit;
      if (stream == 0) {  // the memory's: a value may have more bits there
        const auto image = flow.net->stored_image();
        const int value = map_bit / image.value_bits();
        const int place = map_bit % image.value_bits();
        if (place >= image.numbers.bits) {
          return;
        }
        map_bit = value * image.numbers.bits + place;
      }
      transient.pixel = map_bit / target.pixel_bits;
      transient.bit = map_bit % target.pixel_bits;
      if (transient.pixel >= target.pixels) {
        return;  // behind the map's last bit a word has nothing
      }
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
  StreamTarget target{0, Transient::Point::input,
                      net.layers.front().in_channels * net.layers.front().in_bits,
                      net.layers.front().in_pixels()};
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

// To set a word from a moment on sets all of its uses from there on, whether the bit is stuck to the
// last of them or not: it keeps the value. So each word is met when it is stored, and the first one at
// the beginning.
Fate Lifetimes::follow_stuck(const Site& site, const StageCounts& begin, const StageCounts& last,
                             int images, std::vector<Transient>& transients) const {
  auto fate = follow(site, begin, images, transients);
  const auto& array = sites_.array_of(site);
  if (array.stage) {
    const auto k = *array.stage;
    const auto& stage = flow_.stages[k];
    const auto& layer = flow_.net->layer(stage.layer);
    const auto next = [&](const StageCounts& counts) {
      return stage.kind->next_store({site, stage, layer, works_[k], counts, k, images});
    };
    const auto end = std::min(last.steps(k), images * works_[k].steps);
    for (auto steps = next(begin); steps <= end;) {
      const AfterStep counts(steps, works_[k]);
      fate = std::max(fate, follow(site, counts, images, transients));
      steps = next(counts);
    }
    return fate;
  }
  const auto stream = array.stream.value();
  const auto pushed = [&](const StageCounts& counts) {
    const auto& work = works_[stream];
    return work.pushed(counts.steps(stream), work.fold == 0 ? 0 : counts.results(stream));
  };
  const auto depth = flow_.streams[stream].depth;
  const auto behind = pushed(begin) - site.index;
  for (auto word = site.index + (behind > 0 ? (behind + depth - 1) / depth * depth : 0);
       word < pushed(last); word += depth) {
    Sink(*this, stream, transients).stream_word(stream, word, site.bit);
    fate = Fate::read;
  }
  return fate;
}

FirstRead Lifetimes::first_read(const Site& site, const StageCounts& counts) const {
  const auto unit = flow_.units[static_cast<std::size_t>(site.layer)];
  return fluence::first_read(flow_.net->layer(site.layer), unit, site, counts);
}

bool Lifetimes::read_before(const Site& site, const StageCounts& begin, const StageCounts& end) const {
  return first_read(site, begin) != first_read(site, end);
}

Fate Lifetimes::follow(const Fault& fault, const StageCounts& begin, const StageCounts& last, int images,
                       std::vector<Transient>& transients, const HeldBits& held) const {
  const auto& array = sites_.array_of(fault.site);
  auto fate = Fate::never_read;
  auto site = fault.site;
  std::vector<Transient> none;
  for (const int bit : flipped_bits(fault, array.bits, Semantics::physical)) {
    site.bit = bit;
    auto known = transients.size();
    if (is_stuck(fault.kind)) {
      fate = std::max(fate, follow_stuck(site, begin, last, images, transients));
    } else if (fault.kind == FaultKind::flip || read_before(site, begin, last)) {
      const bool vain = held.any_stuck() && held.stuck(site, fault.begin());
      fate = std::max(fate, follow(site, begin, images, vain ? none : transients));
    }
    for (; known < transients.size(); ++known) {
      using Change = Transient::Change;
      auto& transient = transients[known];
      transient.change = !is_stuck(fault.kind)             ? Change::invert
                         : fault.kind == FaultKind::stuck0 ? Change::clear
                                                           : Change::set;
      transient.station = array.stage ? 2 * *array.stage : 2 * array.stream.value() + 1;
      transient.passed = array.bits - bit;  // in a shift register words move down
      transient.since = fault.begin();
    }
  }
  return fate;
}

std::optional<std::uint64_t> last_cycle(const Fault& fault) {
  if (fault.kind == FaultKind::flip || (is_stuck(fault.kind) && is_parameter(fault.site.space))) {
    return std::nullopt;
  }
  return is_stuck(fault.kind) && fault.end() != Fault::kForever ? fault.end() - 1 : fault.end();
}

}  // namespace fluence
