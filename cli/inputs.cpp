#include "cli/inputs.hpp"

#include "fault/fast_engine.hpp"
#include "network/error.hpp"
#include "platform/rtl_engine.hpp"

namespace fluence::cli {
namespace {

ImageSet load_images(const std::filesystem::path& file) {
  if (file.empty()) {
    throw InputError("no images are given: add --images FILE");
  }
  return ImageSet::load(file);
}

}  // namespace

Inputs::Inputs(const std::filesystem::path& params, const std::vector<const Topology*>& nets,
               const std::filesystem::path& images)
    : images_name_(images.string()), images_(load_images(images)) {
  if (params.empty()) {
    throw InputError("no parameters are given: add --params DIR");
  }
  for (const auto* net : nets) {
    const auto own = params / net->name;
    parameters_.emplace(net->name,
                        Parameters::load(*net, std::filesystem::is_directory(own) ? own : params));
  }
}

void Inputs::keep_images(int count, const std::string& who) {
  if (count > images_.size()) {
    throw InputError(who + " asks for " + std::to_string(count) + " images where " + images_name_ +
                     " holds " + std::to_string(images_.size()) + ": ask for fewer");
  }
  images_.truncate(count);
}

std::unique_ptr<Engine> Inputs::make_engine(EngineKind kind, const Topology& net, int images) {
  images_.truncate(images);
  if (kind == EngineKind::rtl) {
    return make_rtl_engine(parameters(net), images_);
  }
  return std::make_unique<FastEngine>(parameters(net), images_);
}

}  // namespace fluence::cli
