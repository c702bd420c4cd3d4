#include "campaign/stopping.hpp"

#include <algorithm>
#include <cassert>

#include "base/probability.hpp"

namespace fluence {

Stopping::Stopping(const std::optional<Target>& target, int most, int images)
    : target_(target), most_(most), images_(images), needed_(target ? std::min(kLeast, most) : most) {}

void Stopping::add(int number, std::optional<int> correct) {
  assert(number < needed_ && !ended_);
  static_cast<void>(number);
  ++known_;
  if (correct) {
    ++evaluated_;
    sum_ += *correct;
    squares_ += std::int64_t{*correct} * *correct;
  }
  if (known_ < needed_ || needed_ == most_) {
    return;
  }
  // All trials below `needed_` are known, and no others: what is decided is the same in every order.
  if (enough()) {
    ended_ = true;
  } else {
    needed_ = std::min(needed_ + kStep, most_);
  }
}

bool Stopping::enough() const {
  if (evaluated_ < kLeast) {
    return false;
  }
  const double n = evaluated_;
  const double per_image = 100.0 / images_;
  // Both products are whole numbers, so their difference loses nothing.
  const double variance = static_cast<double>(std::int64_t{evaluated_} * squares_ - sum_ * sum_) /
                          (n * (n - 1)) * per_image * per_image;
  const double z = student_quantile(0.5 + target_->confidence / 2, n - 1);
  return z * z * (variance + 1 / n) / n <= target_->margin * target_->margin;
}

}  // namespace fluence
