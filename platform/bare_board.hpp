// The accelerator with the board's memory and driver but without SystemC, so that a process can hold
// two and clock them side by side.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "network/images.hpp"
#include "network/parameters.hpp"
#include "platform/sparse_memory.hpp"
#include "rtl/model/rtl_model.hpp"
#include "rtl/sites.hpp"
#include "sw/driver/accel_driver.h"

namespace fluence {

class BareBoard {
 public:
  /// `net` must outlive the board.
  explicit BareBoard(const Topology& net);
  BareBoard(const BareBoard&) = delete;
  BareBoard& operator=(const BareBoard&) = delete;

  /// Stores every parameter bit, in no time.
  void load(const Parameters& parameters);
  /// Puts the first `count` images into the image buffer, as `stored_images` has them. Throws InputError
  /// if they do not fit.
  void place_images(const ImageSet& images, int count);

  /// The driver starts images first .. first+count-1 of the buffer.
  void start(int first, int count);
  /// The driver waits for the end of the run and acknowledges it. `clock` is to clock the model until
  /// its interrupt is up; false: it has given up. Returns whether the run has ended.
  bool wait(const std::function<bool()>& clock);

  /// What is in the score buffer, [images][scores].
  [[nodiscard]] Scores scores(int first, int count) const;

  /// Takes over what another board's accelerator and memory hold in the middle of a run.
  void go_on_from(const BareBoard& other);

  [[nodiscard]] const SiteMap& sites() const { return sites_; }
  [[nodiscard]] RtlModel& model() { return *model_; }
  [[nodiscard]] const RtlModel& model() const { return *model_; }
  [[nodiscard]] const SparseMemory& memory() const { return memory_; }

 private:
  SiteMap sites_;
  SparseMemory memory_;
  std::unique_ptr<RtlModel> model_;
  std::function<bool()> clock_;
  fl_bus bus_;
  fl_accel accel_;
};

}  // namespace fluence
