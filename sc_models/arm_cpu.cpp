#include "sc_models/arm_cpu.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include "base/cancel.hpp"

namespace fluence {
namespace {

constexpr std::size_t kCpuStackBytes = 1U << 20;
constexpr std::uint64_t kAddressSpace = 1ULL << 32;
constexpr std::uint64_t kEverywhere = 1;  // a hook whose first address is above its last
constexpr std::uint32_t kModeMask = 0x1f, kIrqMode = 0x12, kThumb = 0x20, kNoIrq = 0x80,
                        kNoAbort = 0x100;
constexpr std::uint32_t kIrqVector = 0x18;

constexpr std::uint32_t kSupervisorCall = 2;  // Unicorn's number of the exception
constexpr std::uint32_t kSemihostingCall = 0xef123456;
constexpr std::uint32_t kSysExitExtended = 0x20, kApplicationExit = 0x20026;

std::string hex(std::uint64_t value) {
  char text[2 + 16 + 1];
  std::snprintf(text, sizeof text, "0x%08llx", static_cast<unsigned long long>(value));
  return text;
}

void check(uc_err error, const char* what) {
  if (error != UC_ERR_OK) {
    throw std::logic_error(std::string(what) + ": " + uc_strerror(error));
  }
}

}  // namespace

ArmCpu::ArmCpu(const sc_core::sc_module_name& name, const sc_core::sc_time& clock_period)
    : sc_module(name), bus("bus"), irq("irq"), clock_period_(clock_period) {
  bus.register_invalidate_direct_mem_ptr(this, &ArmCpu::invalidate_direct_mem_ptr);
  SC_HAS_PROCESS(ArmCpu);
  SC_THREAD(execute);
  set_stack_size(kCpuStackBytes);
}

int ArmCpu::run(std::uint32_t entry, const sc_core::sc_time& limit) {
  entry_ = entry;
  limit_ = limit;
  deadline_ = sc_core::sc_time_stamp() + limit;
  state_ = State::running;
  stopped_ = false;
  instructions_ = 0;
  started_.notify(sc_core::SC_ZERO_TIME);
  sc_core::sc_start();
  if (thrown_ != nullptr) {
    std::rethrow_exception(std::exchange(thrown_, nullptr));
  }
  return exit_code_;
}

void ArmCpu::stop() {
  stopped_ = true;
  stop_.notify(sc_core::SC_ZERO_TIME);
}

void ArmCpu::execute() {
  for (;;) {
    wait(started_);
    try {
      open_engine();
      while (state_ != State::ended) {
        run_slice();
      }
    } catch (const sc_core::sc_unwind_exception&) {
      throw;  // the kernel ends this thread
    } catch (const std::exception&) {
      thrown_ = std::current_exception();
    }
    keeper_.sync();
    sc_core::sc_pause();
  }
}

// A new one for each run: nothing of what the last program was translated to is left.
void ArmCpu::open_engine() {
  uc_engine* engine = nullptr;
  check(uc_open(UC_ARCH_ARM, UC_MODE_ARM, &engine), "opening the instruction-set simulator");
  engine_.reset(engine);
  check(uc_ctl_set_cpu_model(engine, UC_CPU_ARM_CORTEX_A9), "choosing the processor");
  map(entry_);
  uc_hook hook = 0;
  check(uc_hook_add(engine, &hook, UC_HOOK_CODE, reinterpret_cast<void*>(&ArmCpu::on_instruction), this,
                    kEverywhere, kEverywhere - 1),
        "watching instructions");
  check(uc_hook_add(engine, &hook, UC_HOOK_INTR, reinterpret_cast<void*>(&ArmCpu::on_exception), this,
                    kEverywhere, kEverywhere - 1),
        "watching exceptions");
  set(UC_ARM_REG_PC, entry_);
  keeper_.reset();
}

void ArmCpu::map(std::uint32_t pc) {
  tlm::tlm_generic_payload transaction;
  tlm::tlm_dmi dmi;
  transaction.set_address(pc);
  if (!bus->get_direct_mem_ptr(transaction, dmi) || !dmi.is_read_write_allowed()) {
    throw InputError("the firmware's code is to run at " + hex(pc) +
                     ", where there is no memory: link it to the memory of the platform");
  }
  auto* engine = engine_.get();
  memory_first_ = dmi.get_start_address();
  memory_end_ = std::min<std::uint64_t>(dmi.get_end_address(), kAddressSpace - 1) + 1;
  check(
      uc_mem_map_ptr(engine, memory_first_, memory_end_ - memory_first_, UC_PROT_ALL, dmi.get_dmi_ptr()),
      "mapping memory");
  windows_ = {Window{this, 0, memory_first_}, Window{this, memory_end_, kAddressSpace - memory_end_}};
  for (auto& window : windows_) {
    if (window.bytes > 0) {
      check(uc_mmio_map(engine, window.base, window.bytes, &ArmCpu::on_read, &window, &ArmCpu::on_write,
                        &window),
            "mapping the bus");
    }
  }
  withdrawn_ = false;
}

void ArmCpu::unmap() {
  auto* engine = engine_.get();
  check(uc_mem_unmap(engine, memory_first_, memory_end_ - memory_first_), "unmapping memory");
  for (const auto& window : windows_) {
    if (window.bytes > 0) {
      check(uc_mem_unmap(engine, window.base, window.bytes), "unmapping the bus");
    }
  }
}

// May come in the middle of an access of our own: the slice ends with the present instruction then.
void ArmCpu::invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) {
  if (engine_ != nullptr && start < memory_end_ && end >= memory_first_) {
    withdrawn_ = true;
    budget_ = unaccounted_;
  }
}

