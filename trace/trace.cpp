#include "trace/trace.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include "base/error.hpp"
#include "fault/parameter_fault.hpp"
#include "network/operation.hpp"
#include "platform/bare_board.hpp"
#include "platform/blockage.hpp"
#include "platform/parameter_words.hpp"
#include "platform/trial.hpp"
#include "trace/state.hpp"
#include "trace/streams.hpp"
#include "trace/wave_writer.hpp"

namespace fluence {
namespace {

constexpr std::uint64_t kLead = 100;            // cycles compared before the first upset
constexpr std::uint64_t kEcho = 1024;           // and after the runs have become alike
constexpr std::uint64_t kStandstill = 100'000;  // no sound run is without a word on any stream so long
constexpr std::uint64_t kProgressCycles = 1U << 18;

// The images between two stops of the host, and what begins or ends at the first of them.
struct Leg {
  int first = 0, last = 0;
  std::vector<ChangeBetweenImages> changes;
};

std::vector<Leg> legs_of(const FaultCase& trial) {
  if (trial.next_reload(0) < trial.images) {
    throw InputError("case " + std::to_string(trial.id) +
                     " has its parameters reloaded between images, which a trace does not show: leave "
                     "'reload' out, or name another trial");
  }
  std::vector<Leg> legs = {{0, trial.images, {}}};
  for (const auto& change : changes_between_images(trial)) {
    if (change.image != legs.back().first) {
      legs.back().last = change.image;
      legs.push_back({change.image, trial.images, {}});
    }
    legs.back().changes.push_back(change);
  }
  return legs;
}

bool wait_for_end(BareBoard& board) {
  return board.wait([&] {
    while (!board.model().interrupt()) {
      board.model().step(kProgressCycles);
    }
    return true;
  });
}

class Tracer {
 public:
  Tracer(const Parameters& parameters, const ImageSet& images, const FaultCase& trial,
         Semantics semantics, const TraceOptions& options)
      : trial_(trial),
        semantics_(semantics),
        options_(options),
        flow_(dataflow(*parameters.net)),
        stored_(parameters),
        clean_(*parameters.net),
        upset_(*parameters.net),
        streams_(flow_, clean_.model(), upset_.model()),
        state_(clean_.sites(), clean_.model(), upset_.model()) {
    check_trial(trial, semantics, clean_.sites(), images.size());
    clean_.load(parameters);
    upset_.model().restore_parameters(clean_.model().save_parameters());
    const auto placed = stored_images(images, parameters);
    for (auto* board : {&clean_, &upset_}) {
      board->place_images(placed, trial.images);
    }
    if (!options.waves.empty()) {
      waves_ = std::make_unique<WaveWriter>(clean_.sites(), trial.faults);
    }
  }

  TraceResult run() {
    bool more = true;
    bool faulty = false;
    const bool by_cycle = !trial_.faults.empty() && trial_.faults.front().cycle;
    const auto legs = by_cycle ? std::vector<Leg>{{0, trial_.images, {}}} : legs_of(trial_);
    for (const auto& leg : legs) {
      faulty = faulty || by_cycle || !leg.changes.empty();
      if (more && faulty) {
        more = run_leg(leg);
      } else if (more) {
        run_fault_free(leg);
      }
    }
    if (waves_) {
      waves_->write(options_.waves);
    }
    result_.streams = streams_.result(result_.end);
    result_.layers = state_.layers(result_.end);
    result_.arrays = state_.arrays();
    result_.bin_cycles = state_.bin_cycles();
    result_.lasting_bits =
        differing_bits(clean_.model().save_parameters(), upset_.model().save_parameters());
    result_.classes = stored_.class_count();
    result_.decider = Decider(stored_);
    result_.scores = upset_.scores(0, result_.images);
    result_.fault_free = clean_.scores(0, result_.images);
    std::fill(result_.scores.begin() +
                  static_cast<std::ptrdiff_t>(result_.images_done) * stored_.net->scores(),
              result_.scores.end(), Score{0});
    return std::move(result_);
  }

 private:
  void run_fault_free(const Leg& leg) {
    for (auto* board : {&clean_, &upset_}) {
      board->start(leg.first, leg.last - leg.first);
      wait_for_end(*board);
    }
    result_.images = result_.images_done = leg.last;
  }

