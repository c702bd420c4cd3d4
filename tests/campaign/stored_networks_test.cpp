// What a manifest says of the networks of its campaign.
#include "campaign/stored_networks.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "base/error.hpp"
#include "campaign/spec.hpp"
#include "network/known_networks.hpp"
#include "tests/support/made_networks.hpp"
#include "tests/support/temp_dir.hpp"

namespace fluence::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Topology renamed(const std::string& name) {
  auto net = made_networks().front();
  net.name = net.network = name;
  return net;
}

Manifest manifest_of(const Topology& net) {
  Manifest manifest;
  add_networks(manifest, {&net});
  return manifest;
}

std::string refusal(const Manifest& manifest) {
  try {
    know_networks(manifest, "results/x");
    return "none";
  } catch (const InputError& e) {
    return e.what();
  }
}

TEST(StoredNetworks, AreDigestsOfThoseThatAreThereAnyway) {
  const auto& net = topology("cnvW1A2");
  EXPECT_EQ(manifest_of(net), (Manifest{{"network cnvW1A2", network_digest(net)},
                                        {"hardware cnvW1A2", hardware_digest(net)}}));
  EXPECT_EQ(refusal(manifest_of(net)), "none");
}

TEST(StoredNetworks, ResumeInTheSameLayoutOnly) {
  auto net = renamed("stored-laid-out");
  const auto plain = manifest_of(net);
  net.layouts["weights"] = {36, 4};
  const auto laid_out = manifest_of(net);
  EXPECT_EQ(laid_out.at("layout stored-laid-out"), R"({"weights": {"width": 36, "interleave": 4}})");
  EXPECT_EQ(first_difference(plain, laid_out), "layout stored-laid-out");
  EXPECT_EQ(refusal(laid_out), "none");
  EXPECT_EQ(topology(net.name), net);
  EXPECT_THAT(refusal(plain), HasSubstr("another one of that name"));
  auto shipped = manifest_of(topology("cnvW1A1"));
  shipped["layout cnvW1A1"] = laid_out.at("layout stored-laid-out");
  EXPECT_THAT(refusal(shipped), HasSubstr("a hardware cnvW1A1 whose memories have another layout"));
}

TEST(StoredNetworks, AreKnownByNameAfterwards) {
  const auto net = renamed("stored-first");
  EXPECT_THROW(static_cast<void>(topology(net.name)), InputError);
  EXPECT_EQ(refusal(manifest_of(net)), "none");
  EXPECT_EQ(topology(net.name), net);
  EXPECT_EQ(refusal(manifest_of(net)), "none");
}

TEST(StoredNetworks, AreNotAnotherOfTheSameName) {
  auto net = renamed("stored-second");
  EXPECT_EQ(refusal(manifest_of(net)), "none");
  net.layers[2].pe /= 2;
  EXPECT_THAT(refusal(manifest_of(net)), AllOf(HasSubstr("results/x"), HasSubstr("stored-second"),
                                               HasSubstr("another one of that name")));
  auto shipped = manifest_of(topology("cnvW1A1"));
  shipped["hardware cnvW1A1"] = "0123456789abcdef";
  EXPECT_THAT(refusal(shipped), AllOf(HasSubstr("results/x"), HasSubstr("another hardware cnvW1A1"),
                                      HasSubstr("0123456789abcdef")));
}

TEST(StoredNetworks, MustBeWhole) {
  auto manifest = manifest_of(renamed("stored-third"));
  manifest.erase("network file stored-third");
  EXPECT_THAT(refusal(manifest), AllOf(HasSubstr("results/x"), HasSubstr("damaged")));
}

TEST(StoredNetworks, AreNotAskedForInResultsOfVersionsWithoutThem) {
  const Manifest old{{"seed", "1"}};
  auto present = manifest_of(topology("cnvW1A1"));
  present["seed"] = "1";
  EXPECT_EQ(first_difference(old, present), "");
  auto other = present;
  other["hardware cnvW1A1"] = "0123456789abcdef";
  EXPECT_EQ(first_difference(other, present), "hardware cnvW1A1");
}

TEST(StoredNetworks, StandByNameInTheSpecificationThatIsKept) {
  const TempDir dir;
  const auto net = renamed("stored-fourth");
  std::ofstream(dir.path() / "stored-fourth.network.json") << network_text(net);
  std::ofstream(dir.path() / "stored-fourth.hardware.json") << hardware_text(net);
  const auto spec = Spec::parse(R"(name = "t"
seed = 1
count = 3
trials = 2
[[part]]
networks = ["stored-fourth.network.json", "cnvW1A1"]
modes = "seu"
spaces = "weights"
faults = 1
)",
                                dir.path() / "spec.toml");
  EXPECT_THAT(spec.text, AllOf(HasSubstr("'stored-fourth'"), Not(HasSubstr(".json"))));
  EXPECT_EQ(Spec::parse(spec.text, "elsewhere").networks(), spec.networks());
  EXPECT_EQ(spec.networks().size(), 2U);
}

}  // namespace
}  // namespace fluence::test
