#include "platform/timing.hpp"

#include <cassert>
#include <stdexcept>

#include "fluence/job.h"
#include "platform/driver_shape.hpp"
#include "platform/memory_map.hpp"
#include "platform/parameter_blob.hpp"
#include "platform/platform.hpp"
#include "sw/driver/accel_driver.h"
#include "sw/driver/intc_driver.h"
#include "sw/driver/timer_driver.h"

namespace fluence {

MeasuredTiming measure_timing(const Topology& net, int images) {
  assert(images >= 4);
  constexpr std::uint64_t kBound = 1'000'000;  // cycles an image: far more than any network takes
  Platform platform("board", net, {});
  platform.place_images(
      ImageSet(std::vector<Image>(static_cast<std::size_t>(images), Image(net.stored_image()))), images);
  auto& model = platform.accelerator().model();
  const auto cycles = [&](int count) {
    const auto report = platform.run(0, count, kBound * static_cast<std::uint64_t>(count));
    if (!report.hang.empty()) {
      throw std::logic_error(net.name + " hangs without a fault: " + report.hang);
    }
    return static_cast<double>(report.cycles);
  };
  MeasuredTiming timing;
  timing.one_image = cycles(1);
  const int half = images / 2;
  const double to_half = cycles(half);
  model.reset_gauges();
  model.count_gauges(true);
  timing.run_cycles = cycles(images);
  model.count_gauges(false);
  timing.gauges = model.gauges();
  timing.steady_state = (timing.run_cycles - to_half) / (images - half);
  return timing;
}

namespace {

std::uint64_t native_cycles(Platform& platform, bool interrupts) {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  platform.host().run([&](NativeHost& host) {
    const auto bus = host.driver_bus(interrupts);
    const fl_accel accel{&bus, kAccelerator.base, 0, nullptr};
    const bool ok = fl_intc_enable(&bus, kIntc.base, FL_BOARD_ACCEL_LINE) == FL_OK &&
                    fl_timer_count(&bus, kTimer.base, &begin) == FL_OK &&
                    fl_accel_start(&accel, kImageBuffer.base, kScoreBuffer.base, 1) == FL_OK &&
                    fl_accel_wait(&accel) == FL_OK && fl_timer_count(&bus, kTimer.base, &end) == FL_OK;
    if (!ok) {
      throw std::logic_error("the driver failed");
    }
  });
  return end - begin;
}

std::uint64_t arm_cycles(Platform& platform, const Firmware& firmware, bool interrupts) {
  constexpr std::uint32_t kBound = 10'000'000;
  fl_job job{};
  job.magic = FL_JOB_MAGIC;
  job.images = 1;
  job.interrupts = interrupts ? 1 : 0;
  job.watchdog[0] = kBound;
  platform.write_memory(kJob.base, {reinterpret_cast<const unsigned char*>(&job), sizeof job});
  platform.run_firmware(firmware, kBound);
  platform.read_memory(kJob.base, {reinterpret_cast<unsigned char*>(&job), sizeof job});
  if (job.images_done != 1) {
    throw std::logic_error("the firmware failed with driver status " + std::to_string(job.status));
  }
  return std::uint64_t{job.run_ticks[1]} << 32 | job.run_ticks[0];
}

}  // namespace

std::vector<HostTiming> measure_hosts(const Topology& net, const std::filesystem::path& firmware_file,
                                      const PlatformOptions& options) {
  const auto firmware = Firmware::load(firmware_file);
  Platform platform("board", net, options);
  platform.place_images(ImageSet(std::vector<Image>{Image(net.stored_image())}), 1);
  std::vector<HostTiming> rows;
  for (const bool arm : {false, true}) {
    for (const bool interrupts : {true, false}) {
      const auto host =
          arm ? arm_cycles(platform, firmware, interrupts) : native_cycles(platform, interrupts);
      rows.push_back({arm ? "arm" : "native", interrupts ? "interrupt" : "polling",
                      platform.accelerator().model().run_length(), host});
    }
  }
  return rows;
}

std::vector<LoadTiming> measure_loads(const Topology& net, const std::filesystem::path& firmware_file,
                                      const PlatformOptions& options) {
  const auto firmware = Firmware::load(firmware_file);
  Platform platform("board", net, options);
  const auto parameters = platform.stored_parameters();
  const auto blob = parameter_blob(parameters);
  const auto ticks = [&] {
    std::uint64_t now = 0;
    platform.host().run([&](NativeHost& host) {
      const auto bus = host.driver_bus(options.interrupts);
      if (fl_timer_count(&bus, kTimer.base, &now) != FL_OK) {
        throw std::logic_error("the driver failed");
      }
    });
    return now;
  };
  const auto begin = ticks();
  platform.load_through_registers(parameters);
  const auto native = ticks() - begin;

  constexpr std::uint64_t kWordBound = 1000;  // cycles a word: far more than any host takes
  fl_job job{};
  job.magic = FL_JOB_MAGIC;
  job.memories = blob.memories;
  const DriverShape shape(net);
  job.layers = static_cast<std::uint32_t>(shape.layers().size());
  std::vector<unsigned char> given;
  append_record(given, job);
  for (const auto& layer : shape.layers()) {
    append_record(given, layer);
  }
  platform.write_memory(kParameterBlob.base, blob.bytes);
  platform.write_memory(kJob.base, given);
  platform.run_firmware(firmware, kWordBound * (blob.words() + kWordBound));
  platform.read_memory(kJob.base, {reinterpret_cast<unsigned char*>(&job), sizeof job});
  if (job.status != FL_OK) {
    throw std::logic_error("the firmware failed with driver status " + std::to_string(job.status));
  }
  const auto arm = std::uint64_t{job.load_ticks[1]} << 32 | job.load_ticks[0];
  return {{"native", blob.words(), native}, {"arm", blob.words(), arm}};
}

}  // namespace fluence