  // Returns whether there is more to run.
  bool run_leg(const Leg& leg) {
    const int images = leg.last - leg.first;
    const auto written_before = upset_.memory().words_written();
    streams_.begin_run(leg.first);
    clean_over_ = false;
    alike_from_.reset();
    last_flip_ = 0;
    may_stop_ = leg.last == trial_.images && stuck_.empty();
    if (!trial_.faults.empty() && trial_.faults.front().cycle) {
      start_with_faults(leg, images);
    } else {
      for (const auto& change : leg.changes) {
        apply_between_images(*change.fault, change.end);
      }
      start_both(leg, images);
    }
    const bool ended = upset_.wait([&] { return clock(); });
    const auto length = upset_.model().run_length();
    result_.alike_from = alike_from_;
    const auto done = [&](const BareBoard& board) {
      return std::min(images, static_cast<int>((board.memory().words_written() - written_before) /
                                               static_cast<std::uint64_t>(flow_.net->score_words())));
    };
    if (!ended && result_.ending == TraceEnd::gone) {
      result_.end = offset_ + upset_.model().run_cycle();
      result_.images = result_.images_done = leg.first + done(upset_);
      return false;
    }
    wait_for_end(clean_);
    streams_.end_run();
    const auto clean_length = clean_.model().run_length();
    if (last_flip_ > 0) {
      check_cycles(trial_, clean_length);
    }
    result_.fault_free_cycles += clean_length;
    result_.images = leg.last;
    result_.images_done = leg.first + (ended ? images : done(upset_));
    if (!ended) {
      result_.end = offset_ + std::max(clean_length, streams_.last_word());
      result_.hang = describe_blockage(flow_, upset_.model().streams());
      return false;
    }
    result_.cycles += length;
    offset_ += std::max(length, clean_length);
    result_.end = offset_;
    return true;
  }

  void start_both(const Leg& leg, int images) {
    streams_.compare_from_here(offset_);
    clean_.start(leg.first, images);
    upset_.start(leg.first, images);
    wave_begin_ = 0;
  }

  void start_with_faults(const Leg& leg, int images) {
    const auto first = std::ranges::min(trial_.faults, {}, &Fault::begin).begin();
    for (const auto& fault : trial_.faults) {
      // What is stuck for good is with it to the end; what is not can be gone then.
      const bool ends = fault.kind != FaultKind::flip && fault.end() != Fault::kForever;
      last_flip_ = std::max(last_flip_, ends ? fault.end() : fault.begin());
      may_stop_ = may_stop_ && (ends || fault.kind == FaultKind::flip);
    }
    const auto lead = std::max(kLead, options_.before) + 1;
    const auto flip = [&] {
      for (const auto& fault : trial_.faults) {
        const auto [address, mask] = flip_of(fault, Semantics::physical, upset_.sites());
        if (is_stuck(fault.kind)) {
          upset_.model().hold_at(
              {address, mask, fault.kind == FaultKind::stuck1, fault.begin(), fault.end()});
          continue;
        }
        upset_.model().flip_at(*fault.cycle, address, mask);
        if (fault.end() != Fault::kForever) {
          upset_.model().flip_at(fault.end(), address, mask);
        }
      }
    };
    if (first <= 2 * lead) {  // at the start, the driver's accesses take some cycles
      flip();
      start_both(leg, images);
    } else {
      auto& model = clean_.model();
      clean_.start(leg.first, images);
      while (model.run_cycle() < first - lead && !model.interrupt()) {
        model.step(std::min(kProgressCycles, first - lead - model.run_cycle()));
        report_progress(model.run_cycle());
      }
      if (model.interrupt()) {
        check_cycles(trial_, model.run_length());
      }
      upset_.go_on_from(clean_);
      flip();
      model.step(1);
      upset_.model().step(1);  // the words of this cycle are not shown
      streams_.compare_from_here(offset_);
      result_.begin = upset_.model().run_cycle();
      streams_.set_begin(result_.begin);
      state_.set_begin(result_.begin);
    }
    wave_begin_ = first - std::min(first, options_.before);
  }

