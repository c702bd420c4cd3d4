#include "map/buffer_runner.hpp"

#include <map>
#include <memory>
#include <vector>

namespace fluence {
namespace {

/// A region of an image, by its number among those that are left.
struct Part {
  int image = 0;
  std::size_t region = 0;
};

// Lives in a worker.
class PartRunner final : public TaskRunner {
 public:
  PartRunner(const BufferMap& map, const Schedule& schedule, const Parameters& parameters,
             const ImageSet& images, const std::vector<Part>& parts)
      : map_(map), images_(images), parts_(parts), classes_(schedule), effects_(parameters) {}

  void run(std::span<const int> batch, const Deliver& deliver, const CancelToken& cancel) override {
    for (const int index : batch) {
      const auto [image, region] = parts_[static_cast<std::size_t>(index)];
      if (image != loaded_) {
        effects_.load(images_[image]);
        loaded_ = image;
      }
      try {
        deliver(index, map_region(map_.layout()->regions()[region], map_.request().cycles, classes_,
                                  image, effects_, cancel));
      } catch (const Cancelled&) {
        return;
      }
    }
  }

 private:
  const BufferMap& map_;
  const ImageSet& images_;
  const std::vector<Part>& parts_;
  BufferClasses classes_;
  BufferEffects effects_;
  int loaded_ = -1;
};

}  // namespace

std::string map_region(const BufferRegion& region, CycleRange cycles, const BufferClasses& classes,
                       int image, BufferEffects& effects, const CancelToken& cancel) {
  RegionWriter writer(region, cycles);
  for (const auto* array : region.arrays) {
    classes.for_each(*array, image, [&](const BufferClasses::WordClass& word) {
      cancel.check();
      if (word.span.until > cycles.from && word.span.from < cycles.until) {
        writer.add(word, effects.of(word));
      }
    });
    writer.end_array();
  }
  return writer.bytes();
}

PoolEnd run_buffer_map(BufferMap& map, const Schedule& schedule, const Parameters& parameters,
                       const ImageSet& images, int jobs, const std::filesystem::path& folder,
                       const ProgressSink& sink) {
  images.require_fit(*parameters.net);
  const auto left = map.images_left();
  if (left.empty()) {
    return PoolEnd::complete;
  }
  const auto regions = map.layout()->regions().size();
  std::vector<Part> parts;
  std::vector<Task> tasks;
  for (const int image : left) {
    for (std::size_t region = 0; region < regions; ++region) {
      tasks.push_back({0, static_cast<int>(parts.size())});
      parts.push_back({image, region});
    }
  }
  Progress progress(static_cast<std::int64_t>(parts.size()), "spaces and layers of images", "map", sink);
  std::int64_t done = 0;
  std::map<int, std::map<std::size_t, std::string>> begun;
  PoolHooks hooks;
  hooks.start = [&](int) -> std::unique_ptr<TaskRunner> {
    return std::make_unique<PartRunner>(map, schedule, parameters, images, parts);
  };
  hooks.done = [&](int index, const std::string& bytes) {
    const auto [image, region] = parts[static_cast<std::size_t>(index)];
    auto& own = begun[image];
    own[region] = bytes;
    if (own.size() == regions) {
      std::vector<std::string> all;
      for (auto& [number, part] : own) {
        all.push_back(std::move(part));
      }
      map.add(image, all, folder);
      begun.erase(image);
    }
    ++done;
  };
  hooks.tick = [&] { progress.show(done); };
  hooks.name = [&](int index) {
    return "a part of image " + std::to_string(parts[static_cast<std::size_t>(index)].image);
  };
  const auto end = run_pool(tasks, jobs, hooks);
  progress.end();
  return end;
}

}  // namespace fluence
