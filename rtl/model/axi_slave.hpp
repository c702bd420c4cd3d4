// The memory side of the accelerator's AXI4 master port: bursts in and out, one of each at a time.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "rtl/model/rtl_model.hpp"

namespace fluence {

/// Drives the ready, rvalid and bvalid inputs of a Verilated model from its outputs, cycle by cycle.
/// `Pins` is the Verilated class. All handshake outputs of the RTL come from registers, so what `drive`
/// sees after a rising edge holds for the whole cycle.
template <class Pins>
class AxiSlave {
 public:
  AxiSlave(Pins& pins, AxiMemory& memory) : pins_(pins), memory_(memory) {}

  /// Sets this cycle's inputs; called after the rising edge that starts the cycle.
  void drive() {
    if (control_.reading != 0 || pins_.m_axi_arvalid || pins_.m_axi_rvalid || pins_.m_axi_arready) {
      drive_read();
    }
    if (control_.writing != 0 || pins_.m_axi_awvalid || pins_.m_axi_bvalid || pins_.m_axi_awready) {
      drive_write();
    }
  }

  void reset() {
    control_ = {};
    data_ = {};
    drive_pins();
  }

  /// What it stands at between two cycles, apart from the words under way.
  struct Control {
    // Words of one size, so that equal states are equal bytes.
    std::uint64_t reading = 0, consumed = 0, read_beat = 0, read_beats = 0, read_wait = 0;
    std::uint64_t writing = 0, write_address = 0, write_beat = 0, write_beats = 0, write_wait = 0;
    std::uint64_t arready = 0, rvalid = 0, awready = 0, wready = 0, bvalid = 0;  ///< its pins
  };
  /// The words under way.
  struct Data {
    std::array<std::uint64_t, 256> read{};  // the longest burst
    std::array<std::uint64_t, 256> write{};
  };
  [[nodiscard]] const Control& control() const { return control_; }
  [[nodiscard]] const Data& data() const { return data_; }
  void restore(const Control& control, const Data& data) {
    control_ = control;
    data_ = data;
    drive_pins();
  }

 private:
  void drive_pins() {
    pins_.m_axi_arready = control_.arready != 0;
    pins_.m_axi_rvalid = control_.rvalid != 0;
    pins_.m_axi_rdata = data_.read[control_.read_beat % data_.read.size()];
    pins_.m_axi_awready = control_.awready != 0;
    pins_.m_axi_wready = control_.wready != 0;
    pins_.m_axi_bvalid = control_.bvalid != 0;
  }

  void drive_read() {
    auto& c = control_;
    if (c.reading != 0 && c.rvalid != 0 && c.consumed != 0) {
      c.consumed = 0;
      if (++c.read_beat == c.read_beats) {
        c.reading = 0;
      }
    }
    c.arready = 0;
    c.rvalid = 0;
    if (c.reading != 0) {
      if (c.read_wait > 0) {
        --c.read_wait;
      } else {
        c.rvalid = 1;
        c.consumed = pins_.m_axi_rready;
      }
    } else if (pins_.m_axi_arvalid) {
      c.arready = 1;
      c.reading = 1;
      c.read_beat = 0;
      c.read_beats = pins_.m_axi_arlen + std::uint64_t{1};
      const std::span words(data_.read.data(), c.read_beats);
      const auto reply = memory_.read(pins_.m_axi_araddr, words);
      if (!reply.ok) {
        std::ranges::fill(words, 0);
      }
      c.read_wait = reply.latency;
    }
    drive_pins();
  }

  void drive_write() {
    auto& c = control_;
    c.awready = 0;
    c.wready = 0;
    c.bvalid = 0;
    if (c.writing == 0) {
      if (pins_.m_axi_awvalid) {
        c.awready = 1;
        c.writing = 1;
        c.write_address = pins_.m_axi_awaddr;
        c.write_beat = 0;
        c.write_beats = pins_.m_axi_awlen + std::uint64_t{1};
      }
    } else if (c.write_beat < c.write_beats) {
      c.wready = 1;
      if (pins_.m_axi_wvalid) {
        data_.write[c.write_beat] = pins_.m_axi_wdata;
        if (++c.write_beat == c.write_beats) {
          c.write_wait = memory_.write(c.write_address, {data_.write.data(), c.write_beats}).latency;
        }
      }
    } else if (c.write_wait > 0) {
      --c.write_wait;
    } else {
      c.bvalid = 1;
      c.writing = pins_.m_axi_bready ? 0 : 1;
    }
    drive_pins();
  }

  Pins& pins_;
  AxiMemory& memory_;
  Control control_;
  Data data_;
};

}  // namespace fluence
