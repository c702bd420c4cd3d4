#include "fault/campaign/worker_pool.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <stdexcept>
#include <thread>

#include "network/error.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence {
namespace {

using ::testing::HasSubstr;

class Lambda final : public TaskRunner {
 public:
  explicit Lambda(std::function<std::string(int)> run) : run_(std::move(run)) {}
  std::string run(int index) override { return run_(index); }

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

TEST(WorkerPool, AnExceptionInAWorkerIsThrownHere) {
  EXPECT_THROW(run_pool(tasks(9), 2, hooks_for([](int i) -> std::string {
                          return i == 4 ? throw InputError("bad input") : "";
                        })),
               InputError);
  try {
    run_pool(tasks(9), 2, hooks_for([](int i) -> std::string {
               return i == 4 ? throw std::logic_error("a bug") : "";
             }));
    FAIL() << "the exception was lost";
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "a bug (in task 4)");
  }
  auto hooks = hooks_for([](int) { return ""; });
  hooks.start = [](int) -> std::unique_ptr<TaskRunner> { throw InputError("cannot start"); };
  EXPECT_THROW(run_pool(tasks(3), 2, hooks), InputError);
}

TEST(WorkerPool, ACrashNamesTheTaskAndKeepsWhatIsFinished) {
  std::set<int> finished;
  auto hooks = hooks_for([](int i) -> std::string {
    if (i == 5) {
      ::kill(::getpid(), SIGKILL);
    }
    return "";
  });
  hooks.done = [&](int index, const std::string&) { finished.insert(index); };
  try {
    run_pool(tasks(10), 1, hooks);
    FAIL() << "the crash went unnoticed";
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("was killed by signal 9"));
    EXPECT_THAT(e.what(), HasSubstr("while it ran task 5"));
  }
  EXPECT_EQ(finished, (std::set<int>{0, 1, 2, 3, 4}));
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
