#include "platform/platform.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <stdexcept>

#include "base/bits.hpp"
#include "base/error.hpp"
#include "network/score_words.hpp"
#include "platform/blockage.hpp"
#include "platform/driver_shape.hpp"
#include "platform/driver_status.hpp"
#include "platform/memory_map.hpp"
#include "platform/parameter_words.hpp"
#include "platform/trial.hpp"
#include "rtl/dataflow.hpp"
#include "sw/driver/accel_driver.h"
#include "sw/driver/intc_driver.h"

namespace fluence {
namespace {

std::vector<Region> regions() {
  std::vector<Region> result;
  for (const auto& entry : kMemoryMap) {
    result.push_back({std::string(entry.name), entry.base, entry.size});
  }
  return result;
}

// As for a driver's status.
void check_access(bool ok, const char* what) {
  if (!ok) {
    throw std::logic_error(std::string(what) + " got a bus error");
  }
}

fl_word driver_word(const Site& site) {
  return {site.space == Space::thresholds ? FL_THRESHOLDS : FL_WEIGHTS,
          static_cast<std::uint32_t>(site.layer),
          static_cast<std::uint32_t>(site.module),
          static_cast<std::uint32_t>(site.index),
          thresh_register(site),
          static_cast<std::uint32_t>(site.copy)};
}

}  // namespace

Platform::Platform(const sc_core::sc_module_name& name, const Topology& net,
                   const PlatformOptions& options, const Accelerator::ModelFactory& model)
    : sc_module(name),
      sites_(net),
      shape_(net),
      options_(options),
      period_(1e3 / options.clock_mhz, sc_core::SC_NS),
      host_("host", period_ * static_cast<double>(options.quantum_cycles)),
      arm_("arm", {1e3 / options.cpu_mhz, sc_core::SC_NS}),
      interconnect_("interconnect", regions()),
      dram_("dram", kDram.size, period_ * options.memory_latency_cycles,
            period_ * options.memory_latency_cycles),
      intc_("interrupt_controller", 2),
      timer_("timer", period_),
      uart_("uart", {10.0 / options.uart_baud, sc_core::SC_SEC}),
      accelerator_(
          "accelerator", net,
          model ? model : [&net](AxiMemory& memory) { return RtlModel::create(net, memory); }, period_,
          options.quantum_cycles),
      beam_("beam"),
      accelerator_irq_("accelerator_irq"),
      timer_irq_("timer_irq"),
      host_irq_("host_irq") {
  bind();
  tlm::tlm_global_quantum::instance().set(period_ * static_cast<double>(options.quantum_cycles));
}

void Platform::bind() {
  host_.bus.bind(interconnect_.in);
  arm_.bus.bind(interconnect_.in);
  accelerator_.mem.bind(interconnect_.in);
  interconnect_.out(std::string(kDram.name)).bind(dram_.socket);
  interconnect_.out(std::string(kIntc.name)).bind(intc_.regs);
  interconnect_.out(std::string(kTimer.name)).bind(timer_.regs);
  interconnect_.out(std::string(kUart.name)).bind(uart_.regs);
  interconnect_.out(std::string(kAccelerator.name)).bind(accelerator_.regs);
  beam_.bind(accelerator_.fault);
  accelerator_.irq.bind(accelerator_irq_);
  timer_.irq.bind(timer_irq_);
  intc_.lines[FL_BOARD_ACCEL_LINE].bind(accelerator_irq_);
  intc_.lines[FL_BOARD_TIMER_LINE].bind(timer_irq_);
  intc_.irq.bind(host_irq_);
  host_.irq.bind(host_irq_);
  arm_.irq.bind(host_irq_);
}

template <class Program>
void Platform::execute(Program program) {
  host_.run([&](NativeHost& host) {
    const fl_bus bus = host.driver_bus(options_.interrupts);
    if (!booted_ && options_.interrupts) {
      check(fl_intc_enable(&bus, kIntc.base, FL_BOARD_ACCEL_LINE), "enabling the interrupt");
    }
    booted_ = true;
    program(fl_accel{&bus, kAccelerator.base, 0, &shape_.shape()});
  });
}

void Platform::load_through_registers(const Parameters& parameters) {
  execute([&](const fl_accel& accel) {
    for_each_parameter_word(sites_, [&](const Site& first, std::uint64_t, int) {
      const int copies = host_copies(codec_of(sites_.net(), first));
      for (auto site = first; site.copy < copies; ++site.copy) {
        for_each_slice(sites_.net(), site, [&](const Site& slice) {
          const auto word = driver_word(slice);
          check(fl_accel_write_word(&accel, &word, host_word(parameters, slice)), "writing a parameter");
        });
      }
    });
  });
}

void Platform::load_through_debug(const Parameters& parameters) {
  for_each_stored_word(
      sites_, parameters,
      [&](const Site&, std::uint64_t address, int, std::span<const std::uint64_t> stored) {
        for (const auto limb : stored) {
          if (const auto wrong = stored_bits(address) ^ limb; wrong != 0) {
            flip_now(address, wrong);
          }
          address += kWordBits;
        }
      });
}

Parameters Platform::stored_parameters() {
  auto parameters = Parameters::blank(sites_.net());
  for_each_parameter_word(sites_, [&](const Site& site, std::uint64_t address, int bits) {
    if (site.space == Space::weights) {
      for (auto& limb : parameters.weight_word(site.layer, site.module, site.index)) {
        limb = stored_bits(address);
        address += kWordBits;
      }
    } else {
      const auto value = stored_bits(address);
      const int unused = 64 - bits;
      parameters.threshold(site.layer, site.module, site.index, site.thresh) =
          static_cast<std::int32_t>(static_cast<std::int64_t>(value << unused) >> unused);
    }
  });
  return parameters;
}

std::uint64_t Platform::read_word(const Site& site) {
  std::uint64_t value = 0;
  execute([&](const fl_accel& accel) {
    const auto word = driver_word(site);
    check(fl_accel_read_word(&accel, &word, kScratch.base, &value), "reading a parameter");
  });
  return value;
}

void Platform::write_word(const Site& site, std::uint64_t value) {
  execute([&](const fl_accel& accel) {
    const auto word = driver_word(site);
    check(fl_accel_write_word(&accel, &word, value), "writing a parameter");
  });
}

std::vector<AccessEvents> Platform::read_events() {
  std::vector<AccessEvents> events(2 * shape_.layers().size());
  execute([&](const fl_accel& accel) {
    for (std::size_t place = 0; place < events.size(); ++place) {
      if (shape_.counts(place)) {
        fl_counts counts{};
        check(fl_accel_read_counts(&accel, place % 2 == 0 ? FL_WEIGHTS : FL_THRESHOLDS,
                                   static_cast<std::uint32_t>(place / 2), &counts),
              "reading counted accesses");
        events[place] = {counts.corrected, counts.detected};
      }
    }
  });
  return events;
}

void Platform::place_images(const ImageSet& images, int count) {
  check_images_fit(sites_.net(), count);
  execute([&](const fl_accel&) {
    auto address = kImageBuffer.base;
    for (int i = 0; i < count; ++i) {
      const auto words = images[i].memory_words();
      const auto* bytes = reinterpret_cast<const unsigned char*>(words.data());
      check_access(host_.write(address, {bytes, words.size() * sizeof words[0]}), "placing an image");
      address += words.size() * sizeof words[0];
    }
  });
}

void Platform::debug(tlm::tlm_command command, std::uint64_t address, void* data, std::size_t bytes) {
  if (bytes == 0) {
    return;
  }
  tlm::tlm_generic_payload transaction;
  transaction.set_command(command);
  transaction.set_address(address);
  transaction.set_data_ptr(static_cast<unsigned char*>(data));
  transaction.set_data_length(static_cast<unsigned>(bytes));
  transaction.set_streaming_width(static_cast<unsigned>(bytes));
  check_access(host_.bus->transport_dbg(transaction) == bytes, "debug access to the memory");
}

bool Platform::holds_images(const ImageSet& images, int count) {
  for (int i = 0; i < count; ++i) {
    const auto expected = images[i].memory_words();
    auto words = expected;
    read_memory(kImageBuffer.base + static_cast<std::uint64_t>(i) * image_bytes(sites_.net()),
                {reinterpret_cast<unsigned char*>(words.data()), words.size() * sizeof words[0]});
    if (words != expected) {
      return false;
    }
  }
  return true;
}

void Platform::place_scores(std::span<const Score> scores) {
  const auto words = score_words(scores, sites_.net());
  write_memory(kScoreBuffer.base,
               {reinterpret_cast<const unsigned char*>(words.data()), words.size() * sizeof words[0]});
}

Checkpoint Platform::checkpoint() {
  const auto read = accelerator_.words_read() - read_before_;
  const auto image = static_cast<std::uint64_t>(sites_.net().stored_image().words());
  return {accelerator_.model().save(), static_cast<int>((read + image - 1) / image), images_done()};
}

int Platform::images_done() const {
  const auto written = accelerator_.words_written() - written_before_;
  return images_before_ +
         static_cast<int>(written / static_cast<std::uint64_t>(sites_.net().score_words()));
}

RunReport Platform::run(int first, int count, std::uint64_t watchdog, const RunControl& control) {
  RunReport report;
  const auto row = static_cast<std::size_t>(sites_.net().scores());
  report.scores.resize(static_cast<std::size_t>(count) * row);
  std::vector<std::uint64_t> words(score_word_count(report.scores.size(), sites_.net()));
  const auto at = static_cast<std::uint64_t>(first);
  const auto output = kScoreBuffer.base + at * score_bytes(sites_.net());
  read_before_ = accelerator_.words_read();
  written_before_ = accelerator_.words_written();
  images_before_ = control.from != nullptr ? control.from->images_done : 0;
  auto& model = accelerator_.model();
  if (control.after_burst) {
    accelerator_.watch([&] {
      if (report.stopped || control.after_burst()) {
        report.stopped = true;
        host_.wake();  // after every burst: it may not have been asleep
      }
    });
  }
  fl_status status = FL_OK;
  execute([&](fl_accel accel) {
    // A poll takes at least one cycle.
    accel.poll_limit = static_cast<std::uint32_t>(std::min<std::uint64_t>(watchdog, UINT32_MAX));
    host_.set_irq_timeout(period_ * static_cast<double>(watchdog));
    check(fl_accel_start(&accel, kImageBuffer.base + at * image_bytes(sites_.net()), output,
                         static_cast<std::uint32_t>(count)),
          "starting a run");
    if (control.from != nullptr) {
      accelerator_.resume(control.from->rtl);
    }
    status = fl_accel_wait(&accel);
    if (status != FL_ERR_TIMEOUT) {
      check(status, "waiting for a run");
    }
    check_access(host_.read(output, {reinterpret_cast<unsigned char*>(words.data()),
                                     words.size() * sizeof words[0]}),
                 "reading scores");
  });
  read_scores(words, sites_.net(), report.scores);
  accelerator_.watch({});
  report.images_done = count;
  if (status == FL_OK) {
    report.stopped = false;
    // An upset can set auto-restart: then the next run is under way already.
    report.cycles = model.busy() ? model.cycle() - model.run_start() : model.run_length();
    return report;
  }
  report.images_done = std::min(count, images_done());
  report.cycles = std::min(model.run_cycle(), watchdog);  // the RTL may be a quantum further
  if (!report.stopped) {
    report.hang = describe_blockage(dataflow(sites_.net()), model.streams());
    std::fill(
        report.scores.begin() + static_cast<std::ptrdiff_t>(report.images_done) * sites_.net().scores(),
        report.scores.end(), Score{0});
  }
  reset();
  return report;
}

void Platform::write_fault_at(std::uint64_t run_cycle, std::uint64_t address, std::uint64_t mask,
                              HoldExtension* hold) {
  if (const auto most = sc_core::sc_max_time().value() / period_.value(); run_cycle > most) {
    throw InputError("cycle " + std::to_string(run_cycle) +
                     " lies beyond the simulated time: use at most " + std::to_string(most));
  }
  host_.run([&](NativeHost&) {
    auto delay = sc_core::sc_time::from_value(period_.value() * run_cycle);
    tlm::tlm_generic_payload transaction;
    transaction.set_write();
    transaction.set_address(address);
    transaction.set_data_ptr(reinterpret_cast<unsigned char*>(&mask));
    transaction.set_data_length(sizeof mask);
    transaction.set_streaming_width(sizeof mask);
    transaction.set_extension(hold);
    beam_->b_transport(transaction, delay);
    transaction.clear_extension(hold);
    check_access(transaction.is_response_ok(), "the fault socket");
  });
}

void Platform::write_fault_now(std::uint64_t address, std::uint64_t mask, HoldExtension* hold) {
  tlm::tlm_generic_payload transaction;
  transaction.set_write();
  transaction.set_address(address);
  transaction.set_data_ptr(reinterpret_cast<unsigned char*>(&mask));
  transaction.set_data_length(sizeof mask);
  transaction.set_streaming_width(sizeof mask);
  transaction.set_extension(hold);
  const auto bytes = beam_->transport_dbg(transaction);
  transaction.clear_extension(hold);
  check_access(bytes > 0, "the fault socket");
}

void Platform::flip_at(std::uint64_t run_cycle, std::uint64_t address, std::uint64_t mask) {
  write_fault_at(run_cycle, address, mask, nullptr);
}

void Platform::flip_now(std::uint64_t address, std::uint64_t mask) {
  write_fault_now(address, mask, nullptr);
}

void Platform::hold_at(std::uint64_t run_cycle, std::uint64_t address, std::uint64_t mask, bool value,
                       std::optional<std::uint64_t> cycles) {
  HoldExtension hold;
  hold.what = value ? HoldExtension::What::hold1 : HoldExtension::What::hold0;
  hold.cycles = cycles.value_or(0);
  write_fault_at(run_cycle, address, mask, &hold);
}

void Platform::hold_now(std::uint64_t address, std::uint64_t mask, bool value) {
  HoldExtension hold;
  hold.what = value ? HoldExtension::What::hold1 : HoldExtension::What::hold0;
  write_fault_now(address, mask, &hold);
}

void Platform::release_now(std::uint64_t address, std::uint64_t mask) {
  HoldExtension hold;
  hold.what = HoldExtension::What::release;
  write_fault_now(address, mask, &hold);
}

std::uint64_t Platform::stored_bits(std::uint64_t address) {
  std::uint64_t bits = 0;
  tlm::tlm_generic_payload transaction;
  transaction.set_read();
  transaction.set_address(address);
  transaction.set_data_ptr(reinterpret_cast<unsigned char*>(&bits));
  transaction.set_data_length(sizeof bits);
  transaction.set_streaming_width(sizeof bits);
  check_access(beam_->transport_dbg(transaction) > 0, "the fault socket");
  return bits;
}

void Platform::write_memory(std::uint64_t address, std::span<const unsigned char> bytes) {
  // The payload's data pointer is not const; a target does not change what it is given to write.
  debug(tlm::TLM_WRITE_COMMAND, address, const_cast<unsigned char*>(bytes.data()), bytes.size());
}

void Platform::read_memory(std::uint64_t address, std::span<unsigned char> bytes) {
  debug(tlm::TLM_READ_COMMAND, address, bytes.data(), bytes.size());
}

int Platform::run_firmware(const Firmware& firmware, std::uint64_t limit_cycles) {
  for (const auto& segment : firmware.segments) {
    write_memory(segment.address, segment.bytes);
  }
  intc_.reset();
  timer_.reset();
  booted_ = false;
  return arm_.run(firmware.entry, sc_core::sc_time::from_value(period_.value() * limit_cycles));
}

}  // namespace fluence
