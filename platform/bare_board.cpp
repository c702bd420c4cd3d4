#include "platform/bare_board.hpp"

#include <span>

#include "network/score_words.hpp"
#include "platform/driver_status.hpp"
#include "platform/memory_map.hpp"
#include "platform/parameter_words.hpp"
#include "platform/platform.hpp"
#include "platform/trial.hpp"

namespace fluence {
BareBoard::BareBoard(const Topology& net)
    : sites_(net),
      memory_(PlatformOptions{}.memory_latency_cycles),
      model_(RtlModel::create(net, memory_)),
      bus_{this,
           [](void* ctx, std::uint64_t address, std::uint32_t* value) {
             auto& board = *static_cast<BareBoard*>(ctx);
             bool ok = true;
             if (address >= kAccelerator.base) {
               *value = board.model_->read_register(
                   static_cast<std::uint32_t>(address - kAccelerator.base), ok);
             } else {
               board.memory_.peek(address, std::as_writable_bytes(std::span(value, 1)));
             }
             return ok ? 0 : 1;
           },
           [](void* ctx, std::uint64_t address, std::uint32_t value) {
             auto& board = *static_cast<BareBoard*>(ctx);
             bool ok = true;
             board.model_->write_register(static_cast<std::uint32_t>(address - kAccelerator.base), value,
                                          ok);
             return ok ? 0 : 1;
           },
           [](void* ctx) { return static_cast<BareBoard*>(ctx)->clock_() ? 0 : 1; }},
      accel_{&bus_, kAccelerator.base, 0, nullptr} {}

void BareBoard::load(const Parameters& parameters) {
  for_each_stored_word(
      sites_, parameters,
      [&](const Site&, std::uint64_t address, int, std::span<const std::uint64_t> stored) {
        model_->write_word(address, stored);
      });
}

void BareBoard::place_images(const ImageSet& images, int count) {
  check_images_fit(sites_.net(), count);
  auto address = kImageBuffer.base;
  for (int i = 0; i < count; ++i) {
    const auto words = images[i].memory_words();
    memory_.poke(address, std::as_bytes(std::span(words)));
    address += words.size() * sizeof words[0];
  }
}

void BareBoard::start(int first, int count) {
  const auto at = static_cast<std::uint64_t>(first);
  check(fl_accel_start(&accel_, kImageBuffer.base + at * image_bytes(sites_.net()),
                       kScoreBuffer.base + at * score_bytes(sites_.net()),
                       static_cast<std::uint32_t>(count)),
        "starting a run");
}

bool BareBoard::wait(const std::function<bool()>& clock) {
  clock_ = clock;
  const auto status = fl_accel_wait(&accel_);
  if (status != FL_ERR_TIMEOUT) {
    check(status, "waiting for a run");
  }
  return status == FL_OK;
}

Scores BareBoard::scores(int first, int count) const {
  Scores scores(static_cast<std::size_t>(count) * static_cast<std::size_t>(sites_.net().scores()));
  std::vector<std::uint64_t> words(score_word_count(scores.size(), sites_.net()));
  memory_.peek(kScoreBuffer.base + static_cast<std::uint64_t>(first) * score_bytes(sites_.net()),
               std::as_writable_bytes(std::span(words)));
  read_scores(words, sites_.net(), scores);
  return scores;
}

void BareBoard::go_on_from(const BareBoard& other) {
  memory_ = other.memory_;
  model_->restore_parameters(other.model_->save_parameters());
  model_->restore(other.model_->save());
}

}  // namespace fluence
