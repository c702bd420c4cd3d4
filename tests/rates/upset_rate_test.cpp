#include "rates/upset_rate.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numbers>
#include <random>
#include <sstream>

#include "base/error.hpp"
#include "tests/support/data.hpp"

namespace fluence::test {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

void expect_ratio(double value, double wanted, double tolerance, const std::string& what = "") {
  EXPECT_NEAR(value / wanted, 1, tolerance)
      << what << ": " << value << " where " << wanted << " is right";
}

// A flux at one LET, as a narrow block.
Spectrum line_at(double let, double flux) {
  const double width = let * 1e-6;
  return {{let - width / 2, let + width / 2}, {flux / width, flux / width}};
}

TEST(Chords, HaveClosedFormsWhereThereAreSome) {
  // A cube's chords up to its edge: l / V * ((ab + bc + ca) / 2 - 4 r (a + b + c) / (3 pi) + 3 r^2 / (4
  // pi)).
  const Box cube{{1, 1, 1}};
  for (const double r : {0.0, 0.1, 0.5, 0.9, 0.999}) {
    const double share =
        cube.mean_chord() * (1.5 - 4 * r / std::numbers::pi + 3 * r * r / (4 * std::numbers::pi));
    EXPECT_NEAR(chords_at_least(cube, r), share, 1e-9) << r;
  }
  EXPECT_EQ(chords_at_least(cube, 1.7320508075688773), 0);
  EXPECT_EQ(chords_at_least(cube, 2), 0);
}

TEST(Chords, HaveTheMeanAndTheFourthMomentOfConvexBodies) {
  for (const Box box : {Box{{1, 1, 1}}, Box{{3, 2, 1}}, Box{{1, 20, 4}}}) {
    constexpr int kSteps = 20'000;
    const ChordTable table(box);
    double mean = 0;
    double fourth = 0;
    for (int i = 0; i < kSteps; ++i) {
      const double r = (i + 0.5) / kSteps * box.diagonal();
      mean += table.at_least(r) * box.diagonal() / kSteps;
      fourth += 4 * r * r * r * table.at_least(r) * box.diagonal() / kSteps;
    }
    expect_ratio(mean, box.mean_chord(), 1e-4);
    expect_ratio(fourth, 12 * box.volume() * box.volume() / (std::numbers::pi * box.surface()), 1e-3);
  }
}

TEST(Chords, AreTheSameWhicheverWayABoxLies) {
  for (const double r : {0.3, 1.1, 2.05, 3.3}) {
    EXPECT_NEAR(chords_at_least({{3, 2, 1}}, r), chords_at_least({{1, 3, 2}}, r), 1e-8) << r;
  }
}

TEST(Chords, AreThoseRecorded) {
  FLUENCE_NEEDS_DATA();
  const auto cases = nlohmann::json::parse(std::ifstream(data_dir() / "radiation/cases.json"));
  for (const auto& one : cases.at("chords")) {
    const Box box{one.at("box_um").get<std::array<double, 3>>()};
    EXPECT_NEAR(box.surface(), one.at("surface").get<double>(), 1e-6);
    EXPECT_NEAR(box.mean_chord(), one.at("mean_chord").get<double>(), 1e-9);
    for (const auto& point : one.at("p_chord_at_least")) {
      EXPECT_NEAR(chords_at_least(box, point.at("r")), point.at("p").get<double>(), 1e-8) << point;
    }
  }
}

TEST(Weibull, RisesFromItsOnsetToItsPlateau) {
  const Weibull sigma{0.5, 30, 1, 2000e-8};
  EXPECT_EQ(sigma.at(0.4), 0);
  EXPECT_EQ(sigma.at(0.5), 0);
  expect_ratio(1000 * sigma.at(20), 0.009559084464779679, 1e-12, "a beam of one LET");
  EXPECT_NEAR(sigma.at(sigma.where(0.25)) / sigma.plateau, 0.25, 1e-12);
}

TEST(ProtonRate, OfAFlatSpectrumIsTheClosedForm) {
  Spectrum flat;
  for (int i = 0; i <= 15'000; ++i) {
    flat.at.push_back(50 + 0.01 * i);
    flat.flux.push_back(1000);
  }
  expect_ratio(proton_rate(flat, {30, 10, 1, 1e-12}), 1.8679488640927695e-10, 1e-6);
}

TEST(IonRate, OfOneLetIsTheClosedForm) {
  const auto beam = line_at(10'000, 5);
  const Box cube{{2, 2, 2}};
  expect_ratio(ion_rate(beam, {cube, 2}, 0.0), 3.7699111843077513e-10, 1e-5);
  expect_ratio(ion_rate(beam, {cube, 2}, 5.0), 2.3199111843077514e-10, 1e-5);
  EXPECT_EQ(ion_rate(beam, {cube, 2}, 17.33), 0);
}

// A flux K L^-5 upsets a convex body 3 K V^2 / (depth Lth)^4 times a second.
TEST(IonRate, OfAFallingFluxKnowsTheVolumeAlone) {
  struct Case {
    Box box;
    double threshold, rate;
  };
  for (const auto& [box, threshold, rate] :
       {Case{{{3, 2, 1}}, 10, 1.08e-20}, Case{{{44.72136, 44.72136, 1}}, 2, 7.500000301872002e-13}}) {
    Spectrum falling;
    const double low = threshold * 1000 / box.diagonal();
    for (int i = 0; i <= 6000; ++i) {
      falling.at.push_back(low * std::pow(1000 * box.diagonal(), i / 6000.0));
      falling.flux.push_back(1e6 * std::pow(falling.at.back(), -5));
    }
    expect_ratio(ion_rate(falling, {box, 1}, threshold), rate, 1e-4);
  }
}

TEST(IonRate, OfASteepCrossSectionIsThatOfItsThreshold) {
  const auto beam = line_at(10'000, 5);
  const IonTarget target{{{2, 2, 2}}, 2};
  expect_ratio(ion_rate(beam, target, Weibull{5, 1e-9, 1, 4}), ion_rate(beam, target, 5.0), 1e-6);
}

// What CREME96 printed, and the converged values.
TEST(Rates, OfRecordedSpectraAreThoseRecorded) {
  FLUENCE_NEEDS_DATA();
  const auto folder = data_dir() / "radiation";
  const auto cases = nlohmann::json::parse(std::ifstream(folder / "cases.json"));
  int seen = 0;
  for (const auto& one : cases.at("rates")) {
    const auto name = one.at("name").get<std::string>();
    const auto& w = one.at("weibull");
    const auto file = folder / one.at("spectrum").get<std::string>();
    const auto spectrum = read_spectrum(file, spectrum_kind(file));
    double rate = 0;
    if (name.starts_with("protons")) {
      rate = proton_rate(spectrum,
                         {w.at("onset_MeV"), w.at("width_MeV"), w.at("power"), w.at("plateau_cm2")}) *
             kSecondsADay;
      expect_ratio(rate, one.at("trapezoid_on_file_grid_per_bit_day"), 1e-9, name);
    } else {
      const Box box{one.at("box_um").get<std::array<double, 3>>()};
      rate = ion_rate(spectrum, {box, box.edges[2]},
                      Weibull{w.at("onset_MeV_cm2_per_mg"), w.at("width"), w.at("power"),
                              w.at("plateau_um2")}) *
             kSecondsADay;
      expect_ratio(rate, one.at("converged_per_bit_day"), 1e-3, name);
    }
    if (one.contains("creme96_per_bit_day")) {
      expect_ratio(rate, one.at("creme96_per_bit_day"), one.at("tolerance_to_creme96"), name);
    }
    ++seen;
  }
  EXPECT_EQ(seen, 4);
}

TEST(Spectrum, IntegralAndDifferentialLetGiveOneRate) {
  FLUENCE_NEEDS_DATA();
  const auto folder = data_dir() / "radiation/creme96";
  const auto integral = read_spectrum(folder / "q800a90i100.LET", SpectrumKind::integral_let);
  const auto let = read_spectrum(folder / "q800a90i100.DLT", SpectrumKind::let);
  const IonTarget target{{{10, 5, 2}}, 2};
  const Weibull sigma{1, 20, 1.5, 50};
  expect_ratio(ion_rate(differential(integral), target, sigma), ion_rate(let, target, sigma), 0.02);
}

constexpr auto kGood =
    " 2 name.DLT 200 6\n %one\n %two\n 1.0E+00  1.0E+02  3  2  92  SILICON  200 6\n\n 1.0E+01 2.0E+00\n "
    "0.5\n";

TEST(Spectrum, IsReadOnItsLogarithmicPoints) {
  std::istringstream in(kGood);
  const auto spectrum = read_spectrum(in, "x.DLT", SpectrumKind::let);
  EXPECT_THAT(spectrum.flux, testing::ElementsAre(10, 2, 0.5));
  ASSERT_EQ(spectrum.at.size(), 3U);
  EXPECT_NEAR(spectrum.at[1], 10, 1e-12);
  EXPECT_NEAR(spectrum.at[2], 100, 1e-10);
}

TEST(Spectrum, ThatIsNoneIsRefusedWithItsLine) {
  const auto refusal = [](std::string text, const std::string& from, const std::string& to,
                          SpectrumKind kind = SpectrumKind::let) {
    text.replace(text.find(from), from.size(), to);
    std::istringstream in(text);
    try {
      static_cast<void>(read_spectrum(in, "x.DLT", kind));
    } catch (const InputError& e) {
      return std::string(e.what());
    }
    return std::string("nothing");
  };
  EXPECT_THAT(refusal(kGood, "2.0E+00", "-2.0"), HasSubstr("x.DLT:6: '-2.0' is no number from 0 up"));
  EXPECT_THAT(refusal(kGood, "2.0E+00", "nan"), HasSubstr("'nan' is no number"));
  EXPECT_THAT(refusal(kGood, "2.0E+00", "2\n\x1b[2J"), HasSubstr("x.DLT:7: '\\x1b[2J' is no number"));
  EXPECT_THAT(refusal(kGood, "  3  2", "  4  2"), HasSubstr("ends before its last number"));
  EXPECT_THAT(refusal(kGood, "  3  2", "  1  2"), HasSubstr("is not: lowest, highest"));
  EXPECT_THAT(refusal(kGood, "  3  2", "  3e12  2"), HasSubstr("is not: lowest, highest"));
  EXPECT_THAT(refusal(kGood, "1.0E+02", "1.0E-02"), HasSubstr("is not: lowest, highest"));
  EXPECT_THAT(refusal(kGood, " 1.0E+00  1.0E+02  3  2  92  SILICON  200 6", ""),
              HasSubstr("is too short"));
  EXPECT_EQ(refusal(kGood, "%one", "%1"), "nothing");
  EXPECT_THAT(refusal(kGood, "%one", "%1", SpectrumKind::energies), HasSubstr("it holds no protons"));
  EXPECT_THAT(refusal(kGood, "2.0E+00", "20", SpectrumKind::integral_let),
              HasSubstr("an integral flux rises"));
  EXPECT_THAT([] { spectrum_kind("x.txt"); },
              ThrowsMessage<InputError>(HasSubstr("give a CREME96 file .TFX, .FLX, .DLT or .LET")));
}

}  // namespace
}  // namespace fluence::test
