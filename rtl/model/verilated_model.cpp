// The plug-in of one network; compiled once per network with FL_NET set to its name. Apart from
// profile_run.cpp, the only source file that includes Verilated headers.
#include <algorithm>
#include <cassert>
#include <cstring>
#include <string>
#include <utility>

#include "base/environment.hpp"
#include "base/error.hpp"
#include "rtl/memory_cell/memory_cell.hpp"
#include "rtl/model/axi_slave.hpp"
#include "rtl/model/held_state.hpp"
#include "rtl/model/plugin.hpp"
#include "rtl/model/state_access.hpp"
#include "rtl/model/verilated_names.hpp"

// clang-format off
#include FL_TEXT(FL_TOP.h)
#include FL_TEXT(FL_ROOT.h)
// clang-format on

// Verilator's own function that brings all combinational logic up to date, as after time zero. Used
// after stored bits have been changed from outside.
void FL_JOIN(FL_ROOT, ___eval_settle)(FL_ROOT* root);

namespace fluence {
namespace {

constexpr std::uint64_t kNever = ~std::uint64_t{0};
constexpr int kResetCycles = 4;
constexpr std::uint64_t kLongBurst = 1024;  // cycles that cost far more than to save the state twice

/// A counter of a FIFO, in as many bytes as Verilator gives it.
class FifoCounter {
 public:
  FifoCounter(const CData* one) : one_(one) {}  // NOLINT(google-explicit-constructor): of a table
  FifoCounter(const SData* two) : two_(two) {}  // NOLINT(google-explicit-constructor)
  int operator*() const { return one_ != nullptr ? int{*one_} : int{*two_}; }

 private:
  const CData* one_ = nullptr;
  const SData* two_ = nullptr;
};

struct FifoBinding {
  FifoCounter fill;
  FifoCounter wptr;
  const CData* valid_in;
  const CData* ready_out;
  int depth = 0;
  const StateArray* memory = nullptr;
};

struct PendingFlip {
  std::uint64_t cycle;
  std::uint64_t address;
  std::uint64_t mask;
};

class VerilatedModel final : public RtlModel {
 public:
  VerilatedModel(const Topology& net, AxiMemory& memory)
      : net_(with_own_codecs(net)),
        sites_(net_),
        top_(&context_, "TOP"),
        axi_(top_, memory),
        state_(sites_, bind_state()),
        held_(state_),
        fifos_(bind_fifos(net_)) {
    gauges_.resize(fifos_.size());
    context_.fatalOnError(false);
    reset();
  }
  ~VerilatedModel() override {
    Verilated::threadContextp(&context_);  // another model's may be gone
    top_.final();
  }

  void reset() override {
    top_.rst_ni = 0;
    top_.s_axil_awvalid = top_.s_axil_wvalid = top_.s_axil_bready = 0;
    top_.s_axil_arvalid = top_.s_axil_rready = 0;
    axi_.reset();
    flips_.clear();
    held_.clear();
    next_event_ = kNever;
    computing_ = false;
    context_.assertOn(rules_);
    for (int i = 0; i < kResetCycles; ++i) {
      clock();
    }
    top_.rst_ni = 1;
    clock();
    // An upset may make the pipeline read what was never written.
    state_.clear(kFirstData, kLastData);
    stale_ = true;
  }

  [[nodiscard]] std::uint64_t cycle() const override { return cycle_; }
  [[nodiscard]] bool busy() const override { return top_.busy_o != 0; }
  [[nodiscard]] std::uint64_t run_start() const override { return run_start_; }
  [[nodiscard]] std::uint64_t run_length() const override { return run_length_; }
  [[nodiscard]] bool interrupt() const override { return top_.irq_o != 0; }

  std::uint64_t step(std::uint64_t cycles) override {
    const auto irq = top_.irq_o;
    const auto was_busy = top_.busy_o;
    for (std::uint64_t n = 0; n < cycles;) {
      if (n == 0 && cycles >= kLongBurst && computing_) {
        n += clock_or_skip(cycles);
      } else {
        clock();
        ++n;
      }
      if (top_.irq_o != irq || (was_busy != 0 && top_.busy_o == 0)) {
        return n;
      }
    }
    return cycles;
  }