void ArmCpu::run_slice() {
  if (stopped_) {
    thrown_ = std::make_exception_ptr(Cancelled());
    state_ = State::ended;
    return;
  }
  if (irq.read()) {
    enter_interrupt();
  }
  const auto& now = sc_core::sc_time_stamp();
  if (now >= deadline_) {
    throw error("has not ended after " + limit_.to_string() + " of simulated time: make it end");
  }
  slice_ = std::min(tlm::tlm_global_quantum::instance().compute_local_quantum(), deadline_ - now);
  if (irq.read()) {
    slice_ = clock_period_;  // it is masked: go on by single instructions until it is not
  }
  if (withdrawn_) {
    unmap();
    map(get(UC_ARM_REG_PC));
  }
  refill();
  state_ = State::running;
  const std::uint32_t thumb = (get(UC_ARM_REG_CPSR) & kThumb) != 0 ? 1 : 0;
  const auto result = uc_emu_start(engine_.get(), get(UC_ARM_REG_PC) | thumb, kAddressSpace, 0, 0);
  account();
  if (thrown_ != nullptr) {
    std::rethrow_exception(std::exchange(thrown_, nullptr));
  }
  if (result == UC_ERR_INSN_INVALID) {
    throw error("meets an undefined instruction: build it for a Cortex-A9");
  }
  if (result == UC_ERR_FETCH_UNMAPPED || result == UC_ERR_FETCH_PROT) {
    throw error("jumps to where there is no memory");
  }
  if (result != UC_ERR_OK) {
    throw error(std::string("cannot go on: ") + uc_strerror(result));
  }
  keeper_.sync();
  if (state_ == State::running) {
    sleep();
  }
}

// Nobody stopped the simulator, so the program has: by WFI. An interrupt ends it even if it is masked.
void ArmCpu::sleep() {
  if (!irq.read() && sc_core::sc_time_stamp() < deadline_) {
    wait(deadline_ - sc_core::sc_time_stamp(), irq.posedge_event() | stop_);
  }
}

// What the processor itself does on an interrupt. The CPSR goes first: it chooses the banked registers.
void ArmCpu::enter_interrupt() {
  const auto cpsr = get(UC_ARM_REG_CPSR);
  if ((cpsr & kNoIrq) != 0) {
    return;
  }
  const auto pc = get(UC_ARM_REG_PC);
  set(UC_ARM_REG_CPSR, (cpsr & ~(kModeMask | kThumb)) | kIrqMode | kNoIrq | kNoAbort);
  set(UC_ARM_REG_SPSR, cpsr);
  set(UC_ARM_REG_LR, pc + 4);
  set(UC_ARM_REG_PC, kIrqVector);
}

void ArmCpu::refill() {
  const auto local = keeper_.get_local_time();
  budget_ = local >= slice_
                ? 0
                : ((slice_ - local).value() + clock_period_.value() - 1) / clock_period_.value();
}

void ArmCpu::account() {
  keeper_.inc(sc_core::sc_time::from_value(clock_period_.value() * unaccounted_));
  instructions_ += unaccounted_;
  unaccounted_ = 0;
}

