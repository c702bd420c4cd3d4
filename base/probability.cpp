#include "base/probability.hpp"

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>

namespace fluence {
namespace {

template <typename Distribution>
double tail(const Distribution& distribution, double value) {
  return boost::math::cdf(boost::math::complement(distribution, value));
}

}  // namespace

double normal_quantile(double p) { return boost::math::quantile(boost::math::normal(), p); }

double student_quantile(double p, double freedom) {
  return boost::math::quantile(boost::math::students_t(freedom), p);
}

double student_tail(double t, double freedom) { return tail(boost::math::students_t(freedom), t); }

double chi_squared_tail(double value, double freedom) {
  return tail(boost::math::chi_squared(freedom), value);
}

double fisher_tail(double value, double numerator, double denominator) {
  return tail(boost::math::fisher_f(numerator, denominator), value);
}

}  // namespace fluence
