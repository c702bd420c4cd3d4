#include "network/decision.hpp"

#include <algorithm>
#include <cstddef>

namespace fluence {
namespace {

/// From class 0 and `start` on, a later class wins with a strictly higher value.
template <typename Value>
int highest_of(std::span<const Value> values, Value start) {
  int best = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] > start) {
      start = values[i];
      best = static_cast<int>(i);
    }
  }
  return best;
}

}  // namespace

Decider::Decider(const Parameters& parameters)
    : net_(parameters.net),
      classes_(parameters.classes.size()),
      offsets_(parameters.score_offsets),
      factors_(parameters.score_factors),
      biases_(parameters.score_biases) {}

bool Decider::by_highest() const {
  return net_ == nullptr || net_->decision == Decision::from_zero ||
         (net_->decision == Decision::highest && offsets_.empty() && factors_.empty() &&
          biases_.empty());
}

bool Decider::ranks() const {
  return net_ == nullptr || net_->decision == Decision::from_zero || net_->decision == Decision::highest;
}

std::vector<double> Decider::values(std::span<const Score> scores) const {
  const auto of_classes = scores.first(std::min(classes_, scores.size()));
  std::vector<double> values;
  if (net_ == nullptr || net_->decision == Decision::from_zero) {
    for (const auto score : of_classes) {
      values.push_back(std::max<Score>(score, 0));
    }
    return values;
  }
  for (const auto sum : sums(of_classes)) {
    const auto at = values.size();
    values.push_back(static_cast<double>(sum) * (factors_.empty() ? 1 : factors_[at]) +
                     (biases_.empty() ? 0 : biases_[at]));
  }
  return values;
}

std::vector<std::int64_t> Decider::sums(std::span<const Score> scores) const {
  const auto& last = net_->layers.back();
  const bool counts = last.xnor && last.thresholds == 0;
  std::vector<std::int64_t> sums(scores.begin(), scores.end());
  for (std::size_t i = 0; i < sums.size(); ++i) {
    sums[i] =
        (counts ? 2 * sums[i] - last.matrix_width() : sums[i]) + (offsets_.empty() ? 0 : offsets_[i]);
  }
  return sums;
}

int Decider::operator()(std::span<const Score> scores) const {
  const auto of_classes = scores.first(std::min(classes_, scores.size()));
  switch (net_ == nullptr ? Decision::from_zero : net_->decision) {
    case Decision::from_zero: return highest_of<Score>(of_classes, 0);
    case Decision::highest_bit: {
      const auto last =
          std::find_if(of_classes.rbegin(), of_classes.rend(), [](Score score) { return score != 0; });
      return static_cast<int>(std::max<std::ptrdiff_t>(0, of_classes.rend() - last - 1));
    }
    case Decision::sign: return classes_ > 1 && sums(scores).front() > 0 ? 1 : 0;
    case Decision::highest: break;
  }
  const auto all = values(of_classes);
  return highest_of<double>(all, all.front());
}

}  // namespace fluence
