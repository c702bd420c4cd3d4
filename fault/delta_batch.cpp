#include "fault/delta_batch.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>

#include "base/bits.hpp"
#include "fault/parameter_fault.hpp"

namespace fluence {
namespace {

constexpr int kBlockImages = 8;  // whose scores are collected before trials get theirs

// That of the words which holds the site's bit.
bool same_limb(const Site& a, const Site& b) {
  return a.space == b.space && a.layer == b.layer && a.module == b.module && a.index == b.index &&
         a.thresh == b.thresh && a.bit / kWordBits == b.bit / kWordBits;
}

}  // namespace

DeltaBatch::DeltaBatch(const Parameters& golden, const PackedNetwork& packed, int images,
                       std::size_t margin_bytes, Isa isa)
    : golden_(&golden),
      scratch_(golden),
      network_(golden, packed, isa),
      evaluator_(network_),
      margins_(std::min(margin_bytes / network_.margin_bytes(), index(images))) {}

void DeltaBatch::inject(const Fault& fault, Semantics semantics, State& state) {
  const auto& site = fault.site;
  const auto& layer = golden_->net->layer(site.layer);
  const bool weights = site.space == Space::weights;
  const int fold = weights ? site.index / layer.synapse_folds() : site.index;
  auto word = std::ranges::find_if(state.words, [&](const Word& w) { return same_limb(w.site, site); });
  const bool fresh = word == state.words.end();
  if (fresh) {
    word = state.words.insert(word, {site, fold * layer.pe + site.module, 0});
  }
  if (weights) {
    auto& stored = scratch_.weight(site.layer, site.module, site.index, site.bit / kWordBits);
    const auto right = stored;
    stored = fresh ? right : word->value;
    apply_fault(scratch_, fault, semantics);
    word->value = stored;
    stored = right;
  } else {
    auto& stored = scratch_.threshold(site.layer, site.module, site.index, site.thresh);
    const auto right = stored;
    stored = fresh ? right : static_cast<std::int32_t>(word->value);
    apply_fault(scratch_, fault, semantics);
    word->value = static_cast<std::uint64_t>(std::int64_t{stored});
    stored = right;
  }

  const auto row = network_.row(site.layer, word->neuron);
  row_.assign(row.begin(), row.end());
  const auto thresholds = network_.thresholds(site.layer, word->neuron);
  thresholds_.assign(thresholds.begin(), thresholds.end());
  for (const auto& changed : state.words) {
    if (changed.site.layer != site.layer || changed.neuron != word->neuron) {
      continue;
    }
    if (changed.site.space != Space::weights) {
      thresholds_[index(changed.site.thresh)] = static_cast<std::int32_t>(changed.value);
      continue;
    }
    // A layer on the image has weight words that lie in two words of columns.
    const int first = changed.site.index % layer.synapse_folds() * layer.simd;
    const auto row_words = row_.size() / index(layer.weight_bits);
    const int begin = changed.site.bit / kWordBits * kWordBits;
    const int end = std::min(begin + kWordBits, layer.weight_word_bits());
    for (int i = begin; i < end; ++i) {
      const auto column = index(first + i / layer.weight_bits);
      auto& bits = row_[index(i % layer.weight_bits) * row_words + column / kWordBits];
      bits = (bits & ~(std::uint64_t{1} << (column % kWordBits))) | (changed.value >> (i - begin) & 1)
                                                                        << (column % kWordBits);
    }
  }
  state.changed.set(site.layer, word->neuron, row_, thresholds_);
}

void DeltaBatch::start(const Job& job, std::int64_t image, State& state) {
  for (; state.started < job.starts.size() && job.starts[state.started].image <= image;
       ++state.started) {
    inject(job.trial->faults[job.starts[state.started].fault], job.semantics, state);
  }
}

bool DeltaBatch::is_partial(const Job& job, int image, State& state) {
  if (state.partial == job.partial.size() || job.partial[state.partial] != image) {
    return false;
  }
  ++state.partial;
  return true;
}

bool DeltaBatch::gains(const Job& job) {
  // So few never cost more than their layers.
  constexpr std::size_t kFew = 16;
  if (job.starts.size() <= kFew) {
    return true;
  }
  State state{ChangedNeurons(network_), {}};
  start(job, job.trial->images, state);
  return !state.changed.prefers_recomputation();
}

const DeltaNetwork::Margins& DeltaBatch::margins(int image, std::span<const std::uint64_t> trace) {
  const bool keep = index(image) < margins_.size();
  auto& margins = keep ? margins_[index(image)] : others_;
  if (!keep || margins.empty()) {
    network_.fill_margins(trace, margins);
  }
  return margins;
}

void DeltaBatch::run(std::span<Job> jobs, const TraceSource& trace, const Watch& watch) {
  const auto scores = index(golden_->net->scores());
  std::vector<State> states;
  int images = 0;
  for (const auto& job : jobs) {
    states.push_back({ChangedNeurons(network_), {}});
    start(job, 0, states.back());
    images = std::max(images, job.trial->images);
    job.result->scores.resize(index(job.trial->images) * scores);
    job.result->images_done = job.trial->images;
  }
  // Trials that begin in the same layer one after the other: their code and branches are alike.
  std::vector<std::size_t> order(jobs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto first_layer = [&](std::size_t i) {
    int layer = static_cast<int>(golden_->net->layers.size());
    for (const auto& fault : jobs[i].starts) {
      layer = std::min(layer, jobs[i].trial->faults[fault.fault].site.layer);
    }
    return layer;
  };
  std::ranges::stable_sort(order, {}, first_layer);

  std::vector<std::int16_t> block(kBlockImages * jobs.size() * scores);
  const auto scores_at = [&](int image, std::size_t place) {
    return std::span(block).subspan((index(image) * jobs.size() + place) * scores, scores);
  };
  for (int first = 0; first < images; first += kBlockImages) {
    const int end = std::min(first + kBlockImages, images);
    for (int image = first; image < end; ++image) {
      if (watch) {
        watch(image);
      }
      const auto golden = trace(image);
      const auto& kept = margins(image, golden);
      for (std::size_t place = 0; place < order.size(); ++place) {
        const auto i = order[place];
        start(jobs[i], image, states[i]);
        if (!is_partial(jobs[i], image, states[i]) && image < jobs[i].trial->images) {
          evaluator_.run(golden, kept, states[i].changed, scores_at(image - first, place));
        }
      }
    }
    for (std::size_t place = 0; place < order.size(); ++place) {
      const auto& job = jobs[order[place]];
      for (int image = first; image < std::min(end, job.trial->images); ++image) {
        std::ranges::copy(
            scores_at(image - first, place),
            job.result->scores.begin() + static_cast<std::ptrdiff_t>(index(image) * scores));
      }
    }
  }
}

}  // namespace fluence
