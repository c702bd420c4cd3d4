#include <optional>

#include "base/error.hpp"
#include "python/native.hpp"

namespace fluence::python {

void SiteColumns::reserve(std::size_t rows) {
  space_.reserve(rows);
  for (auto* column : {&layer_, &copy_, &module_, &index_, &thresh_, &bit_}) {
    column->reserve(rows);
  }
}

void SiteColumns::add(const Site& site) {
  space_.push_back(static_cast<std::int8_t>(site.space));
  layer_.push_back(site.layer);
  copy_.push_back(site.copy);
  module_.push_back(site.module);
  index_.push_back(site.index);
  thresh_.push_back(site.thresh);
  bit_.push_back(site.bit);
}

void SiteColumns::move_to(py::dict& table) {
  table["space"] = array_of(std::exchange(space_, {}));
  table["layer"] = array_of(std::exchange(layer_, {}));
  table["copy"] = array_of(std::exchange(copy_, {}));
  table["module"] = array_of(std::exchange(module_, {}));
  table["index"] = array_of(std::exchange(index_, {}));
  table["thresh"] = array_of(std::exchange(thresh_, {}));
  table["bit"] = array_of(std::exchange(bit_, {}));
}

void FaultColumns::add(const Fault& fault) {
  sites_.add(fault.site);
  before_image_.push_back(fault.before_image.value_or(-1));
  cycle_.push_back(fault.cycle ? static_cast<std::int64_t>(*fault.cycle) : -1);
  duration_.push_back(fault.duration ? static_cast<std::int64_t>(*fault.duration) : -1);
  word_size_.push_back(fault.word_size);
  kind_.emplace_back(to_string(fault.kind));
}

void FaultColumns::move_to(py::dict& table) {
  sites_.move_to(table);
  table["before_image"] = array_of(std::exchange(before_image_, {}));
  table["cycle"] = array_of(std::exchange(cycle_, {}));
  table["word_size"] = array_of(std::exchange(word_size_, {}));
  table["kind"] = py::cast(std::exchange(kind_, {}));
  table["duration"] = array_of(std::exchange(duration_, {}));
}

namespace {

// A column of whole numbers as it lies in the buffer of whoever gave it; all 0 if there is none.
class Numbers {
 public:
  Numbers(const py::dict& table, const char* name) : name_(name) {
    if (table.contains(name)) {
      values_ = table[name].cast<py::array_t<std::int64_t>>();
    }
  }
  [[nodiscard]] bool given() const { return values_.ndim() == 1 && values_.size() > 0; }
  [[nodiscard]] std::int64_t operator()(std::size_t row, std::int64_t otherwise = 0) const {
    return given() ? values_.at(signed_size(row)) : otherwise;
  }
  [[nodiscard]] int site(std::size_t row) const {
    const auto value = (*this)(row);
    if (value != static_cast<std::int32_t>(value)) {
      throw InputError("a site has the number " + std::to_string(value) +
                       ", which is none: give one of the network's sites");
    }
    return static_cast<int>(value);
  }
  /// -1: none.
  [[nodiscard]] std::optional<std::int64_t> time(std::size_t row) const {
    const auto value = (*this)(row, -1);
    if (value < -1) {
      throw InputError("fault " + std::to_string(row) + " has the '" + name_ + "' " +
                       std::to_string(value) + ": give a number from 0 on");
    }
    return value < 0 ? std::nullopt : std::optional(value);
  }
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(values_.size()); }

 private:
  const char* name_;
  py::array_t<std::int64_t> values_;
};

}  // namespace

std::vector<Site> sites_of(const py::dict& table) {
  const Numbers space(table, "space"), layer(table, "layer"), copy(table, "copy"),
      module(table, "module"), index(table, "index"), thresh(table, "thresh"), bit(table, "bit");
  std::vector<Site> sites(space.size());
  for (std::size_t i = 0; i < sites.size(); ++i) {
    sites[i] = {kSpaces.at(static_cast<std::size_t>(space(i))),
                layer.site(i),
                module.site(i),
                index.site(i),
                thresh.site(i),
                bit.site(i),
                copy.site(i)};
  }
  return sites;
}

std::vector<Fault> faults_of(const py::dict& table) {
  const Numbers before(table, "before_image"), cycle(table, "cycle"), duration(table, "duration"),
      word_size(table, "word_size");
  const auto kinds = table.contains("kind") ? table["kind"].cast<std::vector<std::string>>()
                                            : std::vector<std::string>();
  std::vector<Fault> faults;
  for (const auto& site : sites_of(table)) {
    const auto i = faults.size();
    Fault fault;
    fault.site = site;
    if (const auto at = cycle.time(i)) {
      fault.cycle = static_cast<std::uint64_t>(*at);
    }
    fault.before_image = before.time(i);
    if (fault.cycle && fault.before_image) {
      throw InputError("fault " + std::to_string(i) +
                       " has a 'cycle' and a 'before_image': give one of them");
    }
    if (!fault.cycle && !fault.before_image) {
      fault.before_image = 0;
    }
    fault.word_size = static_cast<int>(word_size(i, 1));
    if (!kinds.empty()) {
      fault.kind = fault_kind_from_string(kinds[i]);
    }
    if (const auto lasts = duration.time(i)) {
      fault.duration = static_cast<std::uint64_t>(*lasts);
    }
    faults.push_back(fault);
  }
  return faults;
}

}  // namespace fluence::python