  std::uint32_t read_register(std::uint32_t offset, bool& ok) override {
    ok = true;
    top_.s_axil_araddr = static_cast<CData>(offset);
    top_.s_axil_arvalid = 1;
    top_.s_axil_rready = 1;
    handshake([this] { return top_.s_axil_arready != 0; });
    top_.s_axil_arvalid = 0;
    const std::uint32_t value = top_.s_axil_rdata;
    handshake([this] { return top_.s_axil_rvalid != 0; });
    top_.s_axil_rready = 0;
    return value;
  }

  void write_register(std::uint32_t offset, std::uint32_t value, bool& ok) override {
    ok = true;
    top_.s_axil_awaddr = static_cast<CData>(offset);
    top_.s_axil_awvalid = 1;
    top_.s_axil_wdata = value;
    top_.s_axil_wstrb = 0xF;
    top_.s_axil_wvalid = 1;
    top_.s_axil_bready = 1;
    handshake([this] { return top_.s_axil_awready != 0; });
    top_.s_axil_awvalid = 0;
    top_.s_axil_wvalid = 0;
    handshake([this] { return top_.s_axil_bvalid != 0; });
    top_.s_axil_bready = 0;
  }

  void flip_at(std::uint64_t run_cycle, std::uint64_t address, std::uint64_t mask) override {
    const PendingFlip flip{run_cycle, address, mask};
    flips_.insert(std::ranges::upper_bound(flips_, flip.cycle, std::greater{}, &PendingFlip::cycle),
                  flip);
    if (computing_) {
      apply_due_events();
    }
  }

  void flip_now(std::uint64_t address, std::uint64_t mask) override {
    flip(address, mask);
    settle();
  }

  void hold_at(const Hold& hold) override {
    held_.schedule(hold);
    if (computing_) {
      apply_due_events();
    }
  }
  void hold_now(std::uint64_t address, std::uint64_t mask, bool value) override {
    held_.begin({address, mask, value}, kNever);
    rest_rules(address);
    settle();
  }
  void release_now(std::uint64_t address, std::uint64_t mask) override { held_.release(address, mask); }

  [[nodiscard]] std::vector<std::uint64_t> read_word(std::uint64_t address) const override {
    return state_.read(address);
  }
  void write_word(std::uint64_t address, std::span<const std::uint64_t> limbs) override {
    state_.write(address, limbs);
    held_.enforce();
    stale_ = true;
  }
  [[nodiscard]] std::span<const std::byte> stored(std::size_t array) const override {
    return state_.stored(array);
  }
  [[nodiscard]] std::span<const std::byte> stored_word(std::size_t array,
                                                       std::uint64_t word) const override {
    return state_.stored_word(array, word);
  }

  [[nodiscard]] RtlSnapshot save() const override {
    assert(computing_);
    RtlSnapshot snapshot{sites_.net().name, cycle_ - run_start_,
                         state_.save(Space::control, Space::control), state_.save(kFirstData, kLastData),
                         held_.snapshot(run_start_)};
    append(snapshot.control, axi_.control());
    append(snapshot.data, axi_.data());
    return snapshot;
  }

  void restore(const RtlSnapshot& snapshot) override {
    check_fit(snapshot);
    AxiControl port;
    AxiData words;
    state_.restore(Space::control, Space::control, detach(snapshot.control, port));
    state_.restore(kFirstData, kLastData, detach(snapshot.data, words));
    axi_.restore(port, words);
    if (!computing_) {
      computing_ = true;
      run_start_ = cycle_;
    }
    cycle_ = run_start_ + snapshot.run_cycle;
    held_.restore(snapshot.held, run_start_);
    filling_.clear();
    context_.assertOn(false);  // they remember another state
    settle();
    apply_due_events();
  }

  [[nodiscard]] std::vector<std::byte> save_parameters() const override {
    return state_.save(Space::weights, Space::thresholds);
  }
  void restore_parameters(std::span<const std::byte> bytes) override {
    state_.restore(Space::weights, Space::thresholds, bytes);
    held_.enforce();
    stale_ = true;
  }

  [[nodiscard]] std::vector<StreamStatus> streams() const override {
    std::vector<StreamStatus> status;
    for (const auto& f : fifos_) {
      status.push_back({*f.valid_in != 0, *f.ready_out != 0, *f.fill});
    }
    return status;
  }
  void observe(StreamObserver* observer) override {
    observer_ = observer;
    filling_.clear();
  }
  void count_gauges(bool on) override { counting_ = on; }
  void reset_gauges() override { std::ranges::fill(gauges_, StreamGauge{}); }
  [[nodiscard]] std::vector<StreamGauge> gauges() const override { return gauges_; }

