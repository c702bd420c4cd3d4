// The memory side of the accelerator's AXI4 master port: bursts in and out, one of each at a time.
#pragma once

#include <array>
#include <cstdint>

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
    if (reading_ || pins_.m_axi_arvalid || pins_.m_axi_rvalid || pins_.m_axi_arready) {
      drive_read();
    }
    if (writing_ || pins_.m_axi_awvalid || pins_.m_axi_bvalid || pins_.m_axi_awready) {
      drive_write();
    }
  }

  void reset() {
    reading_ = writing_ = false;
    pins_.m_axi_arready = pins_.m_axi_rvalid = 0;
    pins_.m_axi_awready = pins_.m_axi_wready = pins_.m_axi_bvalid = 0;
  }

 private:
  static constexpr std::size_t kMaxBurst = 256;

  void drive_read() {
    if (reading_ && pins_.m_axi_rvalid && consumed_) {
      consumed_ = false;
      if (++read_beat_ == read_beats_) {
        reading_ = false;
      }
    }
    pins_.m_axi_arready = 0;
    pins_.m_axi_rvalid = 0;
    if (reading_) {
      if (read_wait_ > 0) {
        --read_wait_;
        return;
      }
      pins_.m_axi_rvalid = 1;
      pins_.m_axi_rdata = read_data_[read_beat_];
      consumed_ = pins_.m_axi_rready;
    } else if (pins_.m_axi_arvalid) {
      pins_.m_axi_arready = 1;
      reading_ = true;
      read_beat_ = 0;
      read_beats_ = pins_.m_axi_arlen + std::size_t{1};
      read_wait_ = memory_.read(pins_.m_axi_araddr, {read_data_.data(), read_beats_}).latency;
    }
  }

  void drive_write() {
    pins_.m_axi_awready = 0;
    pins_.m_axi_wready = 0;
    pins_.m_axi_bvalid = 0;
    if (!writing_) {
      if (pins_.m_axi_awvalid) {
        pins_.m_axi_awready = 1;
        writing_ = true;
        write_address_ = pins_.m_axi_awaddr;
        write_beat_ = 0;
        write_beats_ = pins_.m_axi_awlen + std::size_t{1};
      }
      return;
    }
    if (write_beat_ < write_beats_) {
      pins_.m_axi_wready = 1;
      if (pins_.m_axi_wvalid) {
        write_data_[write_beat_] = pins_.m_axi_wdata;
        if (++write_beat_ == write_beats_) {
          write_wait_ = memory_.write(write_address_, {write_data_.data(), write_beats_}).latency;
        }
      }
    } else if (write_wait_ > 0) {
      --write_wait_;
    } else {
      pins_.m_axi_bvalid = 1;
      writing_ = !pins_.m_axi_bready;
    }
  }

  Pins& pins_;
  AxiMemory& memory_;
  bool reading_ = false;
  bool consumed_ = false;
  std::size_t read_beat_ = 0, read_beats_ = 0;
  unsigned read_wait_ = 0;
  std::array<std::uint64_t, kMaxBurst> read_data_{};
  bool writing_ = false;
  std::uint64_t write_address_ = 0;
  std::size_t write_beat_ = 0, write_beats_ = 0;
  unsigned write_wait_ = 0;
  std::array<std::uint64_t, kMaxBurst> write_data_{};
};

}  // namespace fluence
