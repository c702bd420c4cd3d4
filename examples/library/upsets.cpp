// Upsets of one weight of layer 0, one after the other, each in force from the first image on:
//
//   upsets MODELS IMAGES       MODELS holds the parameters of each network, as <name>.onnx or a folder
#include <charconv>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>

#include "base/error.hpp"
#include "campaign/outcome.hpp"
#include "fault/fast_engine.hpp"
#include "network/synthetic.hpp"

int main(int argc, char** argv) try {
  if (argc != 3) {
    throw fluence::InputError("usage: upsets MODELS IMAGES");
  }
  const auto& net = fluence::all_topologies().front();
  int count = 0;
  const std::string_view given(argv[2]);
  const auto* end = given.data() + given.size();
  if (const auto [rest, error] = std::from_chars(given.data(), end, count);
      error != std::errc() || rest != end || count < 1 || count > fluence::kSyntheticTestImages) {
    throw fluence::InputError("'" + std::string(given) +
                              "' is no number of images: give one from 1 to " +
                              std::to_string(fluence::kSyntheticTestImages));
  }
  const auto images = fluence::synthetic_images(fluence::kSyntheticTestSeed, 0, count);
  std::vector<std::uint8_t> labels;
  for (int i = 0; i < count; ++i) {
    labels.push_back(images[i].label);
  }
  fluence::FastEngine engine(fluence::Parameters::load(net, fluence::Parameters::find(net, argv[1])),
                             images);
  const auto fault_free = engine.run({0, count, {}}, fluence::Semantics::physical);
  for (int bit = 0; bit < net.layers[0].weight_word_bits(); ++bit) {
    fluence::Fault upset;
    upset.before_image = 0;
    upset.site = {fluence::Space::weights, 0, 0, 0, 0, bit};
    const auto result = engine.run({bit, count, {upset}}, fluence::Semantics::physical);
    const auto outcomes =
        fluence::compare(result, fault_free.scores, labels, engine.decider(), engine.scores());
    std::cout << "bit " << bit << ": " << outcomes.masked << " of " << count << " masked, "
              << outcomes.critical << " critical\n";
  }
  return 0;
} catch (const std::exception& e) {
  std::cerr << "upsets: " << e.what() << "\n";
  return 2;
}