 private:
  using AxiControl = AxiSlave<FL_TOP>::Control;
  using AxiData = AxiSlave<FL_TOP>::Data;
  static constexpr Space kFirstData = Space::window;
  static constexpr Space kLastData = Space::read;

  template <class T>
  static void append(std::vector<std::byte>& bytes, const T& object) {
    const auto* begin = reinterpret_cast<const std::byte*>(&object);
    bytes.insert(bytes.end(), begin, begin + sizeof object);
  }
  // Before anything is restored. Of one network's RTLs only those that store as much can be taken for
  // each other, but no snapshot outlives its process.
  void check_fit(const RtlSnapshot& snapshot) const {
    const auto control = state_.size(Space::control, Space::control) + sizeof(AxiControl);
    const auto data = state_.size(kFirstData, kLastData) + sizeof(AxiData);
    if (snapshot.network != sites_.net().name) {
      throw InputError("a snapshot of the RTL of " + snapshot.network + " does not fit " +
                       sites_.net().name + ": take it again on this network");
    }
    if (snapshot.control.size() != control || snapshot.data.size() != data) {
      throw InputError("a snapshot of " + snapshot.network + " with " +
                       std::to_string(snapshot.control.size()) + " bytes of control and " +
                       std::to_string(snapshot.data.size()) + " of data does not fit this RTL with " +
                       std::to_string(control) + " and " + std::to_string(data) +
                       ": take it again on this RTL");
    }
  }
  // Takes what was appended; returns the rest.
  template <class T>
  static std::span<const std::byte> detach(std::span<const std::byte> bytes, T& object) {
    const auto rest = bytes.size() - sizeof object;
    std::memcpy(&object, bytes.data() + rest, sizeof object);
    return bytes.first(rest);
  }

  // Clocks one cycle; if that changed nothing, no further cycle does, and up to the next flip or hold
  // they only count. Returns how many have passed, at most `cycles`.
  std::uint64_t clock_or_skip(std::uint64_t cycles) {
    const auto before = save();
    const bool events = cycle_ + 1 >= next_event_;
    clock();
    if (events || !computing_ || counting_ || observer_ != nullptr) {
      return 1;
    }
    const auto after = save();
    if (before.control != after.control || before.data != after.data) {
      return 1;
    }
    const auto skipped = std::min(cycles, next_event_ - cycle_) - 1;
    cycle_ += skipped;
    return skipped + 1;
  }

  // One clock cycle: the rising edge that starts it, what is held, the
  // flips that belong to it, the memory's inputs.
  void clock() {
    if (stale_) {
      settle();
    }
    top_.clk_i = 0;
    top_.eval();
    top_.clk_i = 1;
    top_.eval();
    ++cycle_;
    if (!held_.empty()) {
      held_.end_until(cycle_);
      if (held_.enforce()) {
        settle();
      }
    }
    track_run();
    if (cycle_ >= next_event_) {
      apply_due_events();
    }
    axi_.drive();
    if (counting_) {
      count();
    }
    if (observer_ != nullptr) {
      show_words();
    }
    if (rules_ && context_.gotError()) {
      context_.gotError(false);
      throw std::logic_error("the RTL broke a rule of its AXI ports: see the message before this one");
    }
  }

  // Clocks until `done` holds at the end of a cycle, and over that edge.
  template <class Done>
  void handshake(Done done) {
    for (bool over = false; !over;) {
      top_.eval();  // the register port's inputs have just changed
      over = done();
      clock();
    }
  }

  void track_run() {
    // An upset may throw the state machine out of a run that the host has not seen to end.
    const bool computing = top_.computing_o != 0 || (computing_ && top_.busy_o != 0);
    if (computing == computing_) {
      return;
    }
    computing_ = computing;
    if (computing) {
      run_start_ = cycle_;
      find_next_event();
    } else {
      run_length_ = cycle_ - run_start_;
      flips_.clear();
      held_.drop_pending();
      next_event_ = kNever;
    }
  }

  void flip(std::uint64_t address, std::uint64_t mask) {
    state_.flip(address, mask);
    rest_rules(address);
  }

  void rest_rules(std::uint64_t address) {
    if (const auto space = sites_.find(address)->space;
        space != Space::weights && space != Space::thresholds) {
      context_.assertOn(false);
    }
  }

