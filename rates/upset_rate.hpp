// Upsets of a bit in an environment, by cross section and flux.
#pragma once

#include "rates/chords.hpp"
#include "rates/cross_section.hpp"
#include "rates/spectrum.hpp"

namespace fluence {

inline constexpr double kSecondsADay = 86'400;
inline constexpr double kHoursADay = 24;
/// Failures in 10^9 hours, of a rate a day.
inline constexpr double kFitOfOneADay = 1e9 / kHoursADay;

/// Upsets a bit and second by a flux of protons. `cross_section`: by MeV, plateau in cm2 a bit. By the
/// trapezoid rule on the spectrum's own points, as CREME96 does it.
double proton_rate(const Spectrum& energies, const Weibull& cross_section);

/// What ions meet: a box of `depth` micrometres in the direction in which the cross section was
/// measured. An ion of LET L upsets it if its chord is at least depth * threshold / L long.
struct IonTarget {
  Box box;
  double depth = 1;
};

/// Upsets a bit and second of one box of a threshold (MeV cm2/mg) by a flux that is differential in LET
/// (RPP).
double ion_rate(const Spectrum& let, const IonTarget& target, double threshold);

/// The same of a cross section by LET (MeV cm2/mg; plateau in um2): boxes whose thresholds are spread as
/// it rises, all with its plateau as area (IRPP). Within 1e-4 of the converged integral.
double ion_rate(const Spectrum& let, const IonTarget& target, const Weibull& cross_section);

/// A flux that is integral in LET as one that `ion_rate` takes.
Spectrum differential(const Spectrum& integral);

}  // namespace fluence
