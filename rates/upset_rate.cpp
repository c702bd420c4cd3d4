#include "rates/upset_rate.hpp"

#include <numbers>

namespace fluence {
namespace {

constexpr double kSquareCentimetres = 1e4;   // of a square metre
constexpr double kSquareMicrometre = 1e-12;  // in square metres
constexpr double kMilligrams = 1e3;          // of a gram
constexpr int kThresholds = 4000;            // of a cross section, dense where it begins

// Trapezoid rule on a spectrum's own points.
template <class Weight>
double integral(const Spectrum& spectrum, Weight weight) {
  double sum = 0;
  double before = 0;
  for (std::size_t i = 0; i < spectrum.at.size(); ++i) {
    const double now = spectrum.flux[i] > 0 ? spectrum.flux[i] * weight(spectrum.at[i]) : 0;
    if (i > 0) {
      sum += (spectrum.at[i] - spectrum.at[i - 1]) * (before + now) / 2;
    }
    before = now;
  }
  return sum;
}

double seen_by(const Box& box) { return std::numbers::pi * box.surface() * kSquareMicrometre; }

}  // namespace

double proton_rate(const Spectrum& energies, const Weibull& cross_section) {
  return 4 * std::numbers::pi / kSquareCentimetres *
         integral(energies, [&](double energy) { return cross_section.at(energy); });
}

double ion_rate(const Spectrum& let, const IonTarget& target, double threshold) {
  const ChordTable chords(target.box);
  return seen_by(target.box) * integral(let, [&](double l) {
           return chords.at_least(target.depth * threshold * kMilligrams / l);
         });
}

double ion_rate(const Spectrum& let, const IonTarget& target, const Weibull& cross_section) {
  const ChordTable chords(target.box);
  // The share of the plateau is t^3, t in equal steps.
  std::vector<double> thresholds;
  std::vector<double> weights;
  for (int k = 0; k < kThresholds; ++k) {
    const double t = (k + 0.5) / kThresholds;
    thresholds.push_back(target.depth * cross_section.where(t * t * t) * kMilligrams);
    weights.push_back(3 * t * t / kThresholds);
  }
  const double longest = target.box.diagonal();
  return seen_by(target.box) * integral(let, [&](double l) {
           double sum = 0;
           for (std::size_t k = 0; k < thresholds.size() && thresholds[k] < longest * l; ++k) {
             sum += weights[k] * chords.at_least(thresholds[k] / l);
           }
           return sum;
         });
}

Spectrum differential(const Spectrum& integral) {
  // Each interval's ions at both of its ends, so that the trapezoid rule counts them once.
  Spectrum spectrum;
  for (std::size_t i = 1; i < integral.at.size(); ++i) {
    const double width = integral.at[i] - integral.at[i - 1];
    const double flux = (integral.flux[i - 1] - integral.flux[i]) / width;
    for (const double at : {integral.at[i - 1], integral.at[i]}) {
      spectrum.at.push_back(at);
      spectrum.flux.push_back(flux);
    }
  }
  return spectrum;
}

}  // namespace fluence