  void apply_between_images(const Fault& fault, bool end) {
    const auto [address, mask] = flip_of(fault, semantics_, upset_.sites());
    if (is_stuck(fault.kind)) {
      if (end) {
        upset_.model().release_now(address, mask);
        std::erase(stuck_, &fault);
      } else {
        upset_.model().hold_now(address, mask, fault.kind == FaultKind::stuck1);
        stuck_.push_back(&fault);
      }
      return;
    }
    if (semantics_ == Semantics::physical) {
      upset_.model().flip_now(address, mask);
      return;
    }
    // The host sees what the word holds now.
    auto limbs = upset_.model().read_word(upset_.sites().address(fault.site));
    auto& limb = limbs[index(fault.site.bit / kWordBits)];
    set_bits(stored_, fault.site, ~std::uint64_t{0}, limb);
    apply_fault(stored_, fault, semantics_);
    limb = parameter_word(stored_, fault.site);
    upset_.model().write_word(address, limbs);
  }

  // Clocks both until the faulty one's interrupt is up; false: there is no need, or no hope.
  bool clock() {
    auto& model = upset_.model();
    while (!model.interrupt()) {
      const auto cycle = model.run_cycle();
      if (hangs(cycle)) {
        result_.ending = TraceEnd::hang;
        return false;
      }
      if (is_gone(cycle)) {
        result_.ending = TraceEnd::gone;
        return false;
      }
      model.step(1);
      while (!clean_over_ && clean_.model().run_cycle() < model.run_cycle()) {
        clean_.model().step(1);
        clean_over_ = clean_.model().interrupt();
      }
      if (!clean_over_ && !model.interrupt()) {
        compare(model.run_cycle());
      }
    }
    return true;
  }

  void compare(std::uint64_t cycle) {
    if (!state_.sample(offset_ + cycle)) {
      alike_from_.reset();
    } else if (!alike_from_) {
      alike_from_ = offset_ + cycle;
    }
    if (waves_ && offset_ == 0 && cycle >= wave_begin_ && cycle <= wave_end()) {
      waves_->sample(cycle, clean_.model(), upset_.model());
    }
    report_progress(cycle);
  }

  [[nodiscard]] std::uint64_t wave_end() const { return wave_begin_ + options_.before + options_.after; }

  void report_progress(std::uint64_t cycle) const {
    if (options_.progress && cycle % kProgressCycles == 0) {
      options_.progress(offset_ + cycle);
    }
  }

  bool hangs(std::uint64_t cycle) const {
    if (cycle > std::max(streams_.last_word(), result_.begin) + kStandstill) {
      return true;
    }
    return clean_over_ &&
           static_cast<double>(cycle) >
               kHangFactor * static_cast<double>(clean_.model().run_length()) + kHangSlack;
  }

  // Whether nothing is left from which a difference could come again.
  bool is_gone(std::uint64_t cycle) {
    if (!may_stop_ || !alike_from_ || cycle <= last_flip_ || offset_ + cycle < *alike_from_ + kEcho ||
        (waves_ && offset_ == 0 && cycle < wave_end())) {
      return false;
    }
    may_stop_ = clean_.model().save_parameters() == upset_.model().save_parameters() &&
                clean_.memory().equals_except(upset_.memory(), kScoreBuffer) &&
                clean_.model().save().control == upset_.model().save().control;
    return may_stop_;
  }

  const FaultCase& trial_;
  Semantics semantics_;
  const TraceOptions& options_;
  Dataflow flow_;
  Parameters stored_;  ///< of the faulty accelerator, as the host's faults leave them
  BareBoard clean_;
  BareBoard upset_;
  StreamComparison streams_;
  StateComparison state_;
  std::unique_ptr<WaveWriter> waves_;
  TraceResult result_;
  std::uint64_t offset_ = 0;  ///< cycles of earlier runs with faults
  std::uint64_t wave_begin_ = 0;
  std::uint64_t last_flip_ = 0;
  std::optional<std::uint64_t> alike_from_;
  std::vector<const Fault*> stuck_;  ///< between images, now
  bool clean_over_ = false;
  bool may_stop_ = false;
};

}  // namespace

TraceResult trace(const Parameters& parameters, const ImageSet& images, const FaultCase& trial,
                  Semantics semantics, const TraceOptions& options) {
  return Tracer(parameters, images, trial, semantics, options).run();
}

}  // namespace fluence
