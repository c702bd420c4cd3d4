// Campaigns of networks that take different images: a folder with a file for each.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "campaign/provenance.hpp"
#include "session/campaign.hpp"
#include "session/stored_trial.hpp"
#include "session/verify.hpp"
#include "tests/support/parameter_files.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

constexpr int kColoured = 4, kDigits = 6;

class ImageFolder : public testing::Test {
 protected:
  ImageFolder() {
    for (const std::string name : {"cnvW1A1", "lfcW1A1"}) {
      const auto folder = dir_.path() / "params" / name;
      std::filesystem::create_directories(folder);
      write_parameters(random_parameters(topology(name), 5), folder);
    }
    std::filesystem::create_directory(file("images"));
    write_records("cnvW1A1", "cnvW1A1.bin", kColoured);
    write_records("lfcW1A1", "lfcW1A1.bin", kDigits);
    std::ofstream(file("spec.toml")) << R"(name = "two"
seed = 3
trials = 5
[[part]]
networks = "cnvW1A1"
modes = "seu"
spaces = "weights"
faults = 500
count = 3
[[part]]
networks = "lfcW1A1"
modes = "seu"
spaces = "weights"
faults = 500
count = 6
)";
  }

  void write_records(const std::string& network, const std::string& name, int count) const {
    std::ofstream out(dir_.path() / "images" / name, std::ios::binary);
    for (int i = 0; i < count; ++i) {
      const auto image = random_image(static_cast<std::uint64_t>(i), topology(network).image());
      out.put(static_cast<char>(i));
      out.write(reinterpret_cast<const char*>(image.planes.data()),
                static_cast<std::streamsize>(image.planes.size()));
    }
  }
  // Images of pixels that all are this one.
  void write_array(const std::string& name, char number) const {
    std::ofstream out(dir_.path() / "images" / name, std::ios::binary);
    std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (6, 1, 28, 28), }";
    header.resize(117, ' ');
    out << std::string("\x93NUMPY\x01\0", 8) << 'v' << '\0' << header << '\n';
    out << std::string(std::size_t{kDigits} * 28 * 28, number);
  }
  [[nodiscard]] std::string file(const std::string& name) const { return dir_.file(name); }
  [[nodiscard]] CampaignOrder order(const std::string& out) {
    CampaignOrder order;
    order.spec = file("spec.toml");
    order.out = file(out);
    order.params = file("params");
    order.images = file("images");
    order.warn = [&](const std::string& sentence) { warned_ += sentence; };
    return order;
  }

  TempDir dir_;
  std::string warned_;
};

TEST_F(ImageFolder, HoldsAFileForEachNetworkOfACampaign) {
  EXPECT_EQ(run_campaign(order("r")).trials, 10U);
  EXPECT_EQ(warned_, "") << "records have labels";
  const auto manifest = Store::open_existing(file("r")).manifest();
  EXPECT_FALSE(manifest.contains("images"));
  const auto coloured = manifest.at("images cnvW1A1"), digits = manifest.at("images lfcW1A1");
  EXPECT_EQ(input_options(manifest), " --params " + std::filesystem::canonical(file("params")).string() +
                                         " --images " +
                                         std::filesystem::canonical(file("images")).string());
  for (const int scenario : {0, 1}) {
    TrialChoice choice;
    choice.folder = file("r");
    choice.scenario = scenario;
    choice.trial = 2;
    choice.params = file("params");
    choice.images = file("images");
    const auto trial = load_trial(choice);
    EXPECT_EQ(trial.session.images(*trial.net).size(), scenario == 0 ? 3 : kDigits);
    EXPECT_EQ(trial.session.images(*trial.net).digest(), scenario == 0 ? coloured : digits);
  }
  const auto reopened = open_campaign(file("r"), file("params"), file("images"));
  EXPECT_EQ(reopened.spec.scenarios.size(), 2U);

  write_records("cnvW1A1", "cnvW1A1.bin", kColoured + 1);
  EXPECT_EQ(run_campaign(order("r")).trials, 10U) << "the first ones are the same";
  write_records("lfcW1A1", "lfcW1A1.bin", 2);
  EXPECT_THAT([&] { run_campaign(order("r")); },
              ThrowsMessage<InputError>(AllOf(HasSubstr("asks for 6 images where "),
                                              HasSubstr("lfcW1A1.bin holds 2: ask for fewer"))));
  std::filesystem::remove(dir_.path() / "images" / "lfcW1A1.bin");
  write_array("lfcW1A1.npy", '\0');
  EXPECT_THAT([&] { run_campaign(order("r")); },
              ThrowsMessage<InputError>(HasSubstr("(its images lfcW1A1 differs)")));
}

TEST_F(ImageFolder, HasLabelsOfArraysBesideThem) {
  std::filesystem::remove(dir_.path() / "images" / "lfcW1A1.bin");
  write_array("lfcW1A1.npy", '\0');
  run_campaign(order("r"));
  EXPECT_EQ(warned_,
            "the images of lfcW1A1 have no labels: the class without faults counts as the right one");
  const auto& net = topology("lfcW1A1");
  const Session without(file("params"), {&net}, file("images"));
  EXPECT_FALSE(without.has_labels(net));

  std::ofstream labels(dir_.path() / "images" / "lfcW1A1.labels.npy", std::ios::binary);
  std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (6,), }";
  header.resize(117, ' ');
  labels << std::string("\x93NUMPY\x01\0", 8) << 'v' << '\0' << header << '\n'
         << std::string("\1\2\3\4\5\6");
  labels.close();
  const Session with(file("params"), {&net}, file("images"));
  EXPECT_TRUE(with.has_labels(net));
  EXPECT_EQ(with.labels(net), (std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(with.unlabelled(), "");
}

TEST_F(ImageFolder, IsRefusedWithoutOneFileOfANetwork) {
  const auto images = dir_.path() / "images";
  std::filesystem::copy(images / "cnvW1A1.bin", images / "cnvW1A1.records");
  EXPECT_THAT(
      [&] { run_campaign(order("r")); },
      ThrowsMessage<InputError>(HasSubstr(
          "holds 2 files of images for network cnvW1A1 (cnvW1A1.bin, cnvW1A1.records): leave one")));
  std::filesystem::remove(images / "cnvW1A1.records");
  std::filesystem::rename(images / "cnvW1A1.bin", images / "cnvW1A1-TMR.bin");
  EXPECT_THAT(
      [&] { run_campaign(order("r")); },
      ThrowsMessage<InputError>(HasSubstr("has no file of images for network cnvW1A1, but "
                                          "cnvW1A1-TMR.bin, lfcW1A1.bin: name it cnvW1A1 with an "
                                          "extension, as cnvW1A1.npy")));
  auto one = order("r");
  one.images = (images / "lfcW1A1.bin").string();
  EXPECT_THAT([&] { run_campaign(one); }, ThrowsMessage<InputError>(HasSubstr(
                                              "the networks cnvW1A1 and lfcW1A1 take images of "
                                              "different shapes: give a folder with a file for each")));
  EXPECT_FALSE(std::filesystem::exists(file("r")));
}

TEST_F(ImageFolder, IsNotNeededForEmbeddedImages) {
  auto embedded = order("r");
  embedded.params = embedded.images = "";
  EXPECT_EQ(run_campaign(embedded).trials, 10U);
  EXPECT_EQ(input_options(Store::open_existing(file("r")).manifest()), "");
}

}  // namespace
}  // namespace fluence::test
