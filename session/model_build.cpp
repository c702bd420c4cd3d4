#include "session/model_build.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "base/data_files.hpp"
#include "base/error.hpp"
#include "base/input_file.hpp"
#include "base/output_file.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "platform/calibrate.hpp"
#include "rtl/gen/rtl_files.hpp"
#include "rtl/model/model_files.hpp"
#include "rtl/model/rtl_model.hpp"
#include "session/session.hpp"

namespace fluence {
namespace {

namespace fs = std::filesystem;

constexpr auto kNet = "model";  // in the names of what is generated

fs::path source_folder() {
  return data_file("FLUENCE_SOURCE", "share/fluence/source", FLUENCE_SOURCE_DIR);
}

// As Makefile.verilator lists them.
std::vector<fs::path> rtl_sources(const fs::path& folder) {
  std::vector<fs::path> sources = {folder / "rtl/model/popcount.h"};
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder / "rtl", error)) {
    if (entry.path().extension() == ".sv" || entry.path().extension() == ".svh") {
      sources.push_back(entry.path());
    }
  }
  if (sources.size() == 1) {
    throw InputError("the sources of the RTL are not in " + folder.string() +
                     ": name the folder that has them in FLUENCE_SOURCE");
  }
  return sources;
}

RtlFiles rtl_of(const Topology& net, const fs::path& folder) {
  const auto options = read_file(folder / "rtl/behaviour.options", "Verilator's options",
                                 "name the folder of the RTL's sources in FLUENCE_SOURCE");
  return rtl_files(net, options, rtl_sources(folder));
}

void require_tools() {
  struct Tool {
    const char *name, *package;
  };
  for (const auto& [name, package] :
       {Tool{"verilator", "verilator"}, Tool{"g++", "g++"}, Tool{"make", "make"}}) {
    if (!is_installed(name)) {
      throw InputError(std::string("a simulated accelerator is made by ") + name +
                       ", which is not there: install the Debian package " + package);
    }
  }
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!fs::is_directory(folder)) {
    throw InputError("cannot make the folder " + folder.string() +
                     ": name one that can be written in FLUENCE_CACHE");
  }
}

// What make takes for a file's name.
void require_plain(const fs::path& folder) {
  const auto text = folder.string();
  const auto plain = [](char c) {
    return std::string_view("/._-+,@").find(c) != std::string_view::npos || (c >= '0' && c <= '9') ||
           (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  };
  if (!std::ranges::all_of(text, plain)) {
    throw InputError("simulated accelerators cannot be built in " + text +
                     ", for its name has more than letters, digits and ._-+,@: name another folder in "
                     "FLUENCE_CACHE");
  }
}

// Held by this process and by what it has started, which may outlive it.
class BuildLock {
 public:
  BuildLock(const fs::path& file, BuildProgress& progress)
      : fd_(::open(file.c_str(), O_RDWR | O_CREAT, 0666)) {
    if (fd_ < 0) {
      throw InputError("cannot write " + file.string() + " (" + std::generic_category().message(errno) +
                       "): name another folder in FLUENCE_CACHE");
    }
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      const auto begin = std::chrono::steady_clock::now();
      progress.begin("waiting for another build of it");
      while (::flock(fd_, LOCK_EX) != 0 && errno == EINTR) {
      }
      progress.end(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    }
  }
  ~BuildLock() { ::close(fd_); }
  BuildLock(const BuildLock&) = delete;
  BuildLock& operator=(const BuildLock&) = delete;

 private:
  int fd_;
};

void run_make(const std::vector<std::string>& arguments, const fs::path& folder, const fs::path& log) {
  if (!run_program(arguments, folder, log)) {
    throw std::runtime_error("the simulated accelerator cannot be made: " + log.string() +
                             " says what went wrong");
  }
}

class Builder {
 public:
  Builder(const Topology& net, int jobs, BuildProgress& progress)
      : net_(net), jobs_(jobs), progress_(progress), source_(source_folder()) {}

  ModelBuild build() {
    require_buildable(dataflow(net_));
    ModelBuild result;
    result.model = shipped_model(net_);
    std::error_code error;
    if (!fs::exists(result.model, error)) {
      result.model = built_model(net_);
      result.made_model = make_model(result.model);
    }
    result.schedule = Schedule::file_in(schedule_folder(net_), net_);
    result.made_schedule = record(result.schedule);
    return result;
  }

 private:
  template <class Work>
  void step(std::string_view name, Work work) {
    const auto begin = std::chrono::steady_clock::now();
    progress_.begin(name);
    work();
    progress_.end(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }

  // One that is damaged is made again.
  [[nodiscard]] bool is_made(const fs::path& model, const std::string& digest) const {
    try {
      return fs::exists(model) && rtl_digest_in(model, net_) == digest;
    } catch (const InputError&) {
      return false;
    }
  }

  bool make_model(const fs::path& model) {
    const auto files = rtl_of(net_, source_);
    if (is_made(model, files.digest)) {
      return false;
    }
    require_tools();
    const auto work = cache_folder() / "build" / model.stem();
    require_plain(work);
    require_plain(source_);
    make_folder(work.parent_path());
    make_folder(model.parent_path());
    const BuildLock lock(work.string() + ".lock", progress_);
    if (is_made(model, files.digest)) {
      return false;
    }
    fs::remove_all(work);  // a killed build's
    make_folder(work);
    write_rtl_files(files, work / kNet / "gen");
    step("verilating", [&] { make("verilated", work); });
    step("compiling", [&] { make("plugin", work); });
    const auto plugin = work / (std::string(kNet) + ".so");
    if (rtl_digest_in(plugin, net_) != files.digest) {
      throw std::logic_error("the RTL of " + net_.name + " changed while it was built");
    }
    fs::rename(plugin, model);
    fs::remove_all(work);
    return true;
  }

  void make(const std::string& target, const fs::path& work) const {
    const auto architecture = model_architecture();
    run_make({"make", "-s", "-j" + std::to_string(jobs_), "-f", "Makefile.verilator", target,
              "GENERATOR=none", std::string("NET=") + kNet, "BUILD=" + work.string(), "CXX=g++",
              "OPT=-O2" + (architecture.empty() ? "" : " -march=" + architecture), "PROFILE=0"},
             source_, work / "log");
  }

  // Unless there is one of this RTL.
  bool record(const fs::path& file) {
    try {
      static_cast<void>(load_schedule(net_));
      return false;
    } catch (const InputError&) {
    }
    make_folder(file.parent_path());
    step("recording its schedule",
         [&] { write_file(file, record_schedule(net_, std::string(RtlModel::digest(net_))).text()); });
    return true;
  }

  const Topology& net_;
  int jobs_;
  BuildProgress& progress_;
  fs::path source_;
};

}  // namespace

ModelBuild build_model(const Topology& net, int jobs, BuildProgress& progress) {
  return Builder(net, jobs, progress).build();
}

}  // namespace fluence
