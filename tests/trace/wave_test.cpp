// Waves of a trace, read back by GTKWave's own converter.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "tests/platform/trials.hpp"
#include "tests/support/temp_dir.hpp"
#include "trace/trace.hpp"

namespace fluence {
namespace {

using namespace test;

// The values of all variables over time.
class Waves {
 public:
  explicit Waves(const std::string& file) {
    const TempDir dir;
    const auto vcd = dir.file("vcd");
    EXPECT_EQ(std::system(("'" FLUENCE_FST2VCD "' '" + file + "' >" + vcd).c_str()), 0);
    std::ifstream in(vcd);
    std::vector<std::string> scopes;
    std::uint64_t time = 0;
    for (std::string line; std::getline(in, line);) {
      std::istringstream words(line);
      std::string word, skip, id, name;
      words >> word;
      if (word == "$scope") {
        words >> skip >> name;
        scopes.push_back(name);
      } else if (word == "$upscope") {
        scopes.pop_back();
      } else if (word == "$var") {
        words >> skip >> skip >> id >> name;
        std::string path;
        for (const auto& scope : scopes) {
          path += scope + ".";
        }
        ids_[path + name] = id;
      } else if (word.starts_with("#")) {
        time = std::stoull(word.substr(1));
        times_.push_back(time);
      } else if (word.starts_with("b")) {
        words >> id;
        changes_[id][time] = word.substr(1);
      } else if (word.starts_with("0") || word.starts_with("1")) {
        changes_[word.substr(1)][time] = word.substr(0, 1);
      }
    }
  }

  [[nodiscard]] std::string at(const std::string& name, std::uint64_t time) const {
    const auto id = ids_.find(name);
    if (id == ids_.end()) {
      return "no " + name;
    }
    const auto& changes = changes_.at(id->second);
    const auto after = changes.upper_bound(time);
    return after == changes.begin() ? "nothing" : std::prev(after)->second;
  }
  [[nodiscard]] std::uint64_t number(const std::string& name, std::uint64_t time) const {
    return std::stoull(at(name, time), nullptr, 2);
  }
  [[nodiscard]] const std::vector<std::uint64_t>& times() const { return times_; }
  [[nodiscard]] bool has(const std::string& name) const { return ids_.contains(name); }

 private:
  std::map<std::string, std::string> ids_;
  std::map<std::string, std::map<std::uint64_t, std::string>> changes_;
  std::vector<std::uint64_t> times_;
};

TEST(WavesOfATrace, ShowTheUpsetFromItsCycleOnAndNotBefore) {
  const auto& net = topology("cnvW1A1");
  const TempDir dir;
  constexpr std::uint64_t kCycle = 5000;
  const std::vector<Fault> faults = {{std::nullopt, kCycle, {Space::window, 1, 0, 12, 0, 3}, 1},
                                     {std::nullopt, kCycle + 7, {Space::weights, 3, 2, 17, 0, 31}, 1}};
  TraceOptions options{dir.file("w.fst"), 50, 200, {}};
  const auto traced =
      trace(random_parameters(net, 1), random_images(), {0, 1, faults}, Semantics::physical, options);
  EXPECT_EQ(dir.entries(), 1);
  const Waves waves(dir.file("w.fst"));
  EXPECT_EQ(waves.times().front(), kCycle - 50);
  EXPECT_EQ(waves.times().back(), kCycle + 200);

  const std::string line = ".layer1.u_l1_window.lines_q[0][12]";
  const std::string differs = "differs.layer1.u_l1_window.lines_q";
  EXPECT_EQ(waves.number("faulty" + line, kCycle - 1), waves.number("fault_free" + line, kCycle - 1));
  EXPECT_EQ(waves.number("faulty" + line, kCycle), waves.number("fault_free" + line, kCycle) ^ 8);
  EXPECT_EQ(waves.at(differs, kCycle - 1), "0");
  EXPECT_EQ(waves.at(differs, kCycle), "1");
  EXPECT_EQ(waves.number("bits_of_layer1", kCycle - 1), 0U);
  EXPECT_EQ(waves.number("bits_of_layer1", kCycle), 1U);
  EXPECT_EQ(waves.number("cycle", kCycle + 1), kCycle + 1);

  // Of the parameters, the word that is hit and no other.
  const std::string weight = ".layer3.u_l3_mvau.weights_q[2][17]";
  EXPECT_EQ(waves.number("faulty" + weight, kCycle + 6), waves.number("fault_free" + weight, kCycle));
  EXPECT_EQ(waves.number("faulty" + weight, kCycle + 7),
            waves.number("fault_free" + weight, kCycle) ^ std::uint64_t{1} << 31);
  EXPECT_FALSE(waves.has("faulty.layer3.u_l3_mvau.weights_q[2][18]"));

  // A FIFO whose producer has a word and which is not full holds one more in the next cycle.
  const std::string fifo = "faulty.layer0.u_l0_window_fifo.";
  int pushes = 0;
  for (std::uint64_t t = kCycle; t < kCycle + 200; ++t) {
    const bool push = waves.at(fifo + "valid_i", t) == "1" && waves.number(fifo + "fill_q", t) < 2;
    const bool pop = waves.at(fifo + "ready_i", t) == "1" && waves.number(fifo + "fill_q", t) > 0;
    EXPECT_EQ(waves.number(fifo + "fill_q", t + 1),
              waves.number(fifo + "fill_q", t) + (push ? 1 : 0) - (pop ? 1 : 0))
        << t;
    pushes += push ? 1 : 0;
  }
  EXPECT_GT(pushes, 20);
  EXPECT_GT(traced.layers[1].most, 0U);
}

TEST(WavesOfATrace, ThatCannotBeWrittenAreAnErrorOfInput) {
  const auto& net = topology("cnvW1A1");
  const TempDir dir;
  const TraceOptions options{dir.file("none/w.fst"), 0, 10, {}};
  EXPECT_THROW(trace(random_parameters(net, 1), random_images(),
                     {0, 1, {{std::nullopt, 100, {Space::pool, 1, 0, 0, 0, 0}, 1}}}, Semantics::physical,
                     options),
               InputError);
}

}  // namespace
}  // namespace fluence
