#include "rtl/fifo/fifo.hpp"

namespace fluence {

Storage fifo_storage(const Stream& stream) {
  return {Space::fifo, 1, stream.depth, 1, stream.width, "mem_q"};
}

std::vector<ControlRegister> fifo_control(const Stream& stream) {
  const int pointer = counter_bits(stream.depth);
  return {{"rptr_q", pointer}, {"wptr_q", pointer}, {"fill_q", counter_bits(stream.depth + 1)}};
}

Fate follow_slot(int slot, int depth, std::int64_t pushed, std::int64_t popped, std::int64_t words,
                 std::int64_t& word) {
  auto next = std::int64_t{slot};  // word that is stored here next
  if (pushed > slot) {
    word = slot + (pushed - 1 - slot) / depth * depth;
    if (word >= popped) {
      return Fate::read;
    }
    next = word + depth;
  }
  return unread(next < words);
}

}  // namespace fluence
