#include "sc_models/accelerator.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "fluence/accel_regs.h"
#include "fluence/board.h"

namespace fluence {
namespace {

constexpr std::size_t kStackBytes = 1U << 20;  // Verilated code keeps wide temporaries on the stack

}  // namespace

Accelerator::Accelerator(const sc_core::sc_module_name& name, const Topology& net,
                         const ModelFactory& model, const sc_core::sc_time& clock_period,
                         std::uint64_t quantum_cycles)
    : sc_module(name),
      bridge_("mem", clock_period, [this] { return local_offset(); }),
      regs("regs"),
      fault("fault"),
      mem(bridge_.socket),
      irq("irq"),
      clock_period_(clock_period),
      quantum_cycles_(quantum_cycles),
      model_(model(bridge_)),
      fault_target_(net),
      anchor_cycle_(model_->cycle()),
      run_start_(model_->run_start()),
      irq_due_("irq_due") {
  regs.register_b_transport(this, &Accelerator::access_registers);
  fault.register_b_transport(this, &Accelerator::access_fault);
  fault.register_transport_dbg(this, &Accelerator::debug_fault);
  SC_HAS_PROCESS(Accelerator);
  SC_THREAD(clock);
  set_stack_size(kStackBytes);
  SC_METHOD(drive_irq);
  sensitive << irq_due_;
  dont_initialize();
}

std::uint32_t Accelerator::register_at(std::uint64_t offset) {
  return static_cast<std::uint32_t>(offset % FL_ACCEL_SPAN);
}

void Accelerator::reset() {
  model_->reset();
  anchor_time_ = sc_core::sc_time_stamp();
  anchor_cycle_ = model_->cycle();
  running_ = false;
  run_begin_ = run_end_ = sc_core::SC_ZERO_TIME;
  run_lengths_.clear();
  stops_.clear();
  // What the RTL did ahead of SystemC time has not happened. Levels alternate.
  if (!irq_changes_.empty()) {
    irq_level_ = !irq_changes_.front();
    irq_changes_ = {};
    irq_due_.cancel_all();
  }
  observe();
}

void Accelerator::resume(const RtlSnapshot& snapshot) {
  model_->restore(snapshot);
  observe();
}

void Accelerator::stop_at(std::deque<std::uint64_t> cycles,
                          std::function<void(std::uint64_t cycle)> at_stop) {
  stops_ = std::move(cycles);
  at_stop_ = std::move(at_stop);
}

void Accelerator::step(std::uint64_t cycles) {
  // A run neither ends nor interrupts before a stop, so it is reached in one step.
  while (running_ && !stops_.empty() && stops_.front() <= model_->run_cycle() + cycles) {
    if (stops_.front() > model_->run_cycle()) {
      const auto distance = stops_.front() - model_->run_cycle();
      model_->step(distance);
      cycles -= distance;
    }
    at_stop_(stops_.front());
    stops_.pop_front();
  }
  if (cycles > 0) {
    model_->step(cycles);
  }
}

void Accelerator::clock() {
  for (;;) {
    if (!model_->busy()) {
      wait(started_);
    } else if (const auto ahead = local_offset(); ahead > sc_core::SC_ZERO_TIME) {
      wait(ahead, started_);  // after a reset it is no longer ahead
    } else {
      step(quantum_cycles_);
      observe();
      if (after_burst_ && running_) {
        after_burst_();
      }
    }
  }
}

void Accelerator::drive_irq() {
  irq.write(irq_changes_.front());
  irq_changes_.pop();
}

void Accelerator::access_registers(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  const std::uint64_t offset = transaction.get_address();
  unsigned char* data = transaction.get_data_ptr();
  if (transaction.get_byte_enable_ptr() != nullptr) {
    return transaction.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  }
  if (transaction.get_data_length() != 4 || transaction.get_streaming_width() < 4 || offset % 4 != 0) {
    return transaction.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
  }
  if (offset >= FL_BOARD_ACCEL_WINDOW) {
    return transaction.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
  }
  catch_up(sc_core::sc_time_stamp() + delay);
  const auto reg = register_at(offset);
  bool ok = true;
  std::uint32_t value = 0;
  if (transaction.is_read()) {
    value = model_->read_register(reg, ok);
    std::memcpy(data, &value, sizeof value);
  } else if (transaction.is_write()) {
    std::memcpy(&value, data, sizeof value);
    model_->write_register(reg, value, ok);
  }
  observe();
  if (model_->busy()) {
    started_.notify(sc_core::SC_ZERO_TIME);
  }
  delay = local_offset();
  transaction.set_response_status(ok ? tlm::TLM_OK_RESPONSE : tlm::TLM_GENERIC_ERROR_RESPONSE);
}

void Accelerator::access_fault(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  if (transaction.is_read()) {
    catch_up(sc_core::sc_time_stamp() + delay);
    delay = std::max(delay, local_offset());
  }
  const auto* hold = transaction.get_extension<HoldExtension>();
  fault_target_.serve(transaction, *model_, [&](std::uint64_t address, std::uint64_t mask) {
    write_fault(address, mask, hold, delay);
  });
}

unsigned Accelerator::debug_fault(tlm::tlm_generic_payload& transaction) {
  const auto* hold = transaction.get_extension<HoldExtension>();
  return fault_target_.serve(transaction, *model_, [&](std::uint64_t address, std::uint64_t mask) {
    write_fault_now(address, mask, hold);
  });
}

sc_core::sc_time Accelerator::cycles(std::uint64_t count) const {
  return sc_core::sc_time::from_value(clock_period_.value() * count);
}

sc_core::sc_time Accelerator::local_time() const {
  return anchor_time_ + cycles(model_->cycle() - anchor_cycle_);
}

sc_core::sc_time Accelerator::local_offset() const {
  const auto& now = sc_core::sc_time_stamp();
  return std::max(local_time(), now) - now;
}

void Accelerator::catch_up(const sc_core::sc_time& time) {
  while (model_->busy() && local_time() < time) {
    const auto missing = (time - local_time()).value() + clock_period_.value() - 1;
    step(missing / clock_period_.value());
    observe();
  }
  if (local_time() < time) {
    anchor_time_ = time;
    anchor_cycle_ = model_->cycle();
  }
}

void Accelerator::observe() {
  // The RTL is busy with a parameter command as well; only a run has a new start.
  if (model_->busy() && model_->run_start() != run_start_) {
    running_ = true;
    run_start_ = model_->run_start();
    run_begin_ = local_time() - cycles(model_->cycle() - run_start_);
  } else if (running_ && !model_->busy()) {
    running_ = false;
    run_end_ = local_time();
    run_lengths_.push_back(model_->run_length());
  }
  if (model_->interrupt() != irq_level_) {
    irq_level_ = model_->interrupt();
    irq_changes_.push(irq_level_);
    irq_due_.notify(local_offset());
  }
}

std::uint64_t Accelerator::earliest_flip() const {
  if (running_) {
    return model_->run_cycle();
  }
  // In SystemC time the run may still be going on that the RTL has finished.
  return sc_core::sc_time_stamp() < run_end_ ? ~std::uint64_t{0} : 0;
}

void Accelerator::write_fault(std::uint64_t address, std::uint64_t mask, const HoldExtension* hold,
                              const sc_core::sc_time& delay) {
  const auto& now = sc_core::sc_time_stamp();
  const auto period = clock_period_.value();
  auto cycle = delay.value() / period;
  if (running_) {
    cycle = (std::max(now + delay, run_begin_) - run_begin_).value() / period;
  } else if (now < run_end_) {
    // In SystemC time the run is still going on, but the RTL has finished it.
    write_fault_now(address, mask, hold);
    return;
  }
  if (hold == nullptr) {
    model_->flip_at(cycle, address, mask);
  } else if (hold->what == HoldExtension::What::release) {
    model_->release_now(address, mask);
  } else {
    const bool ends = hold->cycles > 0 && hold->cycles < Hold::kForever - cycle;
    model_->hold_at({address, mask, hold->what == HoldExtension::What::hold1, cycle,
                     ends ? cycle + hold->cycles : Hold::kForever});
  }
}

void Accelerator::write_fault_now(std::uint64_t address, std::uint64_t mask, const HoldExtension* hold) {
  if (hold == nullptr) {
    model_->flip_now(address, mask);
  } else if (hold->what == HoldExtension::What::release) {
    model_->release_now(address, mask);
  } else {
    model_->hold_now(address, mask, hold->what == HoldExtension::What::hold1);
  }
}

}  // namespace fluence
