#include "campaign/worker_pool.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <set>
#include <stdexcept>
#include <thread>

#include "base/error.hpp"
#include "campaign/stop_signals.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence {
namespace {

class Lambda final : public TaskRunner {
 public:
  explicit Lambda(std::function<std::string(int)> run) : run_(std::move(run)) {}
  void run(std::span<const int> batch, const Deliver& deliver, const CancelToken& cancel) override {
    for (const int index : batch) {
      if (cancel.cancelled()) {
        return;
      }
      deliver(index, run_(index));
    }
  }

 private:
  std::function<std::string(int)> run_;
};

PoolHooks hooks_for(std::function<std::string(int)> run) {
  PoolHooks hooks;
  hooks.start = [run](int) { return std::make_unique<Lambda>(run); };
  hooks.done = [](int, const std::string&) {};
  hooks.tick = [] {};
  hooks.name = [](int index) { return "task " + std::to_string(index); };
  return hooks;
}

std::vector<Task> tasks(int count, int groups = 1) {
  std::vector<Task> result;
  for (int i = 0; i < count; ++i) {
    result.push_back({i % groups, i});
  }
  return result;
}

TEST(WorkerPool, LeavesOutWhatIsNotWantedAnyMore) {
  std::vector<Task> tasks;
  for (int i = 0; i < 200; ++i) {
    tasks.push_back({i / 150, i});
  }
  std::set<int> done;
  bool enough = false;
  auto hooks = hooks_for([](int index) { return std::to_string(index); });
  hooks.done = [&](int index, const std::string&) {
    done.insert(index);
    enough = true;
  };
  hooks.wanted = [&](int index) { return index >= 150 ? index % 2 == 0 : !enough; };
  EXPECT_EQ(run_pool(tasks, 2, hooks), PoolEnd::complete);
  EXPECT_FALSE(done.contains(149)) << "it was far from being sent when the first was done";
  EXPECT_TRUE(done.contains(198));
  EXPECT_FALSE(done.contains(199));
}

TEST(WorkerPool, ASignalBetweenTwoPoolsEndsTheSecond) {
  const std::vector<Task> tasks = {{0, 0}, {0, 1}};
  const auto hooks = hooks_for([](int index) { return std::to_string(index); });
  {
    const StopSignals signals;
    EXPECT_EQ(run_pool(tasks, 2, hooks), PoolEnd::complete);
    ::raise(SIGINT);
    EXPECT_EQ(run_pool(tasks, 2, hooks), PoolEnd::interrupted);
  }
  EXPECT_EQ(run_pool(tasks, 2, hooks), PoolEnd::complete) << "it was for those alone";
}

TEST(WorkerPool, EveryTaskIsRunOnceWhateverTheNumberOfWorkers) {
  for (const int jobs : {1, 2, 7}) {
    std::map<int, std::string> results;
    // Results larger than a pipe holds, and empty ones.
    auto hooks = hooks_for(
        [](int i) { return std::string(i % 3 == 0 ? 200'000U : 0U, 'x') + std::to_string(i); });
    hooks.done = [&](int index, const std::string& result) {
      EXPECT_TRUE(results.emplace(index, result).second);
    };
    EXPECT_EQ(run_pool(tasks(60, 3), jobs, hooks), PoolEnd::complete);
    ASSERT_EQ(results.size(), 60U);
    EXPECT_EQ(results.at(4), "4");
    EXPECT_EQ(results.at(3).size(), 200'001U);
  }
  EXPECT_EQ(run_pool({}, 2, hooks_for([](int) { return ""; })), PoolEnd::complete);
}

TEST(WorkerPool, AProcessServesOneGroup) {
  std::map<std::string, std::set<int>> groups_of;
  auto hooks = hooks_for([](int) { return std::to_string(::getpid()); });
  hooks.done = [&](int index, const std::string& pid) { groups_of[pid].insert(index % 4); };
  EXPECT_EQ(run_pool(tasks(40, 4), 2, hooks), PoolEnd::complete);
  EXPECT_GE(groups_of.size(), 4U);
  for (const auto& [pid, groups] : groups_of) {
    EXPECT_EQ(groups.size(), 1U);
    EXPECT_NE(pid, std::to_string(::getpid()));
  }
}

TEST(WorkerPool, BadInputInAWorkerIsThrownHere) {
  EXPECT_THROW(run_pool(tasks(9), 2, hooks_for([](int i) -> std::string {
                          return i == 4 ? throw InputError("bad input") : "";
                        })),
               InputError);
  auto hooks = hooks_for([](int) { return ""; });
  hooks.start = [](int) -> std::unique_ptr<TaskRunner> { throw InputError("cannot start"); };
  EXPECT_THROW(run_pool(tasks(3), 2, hooks), InputError);
}

std::string error_of(const std::vector<Task>& tasks, int jobs, const PoolHooks& hooks) {
  try {
    run_pool(tasks, jobs, hooks);
    return "no error";
  } catch (const std::runtime_error& e) {
    return e.what();
  }
}

// Notes in a folder, which outlive the process that writes them.
class Notes {
 public:
  // How often a task has been begun, this time included.
  int begun(int index) const {
    std::ofstream(dir_.path() / std::to_string(index), std::ios::app) << "x";
    return static_cast<int>(std::filesystem::file_size(dir_.path() / std::to_string(index)));
  }

 private:
  test::TempDir dir_;
};

TEST(WorkerPool, ATaskThatFailsTwiceIsToldAndAllOthersAreDoneOnce) {
  for (const int jobs : {1, 3}) {
    const Notes notes;
    std::map<int, int> done;
    std::map<int, std::string> failed;
    auto hooks = hooks_for([&](int i) -> std::string {
      const int times = notes.begun(i);
      switch (i) {
        case 5: ::kill(::getpid(), SIGKILL); break;
        case 11: ::_exit(3);
        case 12: throw std::logic_error("a bug");
        case 20:
          if (times == 1) {
            ::kill(::getpid(), SIGKILL);
          }
          break;
        case 30: std::this_thread::sleep_for(std::chrono::hours(1)); break;
        default: break;
      }
      return std::to_string(times);
    });
    hooks.limit = [](int i) { return i == 30 ? 0.1 : 60; };
    hooks.done = [&](int index, const std::string&) { ++done[index]; };
    hooks.failed = [&](int index, const std::string& why) {
      EXPECT_TRUE(failed.emplace(index, why).second);
    };
    EXPECT_EQ(run_pool(tasks(60), jobs, hooks), PoolEnd::complete);
    EXPECT_EQ(failed, (std::map<int, std::string>{{5, "its worker was killed by signal 9, Killed"},
                                                  {11, "its worker ended with code 3"},
                                                  {12, "a bug"},
                                                  {30, "it ran longer than its limit of 0.1 s"}}));
    EXPECT_EQ(done.size(), 56U);
    for (const auto& [index, times] : done) {
      EXPECT_EQ(times, 1) << index;
    }
    EXPECT_EQ(notes.begun(5), 3) << "twice in the pool";
    EXPECT_EQ(notes.begun(20), 3);
  }
}

// Runs a batch as one piece of work: whatever ends that leaves no result of it.
class Joint final : public TaskRunner {
 public:
  using Work = std::function<void(std::span<const int> batch, const CancelToken& cancel)>;
  explicit Joint(Work work) : work_(std::move(work)) {}
  void run(std::span<const int> batch, const Deliver& deliver, const CancelToken& cancel) override {
    work_(batch, cancel);
    for (const int index : batch) {
      if (!cancel.cancelled()) {
        deliver(index, std::to_string(batch.size()));
      }
    }
  }

 private:
  Work work_;
};

PoolHooks joint_hooks(Joint::Work work) {
  auto hooks = hooks_for({});
  hooks.start = [work](int) { return std::make_unique<Joint>(work); };
  return hooks;
}

bool has(std::span<const int> batch, int index) {
  return std::ranges::find(batch, index) != batch.end();
}

TEST(WorkerPool, BatchesGrowToTheTimeThatTheyShouldTakeAndShrinkToTheEnd) {
  for (const double seconds : {0.0, 0.05, 100.0}) {
    std::size_t most = 0;
    std::size_t last = 0;
    auto hooks = joint_hooks([](std::span<const int> batch, const CancelToken&) {
      const auto end = std::clock() + static_cast<std::clock_t>(batch.size()) * (CLOCKS_PER_SEC / 1000);
      while (std::clock() < end) {
      }
    });
    hooks.batch_seconds = seconds;
    hooks.done = [&](int, const std::string& size) {
      last = static_cast<std::size_t>(std::stoi(size));
      most = std::max(most, last);
    };
    EXPECT_EQ(run_pool(tasks(1000), 1, hooks), PoolEnd::complete);
    if (seconds == 0) {
      EXPECT_EQ(most, 1U);
      continue;
    }
    EXPECT_GT(most, 10U);
    // Of tasks of a millisecond 50, and some more, for the pool reads another clock than the task.
    EXPECT_LE(most, seconds < 1 ? 60U : 250U) << "a worker must not be given nearly all at once";
    EXPECT_LT(last, 10U);
  }
}

TEST(WorkerPool, OfABatchThatDiesExactlyTheKillerIsBlamed) {
  for (const int jobs : {1, 3}) {
    std::map<int, int> done;
    std::map<int, std::string> failed;
    bool together = false;
    auto hooks = joint_hooks([](std::span<const int> batch, const CancelToken&) {
      if (has(batch, 150)) {
        ::kill(::getpid(), SIGKILL);
      }
      if (has(batch, 333)) {
        throw std::logic_error("a bug");
      }
      if (has(batch, 250)) {
        std::this_thread::sleep_for(std::chrono::hours(1));
      }
    });
    hooks.limit = [](int) { return 0.3; };
    hooks.done = [&](int index, const std::string& size) {
      ++done[index];
      together = together || std::stoi(size) > 4;
    };
    hooks.failed = [&](int index, const std::string& why) {
      EXPECT_TRUE(failed.emplace(index, why).second);
    };
    EXPECT_EQ(run_pool(tasks(400), jobs, hooks), PoolEnd::complete);
    EXPECT_TRUE(together) << "there were no batches";
    EXPECT_EQ(failed, (std::map<int, std::string>{{150, "its worker was killed by signal 9, Killed"},
                                                  {250, "it ran longer than its limit of 0.3 s"},
                                                  {333, "a bug"}}));
    EXPECT_EQ(done.size(), 397U);
    for (const auto& [index, times] : done) {
      EXPECT_EQ(times, 1) << index;
    }
  }
}

TEST(WorkerPool, ASignalEndsAlsoWhatIsInTheMidstOfATask) {
  const auto start = std::chrono::steady_clock::now();
  int finished = 0;
  auto hooks = hooks_for({});
  hooks.start = [](int) {
    return std::make_unique<Joint>([](std::span<const int> batch, const CancelToken& cancel) {
      while (!has(batch, 0) && !cancel.cancelled()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    });
  };
  hooks.done = [&](int, const std::string&) {
    ++finished;
    ::raise(SIGINT);
  };
  EXPECT_EQ(run_pool(tasks(50), 2, hooks), PoolEnd::interrupted);
  EXPECT_EQ(finished, 1);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

TEST(WorkerPool, ARunnerThatLeavesTasksOutIsFoundOut) {
  class Lazy final : public TaskRunner {
   public:
    void run(std::span<const int> batch, const Deliver& deliver, const CancelToken&) override {
      if (batch[0] != 3) {
        deliver(batch[0], "");
      }
    }
  };
  auto hooks = hooks_for({});
  hooks.start = [](int) { return std::make_unique<Lazy>(); };
  hooks.batch_seconds = 0;
  EXPECT_EQ(error_of(tasks(5), 1, hooks), "task 3 failed twice: it leaves tasks of a batch out");
}

TEST(WorkerPool, TheSecondAttemptIsTheFirstTaskOfItsWorker) {
  const Notes notes;
  std::set<std::string> served;  // workers that have run another task
  std::string retried_in;
  auto hooks = hooks_for([&](int i) {
    if (i == 4 && notes.begun(i) == 1) {
      ::kill(::getpid(), SIGKILL);
    }
    return std::to_string(::getpid());
  });
  hooks.done = [&](int index, const std::string& pid) {
    if (index == 4) {
      retried_in = pid;
      EXPECT_FALSE(served.contains(pid));
    }
    served.insert(pid);
  };
  EXPECT_EQ(run_pool(tasks(20), 1, hooks), PoolEnd::complete);
  EXPECT_FALSE(retried_in.empty());
}

TEST(WorkerPool, TheClockOfALimitStartsWhenATaskIsBegun) {
  auto hooks = hooks_for([](int) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return "";
  });
  const auto start = hooks.start;
  hooks.start = [start](int group) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    return start(group);
  };
  hooks.limit = [](int) { return 1.2; };  // many wait that long behind others, and for the start
  std::set<int> done;
  hooks.done = [&](int index, const std::string&) { done.insert(index); };
  EXPECT_EQ(run_pool(tasks(20), 1, hooks), PoolEnd::complete);
  EXPECT_EQ(done.size(), 20U);
}

TEST(WorkerPool, WithoutAHookTheSecondFailureEndsThePool) {
  std::set<int> finished;
  auto hooks = hooks_for([](int i) -> std::string {
    if (i == 5) {
      ::kill(::getpid(), SIGKILL);
    }
    return "";
  });
  hooks.done = [&](int index, const std::string&) { finished.insert(index); };
  EXPECT_EQ(error_of(tasks(10), 1, hooks),
            "task 5 failed twice: its worker was killed by signal 9, Killed");
  EXPECT_THAT(finished, testing::IsSupersetOf({0, 1, 2, 3, 4}));
}

TEST(WorkerPool, WorkersThatCannotBeStartedEndThePool) {
  auto hooks = hooks_for([](int) { return ""; });
  const auto start = hooks.start;
  hooks.start = [](int) -> std::unique_ptr<TaskRunner> { throw std::runtime_error("no engine"); };
  EXPECT_EQ(error_of(tasks(3), 2, hooks), "no engine (in the start)");
  hooks.start = [](int) -> std::unique_ptr<TaskRunner> { ::_exit(4); };
  EXPECT_EQ(error_of(tasks(3), 2, hooks),
            "workers cannot be started: of the last, its worker ended with code 4");
  const Notes notes;
  hooks.start = [&](int group) {
    if (notes.begun(0) == 1) {
      ::kill(::getpid(), SIGKILL);
    }
    return start(group);
  };
  hooks.failed = [](int index, const std::string&) { ADD_FAILURE() << index << " is not to blame"; };
  EXPECT_EQ(run_pool(tasks(20), 2, hooks), PoolEnd::complete);
}

TEST(WorkerPool, TwoSignalsAMomentApartAreOneWishAndALaterOneKills) {
  const auto wait = [](std::chrono::milliseconds time) {
    // A signal cuts a sleep short.
    const auto end = std::chrono::steady_clock::now() + time;
    std::this_thread::sleep_until(end);
  };
  const auto end_of = [&](std::chrono::milliseconds apart, bool kills = true) {
    const pid_t child = ::fork();
    if (child == 0) {
      const StopSignals signals(kills);
      const StopSignals within;  // the outermost decides
      ::raise(SIGINT);
      wait(apart);
      ::raise(SIGTERM);
      ::_exit(StopSignals::first() == SIGINT ? 42 : 0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
  };
  const int together = end_of(std::chrono::milliseconds(1));
  EXPECT_TRUE(WIFEXITED(together));
  EXPECT_EQ(WEXITSTATUS(together), 42);
  const int later = end_of(std::chrono::milliseconds(1100));
  EXPECT_TRUE(WIFSIGNALED(later));
  EXPECT_EQ(WTERMSIG(later), SIGTERM);
  const int harmless = end_of(std::chrono::milliseconds(1100), false);
  EXPECT_TRUE(WIFEXITED(harmless)) << "it has more to lose than the work";
  EXPECT_EQ(WEXITSTATUS(harmless), 42);
}

TEST(WorkerPool, ASignalFinishesRunningTasksAndStops) {
  for (const int signal : {SIGINT, SIGTERM}) {
    std::set<int> finished;
    auto hooks = hooks_for([](int) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      return "";
    });
    hooks.done = [&](int index, const std::string&) {
      finished.insert(index);
      if (finished.size() == 10) {
        ::raise(signal);
      }
    };
    EXPECT_EQ(run_pool(tasks(2000), 2, hooks), PoolEnd::interrupted);
    EXPECT_GE(finished.size(), 10U);
    EXPECT_LT(finished.size(), 500U);
  }
  struct sigaction now {};
  ::sigaction(SIGINT, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_DFL) << "the handler was left behind";
}

TEST(WorkerPool, WorkersDieWithTheirParent) {
  const test::TempDir dir;
  const pid_t parent = ::fork();
  if (parent == 0) {
    run_pool(tasks(2), 2, hooks_for([&](int i) {
               std::ofstream(dir.path() / (std::to_string(i) + ".part")) << ::getpid();
               std::filesystem::rename(dir.path() / (std::to_string(i) + ".part"),
                                       dir.path() / std::to_string(i));
               std::this_thread::sleep_for(std::chrono::minutes(5));
               return "";
             }));
    ::_exit(0);
  }
  std::vector<pid_t> workers;
  for (const auto* name : {"0", "1"}) {
    while (!std::filesystem::exists(dir.path() / name)) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    pid_t worker = 0;
    std::ifstream(dir.path() / name) >> worker;
    workers.push_back(worker);
  }
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  for (const auto worker : workers) {
    bool gone = false;
    for (int i = 0; i < 400 && !gone; ++i) {
      std::ifstream stat("/proc/" + std::to_string(worker) + "/stat");
      std::string pid, name, state;
      gone = !(stat >> pid >> name >> state) || state == "Z" || state == "X";
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    EXPECT_TRUE(gone) << "worker " << worker << " outlived its parent";
  }
}

TEST(WorkerPool, DefaultJobsIsAtLeastOne) { EXPECT_GE(default_jobs(), 1); }

}  // namespace
}  // namespace fluence
