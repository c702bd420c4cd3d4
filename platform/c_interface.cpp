// The C interface (include/fluence/platform.h) on the platform with its native host.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
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
  thread_local std::string text = "no call has failed";
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
  if (!(config.clock_mhz >= 0 && config.clock_mhz <= 1e6)) {
    throw InputError("clock_mhz is " + std::to_string(config.clock_mhz) + ": use 0 (100 MHz) to 1e6");
  }
  if (std::ranges::any_of(config.reserved, [](std::uint32_t word) { return word != 0; })) {
    throw InputError("the configuration's reserved words are not zero: clear it before filling it in");
  }
  if (config.clock_mhz > 0) {
    options.clock_mhz = config.clock_mhz;
  }
  if (config.memory_latency > 0) {
    options.memory_latency_cycles = config.memory_latency;
  }
  if (config.quantum > 0) {
    options.quantum_cycles = config.quantum;
  }
  return options;
}

fluence::Parameters parameters_of(const fluence_config& config, const fluence::Topology& net) {
  return fluence::Parameters::load(
      net, config.params != nullptr
               ? std::filesystem::path(config.params)
               : fluence::data_file("FLUENCE_MODELS", "models", FLUENCE_MODELS_DIR) / net.name);
}

std::string hex(std::uint64_t value) {
  char text[2 + 16 + 1];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

void require_pointer(const void* pointer, const char* name) {
  if (pointer == nullptr) {
    throw InputError(std::string(name) + " is NULL: give it");
  }
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
  [[nodiscard]] sc_core::sc_time duration(std::uint64_t cycles) const {
    const auto most = (sc_core::sc_max_time() - sc_core::sc_time_stamp()).value() / 2 / period().value();
    if (cycles > most) {
      throw InputError(std::to_string(cycles) + " cycles are beyond the simulated time: use at most " +
                       std::to_string(most));
    }
    return sc_core::sc_time::from_value(period().value() * cycles);
  }
  void check_range(std::uint64_t address, std::size_t bytes) const {
    if (address < fluence::kImageBuffer.base || address > next || bytes > next - address) {
      throw InputError("bus address " + hex(address) + " and " + std::to_string(bytes) +
                       " bytes are not within what fluence_alloc gave: allocate them first");
    }
  }

  double clock_mhz;
  fluence::Platform board;
  std::thread::id owner = std::this_thread::get_id();
  std::uint64_t next = fluence::kImageBuffer.base;  ///< first free bus address
  bool booted = false;
};

namespace {

fluence_platform* opened = nullptr;  ///< the process's one, until it is closed

/// As guarded(), for a call on a platform that must be open.
template <class Call>
int on_platform(const fluence_platform* platform, Call call) {
  return guarded([&] {
    if (platform == nullptr || platform != opened) {
      throw InputError("the platform is not open: give what fluence_open returned, before closing it");
    }
    if (std::this_thread::get_id() != opened->owner) {
      throw InputError(
          "the platform belongs to another thread: make all calls from the one that opened it");
    }
    call();
  });
}

}  // namespace

extern "C" {

fluence_platform* fluence_open(const fluence_config* config) {
  static bool elaborated = false;
  fluence_platform* platform = nullptr;
  guarded([&] {
    if (config == nullptr || config->network == nullptr) {
      throw InputError("fluence_open needs a network: name cnvW1A1, cnvW1A2 or cnvW2A2");
    }
    const auto& net = fluence::topology(config->network);
    const auto options = options_of(*config);
    const auto parameters = parameters_of(*config, net);
    if (std::exchange(elaborated, true)) {
      throw InputError("a process can have one platform: open the second one in another process");
    }
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
    auto made = std::make_unique<fluence_platform>(net, options);
    made->board.load_through_debug(parameters);
    made->execute([](fluence::NativeHost&) {});
    platform = opened = made.release();
  });
  return platform;
}

void fluence_close(fluence_platform* platform) {
  if (platform != nullptr && platform == opened) {
    delete std::exchange(opened, nullptr);
  }
}

const char* fluence_last_error(void) { return last_error().c_str(); }

int fluence_read32(fluence_platform* platform, uint32_t offset, uint32_t* value) {
  return on_platform(platform, [&] {
    require_pointer(value, "value");
    platform->execute([&](fluence::NativeHost& host) {
      if (!host.read(fluence::kAccelerator.base + offset,
                     {reinterpret_cast<unsigned char*>(value), sizeof *value})) {
        throw InputError("there is no register to read at offset " + hex(offset) +
                         ": see docs/platform.md");
      }
    });
  });
}

int fluence_write32(fluence_platform* platform, uint32_t offset, uint32_t value) {
  return on_platform(platform, [&] {
    platform->execute([&](fluence::NativeHost& host) {
      if (!host.write(fluence::kAccelerator.base + offset,
                      {reinterpret_cast<const unsigned char*>(&value), sizeof value})) {
        throw InputError("there is no register to write at offset " + hex(offset) +
                         ": see docs/platform.md");
      }
    });
  });
}

int fluence_alloc(fluence_platform* platform, size_t bytes, uint64_t* bus_address) {
  return on_platform(platform, [&] {
    require_pointer(bus_address, "bus_address");
    const auto left = fluence::kDram.base + fluence::kDram.size - platform->next;
    if (bytes == 0 || bytes > left) {
      throw InputError("cannot allocate " + std::to_string(bytes) + " bytes: ask for 1 to " +
                       std::to_string(left) + ", which are left");
    }
    *bus_address = platform->next;
    platform->next += (bytes + kAlignment - 1) / kAlignment * kAlignment;
  });
}

int fluence_copy_in(fluence_platform* platform, uint64_t bus_address, const void* data, size_t bytes) {
  return on_platform(platform, [&] {
    platform->check_range(bus_address, bytes);
    require_pointer(data, "data");
    platform->board.write_memory(bus_address, {static_cast<const unsigned char*>(data), bytes});
  });
}

int fluence_copy_out(fluence_platform* platform, uint64_t bus_address, void* data, size_t bytes) {
  return on_platform(platform, [&] {
    platform->check_range(bus_address, bytes);
    require_pointer(data, "data");
    platform->board.read_memory(bus_address, {static_cast<unsigned char*>(data), bytes});
  });
}

int fluence_run(fluence_platform* platform, uint64_t cycles) {
  return on_platform(platform, [&] {
    const auto duration = platform->duration(cycles);
    platform->execute([&](fluence::NativeHost&) { sc_core::wait(duration); });
  });
}

int fluence_run_until_interrupt(fluence_platform* platform, uint64_t cycles, int* risen) {
  return on_platform(platform, [&] {
    require_pointer(risen, "risen");
    const auto duration = platform->duration(cycles);
    platform->execute([&](fluence::NativeHost& host) { *risen = host.wait_irq(duration) ? 1 : 0; });
  });
}

uint64_t fluence_cycles(fluence_platform* platform) {
  std::uint64_t cycles = 0;
  static_cast<void>(on_platform(
      platform, [&] { cycles = sc_core::sc_time_stamp().value() / platform->period().value(); }));
  return cycles;
}

int fluence_upset_at(fluence_platform* platform, uint64_t address, uint64_t mask, uint64_t cycle) {
  return on_platform(platform, [&] {
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
    static_cast<void>(platform->duration(cycle));
    auto& accelerator = platform->board.accelerator();
    if (const auto earliest = accelerator.earliest_flip(); cycle < earliest) {
      throw InputError(
          "an upset in cycle " + std::to_string(cycle) +
          " comes too late for the run, which is up to a quantum ahead of the host: schedule "
          "it before the start, or use a smaller quantum");
    }
    accelerator.model().flip_at(cycle, address, mask);
  });
}

int fluence_upset(fluence_platform* platform, const char* space, int layer, int module, int index,
                  int thresh, int bit, uint64_t cycle) {
  std::uint64_t address = 0;
  const int found = on_platform(platform, [&] {
    require_pointer(space, "space");
    const fluence::Site site{fluence::space_from_string(space), layer, module, index, thresh, bit};
    address = platform->board.sites().address(site);
  });
  return found == 0 ? fluence_upset_at(platform, address, 1, cycle) : found;
}

}  // extern "C"
