// What the parts of the module share.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fault/fault.hpp"

namespace fluence::python {

namespace py = pybind11;

void add_errors(py::module_& module);
void add_networks(py::module_& module);
void add_sessions(py::module_& module);
void add_campaigns(py::module_& module);
void add_maps(py::module_& module);

using Shape = std::vector<py::ssize_t>;

inline py::ssize_t signed_size(std::size_t size) { return static_cast<py::ssize_t>(size); }

/// An array that owns what was the vector: nothing is copied.
template <typename T>
py::array_t<T> array_of(std::vector<T> values, Shape shape = {}) {
  auto own = std::make_unique<std::vector<T>>(std::move(values));
  if (shape.empty()) {
    shape.push_back(signed_size(own->size()));
  }
  const T* data = own->data();
  const py::capsule owner(own.get(), [](void* v) { delete static_cast<std::vector<T>*>(v); });
  static_cast<void>(own.release());
  return py::array_t<T>(std::move(shape), data, owner);
}

/// Rows of numbers, as they grow, one column a member of a struct.
template <typename Row, typename Member>
std::vector<Member> column(const std::vector<Row>& rows, Member Row::*member) {
  std::vector<Member> values;
  values.reserve(rows.size());
  for (const auto& row : rows) {
    values.push_back(row.*member);
  }
  return values;
}

/// Sites as columns of a table. Spaces are their numbers in kSpaces.
class SiteColumns {
 public:
  void reserve(std::size_t rows);
  void add(const Site& site);
  /// Adds the columns to a table; the object is empty then.
  void move_to(py::dict& table);

 private:
  std::vector<std::int8_t> space_;
  std::vector<std::int32_t> layer_, copy_, module_, index_, thresh_, bit_;
};

/// Faults as columns of a table; a time or a duration that there is none of is -1.
class FaultColumns {
 public:
  void add(const Fault& fault);
  void move_to(py::dict& table);

 private:
  SiteColumns sites_;
  std::vector<std::int64_t> before_image_, cycle_, duration_;
  std::vector<std::int32_t> word_size_;
  std::vector<std::string> kind_;
};

/// The sites, or the faults, of such a table. Throw InputError if a space, a kind or a time is none.
std::vector<Site> sites_of(const py::dict& table);
std::vector<Fault> faults_of(const py::dict& table);

}  // namespace fluence::python