// The simulator may restart an instruction that reaches the bus, and show it here a second time; if it
// is told to stop then, it finishes the instruction first.
void ArmCpu::on_instruction(uc_engine* engine, std::uint64_t, std::uint32_t, void* self) {
  auto& cpu = *static_cast<ArmCpu*>(self);
  if (cpu.state_ == State::running && cpu.unaccounted_ < cpu.budget_) {
    ++cpu.unaccounted_;
    return;
  }
  if (cpu.state_ == State::running) {
    cpu.state_ = State::slice_over;
  }
  uc_emu_stop(engine);
}

void ArmCpu::on_exception(uc_engine*, std::uint32_t number, void* self) {
  auto& cpu = *static_cast<ArmCpu*>(self);
  if (number != kSupervisorCall || !cpu.semihosting_exit()) {
    cpu.fail(std::make_exception_ptr(
        cpu.error("raises exception " + std::to_string(number) + ", which nobody handles")));
  }
}

bool ArmCpu::semihosting_exit() {
  std::uint32_t opcode = 0;
  std::array<std::uint32_t, 2> block{};
  if (uc_mem_read(engine_.get(), get(UC_ARM_REG_PC) - sizeof opcode, &opcode, sizeof opcode) ||
      opcode != kSemihostingCall || get(UC_ARM_REG_R0) != kSysExitExtended ||
      uc_mem_read(engine_.get(), get(UC_ARM_REG_R1), block.data(), sizeof block) ||
      block[0] != kApplicationExit) {
    return false;
  }
  exit_code_ = static_cast<int>(block[1]);
  state_ = State::ended;
  return true;
}

std::uint64_t ArmCpu::on_read(uc_engine*, std::uint64_t offset, unsigned bytes, void* window) {
  const auto& w = *static_cast<Window*>(window);
  std::uint64_t value = 0;
  w.cpu->access(tlm::TLM_READ_COMMAND, w.base + offset, bytes, value);
  return value;
}

void ArmCpu::on_write(uc_engine*, std::uint64_t offset, unsigned bytes, std::uint64_t value,
                      void* window) {
  const auto& w = *static_cast<Window*>(window);
  w.cpu->access(tlm::TLM_WRITE_COMMAND, w.base + offset, bytes, value);
}

void ArmCpu::access(tlm::tlm_command command, std::uint64_t address, unsigned bytes,
                    std::uint64_t& value) {
  if (thrown_ != nullptr) {
    return;  // the program is at its end and the simulator has not seen it yet
  }
  account();
  tlm::tlm_generic_payload transaction;
  transaction.set_command(command);
  transaction.set_address(address);
  transaction.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
  transaction.set_data_length(bytes);
  transaction.set_streaming_width(bytes);
  auto delay = keeper_.get_local_time();
  try {
    bus->b_transport(transaction, delay);
  } catch (const std::exception&) {
    return fail(std::current_exception());
  }
  keeper_.set(delay);
  if (!withdrawn_) {
    refill();
  }
  if (!transaction.is_response_ok()) {
    const auto what = std::string(command == tlm::TLM_READ_COMMAND ? "reads " : "writes ") +
                      std::to_string(bytes) + (bytes == 1 ? " byte at " : " bytes at ") + hex(address);
    fail(std::make_exception_ptr(
        error(what + (transaction.get_response_status() == tlm::TLM_ADDRESS_ERROR_RESPONSE
                          ? ", where nothing is mapped"
                          : ", which the device refuses (" + transaction.get_response_string() + ")"))));
  }
}

void ArmCpu::fail(const std::exception_ptr& error) {
  if (thrown_ == nullptr) {
    thrown_ = error;
  }
  state_ = State::ended;
  uc_emu_stop(engine_.get());
}

InputError ArmCpu::error(const std::string& what) const {
  return InputError("the firmware " + what + " (PC " + hex(get(UC_ARM_REG_PC)) + ")");
}

std::uint32_t ArmCpu::get(int reg) const {
  std::uint32_t value = 0;
  check(uc_reg_read(engine_.get(), reg, &value), "reading a register");
  return value;
}

void ArmCpu::set(int reg, std::uint32_t value) {
  check(uc_reg_write(engine_.get(), reg, &value), "writing a register");
}

}  // namespace fluence
