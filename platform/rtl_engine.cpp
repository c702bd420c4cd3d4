#include "platform/rtl_engine.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <stdexcept>
#include <utility>

#include "network/operation.hpp"
#include "platform/hang_bound.hpp"
#include "platform/memory_map.hpp"
#include "platform/platform.hpp"
#include "platform/trial.hpp"
#include "rtl/cycle_model.hpp"

namespace fluence {
namespace {

// Whether a run neither writes what is stored there nor, for registers, looks at it after the start: an
// upset stays as it is, and of a register's nothing follows.
bool lasts(const StateArray& array) {
  constexpr std::array kRegisters = {
      "in_addr_q",    "out_addr_q",      "val_q",
      "do_init_q",    "target_layer_q",  "target_mem_q",
      "target_ind_q", "target_thresh_q", "g_target_module.target_module_q",
      "rdata_q"};
  return is_parameter(array.space) || std::ranges::any_of(kRegisters, [&](const char* name) {
           return array.rtl_name == std::string("u_regs.") + name;
         });
}

void require_only_one() {
  static bool made = false;
  if (std::exchange(made, true)) {
    throw std::logic_error("a process can have only one rtl engine");
  }
}

}  // namespace

Capabilities rtl_capabilities(const Topology& net) {
  return {.kind = "rtl",
          .name = "the rtl engine",
          .by_image = {kSpaces.begin(), kSpaces.end()},
          .image_semantics = {Semantics::physical, Semantics::source, Semantics::shipped},
          .by_cycle = {kSpaces.begin(), kSpaces.end()},
          .stuck = {{kSpaces.begin(), kSpaces.end()}, {kSpaces.begin(), kSpaces.end()}},
          .intermittent = {{Space::weights, Space::thresholds}, {Space::weights, Space::thresholds}},
          .most_images = most_images(net),
          .fates = {kSpaces.begin(), std::ranges::find(kSpaces, Space::control)},
          .counts_cycles = true};
}

RtlEngine::RtlEngine(const Parameters& parameters, const ImageSet& images, std::uint64_t watchdog)
    : Engine(*parameters.net, images.size(), Decider(parameters), rtl_capabilities(*parameters.net)),
      parameters_(parameters),
      images_((images.require_fit(*parameters.net), stored_images(images, parameters))),
      prediction_((require_only_one(), predict_cycles(dataflow(*parameters.net), kPredictedImages))),
      watchdog_(watchdog),
      platform_("board", *parameters.net, options_),
      fates_(parameters_),
      repairs_(std::ranges::any_of(parameters.net->layers, [](const Layer& layer) {
        return layer.weight_codec->repairs() || layer.threshold_codec->repairs();
      })) {
  platform_.load_through_debug(parameters_);
  stored_parameters_ = platform_.accelerator().model().save_parameters();
}

void RtlEngine::add_protected(const Trial& trial, TrialResult& result) const {
  auto events = fates_.protected_faults(trial.fault_case, trial.semantics, result.events, result.fates);
  result.events = result.hang.empty() ? std::move(events) : std::vector<AccessEvents>{};
}

std::vector<RtlEngine::TimedFlip> RtlEngine::flips_of(const FaultCase& trial) const {
  std::vector<TimedFlip> flips;
  for (std::size_t i = 0; i < trial.faults.size(); ++i) {
    const auto& fault = trial.faults[i];
    flips.push_back({flip_of(fault, Semantics::physical, platform_.sites()), *fault.cycle,
                     fault.site.space == Space::control, lasts(platform_.sites().array_of(fault.site)),
                     repairs_ && fault.site.space == Space::read, i});
    if (is_stuck(fault.kind)) {
      flips.back().stuck = fault.kind == FaultKind::stuck1;
      flips.back().stuck_cycles = fault.duration;
    } else if (fault.end() < clean_.cycles) {
      flips.push_back(flips.back());
      flips.back().cycle = fault.end();
    }
  }
  std::ranges::stable_sort(flips, {}, &TimedFlip::cycle);
  return flips;
}

void RtlEngine::schedule(const TimedFlip& flip, std::uint64_t cycle) {
  if (flip.stuck) {
    platform_.hold_at(cycle, flip.address, flip.mask, *flip.stuck, flip.stuck_cycles);
  } else {
    platform_.flip_at(cycle, flip.address, flip.mask);
  }
}

void RtlEngine::apply_between_images(const Fault& fault, bool end, Semantics semantics) {
  const auto flip = flip_of(fault, semantics, platform_.sites());
  if (is_stuck(fault.kind) && end) {
    platform_.release_now(flip.address, flip.mask);
  } else if (is_stuck(fault.kind)) {
    platform_.hold_now(flip.address, flip.mask, fault.kind == FaultKind::stuck1);
  } else if (semantics == Semantics::physical) {
    platform_.flip_now(flip.address, flip.mask);
  } else {
    const auto mask = flipped_mask(fault, platform_.sites().array_of(fault.site).bits, semantics);
    platform_.write_word(fault.site, platform_.read_word(fault.site) ^ mask);
  }
}

std::uint64_t RtlEngine::watchdog(int images) const {
  return hang_bound(prediction_, images, watchdog_);
}

void RtlEngine::prepare(int images) {
  platform_.reset();
  platform_.accelerator().model().restore_parameters(stored_parameters_);
  platform_.clear_memory();  // an upset address may have led anywhere
  platform_.place_images(images_, images);
}

void RtlEngine::run_images(int first, int last, TrialResult& result, const CancelToken& cancel,
                           const Checkpoint* from) {
  cancel.check();
  if (first == last) {
    return;
  }
  auto report = platform_.run(first, last - first, watchdog(last - first),
                              {from, [&] {
                                 tell(first + platform_.images_done());
                                 return cancel.cancelled();
                               }});
  if (report.stopped) {
    throw Cancelled();
  }
  std::ranges::copy(report.scores, result.scores.begin() + std::ptrdiff_t{first} * scores());
  result.images_done += report.images_done;
  result.cycles += report.cycles;
  result.hang = std::move(report.hang);
  if (result.hang.empty() && parameters_.net->is_protected()) {
    const auto counted = platform_.read_events();
    result.events.resize(counted.size());
    for (std::size_t place = 0; place < counted.size(); ++place) {
      result.events[place].corrected += counted[place].corrected;
      result.events[place].detected += counted[place].detected;
    }
  }
  cycles_simulated_ += report.cycles - (from != nullptr ? from->rtl.run_cycle : 0);
}

void RtlEngine::record(int images, const CancelToken& cancel) {
  cancel.check();
  prepare(images);
  clean_ = {};
  const auto bursts = watchdog(images) / options_.quantum_cycles;
  const auto every = bursts / kMostCheckpoints + 1;
  std::uint64_t burst = 0;
  const auto report = platform_.run(0, images, watchdog(images),
                                    {nullptr, [&] {
                                       if (burst++ % every == 0) {
                                         clean_.checkpoints.push_back(platform_.checkpoint());
                                       }
                                       tell(platform_.images_done());
                                       return cancel.cancelled();
                                     }});
  if (report.stopped) {
    throw Cancelled();
  }
  if (!report.hang.empty()) {
    throw std::runtime_error("the fault-free run hung at " + report.hang);
  }
  tell(images);
  clean_.images = images;
  clean_.cycles = report.cycles;
  clean_.scores = report.scores;
}

const FaultFreeRun& RtlEngine::fault_free(int images, const CancelToken& cancel) {
  if (clean_.images != images) {
    record(images, cancel);
  }
  return clean_;
}

void RtlEngine::run_from_checkpoint(const FaultCase& trial, TrialResult& result,
                                    const CancelToken& cancel) {
  const auto& clean = fault_free(trial.images, cancel);
  const auto flips = flips_of(trial);
  const bool recovers = use_checkpoints_ && std::ranges::none_of(flips, [](const TimedFlip& flip) {
                          return flip.control || flip.lasts || flip.kept || flip.stuck;
                        });
  if (recovers) {
    result = {clean.scores, clean.images, {}, clean.cycles};
    result.fates.assign(trial.faults.size(), Fate::unknown);
    for (std::size_t next = 0; next < flips.size();) {
      next = run_until_recovered(trial, flips, next, result, cancel);
    }
    return;
  }
  const auto* from = use_checkpoints_ ? clean.before(flips.front().cycle) : nullptr;
  prepare(trial.images);
  if (from != nullptr) {
    platform_.place_scores(
        std::span(clean_.scores).first(static_cast<std::size_t>(from->images_done * scores())));
  }
  for (const auto& flip : flips) {
    schedule(flip, flip.cycle);
  }
  result.fates.assign(trial.faults.size(), Fate::unknown);
  fates_.watch(platform_.accelerator(), trial, clean.cycles, 0, result.fates);
  run_images(0, trial.images, result, cancel, from);
}

std::size_t RtlEngine::run_until_recovered(const FaultCase& trial, const std::vector<TimedFlip>& flips,
                                           std::size_t first, TrialResult& result,
                                           const CancelToken& cancel) {
  const auto& clean = clean_;
  const auto* from = clean.before(flips[first].cycle);
  prepare(clean.images);
  if (from != nullptr) {
    platform_.place_scores(
        std::span(result.scores).first(static_cast<std::size_t>(from->images_done * scores())));
  }
  for (auto i = first; i < flips.size(); ++i) {
    schedule(flips[i], flips[i].cycle);
  }
  fates_.watch(platform_.accelerator(), trial, clean.cycles, flips[first].cycle, result.fates);
  auto next = first;          // of the flips that are yet to come
  int own_images = 0;         // so many have scores by this run, or by one before it
  std::uint64_t settled = 0;  // when all was as it should be again; 0: it is not
  const auto after_burst = [&] {
    if (cancel.cancelled()) {
      return true;
    }
    const auto* expected = clean.at(platform_.accelerator().model().run_cycle());
    if (expected == nullptr) {
      return false;
    }
    tell(expected->images_done);
    // A flip in this very cycle may be yet to come.
    const auto now = expected->rtl.run_cycle;
    const auto done = next;
    while (next < flips.size() && flips[next].cycle < now) {
      ++next;
    }
    if (next == first || (next < flips.size() && flips[next].cycle == now)) {
      return false;
    }
    if (settled == 0 || next > done) {
      settled = 0;
      // What is never read or written again stays, and nothing follows.
      const auto stays = [&](const TimedFlip& flip) {
        return result.fates[flip.fault] == Fate::never_read;
      };
      auto& model = platform_.accelerator().model();
      toggle(flips, now, stays);
      const auto state = model.save();
      toggle(flips, now, stays);
      if (state.control != expected->rtl.control || state.data != expected->rtl.data) {
        return false;
      }
      settled = now;
      own_images =
          std::min(expected->images_done + 1, clean.images);  // of one, some scores may be written
    }
    return expected->images_done >= own_images;
  };
  const auto report = platform_.run(0, clean.images, watchdog(clean.images), {from, after_burst});
  cycles_simulated_ += report.cycles - (from != nullptr ? from->rtl.run_cycle : 0);
  cancel.check();
  if (report.stopped) {
    std::copy_n(report.scores.begin(), std::ptrdiff_t{own_images} * scores(), result.scores.begin());
    return next;
  }
  result.scores = report.scores;
  result.images_done = report.images_done;
  result.cycles = report.cycles;
  result.hang = report.hang;
  return flips.size();
}

TrialResult RtlEngine::run_one(const Trial& item, const CancelToken& cancel) {
  const auto& trial = item.fault_case;
  TrialResult result;
  result.scores.resize(static_cast<std::size_t>(trial.images * scores()));
  if (trial.faults.empty()) {
    record(trial.images, cancel);
    result = {clean_.scores, trial.images, {}, clean_.cycles};
    add_protected(item, result);
    return result;
  }
  if (trial.faults.front().cycle) {
    check_cycles(trial, fault_free(trial.images, cancel).cycles);
    run_from_checkpoint(trial, result, cancel);
    add_protected(item, result);
    return result;
  }
  result.fates = fates_.between_images(trial);
  prepare(trial.images);
  int image = 0;
  // With reloads on the way; false if it hangs.
  const auto run_to = [&](int last) {
    for (;;) {
      const auto reload = trial.next_reload(image);
      const bool reloads = reload <= last && reload < trial.images;
      const int next = reloads ? static_cast<int>(reload) : last;
      run_images(image, next, result, cancel);
      image = next;
      if (!result.hang.empty() || !reloads) {
        return result.hang.empty();
      }
      platform_.load_through_registers(parameters_);
    }
  };
  for (const auto& [next, fault, end] : changes_between_images(trial)) {
    if (!run_to(next)) {
      break;
    }
    apply_between_images(*fault, end, item.semantics);
  }
  if (result.hang.empty()) {
    run_to(trial.images);
  }
  add_protected(item, result);
  return result;
}

void RtlEngine::toggle(const std::vector<TimedFlip>& flips, std::uint64_t cycle,
                       const std::function<bool(const TimedFlip&)>& which) {
  for (const auto& flip : flips) {
    if (flip.cycle <= cycle && which(flip)) {
      platform_.accelerator().model().flip_now(flip.address, flip.mask);
    }
  }
}

// Whether control is as in the fault-free run, and nothing else has been touched that later images
// depend on: an upset state machine can write a parameter word, an upset address anything.
bool RtlEngine::has_recovered(const std::vector<TimedFlip>& flips, const Checkpoint& expected,
                              int images) {
  auto& model = platform_.accelerator().model();
  const auto lasts = [](const TimedFlip& flip) { return flip.lasts; };
  toggle(flips, expected.rtl.run_cycle, lasts);
  const bool same =
      model.save().control == expected.rtl.control && model.save_parameters() == stored_parameters_;
  toggle(flips, expected.rtl.run_cycle, lasts);
  return same && platform_.holds_images(images_, images);
}

std::uint64_t RtlEngine::simulate_control(const std::vector<TimedFlip>& flips, std::uint64_t cycle,
                                          const FaultFreeRun& clean, TrialResult& result,
                                          const CancelToken& cancel) {
  // If there were upsets before, what is in the pipeline at the upset must have entered it after the
  // checkpoint, to be this trial's own.
  const auto* last = clean.before(cycle);
  const auto* from = last;
  if (repairs_ &&
      std::ranges::any_of(flips, [](const TimedFlip& flip) { return flip.lasts || flip.kept; })) {
    from = nullptr;  // what was repaired, and what that left, is known to the RTL alone
  } else if (flips.front().cycle < cycle && last != nullptr) {
    const auto own =
        std::ranges::upper_bound(clean.checkpoints, last->images_done, {}, &Checkpoint::images_entered);
    from = own == clean.checkpoints.begin() ? nullptr : &*(own - 1);
  }
  const auto finished = [&](const Checkpoint& checkpoint) {
    return std::span(result.scores).first(static_cast<std::size_t>(checkpoint.images_done * scores()));
  };
  prepare(clean.images);
  if (from != nullptr) {
    platform_.place_scores(finished(*from));
  }
  for (const auto& flip : flips) {
    if (from == nullptr || flip.cycle > from->rtl.run_cycle || flip.lasts) {
      // Not before the checkpoint, which would undo it.
      const auto start = from != nullptr ? from->rtl.run_cycle : 0;
      schedule(flip, std::max(flip.cycle, start));
    }
  }

  int own_images = 0;         // that were in the pipeline when control was as it should be again
  std::uint64_t settled = 0;  // when that was; 0: it is not
  std::uint64_t now = 0;
  const auto after_burst = [&] {
    if (cancel.cancelled()) {
      return true;
    }
    const auto* expected = clean.at(platform_.accelerator().model().run_cycle());
    if (expected == nullptr) {
      return false;
    }
    now = expected->rtl.run_cycle;
    if (expected == last && from != last) {
      platform_.place_scores(finished(*last));  // those from before the upset are not this run's
    }
    if (now < cycle) {
      return false;
    }
    const bool upset_since = std::ranges::any_of(flips, [&](const TimedFlip& flip) {
      return flip.control && flip.cycle > settled && flip.cycle <= now;
    });
    if (settled == 0 || upset_since) {
      settled = 0;
      if (!has_recovered(flips, *expected, clean.images)) {
        return false;
      }
      settled = now;
      own_images = expected->images_entered;
    }
    return expected->images_done >= own_images;
  };
  auto report = platform_.run(0, clean.images, watchdog(clean.images), {from, after_burst});
  cycles_simulated_ += report.cycles - (from != nullptr ? from->rtl.run_cycle : 0);
  cancel.check();
  if (report.stopped) {
    std::copy_n(report.scores.begin(), std::ptrdiff_t{own_images} * scores(), result.scores.begin());
    return now;
  }
  result.scores = std::move(report.scores);
  result.images_done = report.images_done;
  result.hang = std::move(report.hang);
  return clean.cycles;
}

void RtlEngine::add_control(const FaultCase& trial, TrialResult& result, const CancelToken& cancel) {
  check_trial(trial, Semantics::physical, platform_.sites(), images_.size());
  const auto& clean = fault_free(trial.images, cancel);
  if (std::ranges::any_of(trial.faults, [](const Fault& f) { return f.kind != FaultKind::flip; })) {
    TrialResult own;
    own.scores.resize(result.scores.size());
    run_from_checkpoint(trial, own, cancel);
    result.scores = std::move(own.scores);
    result.images_done = own.images_done;
    result.hang = std::move(own.hang);
    return;
  }
  const auto flips = flips_of(trial);
  std::uint64_t done = 0;
  for (const auto& flip : flips) {
    if (flip.control && flip.cycle >= done && flip.cycle < clean.cycles) {
      done = simulate_control(flips, flip.cycle, clean, result, cancel) + 1;
    }
  }
}

std::unique_ptr<RtlEngine> make_rtl_engine(const Parameters& parameters, const ImageSet& images,
                                           std::uint64_t watchdog) {
  return std::make_unique<RtlEngine>(parameters, images, watchdog);
}

}  // namespace fluence
