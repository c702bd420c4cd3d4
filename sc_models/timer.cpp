#include "sc_models/timer.hpp"

#include "fluence/timer_regs.h"

namespace fluence {

Timer::Timer(const sc_core::sc_module_name& name, const sc_core::sc_time& tick)
    : sc_module(name),
      regs("regs"),
      irq("irq"),
      tick_(tick),
      // clang-format off
      table_({
          {FL_TIMER_COUNT_LOW,  "COUNT_LOW",  0, Access::read_only,  [this] { return count(); }},
          {FL_TIMER_COUNT_HIGH, "COUNT_HIGH", 0, Access::read_only,  [this] { return count_high_; }},
          {FL_TIMER_ALARM,      "ALARM",      0, Access::read_write, nullptr,
           [this] { set_alarm(table_.value(FL_TIMER_ALARM)); }},
          {FL_TIMER_STATUS,     "STATUS",     0, Access::read_only,
           [this] { return access_time_ >= alarm_time_ ? FL_TIMER_STATUS_ALARM : 0U; }},
      })
// clang-format on
{
  regs.register_b_transport(this, &Timer::b_transport);
  SC_HAS_PROCESS(Timer);
  SC_METHOD(update);
  sensitive << alarm_ << alarm_set_;
}

void Timer::reset() {
  table_.reset();
  set_alarm(0);
}

void Timer::b_transport(tlm::tlm_generic_payload& transaction, sc_core::sc_time& delay) {
  access_time_ = sc_core::sc_time_stamp() + delay;
  table_.transport(transaction);
}

void Timer::update() { irq.write(sc_core::sc_time_stamp() >= alarm_time_); }

std::uint32_t Timer::count() {
  const std::uint64_t ticks = access_time_.value() / tick_.value();
  count_high_ = static_cast<std::uint32_t>(ticks >> 32);
  return static_cast<std::uint32_t>(ticks);
}

void Timer::set_alarm(std::uint64_t ticks) {
  alarm_.cancel();  // else the earlier of two notifications would stand
  alarm_time_ = sc_core::sc_max_time();
  if (ticks > 0) {
    alarm_time_ = access_time_ + sc_core::sc_time::from_value(tick_.value() * ticks);
    alarm_.notify(alarm_time_ - sc_core::sc_time_stamp());
  }
  alarm_set_.notify(sc_core::SC_ZERO_TIME);
}

}  // namespace fluence
