// The C interface (include/fluence/platform.h): checks what it is given and passes it to the board.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "fluence/platform.h"
#include "network/known_networks.hpp"
#include "platform/c_board.hpp"
#include "platform/embedded_parameters.hpp"

using fluence::CBoard;
using fluence::InputError;
using fluence::NativeHost;

struct fluence_platform {};

namespace {

constexpr int kFailed = -1;

// Each open has a handle of its own, so that a closed one is never taken for that of a later open.
std::deque<fluence_platform> handles;
fluence_platform opening;                               ///< stands for the handle that is yet to come
std::atomic<const fluence_platform*> opened = nullptr;  ///< of any thread
thread_local const fluence_platform* own = nullptr;     ///< of this thread: it alone may use it
CBoard* board = nullptr;                                ///< of the process; used by who has opened it

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

/// As guarded(), for a call on a platform that must be open.
template <class Call>
int on_platform(const fluence_platform* platform, Call call) {
  return guarded([&] {
    if (platform == nullptr || platform != opened) {
      throw InputError("the platform is not open: give what fluence_open returned, before closing it");
    }
    if (platform != own) {
      throw InputError(
          "the platform belongs to another thread: make all calls from the one that opened it");
    }
    call(*board);
  });
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

fluence::Parameters parameters_of(const char* params, const fluence::Topology& net) {
  if (params != nullptr && *params == '\0') {
    throw InputError("params is empty: name a file or a folder, or give NULL for the embedded model");
  }
  return fluence::load_parameters(net, params != nullptr ? params : "",
                                  "give those of your network as params of the configuration");
}

/// The board of the process, made for the first one who asks.
CBoard& board_for(const fluence::Topology& net, const fluence::PlatformOptions& options) {
  if (board == nullptr) {
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);
    board = new CBoard(net, options);
  }
  if (&board->net() != &net || board->options() != options) {
    throw InputError("this process has opened " + board->net().name +
                     " before, and can open only that, with the same clock, latency and quantum: "
                     "open the other one in a process of its own");
  }
  return *board;
}

void require_pointer(const void* pointer, const char* name) {
  if (pointer == nullptr) {
    throw InputError(std::string(name) + " is NULL: give it");
  }
}

}  // namespace

extern "C" {

fluence_platform* fluence_open(const fluence_config* config) {
  fluence_platform* platform = nullptr;
  guarded([&] {
    if (config == nullptr || config->network == nullptr) {
      throw InputError("fluence_open needs a network: name one of " + fluence::network_names());
    }
    const auto& net = fluence::find_topology(config->network);
    const auto options = options_of(*config);
    const auto parameters = parameters_of(config->params, net);
    const fluence_platform* none = nullptr;
    if (!opened.compare_exchange_strong(none, &opening)) {
      throw InputError(
          "a process can have one platform at a time: close the other one first, or open the second in "
          "another process");
    }
    try {
      board_for(net, options).open(parameters);
      platform = &handles.emplace_back();
    } catch (...) {
      opened = nullptr;
      throw;
    }
    opened = own = platform;
  });
  return platform;
}

int fluence_close(fluence_platform* platform) {
  if (platform == nullptr || platform != opened) {
    return 0;
  }
  return on_platform(platform, [](CBoard& closing) {
    closing.close();
    own = nullptr;
    opened = nullptr;
  });
}

const char* fluence_last_error(void) { return last_error().c_str(); }

int fluence_get_sizes(fluence_platform* platform, fluence_sizes* sizes) {
  return on_platform(platform, [&](const CBoard& on) {
    require_pointer(sizes, "sizes");
    const auto& net = on.net();
    *sizes = {};
    sizes->height = static_cast<std::uint32_t>(net.image().height);
    sizes->width = static_cast<std::uint32_t>(net.image().width);
    sizes->channels = static_cast<std::uint32_t>(net.image().channels);
    sizes->image_bytes = static_cast<std::uint32_t>(net.stored_image().words()) * 8;
    sizes->scores = static_cast<std::uint32_t>(net.scores());
    sizes->score_bytes = static_cast<std::uint32_t>(net.score_words()) * 8;
    sizes->classes = static_cast<std::uint32_t>(on.classes());
    sizes->layers = static_cast<std::uint32_t>(net.layers.size());
  });
}

int fluence_reset(fluence_platform* platform) {
  return on_platform(platform, [](CBoard& on) { on.reset(); });
}

int fluence_load(fluence_platform* platform, const char* params) {
  return on_platform(platform, [&](CBoard& on) { on.load(parameters_of(params, on.net())); });
}

int fluence_read32(fluence_platform* platform, uint32_t offset, uint32_t* value) {
  return on_platform(platform, [&](CBoard& on) {
    require_pointer(value, "value");
    on.read_register(offset, *value);
  });
}

int fluence_write32(fluence_platform* platform, uint32_t offset, uint32_t value) {
  return on_platform(platform, [&](CBoard& on) { on.write_register(offset, value); });
}

int fluence_alloc(fluence_platform* platform, size_t bytes, uint64_t* bus_address) {
  return on_platform(platform, [&](CBoard& on) {
    require_pointer(bus_address, "bus_address");
    *bus_address = on.allocate(bytes);
  });
}

int fluence_copy_in(fluence_platform* platform, uint64_t bus_address, const void* data, size_t bytes) {
  return on_platform(platform, [&](CBoard& on) {
    on.check_range(bus_address, bytes);
    require_pointer(data, "data");
    on.platform().write_memory(bus_address, {static_cast<const unsigned char*>(data), bytes});
  });
}

int fluence_copy_out(fluence_platform* platform, uint64_t bus_address, void* data, size_t bytes) {
  return on_platform(platform, [&](CBoard& on) {
    on.check_range(bus_address, bytes);
    require_pointer(data, "data");
    on.platform().read_memory(bus_address, {static_cast<unsigned char*>(data), bytes});
  });
}

int fluence_run(fluence_platform* platform, uint64_t cycles) {
  return on_platform(platform, [&](CBoard& on) {
    const auto duration = on.duration(cycles);
    on.execute([&](NativeHost&) { sc_core::wait(duration); });
  });
}

int fluence_run_until_interrupt(fluence_platform* platform, uint64_t cycles, int* risen) {
  return on_platform(platform, [&](CBoard& on) {
    require_pointer(risen, "risen");
    const auto duration = on.duration(cycles);
    on.execute([&](NativeHost& host) { *risen = host.wait_irq(duration) ? 1 : 0; });
  });
}

uint64_t fluence_cycles(fluence_platform* platform) {
  std::uint64_t cycles = 0;
  static_cast<void>(on_platform(platform, [&](CBoard& on) { cycles = on.cycles(); }));
  return cycles;
}

int fluence_upset_at(fluence_platform* platform, uint64_t address, uint64_t mask, uint64_t cycle) {
  return on_platform(platform, [&](CBoard& on) {
    const auto* array = on.platform().sites().find(address);
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
    static_cast<void>(on.duration(cycle));
    auto& accelerator = on.platform().accelerator();
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
  const int found = on_platform(platform, [&](CBoard& on) {
    require_pointer(space, "space");
    const fluence::Site site{fluence::space_from_string(space), layer, module, index, thresh, bit};
    address = on.platform().sites().address(site);
  });
  return found == 0 ? fluence_upset_at(platform, address, 1, cycle) : found;
}

}  // extern "C"
