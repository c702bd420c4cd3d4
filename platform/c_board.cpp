#include "platform/c_board.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "fluence/accel_regs.h"
#include "platform/driver_shape.hpp"
#include "sw/driver/intc_driver.h"

namespace fluence {
namespace {

constexpr std::uint64_t kAlignment = 64;

std::string hex(std::uint64_t value) {
  char text[2 + 16 + 1];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

}  // namespace

void CBoard::load(const Parameters& parameters) {
  platform_.load_through_debug(parameters);
  classes_ = parameters.class_count();
}

void CBoard::open(const Parameters& parameters) {
  load(parameters);
  execute([](NativeHost&) {});
  opened_at_ = sc_core::sc_time_stamp();
}

void CBoard::close() {
  reset();
  platform_.clear_memory();
  next_ = kImageBuffer.base;
}

void CBoard::reset() {
  platform_.reset();
  execute([](NativeHost& host) {
    if (host.irq.read()) {
      wait(host.irq.negedge_event());  // it falls in no time, but not at once
    }
  });
}

void CBoard::execute(const std::function<void(NativeHost&)>& body) {
  platform_.host().run([&](NativeHost& host) {
    if (!std::exchange(booted_, true)) {
      const auto bus = host.driver_bus(true);
      fl_intc_enable(&bus, kIntc.base, FL_BOARD_ACCEL_LINE);
    }
    body(host);
  });
}

std::uint64_t CBoard::cycles() const {
  return (sc_core::sc_time_stamp() - opened_at_).value() / period().value();
}

sc_core::sc_time CBoard::duration(std::uint64_t cycles) const {
  const auto most = (sc_core::sc_max_time() - sc_core::sc_time_stamp()).value() / 2 / period().value();
  if (cycles > most) {
    throw InputError(std::to_string(cycles) + " cycles are beyond the simulated time: use at most " +
                     std::to_string(most));
  }
  return sc_core::sc_time::from_value(period().value() * cycles);
}

void CBoard::read_register(std::uint32_t offset, std::uint32_t& value) {
  execute([&](NativeHost& host) {
    if (!host.read(kAccelerator.base + offset,
                   {reinterpret_cast<unsigned char*>(&value), sizeof value})) {
      throw InputError("there is no register to read at offset " + hex(offset) +
                       ": see docs/platform.md");
    }
  });
}

void CBoard::write_register(std::uint32_t offset, std::uint32_t value) {
  if (offset < kAccelerator.size && Accelerator::register_at(offset) == FL_ACCEL_CONTROL &&
      (value & FL_ACCEL_CONTROL_START) != 0) {
    check_target();
  }
  execute([&](NativeHost& host) {
    if (!host.write(kAccelerator.base + offset,
                    {reinterpret_cast<const unsigned char*>(&value), sizeof value})) {
      throw InputError("there is no register to write at offset " + hex(offset) +
                       ": see docs/platform.md");
    }
  });
}

std::uint64_t CBoard::stored(const char* name) {
  return platform_.stored_bits(
      std::ranges::find(platform_.sites().arrays(), name, &StateArray::rtl_name)->address);
}

void CBoard::check_target() {
  const auto command = stored("u_regs.do_init_q");
  if (command != FL_ACCEL_DO_INIT_WRITE && command != FL_ACCEL_DO_INIT_READ) {
    return;
  }
  const auto require = [](const char* name, std::uint64_t value, std::uint64_t count,
                          const std::string& of) {
    if (value >= count) {
      throw InputError(std::string(name) + " is " + std::to_string(value) + ", and for " + of +
                       " it must be 0 to " + std::to_string(count - 1) +
                       ": set it before the start, which has been left out");
    }
  };
  const DriverShape driver(*net_);
  const auto& shape = driver.shape();
  const auto target = stored("u_regs.target_layer_q");
  const bool last_has_thresholds = shape.layer[shape.layers - 1].thresholds > 0;
  require("FL_ACCEL_TARGET_LAYER", target, 2 * shape.layers - (last_has_thresholds ? 0 : 1), net_->name);
  const auto& layer = shape.layer[target / 2];
  const bool weights = target % 2 == 0;
  const auto of = std::string(weights ? "weights" : "thresholds") + " of layer " +
                  std::to_string(target / 2) + " of " + net_->name;
  require("FL_ACCEL_TARGET_MEM", stored("u_regs.target_mem_q"), layer.pes, of);
  require("FL_ACCEL_TARGET_IND", stored("u_regs.target_ind_q"),
          weights ? layer.weight_words : layer.threshold_words, of);
  if (const auto copies = weights ? layer.weight_copies : layer.threshold_copies; copies > 1) {
    require("FL_ACCEL_TARGET_MODULE", stored("u_regs.g_target_module.target_module_q"), copies, of);
  }
  // Where a word of weights has one slice it does not count.
  if (const auto slices = weights ? layer.weight_slices : layer.thresholds; !weights || slices > 1) {
    require("FL_ACCEL_TARGET_THRESH", stored("u_regs.target_thresh_q"), slices, of);
  }
}

std::uint64_t CBoard::allocate(std::size_t bytes) {
  const auto left = kDram.base + kDram.size - next_;
  if (bytes == 0 || bytes > left) {
    throw InputError("cannot allocate " + std::to_string(bytes) + " bytes: ask for 1 to " +
                     std::to_string(left) + ", which are left");
  }
  return std::exchange(next_, next_ + (bytes + kAlignment - 1) / kAlignment * kAlignment);
}

void CBoard::check_range(std::uint64_t address, std::size_t bytes) const {
  if (address < kImageBuffer.base || address > next_ || bytes > next_ - address) {
    throw InputError("bus address " + hex(address) + " and " + std::to_string(bytes) +
                     " bytes are not within what fluence_alloc gave: allocate them first");
  }
}

}  // namespace fluence
