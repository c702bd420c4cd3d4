#include "campaign/results_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "campaign/database.hpp"

namespace fluence {
namespace {

namespace fs = std::filesystem;

// A killed campaign's workers may hold the lock for a moment longer.
constexpr auto kPatience = std::chrono::seconds(3);

bool is_same(int fd, const fs::path& folder) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(fd, &opened) == 0 && ::stat(folder.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

// -1: the folder has been removed meanwhile, by another process that had made it.
int lock_folder(const fs::path& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) {
    return -1;
  }
  if (fd < 0) {
    throw InputError("cannot open the results folder " + folder.string() + " (" +
                     std::generic_category().message(errno) + "): name another folder");
  }
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (std::chrono::steady_clock::now() > give_up) {
      ::close(fd);
      throw InputError("the results folder " + folder.string() +
                       " is being written by another campaign: wait for it or name another folder");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  if (!is_same(fd, folder)) {
    ::close(fd);
    return -1;
  }
  return fd;
}

}  // namespace

ResultsFolder::ResultsFolder(fs::path folder) : folder_(std::move(folder)) {
  try {
    while (lock_ < 0) {
      make();
      lock_ = lock_folder(folder_);
    }
  } catch (...) {
    remove_made();  // what another process uses by now is not empty, and stays
    throw;
  }
  made_file_ = !fs::exists(folder_ / kResultsFile);  // which nobody else makes or removes from now on
}

ResultsFolder::~ResultsFolder() {
  if (!kept_) {
    std::error_code ignored;
    for (const auto* suffix : {"", "-wal", "-shm"}) {
      if (made_file_) {
        fs::remove(folder_ / (std::string(kResultsFile) + suffix), ignored);
      }
    }
    remove_made();
  }
  ::close(lock_);
}

void ResultsFolder::make() {
  std::error_code error;
  fs::path folder;
  for (const auto& part : folder_) {
    folder /= part;
    if (!part.empty() && fs::create_directory(folder, error)) {
      made_.push_back(folder);
    }
    if (error) {
      break;
    }
  }
  if (error || !fs::is_directory(folder_)) {
    throw InputError("cannot make the results folder " + folder_.string() + " (" +
                     (error ? error.message() : "it is a file") +
                     "): name a folder in a place that is writable");
  }
}

void ResultsFolder::remove_made() {
  std::error_code ignored;
  for (; !made_.empty(); made_.pop_back()) {
    fs::remove(made_.back(), ignored);
  }
}

}  // namespace fluence
