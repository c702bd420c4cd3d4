#include "trace/streams.hpp"

#include <algorithm>
#include <utility>

namespace fluence {

StreamComparison::StreamComparison(Dataflow flow, RtlModel& fault_free_model, RtlModel& faulty_model)
    : flow_(std::move(flow)),
      pairings_(flow_.streams.size()),
      traces_(flow_.streams.size()),
      words_(flow_.streams.size(), Timeline::Join::sum),
      differing_(flow_.streams.size(), Timeline::Join::sum) {
  const auto observe = [this](Side side, RtlModel& model) {
    auto& observer = observers_[side];
    observer.owner = this;
    observer.side = side;
    observer.model = &model;
    model.observe(&observer);
  };
  observe(fault_free, fault_free_model);
  observe(faulty, faulty_model);
}

StreamComparison::~StreamComparison() {
  for (const auto& observer : observers_) {
    observer.model->observe(nullptr);
  }
}

void StreamComparison::Observer::pushed(std::size_t stream, int /*slot*/,
                                        const std::vector<std::uint64_t>& word, std::uint64_t cycle) {
  owner->add(side, stream, word, cycle - model->run_start());
}

void StreamComparison::begin_run(int first_image) {
  first_image_ = first_image;
  last_word_ = 0;
  comparing_ = false;
  for (auto& pairing : pairings_) {
    pairing.matched = 0;
  }
}

void StreamComparison::compare_from_here(std::uint64_t offset) {
  offset_ = offset;
  comparing_ = true;
}

void StreamComparison::end_run() {
  for (std::size_t k = 0; k < traces_.size(); ++k) {
    auto& [clean, upset] = pairings_[k].waiting;
    traces_[k].missing += clean.size();
    traces_[k].extra += upset.size();
    clean.clear();
    upset.clear();
  }
}

void StreamComparison::add(Side side, std::size_t stream, const std::vector<std::uint64_t>& limbs,
                           std::uint64_t cycle) {
  auto& pairing = pairings_[stream];
  if (side == faulty) {
    last_word_ = cycle;
  }
  if (!comparing_) {
    pairing.matched += side == fault_free ? 1 : 0;
    return;
  }
  const Word word{cycle + offset_, limbs};
  auto& partners = pairing.waiting[1 - side];
  if (partners.empty()) {
    pairing.waiting[side].push_back(word);
    return;
  }
  const auto partner = std::move(partners.front());
  partners.pop_front();
  side == faulty ? match(stream, partner, word) : match(stream, word, partner);
}

void StreamComparison::match(std::size_t stream, const Word& clean, const Word& upset) {
  auto& trace = traces_[stream];
  const auto number = pairings_[stream].matched++;
  const auto time = upset.cycle - std::min(begin_, upset.cycle);
  ++trace.words;
  words_.count(stream, time);
  if (clean.cycle != upset.cycle) {
    trace.shifted = std::min({trace.shifted.value_or(clean.cycle), clean.cycle, upset.cycle});
  }
  if (clean.limbs == upset.limbs) {
    return;
  }
  const int image = first_image_ + static_cast<int>(number / flow_.streams[stream].words);
  if (!trace.when) {
    trace.when = {upset.cycle, upset.cycle};
    trace.first_image = trace.last_image = image;
  }
  trace.when->last = upset.cycle;
  trace.last_image = std::max(trace.last_image, image);
  ++trace.differing;
  differing_.count(stream, time);
}

std::vector<StreamTrace> StreamComparison::result(std::uint64_t end) {
  auto traces = traces_;
  for (std::size_t k = 0; k < traces.size(); ++k) {
    traces[k].flow = words_.row(k, end - begin_);
    traces[k].difference = differing_.row(k, end - begin_);
  }
  return traces;
}

}  // namespace fluence