  void apply_due_events() {
    bool changed = false;
    held_.end_until(cycle_);
    for (; !flips_.empty() && run_start_ + flips_.back().cycle <= cycle_; flips_.pop_back()) {
      flip(flips_.back().address, flips_.back().mask);
      changed = true;
    }
    held_.begin_due(run_start_, cycle_, [&](const Hold& hold) {
      rest_rules(hold.address);
      changed = true;
    });
    find_next_event();
    if (changed) {
      settle();
    }
  }

  void find_next_event() {
    next_event_ =
        std::min(flips_.empty() ? kNever : run_start_ + flips_.back().cycle, held_.next(run_start_));
  }

  void settle() {
    held_.enforce();
    FL_JOIN(FL_ROOT, ___eval_settle)(top_.rootp);
    stale_ = false;
  }

  void count() {
    for (std::size_t i = 0; i < fifos_.size(); ++i) {
      const auto& f = fifos_[i];
      auto& g = gauges_[i];
      const int fill = *f.fill;
      const bool full = fill == f.depth;
      g.beats += *f.valid_in != 0 && !full ? 1U : 0U;
      g.stalled += *f.valid_in != 0 && full ? 1U : 0U;
      g.starved += *f.ready_out != 0 && fill == 0 ? 1U : 0U;
      g.highest_fill = std::max(g.highest_fill, fill);
    }
  }

  // Words that the last edge stored; then which slots the next edge will fill.
  void show_words() {
    for (const auto& [stream, slot] : filling_) {
      const auto& memory = *fifos_[stream].memory;
      const auto address =
          memory.address + static_cast<std::uint64_t>(slot) * static_cast<std::uint64_t>(memory.bits);
      observer_->pushed(stream, slot, state_.read(address), cycle_);
    }
    filling_.clear();
    for (std::size_t i = 0; i < fifos_.size(); ++i) {
      if (*fifos_[i].valid_in != 0 && *fifos_[i].fill < fifos_[i].depth) {
        filling_.emplace_back(i, *fifos_[i].wptr);
      }
    }
  }

  std::vector<StateBinding> bind_state() {
    auto& root = *top_.rootp;
    return {
#define FL_STATE(name, member) {name, &root.member, sizeof(root.member)},
#define FL_FIFO(fill, wptr, valid_in, ready_out)
#include "bindings.inc"
#undef FL_STATE
#undef FL_FIFO
    };
  }

  std::vector<FifoBinding> bind_fifos(const Topology& net) {
    auto& root = *top_.rootp;
    std::vector<FifoBinding> fifos = {
#define FL_STATE(name, member)
#define FL_FIFO(fill, wptr, valid_in, ready_out) \
  {&root.fill, &root.wptr, &root.valid_in, &root.ready_out},
#include "bindings.inc"
#undef FL_STATE
#undef FL_FIFO
    };
    const auto flow = dataflow(net);
    for (std::size_t i = 0; i < fifos.size(); ++i) {
      const auto name = "u_pipeline.u_" + flow.streams.at(i).name + "_fifo.mem_q";
      fifos[i].memory = &*std::ranges::find(sites_.arrays(), name, &StateArray::rtl_name);
      fifos[i].depth = flow.streams[i].depth;
    }
    return fifos;
  }

  const Topology net_;
  SiteMap sites_;
  VerilatedContext context_;
  FL_TOP top_;
  AxiSlave<FL_TOP> axi_;
  StateAccess state_;
  HeldState held_;
  std::vector<FifoBinding> fifos_;
  std::vector<StreamGauge> gauges_;
  StreamObserver* observer_ = nullptr;
  std::vector<std::pair<std::size_t, int>> filling_;  // stream, slot
  std::vector<PendingFlip> flips_;                    // latest first
  std::uint64_t cycle_ = 0;
  std::uint64_t run_start_ = 0;
  std::uint64_t run_length_ = 0;
  std::uint64_t next_event_ = kNever;  // a flip, or the beginning or end of a hold
  const bool rules_ = environment_switch("FLUENCE_RTL_RULES");
  bool computing_ = false;
  bool counting_ = false;
  bool stale_ = false;  // stored words were written since the logic was last settled
};

}  // namespace

}  // namespace fluence

extern "C" {
extern const char fluence_model_interface[];
extern const fluence::ModelPlugin fluence_model;

const char fluence_model_interface[] = FLUENCE_MODEL_INTERFACE;
const fluence::ModelPlugin fluence_model = {
#include "hardware.inc"
    ,
#include "digest.inc"
    , [](const fluence::Topology& net, fluence::AxiMemory& memory) -> fluence::RtlModel* {
      return new fluence::VerilatedModel(net, memory);
    }};
}
