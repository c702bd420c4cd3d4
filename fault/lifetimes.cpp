#include "fault/lifetimes.hpp"

#include <algorithm>
#include <stdexcept>

namespace fluence {
namespace {

constexpr int kLineBlocks = 4;

int narrowed(std::int64_t value) { return static_cast<int>(value); }

// Nothing reads the bit before the next write to it, if there is one.
Fate unread(bool written_again) { return written_again ? Fate::overwritten : Fate::never_read; }

}  // namespace

struct Lifetimes::Flip {
  const Site& site;
  const Layer& layer;
  const StageCounts& counts;
  std::int64_t images;
  std::vector<Transient>& out;
};

Lifetimes::Lifetimes(const Topology& net)
    : sites_(net), flow_(dataflow(net)), works_(stage_works(flow_)), places_(net.layers.size()) {
  using Point = Transient::Point;
  const auto last = net.layers.back().index;
  Target target{0, Point::input, kImageChannels * net.layers.front().in_bits};
  for (std::size_t k = 0; k < flow_.stages.size(); ++k) {
    const auto& stage = flow_.stages[k];
    const auto& layer = net.layer(stage.layer);
    auto& places = places_[static_cast<std::size_t>(stage.layer)];
    const int pixel_bits = layer.out_channels * layer.out_bits;
    switch (stage.kind) {
      case StageKind::sliding_window:
        places.window = k;
        target = {stage.layer, Point::operand, 0};
        break;
      case StageKind::matrix_vector:
        places.unit = k;
        target = layer.pool || stage.layer == last ? Target{stage.layer, Point::output, pixel_bits}
                                                   : Target{stage.layer + 1, Point::input, pixel_bits};
        break;
      case StageKind::max_pool:
        places.pool = k;
        target = {stage.layer + 1, Point::input, pixel_bits};
        break;
      default: places.registers.push_back(k);
    }
    if (k < flow_.streams.size()) {
      places.streams.push_back(k);
      targets_.push_back(target);
    }
  }
}

void Lifetimes::emit(const Flip& flip, std::size_t stream, std::int64_t word, int bit) const {
  const auto& target = targets_[stream];
  const auto words = flow_.streams[stream].words;
  Transient transient{word / words, target.layer, target.point};
  const int at = narrowed(word % words);
  if (target.point == Transient::Point::operand) {
    const int folds = flow_.net->layer(target.layer).synapse_folds();
    transient.pixel = at / folds;
    transient.index = at % folds;
    transient.bit = bit;
  } else {
    const int map_bit = at * flow_.streams[stream].width + bit;
    transient.pixel = map_bit / target.pixel_bits;
    transient.bit = map_bit % target.pixel_bits;
  }
  flip.out.push_back(transient);
}

Fate Lifetimes::follow(const Site& site, const StageCounts& counts, int images,
                       std::vector<Transient>& transients) const {
  const auto& places = places_[static_cast<std::size_t>(site.layer)];
  const auto module = static_cast<std::size_t>(site.module);
  const Flip flip{site, flow_.net->layer(site.layer), counts, images, transients};
  switch (site.space) {
    case Space::fifo: return follow_slot(flip, places.streams[module]);
    case Space::stream: return follow_register(flip, places.registers[module]);
    case Space::window: return follow_line(flip, places.window);
    case Space::vector: return follow_vector(flip, places.unit);
    case Space::accumulator: return follow_sum(flip, places.unit);
    case Space::pool: return follow_pool(flip, places.pool);
    case Space::weights:
    case Space::thresholds:
      return first_read(flip.layer, places.unit, site, counts).image < images ? Fate::read
                                                                              : Fate::never_read;
    case Space::control: break;
  }
  throw std::logic_error("what becomes of control is not known");
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

// Word n of the run goes to slot n % depth.
Fate Lifetimes::follow_slot(const Flip& flip, std::size_t stream) const {
  const auto& work = works_[stream];
  const auto results = work.fold == 0 ? 0 : flip.counts.results(stream);
  const auto pushed = work.pushed(flip.counts.steps(stream), results);
  const auto popped = works_[stream + 1].popped(flip.counts.steps(stream + 1));
  const auto slot = flip.site.index;
  const auto depth = flow_.streams[stream].depth;
  auto next = std::int64_t{slot};  // word that is stored here next
  if (pushed > slot) {
    const auto word = slot + (pushed - 1 - slot) / depth * depth;
    if (word >= popped) {
      emit(flip, stream, word, flip.site.bit);
      return Fate::read;
    }
    next = word + depth;
  }
  return unread(next < flip.images * flow_.streams[stream].words);
}

Fate Lifetimes::follow_register(const Flip& flip, std::size_t stage) const {
  switch (works_[stage].kind) {
    case StageKind::mem_reader: return follow_port(flip, stage, stage);
    case StageKind::mem_writer: return follow_port(flip, stage, stage - 1);
    default: return works_[stage].narrow ? follow_narrowing(flip, stage) : follow_widening(flip, stage);
  }
}

Fate Lifetimes::follow_port(const Flip& flip, std::size_t stage, std::size_t stream) const {
  const auto steps = flip.counts.steps(stage);
  if (flip.counts.results(stage) < steps) {
    emit(flip, stream, steps - 1, flip.site.bit);
    return Fate::read;
  }
  return unread(steps < flip.images * works_[stage].steps);
}

// The first piece of a wide word passes by the register; the others leave it from its low end, and zeros
// follow them.
Fate Lifetimes::follow_narrowing(const Flip& flip, std::size_t stage) const {
  const auto& work = works_[stage];
  const auto steps = flip.counts.steps(stage);
  const auto left = (work.line - steps % work.line) % work.line;  // pieces in the register
  const auto width = flow_.stages[stage].out_width;
  const auto piece = flip.site.bit / width;
  if (piece < left) {
    emit(flip, stage, steps + piece, flip.site.bit % width);
    return Fate::read;
  }
  return unread(steps + left < flip.images * work.steps);
}

// Words enter at the register's high end and move down; the last one of a wide word passes by.
Fate Lifetimes::follow_widening(const Flip& flip, std::size_t stage) const {
  const auto& work = works_[stage];
  const auto steps = flip.counts.steps(stage);
  const auto width = flow_.stages[stage].in_width;
  const auto first = work.line - 1 - steps % work.line;  // place of the wide word's first word
  const auto place = flip.site.bit / width;
  if (place >= first) {
    emit(flip, stage, steps / work.line, narrowed((place - first) * width + flip.site.bit % width));
    return Fate::read;
  }
  return unread(steps < flip.images * work.steps);
}

Fate Lifetimes::follow_line(const Flip& flip, std::size_t stage) const {
  const auto& layer = flip.layer;
  const auto& work = works_[stage];
  const auto step = flip.counts.steps(stage) % work.steps;
  const auto image = flip.counts.steps(stage) / work.steps;
  const int word = flip.site.index;
  const auto filling = layer.kernel() * work.line;  // steps
  const auto stored_in = [&](int line) {
    return line < layer.kernel() ? line * work.line + word
                                 : filling + (line - layer.kernel()) * work.row + word;
  };
  int line = flip.site.module;
  if (line >= layer.in_dim) {
    return Fate::never_read;  // a map of three lines leaves the fourth block alone
  }
  if (stored_in(line) >= step) {
    return unread(image < flip.images);
  }
  while (line + kLineBlocks < layer.in_dim && stored_in(line + kLineBlocks) < step) {
    line += kLineBlocks;
  }
  const int pixel_words = layer.in_channels / layer.simd;
  const int column = word / pixel_words;
  bool read = false;
  for (int y = std::max(line - layer.kernel() + 1, 0); y <= std::min(line, layer.out_dim - 1); ++y) {
    for (int x = std::max(column - layer.kernel() + 1, 0); x <= std::min(column, layer.out_dim - 1);
         ++x) {
      const int tap = ((line - y) * layer.kernel() + column - x) * pixel_words + word % pixel_words;
      if (filling + y * work.row + x * layer.synapse_folds() + tap >= step) {
        flip.out.push_back({image, layer.index, Transient::Point::operand, y * layer.out_dim + x, tap, 0,
                            flip.site.bit});
        read = true;
      }
    }
  }
  return read ? Fate::read : unread(line + kLineBlocks < layer.in_dim || image + 1 < flip.images);
}

// A word is stored in neuron fold 0, which takes it from the stream, and read in the further ones.
Fate Lifetimes::follow_vector(const Flip& flip, std::size_t stage) const {
  const auto& layer = flip.layer;
  const auto& work = works_[stage];
  const auto pixel = flip.counts.steps(stage) / work.row;
  const auto step = flip.counts.steps(stage) % work.row;
  const auto pixels = flip.images * layer.out_pixels();
  const int word = flip.site.index;
  if (step <= word) {
    return unread(pixel < pixels);
  }
  const auto fold = step / work.line + (word < step % work.line ? 1 : 0);
  if (fold == layer.neuron_folds()) {
    return unread(pixel + 1 < pixels);
  }
  flip.out.push_back({pixel / layer.out_pixels(), layer.index, Transient::Point::operand,
                      narrowed(pixel % layer.out_pixels()), word, narrowed(fold), flip.site.bit});
  return Fate::read;
}

Fate Lifetimes::follow_sum(const Flip& flip, std::size_t stage) const {
  const auto& layer = flip.layer;
  const auto& work = works_[stage];
  const auto steps = flip.counts.steps(stage);
  auto row = steps / work.fold;
  auto added = steps % work.fold;
  if (added == 0) {
    if (flip.counts.results(stage) == row) {
      return unread(steps < flip.images * work.steps);
    }
    --row;  // finished, and waiting
    added = work.fold;
  }
  const auto of_image = row % work.results();
  const auto folds = layer.neuron_folds();
  flip.out.push_back(
      {row / work.results(), layer.index, Transient::Point::sum, narrowed(of_image / folds),
       narrowed(of_image % folds) * layer.pe + flip.site.module, narrowed(added), flip.site.bit});
  return Fate::read;
}

// Two lines of pixels are folded into the row buffer, which then leaves.
Fate Lifetimes::follow_pool(const Flip& flip, std::size_t stage) const {
  const auto& layer = flip.layer;
  const auto& work = works_[stage];
  const auto lines = flip.counts.steps(stage) / work.row;
  const auto step = flip.counts.steps(stage) % work.row;
  const int column = flip.site.index;
  int folded = 0;
  for (const auto first : {std::int64_t{0}, work.line}) {
    folded += narrowed(std::clamp<std::int64_t>(step - first - 2 * column, 0, 2));
  }
  const int dim = layer.out_dim / 2;
  const auto all_lines = flip.images * dim;
  if (folded == 0) {
    return unread(lines < all_lines);
  }
  if (step - 2 * work.line > column) {
    return unread(lines + 1 < all_lines);
  }
  const auto image = lines / dim;
  const auto pixel = narrowed(lines % dim) * dim + column;
  flip.out.push_back(
      folded == 4
          ? Transient{image, layer.index + 1, Transient::Point::input, pixel, 0, 0, flip.site.bit}
          : Transient{image, layer.index, Transient::Point::maximum, pixel, 0, folded, flip.site.bit});
  return Fate::read;
}

}  // namespace fluence
