// The Verilated accelerator with a flat memory and nothing else: no SystemC, no driver.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fluence/accel_regs.h"
#include "network/images.hpp"
#include "network/parameters.hpp"
#include "network/score_words.hpp"
#include "rtl/model/rtl_model.hpp"
#include "rtl/sites.hpp"
#include "tests/support/published.hpp"

namespace fluence::test {

class FlatMemory final : public AxiMemory {
 public:
  Reply read(std::uint64_t address, std::span<std::uint64_t> words) override {
    for (std::size_t i = 0; i < words.size(); ++i) {
      words[i] = data_.at(address / 8 + i);
    }
    return {true, kLatency};
  }
  Reply write(std::uint64_t address, std::span<const std::uint64_t> words) override {
    for (std::size_t i = 0; i < words.size(); ++i) {
      data_.at(address / 8 + i) = words[i];
    }
    return {true, kLatency};
  }
  std::uint64_t& word(std::uint64_t address) { return data_.at(address / 8); }

 private:
  static constexpr unsigned kLatency = 4;
  std::vector<std::uint64_t> data_ = std::vector<std::uint64_t>(1U << 17);
};

class AccelBench {
 public:
  static constexpr std::uint64_t kImages = 0;
  static constexpr std::uint64_t kScoresAt = 1U << 19;

  explicit AccelBench(const Topology& net) : sites_(net), model_(RtlModel::create(net, memory_)) {}

  RtlModel& model() { return *model_; }
  const SiteMap& sites() const { return sites_; }
  FlatMemory& memory() { return memory_; }

  /// Resets the control state, so that the next run fills the FIFOs from slot 0, and stores every
  /// parameter word.
  void load(const Parameters& parameters) {
    model_->reset();
    for (const auto& layer : sites_.net().layers) {
      for (int pe = 0; pe < layer.pe; ++pe) {
        for (int word = 0; word < layer.weight_words(); ++word) {
          store({Space::weights, layer.index, pe, word, 0, 0}, parameters.weight(layer.index, pe, word));
        }
        for (int word = 0; word < layer.threshold_words(); ++word) {
          for (int t = 0; t < layer.thresholds; ++t) {
            store({Space::thresholds, layer.index, pe, word, t, 0},
                  static_cast<std::uint64_t>(parameters.threshold(layer.index, pe, word, t)));
          }
        }
      }
    }
  }

  /// Starts a run; the caller steps the model.
  void start(std::span<const Image> images) {
    auto at = kImages;
    for (const auto& image : images) {
      for (const auto word : image.memory_words()) {
        memory_.word(at) = word;
        at += 8;
      }
    }
    write(FL_ACCEL_INPUT_LOW, kImages);
    write(FL_ACCEL_OUTPUT_LOW, kScoresAt);
    write(FL_ACCEL_DO_INIT, FL_ACCEL_DO_INIT_COMPUTE);
    write(FL_ACCEL_NUM_REPS, images.size());
    write(FL_ACCEL_CONTROL, FL_ACCEL_CONTROL_START);
  }

  /// Runs to the end; false: it hung.
  bool finish(std::uint64_t limit = 20'000'000) {
    while (model_->busy() && limit > 0) {
      limit -= std::min(limit, model_->step(limit));
    }
    return !model_->busy();
  }

  /// Starts and finishes. Scores are [images][kScores].
  std::vector<Scores> run(std::span<const Image> images) {
    start(images);
    if (!finish()) {
      throw std::runtime_error("the accelerator hung");
    }
    return scores(images.size());
  }

  std::vector<Scores> scores(std::size_t images) {
    const auto& net = sites_.net();
    std::vector<Scores> result(images, Scores(static_cast<std::size_t>(net.scores())));
    auto at = kScoresAt;
    for (auto& scores : result) {
      std::vector<std::uint64_t> words(static_cast<std::size_t>(net.score_words()));
      for (auto& word : words) {
        word = memory_.word(at);
        at += 8;
      }
      read_scores(words, net, scores);
    }
    return result;
  }

  void write(std::uint32_t offset, std::uint64_t value) {
    bool ok = false;
    model_->write_register(offset, static_cast<std::uint32_t>(value), ok);
  }

 private:
  void store(const Site& site, std::uint64_t value) {
    model_->write_word(sites_.address(site), std::span(&value, 1));
  }

  FlatMemory memory_;
  SiteMap sites_;
  std::unique_ptr<RtlModel> model_;
};

}  // namespace fluence::test
