#include "map/runner.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "base/error.hpp"
#include "campaign/progress.hpp"
#include "fault/parameter_fault.hpp"
#include "map/image_map.hpp"

namespace fluence {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kSaveInterval = std::chrono::seconds(5);
constexpr double kMebibytes = 1 << 20;

using Block = std::span<const int>;

// Lives in a worker.
class BlockRunner final : public TaskRunner {
 public:
  BlockRunner(const Parameters& parameters, const ImageSet& images, const MapLayout& layout,
              Counted counted, const std::vector<Block>& blocks)
      : images_(images),
        blocks_(blocks),
        map_(make_image_map(parameters, layout, counted)),
        counts_(layout.size()) {}

  void run(std::span<const int> batch, const Deliver& deliver, const CancelToken& cancel) override {
    for (const int index : batch) {
      std::ranges::fill(counts_, BlockCounts{0});
      for (const int image : blocks_[static_cast<std::size_t>(index)]) {
        if (cancel.cancelled()) {
          return;
        }
        map_->add(images_[image], counts_);
      }
      deliver(index,
              {reinterpret_cast<const char*>(counts_.data()), counts_.size() * sizeof(BlockCounts)});
    }
  }

 private:
  const ImageSet& images_;
  const std::vector<Block>& blocks_;
  std::unique_ptr<ImageMap> map_;
  std::vector<BlockCounts> counts_;
};

// A block is an answer of 8 bytes a fault, which is to take no time beside the work.
std::vector<Block> cut(const std::vector<int>& images, int jobs, int most) {
  const auto size = std::clamp<std::size_t>(images.size() / static_cast<std::size_t>(4 * jobs), 1,
                                            static_cast<std::size_t>(most));
  std::vector<Block> blocks;
  for (std::size_t at = 0; at < images.size(); at += size) {
    blocks.push_back(Block(images).subspan(at, std::min(size, images.size() - at)));
  }
  return blocks;
}

}  // namespace

void require_memory(const MapLayout& layout, int jobs) {
  // Of a fault: its counts and their text; of a job: the block's counts here, there and on the way.
  const double needed =
      static_cast<double>(layout.size()) * (2.0 * sizeof(MapCounts)) +
      jobs * (static_cast<double>(layout.size()) * 4.0 * sizeof(BlockCounts) + 64 * kMebibytes);
  const double there =
      static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  if (needed > there) {
    throw InputError(
        fmt::format("a map of {} faults with --jobs {} needs {:.0f} MiB of memory and the machine has "
                    "{:.0f}: use fewer "
                    "--jobs, or map some of the layers",
                    layout.size(), jobs, needed / kMebibytes, there / kMebibytes));
  }
}

PoolEnd map_blocks(const Parameters& parameters, const MapLayout& layout, Counted counted,
                   const ImageSet& images, const std::vector<int>& wanted, int jobs,
                   const BlockHooks& block_hooks) {
  const auto blocks = cut(wanted, jobs, block_images(layout));
  std::vector<Task> tasks;
  for (int i = 0; i < static_cast<int>(blocks.size()); ++i) {
    tasks.push_back({0, i});
  }
  std::vector<BlockCounts> counts(layout.size());
  PoolHooks hooks;
  hooks.start = [&](int) -> std::unique_ptr<TaskRunner> {
    return std::make_unique<BlockRunner>(parameters, images, layout, counted, blocks);
  };
  hooks.done = [&](int index, const std::string& bytes) {
    std::memcpy(counts.data(), bytes.data(), bytes.size());
    block_hooks.done(blocks[static_cast<std::size_t>(index)], counts);
  };
  hooks.tick = block_hooks.tick;
  hooks.name = [&](int index) {
    return "the block of image " + std::to_string(blocks[static_cast<std::size_t>(index)].front());
  };
  return run_pool(tasks, jobs, hooks);
}

PoolEnd run_map(MapResults& results, const Parameters& parameters, const ImageSet& images, int jobs,
                const std::filesystem::path& folder, const ProgressSink& sink) {
  images.require_fit(*parameters.net);
  const auto left = results.images_left();
  if (left.empty()) {
    return PoolEnd::complete;
  }
  if (parameters.net->is_protected()) {  // some modes are refused for what they would do
    make_image_map(parameters, results.layout());
  }
  auto faulted = parameters;
  for (const auto& fault : results.request().given_faults()) {
    apply_fault(faulted, fault, Semantics::physical);
  }
  Progress progress(static_cast<std::int64_t>(left.size()), "images", "map", sink);
  std::int64_t done = 0;
  auto saved = Clock::now();
  BlockHooks hooks;
  hooks.done = [&](std::span<const int> block, std::span<const BlockCounts> counts) {
    results.add(block, counts);
    done += static_cast<std::int64_t>(block.size());
    if (Clock::now() - saved > kSaveInterval) {
      results.save(folder);
      saved = Clock::now();
    }
  };
  hooks.tick = [&] { progress.show(done); };
  try {
    const auto end =
        map_blocks(faulted, results.layout(), Counted::consequences, images, left, jobs, hooks);
    results.save(folder);
    progress.end();
    return end;
  } catch (...) {
    results.save(folder);
    progress.end();
    throw;
  }
}

}  // namespace fluence
