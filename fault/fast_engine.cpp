#include "fault/fast_engine.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <tuple>
#include <utility>

#include "base/bits.hpp"
#include "base/error.hpp"
#include "fault/parameter_fault.hpp"
#include "fault/stream_digests.hpp"

namespace fluence {
namespace {

/// Fewer trials do not pay for the margins of images.
constexpr std::size_t kLeastTogether = 8;
/// More gain little, and their results wait for each other.
constexpr std::size_t kMostTogether = 512;
constexpr std::size_t kMostResultBytes = std::size_t{64} << 20;

/// The output channel that a weight or threshold word belongs to.
int channel_of(const Layer& layer, const Site& site) {
  const int fold = site.space == Space::weights ? site.index / layer.synapse_folds() : site.index;
  return fold * layer.pe + site.module;
}

}  // namespace

FastEngine::FastEngine(Parameters parameters, ImageSet images, std::size_t cache_bytes,
                       ScheduleSource source, ControlSource control)
    : Engine(*parameters.net, images.size(), Decider(parameters),
             fast_capabilities(bool(source), bool(control))),
      golden_(std::move(parameters)),
      images_(std::move(images)),
      golden_net_(golden_),
      traces_(std::min(cache_bytes / (golden_net_.layout().words() * sizeof(std::uint64_t)),
                       static_cast<std::size_t>(images_.size()))),
      faulted_(golden_),
      faulted_net_(golden_net_),
      changed_(golden_.net->layers.size()),
      incremental_(faulted_net_, faulted_),
      margin_bytes_(cache_bytes - traces_.size() * golden_net_.layout().words() * sizeof(std::uint64_t)),
      source_(std::move(source)),
      lifetimes_(*golden_.net),
      control_source_(std::move(control)) {
  images_.require_fit(*golden_.net);
}

Capabilities fast_capabilities(bool schedule, bool control) {
  Capabilities can{.kind = "fast",
                   .name = "the fast engine",
                   .alternative = "--engine rtl",
                   .alternative_key = "engine rtl",
                   .by_image = {Space::weights, Space::thresholds},
                   .image_semantics = {Semantics::physical, Semantics::source, Semantics::shipped},
                   .stuck = {{Space::weights, Space::thresholds}, {}},
                   .intermittent = {{Space::weights, Space::thresholds}, {}},
                   .needs_schedule = true,
                   .gains_by_batches = true};
  for (const auto space : kSpaces) {
    if (space != Space::control) {
      can.fates.push_back(space);
    }
    if (schedule && (space != Space::control || control)) {
      can.by_cycle.push_back(space);
      if (is_parameter(space)) {
        can.intermittent.by_cycle.push_back(space);
      }
    }
  }
  can.stuck.by_cycle = can.by_cycle;
  return can;
}

FirstRead FastEngine::first_read(const Fault& fault, const Site& word, std::uint64_t time) const {
  return fault.before_image ? FirstRead{static_cast<std::int64_t>(time), 0}
                            : schedule_->first_read(word, time);
}

std::vector<std::vector<Meeting>> FastEngine::meetings_of(const FaultCase& trial) const {
  std::vector<std::vector<Meeting>> found;
  for (const auto& fault : trial.faults) {
    const auto& site = fault.site;
    auto& of_fault = found.emplace_back();
    if (!in_cell(*golden_.net, site)) {
      continue;
    }
    if (fault.before_image) {
      of_fault = meetings(golden_, site, *fault.before_image);
    } else {
      of_fault = meetings(golden_, site, schedule_->unit(site.layer),
                          ScheduledCounts(*schedule_, *fault.cycle, trial.images),
                          ScheduledCounts(*schedule_, *fault.cycle + 1, trial.images));
    }
  }
  return found;
}

void FastEngine::add_changes(const Fault& fault, std::size_t number, int images) {
  const auto add = [&](std::uint64_t time, Change::What what) {
    if (const auto [image, pixel] = first_read(fault, fault.site, time); image < images) {
      timed_.push_back({image, {fault.site.layer, pixel, 0}, time, {what, number}});
    }
  };
  const bool stuck = is_stuck(fault.kind);
  add(fault.begin(), stuck ? Change::What::hold : Change::What::flip);
  const auto run_end =
      fault.before_image ? static_cast<std::uint64_t>(images) : schedule_->run_length(images);
  if (fault.end() < run_end) {
    add(fault.end(), stuck ? Change::What::release : Change::What::flip);
  }
}

void FastEngine::resolve(const FaultCase& trial, Semantics semantics, std::vector<Fate>& fates) {
  timed_.clear();
  changes_.clear();
  transients_.clear();
  fates.assign(trial.faults.size(), Fate::never_read);
  const bool by_cycle = !trial.faults.empty() && trial.faults.front().cycle;
  if (by_cycle) {
    if (!schedule_) {
      schedule_ = source_();
    }
    check_cycles(trial, schedule_->run_length(trial.images));
  }
  const HeldBits held(trial, sites());
  for (std::size_t i = 0; i < trial.faults.size(); ++i) {
    const auto& fault = trial.faults[i];
    if (in_cell(*golden_.net, fault.site)) {
      continue;
    }
    const bool parameter = is_parameter(fault.site.space);
    if (parameter) {
      add_changes(fault, i, trial.images);
    }
    if (by_cycle && !(parameter && fault.kind == FaultKind::flip)) {
      const ScheduledCounts begin(*schedule_, fault.begin(), trial.images);
      const auto last = std::min(last_cycle(fault).value_or(0), schedule_->run_length(trial.images));
      fates[i] = lifetimes_.follow(fault, begin, ScheduledCounts(*schedule_, last, trial.images),
                                   trial.images, transients_, held);
    } else if (!timed_.empty() && timed_.back().change.fault == i) {
      fates[i] = Fate::read;
    }
  }
  if (golden_.net->has_cells()) {
    protected_ = follow_protected(trial, semantics, golden_, meetings_of(trial), fates);
    for (std::size_t i = 0; i < protected_.given.size(); ++i) {
      const auto& [from, word, value] = protected_.given[i];
      timed_.push_back({from.image, {word.layer, from.pixel, 0}, 0, {Change::What::give, i}});
    }
  }
  for (auto image = trial.next_reload(0); image < trial.images; image = trial.next_reload(image)) {
    timed_.push_back({image, {0, 0, 0}, 0, {Change::What::reload, 0}});
  }
  // Stable: accesses of the host to one word do not commute.
  std::ranges::stable_sort(timed_, {}, [](const Timed& fault) {
    return std::tuple(fault.image, fault.onset.layer, fault.onset.pixel, fault.time, fault.change.what);
  });
  for (auto& timed : timed_) {
    timed.onset.fault = changes_.size();
    changes_.push_back(timed.change);
  }
  std::ranges::sort(transients_, {}, &Transient::order);
}

TrialResult FastEngine::run_one(const Trial& item, const CancelToken& cancel) {
  const auto& trial = item.fault_case;
  const auto in_control = [](const Fault& fault) { return fault.site.space == Space::control; };
  if (std::ranges::none_of(trial.faults, in_control)) {
    return run_data(trial, item.semantics, cancel);
  }
  auto data = trial;
  std::erase_if(data.faults, in_control);
  auto result = run_data(data, item.semantics, cancel);
  for (std::size_t i = 0; i < trial.faults.size(); ++i) {
    if (in_control(trial.faults[i])) {
      result.fates.insert(result.fates.begin() + static_cast<std::ptrdiff_t>(i), Fate::unknown);
    }
  }
  result.events.clear();  // control may decide which accesses there are
  if (!control_) {
    control_ = control_source_();
  }
  control_->add_control(trial, result, cancel);
  return result;
}

FastEngine::ApplyChange FastEngine::changes_of(const FaultCase& trial, Semantics semantics) {
  return [this, &trial, semantics](std::size_t change) { apply(changes_[change], trial, semantics); };
}

void FastEngine::begin_image(int image, std::vector<Timed>::const_iterator& next,
                             const ApplyChange& apply_change) {
  onsets_.clear();
  for (; next != timed_.cend() && next->image <= image; ++next) {
    if (next->image < image || next->onset.pixel == 0) {
      apply_change(next->onset.fault);
    } else {
      onsets_.push_back(next->onset);
    }
  }
}

TrialResult FastEngine::run_data(const FaultCase& trial, Semantics semantics,
                                 const CancelToken& cancel) {
  TrialResult result;
  resolve(trial, semantics, result.fates);
  result.events = protected_.events;
  const bool schedule_times = !trial.faults.empty() && trial.faults.front().cycle.has_value();
  result.scores.reserve(static_cast<std::size_t>(trial.images) * static_cast<std::size_t>(scores()));
  const auto apply_change = changes_of(trial, semantics);
  auto next = timed_.cbegin();
  std::span<const Transient> left(transients_);
  for (int image = 0; image < trial.images; ++image) {
    if (cancel.cancelled()) {
      restore();
      throw Cancelled();
    }
    begin_image(image, next, apply_change);
    const auto later = std::ranges::find_if(left, [&](const auto& t) { return t.image != image; });
    const auto transients = left.first(static_cast<std::size_t>(later - left.begin()));
    left = left.subspan(transients.size());
    const auto golden = golden_trace(image);
    if (faulted_sites_.empty() && onsets_.empty() && transients.empty()) {
      golden_net_.append_scores(golden, result.scores);
    } else {
      incremental_.run(golden, changed_, result.scores, onsets_, apply_change, transients);
    }
    tell(image + 1);
  }
  if (wants_streams() && transients_.empty() && !schedule_times) {
    result.last_streams = streams_of(trial.images - 1);
  }
  restore();
  result.images_done = trial.images;
  return result;
}

bool FastEngine::plan(const Trial& trial, DeltaBatch::Job& job) {
  const auto& faults = trial.fault_case.faults;
  // The delta evaluation knows no reloads.
  if (faults.empty() || trial.fault_case.next_reload(0) < trial.fault_case.images ||
      !std::ranges::all_of(faults, [](const Fault& fault) {
        return is_parameter(fault.site.space) && fault.kind == FaultKind::flip;
      })) {
    return false;
  }
  resolve(trial.fault_case, trial.semantics, job.result->fates);
  job.trial = &trial.fault_case;
  job.semantics = trial.semantics;
  for (const auto& fault : timed_) {
    job.starts.push_back({fault.image, fault.change.fault});
    if (fault.onset.pixel != 0 && (job.partial.empty() || job.partial.back() != fault.image)) {
      job.partial.push_back(static_cast<int>(fault.image));
    }
  }
  if (!delta_) {
    delta_ = std::make_unique<DeltaBatch>(golden_, golden_net_, images_.size(), margin_bytes_);
  }
  return delta_->gains(job);
}

void FastEngine::run_partial(const DeltaBatch::Job& job, const CancelToken& cancel) {
  if (job.partial.empty()) {
    return;
  }
  resolve(*job.trial, job.semantics, job.result->fates);
  const auto apply_change = changes_of(*job.trial, job.semantics);
  auto next = timed_.cbegin();
  Scores scores;
  for (const int image : job.partial) {
    if (cancel.cancelled()) {
      restore();
      throw Cancelled();
    }
    begin_image(image, next, apply_change);
    scores.clear();
    incremental_.run(golden_trace(image), changed_, scores, onsets_, apply_change);
    std::ranges::copy(scores, job.result->scores.begin() + image * std::ssize(scores));
  }
  restore();
}

void FastEngine::run_together(std::span<const Trial> trials, std::size_t first, const Take& take,
                              const CancelToken& cancel) {
  std::vector<TrialResult> results(trials.size());
  std::vector<bool> done(trials.size());
  std::vector<DeltaBatch::Job> jobs;
  for (std::size_t i = 0; i < trials.size(); ++i) {
    DeltaBatch::Job job;
    job.result = &results[i];
    done[i] = plan(trials[i], job);
    if (done[i]) {
      jobs.push_back(std::move(job));
    }
  }
  if (jobs.size() < kLeastTogether) {
    done.assign(trials.size(), false);
  } else {
    delta_->run(
        jobs, [this](int image) { return golden_trace(image); },
        [&](int image) {
          cancel.check();
          tell(image + 1);
        });
    for (const auto& job : jobs) {
      run_partial(job, cancel);
    }
  }
  for (std::size_t i = 0; i < trials.size(); ++i) {
    cancel.check();
    take(first + i, done[i] ? std::move(results[i]) : run_one(trials[i], cancel));
  }
}

void FastEngine::run_batch(std::span<const Trial> batch, const Take& take, const CancelToken& cancel) {
  if (batch.size() < kLeastTogether || wants_streams() || !DeltaBatch::supports(*golden_.net)) {
    Engine::run_batch(batch, take, cancel);
    return;
  }
  const auto result_bytes = static_cast<std::size_t>(images_.size()) *
                            static_cast<std::size_t>(golden_.net->scores()) * sizeof(Score);
  const auto most = std::clamp(kMostResultBytes / result_bytes, kLeastTogether, kMostTogether);
  for (std::size_t first = 0; first < batch.size(); first += most) {
    run_together(batch.subspan(first, std::min(most, batch.size() - first)), first, take, cancel);
  }
}

void FastEngine::apply(const Change& change, const FaultCase& trial, Semantics semantics) {
  if (change.what == Change::What::give) {
    const auto& given = protected_.given[change.fault];
    set_word(given.word, given.value);
    return;
  }
  if (change.what == Change::What::reload) {
    restore();
    return;
  }
  const auto& fault = trial.faults[change.fault];
  if (change.what == Change::What::flip) {
    inject(fault, semantics);
    return;
  }
  Hold hold{fault.site, 0, fault.kind == FaultKind::stuck1 ? ~std::uint64_t{0} : 0};
  hold.mask = flipped_mask(fault, sites().array_of(fault.site).bits, Semantics::physical);
  hold.site.bit = fault.site.bit / kWordBits * kWordBits;
  if (change.what == Change::What::hold) {
    held_.push_back(hold);
    mark(fault.site);
    return;
  }
  std::erase_if(held_, [&](const Hold& other) {
    return other.site == hold.site && other.mask == hold.mask && other.bits == hold.bits;
  });
}

void FastEngine::inject(const Fault& fault, Semantics semantics) {
  apply_fault(faulted_, fault, semantics);
  mark(fault.site);
}

void FastEngine::set_word(const Site& site, std::span<const std::uint64_t> value) {
  if (site.space == Space::weights) {
    const auto word = faulted_.weight_word(site.layer, site.module, site.index);
    if (std::ranges::equal(word, value)) {
      return;
    }
    std::ranges::copy(value, word.begin());
  } else {
    auto& word = faulted_.threshold(site.layer, site.module, site.index, site.thresh);
    const auto threshold = sign_extend(static_cast<std::uint32_t>(value[0]),
                                       golden_.net->layer(site.layer).accumulator_bits);
    if (word == threshold) {
      return;
    }
    word = threshold;
  }
  mark(site);
}

void FastEngine::mark(const Site& site) {
  faulted_sites_.push_back(site);
  const auto& layer = golden_.net->layer(site.layer);
  const int group = PackedNetwork::group_of(layer, channel_of(layer, site));
  changed_[static_cast<std::size_t>(site.layer)] |= std::uint64_t{1} << group;
  for (const auto& hold : held_) {
    auto word = site;
    word.bit = hold.site.bit;
    if (hold.site == word) {
      set_bits(faulted_, hold.site, hold.mask, hold.bits);
    }
  }
  load_word(site, faulted_);
}

void FastEngine::restore() {
  for (const auto& site : faulted_sites_) {
    if (site.space == Space::weights) {
      std::ranges::copy(golden_.weight_word(site.layer, site.module, site.index),
                        faulted_.weight_word(site.layer, site.module, site.index).begin());
    } else {
      faulted_.threshold(site.layer, site.module, site.index, site.thresh) =
          golden_.threshold(site.layer, site.module, site.index, site.thresh);
    }
    load_word(site, golden_);
  }
  faulted_sites_.clear();
  held_.clear();
  std::ranges::fill(changed_, 0);
}

void FastEngine::load_word(const Site& site, const Parameters& from) {
  if (site.space == Space::weights) {
    faulted_net_.set_weight(site.layer, site.module, site.index,
                            from.weight_word(site.layer, site.module, site.index));
  } else {
    faulted_net_.set_threshold(site.layer, site.module, site.index, site.thresh,
                               from.threshold(site.layer, site.module, site.index, site.thresh));
  }
}

std::map<std::string, std::uint64_t> FastEngine::streams_of(int image) const {
  std::vector<std::uint64_t> trace(faulted_net_.layout().words());
  faulted_net_.set_image(images_[image], trace);
  faulted_net_.run_from(0, trace);
  return stream_digests(dataflow(*golden_.net), faulted_net_.layout(), trace);
}

std::span<const std::uint64_t> FastEngine::golden_trace(int image) {
  const auto at = static_cast<std::size_t>(image);
  const bool keep = at < traces_.size();
  auto& trace = keep ? traces_[at] : uncached_trace_;
  if (!keep || trace.empty()) {
    trace.resize(golden_net_.layout().words());
    golden_net_.set_image(images_[image], trace);
    golden_net_.run_from(0, trace);
  }
  return trace;
}

}  // namespace fluence
