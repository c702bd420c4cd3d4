// The C interface (include/fluence/platform.h) on the platform with its native host.
#include <cstdlib>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "fluence/accel_regs.h"
#include "fluence/platform.h"
#include "network/error.hpp"
#include "platform/data_files.hpp"
#include "platform/memory_map.hpp"
#include "platform/platform.hpp"
#include "sw/driver/intc_driver.h"

using fluence::InputError;

namespace {

constexpr std::uint64_t kAlignment = 64;
constexpr int kFailed = -1;

std::string& last_error() {
  static std::string text = "no call has failed";
  return text;
}

template <class Call>
int guarded(Call call) {
  try {
    call();
    return 0;
  } catch (const std::exception& e) {
    last_error() = e.what();
    return kFailed;
  }
}

fluence::PlatformOptions options_of(const fluence_config& config) {
  fluence::PlatformOptions options;
  if (config.clock_mhz < 0 || config.clock_mhz > 1e6) {
    throw InputError("clock_mhz is " + std::to_string(config.clock_mhz) + ": use 0 (100 MHz) to 1e6");
  }
  if (config.clock_mhz > 0) {
    options.clock_mhz = config.clock_mhz;
  }
  if (config.memory_latency > 0) {
    options.memory_latency_cycles = config.memory_latency;
  }
  return options;
}

fluence::Parameters parameters_of(const fluence_config& config, const fluence::Topology& net) {
  return fluence::Parameters::load(
      net, config.params != nullptr
               ? std::filesystem::path(config.params)
               : fluence::data_file("FLUENCE_MODELS", "models", FLUENCE_MODELS_DIR) / net.name);
}

}  // namespace

struct fluence_platform {
  fluence_platform(const fluence::Topology& net, const fluence::PlatformOptions& options)
      : clock_mhz(options.clock_mhz), board("board", net, options) {}

  /// What `body` does on the host takes simulated time.
  template <class Body>
  void execute(Body body) {
    board.host().run([&](fluence::NativeHost& host) {
      if (!std::exchange(booted, true)) {
        const auto bus = host.driver_bus(true);
        fl_intc_enable(&bus, fluence::kIntc.base, FL_BOARD_ACCEL_LINE);
      }
      body(host);
    });
  }
  [[nodiscard]] sc_core::sc_time period() const { return {1e3 / clock_mhz, sc_core::SC_NS}; }
  void check_range(std::uint64_t address, std::size_t bytes) const {
    if (address < fluence::kImageBuffer.base || address > next || bytes > next - address) {
      throw InputError("bus address " + std::to_string(address) + " and " + std::to_string(bytes) +
                       " bytes are not within what fluence_alloc gave: allocate them first");
    }
  }

  double clock_mhz;
  fluence::Platform board;
  std::uint64_t next = fluence::kImageBuffer.base;  ///< first free bus address
  bool booted = false;
};

extern "C" {

fluence_platform* fluence_open(const fluence_config* config) {
  static bool opened = false;
  fluence_platform* platform = nullptr;
  guarded([&] {
    if (config == nullptr || config->network == nullptr) {
      throw InputError("fluence_open needs a network: name cnvW1A1, cnvW1A2 or cnvW2A2");
    }
    const auto& net = fluence::topology(config->network);
    const auto parameters = parameters_of(*config, net);
    const auto options = options_of(*config);
    if (std::exchange(opened, true)) {
      throw InputError("a process can have one platform: open the second one in another process");
    }
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
    auto made = std::make_unique<fluence_platform>(net, options);
    made->board.load_through_debug(parameters);
    made->execute([](fluence::NativeHost&) {});
    platform = made.release();
  });
  return platform;
}

void fluence_close(fluence_platform* platform) { delete platform; }

const char* fluence_last_error(void) { return last_error().c_str(); }

int fluence_read32(fluence_platform* platform, uint32_t offset, uint32_t* value) {
  return guarded([&] {
    platform->execute([&](fluence::NativeHost& host) {
      if (!host.read(fluence::kAccelerator.base + offset,
                     {reinterpret_cast<unsigned char*>(value), sizeof *value})) {
        throw InputError("there is no register to read at offset " + std::to_string(offset) +
                         ": see docs/platform.md");
      }
    });
  });
}

int fluence_write32(fluence_platform* platform, uint32_t offset, uint32_t value) {
  return guarded([&] {
    platform->execute([&](fluence::NativeHost& host) {
      if (!host.write(fluence::kAccelerator.base + offset,
                      {reinterpret_cast<const unsigned char*>(&value), sizeof value})) {
        throw InputError("there is no register to write at offset " + std::to_string(offset) +
                         ": see docs/platform.md");
      }
    });
  });
}

int fluence_alloc(fluence_platform* platform, size_t bytes, uint64_t* bus_address) {
  return guarded([&] {
    const auto end = fluence::kDram.base + fluence::kDram.size;
    if (bytes > end - platform->next) {
      throw InputError("the platform's memory has no " + std::to_string(bytes) +
                       " bytes left: allocate less");
    }
    *bus_address = platform->next;
    platform->next += (bytes + kAlignment - 1) / kAlignment * kAlignment;
  });
}

int fluence_copy_in(fluence_platform* platform, uint64_t bus_address, const void* data, size_t bytes) {
  return guarded([&] {
    platform->check_range(bus_address, bytes);
    platform->board.write_memory(bus_address, {static_cast<const unsigned char*>(data), bytes});
  });
}

int fluence_copy_out(fluence_platform* platform, uint64_t bus_address, void* data, size_t bytes) {
  return guarded([&] {
    platform->check_range(bus_address, bytes);
    platform->board.read_memory(bus_address, {static_cast<unsigned char*>(data), bytes});
  });
}

int fluence_run(fluence_platform* platform, uint64_t cycles) {
  return guarded([&] {
    platform->execute([&](fluence::NativeHost&) {
      sc_core::wait(sc_core::sc_time::from_value(platform->period().value() * cycles));
    });
  });
}

int fluence_run_until_interrupt(fluence_platform* platform, uint64_t cycles, int* risen) {
  return guarded([&] {
    platform->execute([&](fluence::NativeHost& host) {
      *risen = host.wait_irq(sc_core::sc_time::from_value(platform->period().value() * cycles)) ? 1 : 0;
    });
  });
}

uint64_t fluence_cycles(const fluence_platform* platform) {
  return sc_core::sc_time_stamp().value() / platform->period().value();
}

int fluence_upset_at(fluence_platform* platform, uint64_t address, uint64_t mask, uint64_t cycle) {
  return guarded([&] {
    const auto* array = platform->board.sites().find(address);
    if (array == nullptr) {
      throw InputError("there is no site at address " + std::to_string(address) +
                       ": see 'fluence sites --csv'");
    }
    const auto bits = static_cast<std::uint64_t>(array->bits);
    const auto left = bits - (address - array->address) % bits;
    if (mask == 0 || (left < 64 && mask >> left != 0)) {
      throw InputError("the mask must have bits, all within the word, which has " +
                       std::to_string(left) + " from this address on");
    }
    platform->board.accelerator().model().flip_at(cycle, address, mask);
  });
}

int fluence_upset(fluence_platform* platform, const char* space, int layer, int module, int index,
                  int thresh, int bit, uint64_t cycle) {
  std::uint64_t address = 0;
  const int found = guarded([&] {
    const fluence::Site site{fluence::space_from_string(space), layer, module, index, thresh, bit};
    address = platform->board.sites().address(site);
  });
  return found == 0 ? fluence_upset_at(platform, address, 1, cycle) : found;
}

}  // extern "C"
