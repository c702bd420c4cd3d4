#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <variant>

#include "base/error.hpp"
#include "campaign/outcome.hpp"
#include "network/decision.hpp"
#include "python/long_call.hpp"
#include "session/evaluate.hpp"

namespace fluence::python {
namespace {

using Scores16 = std::vector<std::int16_t>;
using ScoreArray = py::array_t<std::int16_t, py::array::c_style | py::array::forcecast>;

NumpyArray numbers_of(const py::array& array, const std::string& name) {
  const char kind = array.dtype().kind();
  if (std::string("fiub").find(kind) == std::string::npos) {
    throw InputError(name + " hold no numbers: give an array of whole or floating-point ones");
  }
  const auto values = py::array_t<double, py::array::c_style | py::array::forcecast>(array);
  NumpyArray numbers{{}, kind == 'f', {values.data(), values.data() + values.size()}};
  for (py::ssize_t i = 0; i < array.ndim(); ++i) {
    numbers.shape.push_back(array.shape(i));
  }
  return numbers;
}

// Of trials, as they come from workers.
struct ResultArrays {
  ResultArrays(std::size_t trials, std::size_t trial_scores)
      : scores(trials * trial_scores),
        images_done(trials),
        cycles(trials),
        hang(trials),
        failure(trials),
        fates(trials),
        size(trial_scores) {}

  void take(std::size_t trial, const TrialResult& result) {
    std::ranges::copy(result.scores, scores.begin() + static_cast<std::ptrdiff_t>(trial * size));
    images_done[trial] = result.images_done;
    cycles[trial] = static_cast<std::int64_t>(result.cycles);
    hang[trial] = result.hang;
    fates[trial] = result.fates;
  }
  [[nodiscard]] TrialResult result(std::size_t trial) const {
    const auto first = scores.begin() + static_cast<std::ptrdiff_t>(trial * size);
    return {{first, first + static_cast<std::ptrdiff_t>(size)}, images_done[trial], hang[trial]};
  }

  Scores16 scores;
  std::vector<std::int32_t> images_done;
  std::vector<std::int64_t> cycles;
  std::vector<std::string> hang, failure;
  std::vector<std::vector<Fate>> fates;
  std::size_t size;  ///< scores of a trial
};

// What a call of `evaluate` asks for beside its faults.
struct Options {
  std::string engine, semantics;
  int images = 0, jobs = 1;
  double limit = 0;
};

class NetworkSession {
 public:
  using Images = std::variant<std::string, py::array>;

  NetworkSession(const Topology& net, const std::string& params, const Images& images,
                 const std::optional<py::array>& labels, const std::optional<int>& count,
                 HostOptions host)
      : net_(net), session_(make(net, params, images, labels)), host_(std::move(host)) {
    if (count && *count < 1) {
      throw InputError("count is " + std::to_string(*count) + ": ask for 1 image or more");
    }
    session_.keep_images(count.value_or(session_.images(net_).size()), "count");
  }

  [[nodiscard]] const Topology& net() const { return net_; }
  [[nodiscard]] const std::vector<std::string>& classes() const {
    return session_.parameters(net_).classes;
  }
  [[nodiscard]] int image_count() const { return session_.images(net_).size(); }
  [[nodiscard]] py::array_t<std::uint8_t> labels() const { return array_of(session_.labels(net_)); }

  /// [images, channels, rows, columns]: pixels, or the numbers that the network takes.
  [[nodiscard]] py::array_t<std::int16_t> images() const {
    const auto shape = net_.image();
    const bool pixels = shape.pixel_codes || shape.pixel_signs;
    std::vector<std::int16_t> values;
    values.reserve(static_cast<std::size_t>(image_count()) * static_cast<std::size_t>(shape.values()));
    for (int i = 0; i < image_count(); ++i) {
      for (const auto value : session_.images(net_)[i].planes) {
        values.push_back(static_cast<std::int16_t>(pixels ? value : shape.numbers.number(value)));
      }
    }
    return array_of(std::move(values), {image_count(), shape.channels, shape.height, shape.width});
  }

  /// [images, scores], of the first images.
  py::array_t<std::int16_t> fault_free(const Options& options, const py::object& progress) {
    run_fault_free(options, progress);
    const auto& all = fault_free_.at(options.engine);
    const auto images = static_cast<std::size_t>(options.images);
    const auto scores = static_cast<std::size_t>(net_.scores());
    return array_of(Scores16(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(images * scores)),
                    {signed_size(images), signed_size(scores)});
  }

  /// Trial i has the id ids[i] and the faults of the table from ends[i - 1] up to ends[i].
  py::dict evaluate(const py::dict& table, const std::vector<std::int64_t>& ids,
                    const std::vector<std::int64_t>& ends, const Options& options,
                    const py::object& progress) {
    const auto faults = faults_of(table);
    std::vector<FaultCase> cases;
    auto first = faults.begin();
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto end = faults.begin() + static_cast<std::ptrdiff_t>(ends.at(i));
      cases.push_back({ids[i], options.images, {first, end}});
      first = end;
    }
    if (options.limit > 0) {  // which is that of a trial
      run_fault_free({options.engine, "", options.images}, py::none());
    }
    const auto images = static_cast<std::size_t>(options.images);
    ResultArrays results(cases.size(), images * static_cast<std::size_t>(net_.scores()));
    run(cases, options, results, progress);
    auto found = outcomes(cases, options, results);
    found["fate"] = array_of(fates(cases, results));
    found["scores"] =
        array_of(std::move(results.scores),
                 {signed_size(cases.size()), signed_size(images), py::ssize_t{net_.scores()}});
    found["images_done"] = array_of(std::move(results.images_done));
    found["cycles"] = array_of(std::move(results.cycles));
    found["hang_stream"] = py::cast(results.hang);
    found["failure"] = py::cast(results.failure);
    return found;
  }

  /// The class of each row of scores.
  [[nodiscard]] py::array_t<std::int32_t> decide(const ScoreArray& scores) const {
    const Decider decider(session_.parameters(net_));
    std::vector<std::int32_t> decisions;
    for_rows(scores, [&](std::span<const Score> row) { decisions.push_back(decider(row)); });
    return array_of(std::move(decisions), Shape(scores.shape(), scores.shape() + scores.ndim() - 1));
  }
  /// Each row as the network's graph gives it.
  [[nodiscard]] py::array_t<std::int64_t> sums(const ScoreArray& scores) const {
    const Decider decider(session_.parameters(net_));
    std::vector<std::int64_t> sums;
    for_rows(scores, [&](std::span<const Score> row) {
      const auto of = decider.sums(row);
      sums.insert(sums.end(), of.begin(), of.end());
    });
    return array_of(std::move(sums), Shape(scores.shape(), scores.shape() + scores.ndim()));
  }

 private:
  static Session make(const Topology& net, const std::string& params, const Images& images,
                      const std::optional<py::array>& labels) {
    if (const auto* array = std::get_if<py::array>(&images)) {
      const auto given =
          labels ? std::optional(numbers_of(*labels, "the labels")) : std::optional<NumpyArray>();
      return {params, net, numbers_of(*array, "the images"), "the array of images", given};
    }
    if (labels) {
      throw InputError(
          "labels are given without an array of images: leave them out, a file has its own");
    }
    return {params, {&net}, std::get<std::string>(images)};
  }

  void run_fault_free(const Options& options, const py::object& progress) {
    ResultArrays none(0, 0);
    run({}, options, none, progress);
  }

  // All trials, and the fault-free run that they are compared with where it is not known.
  void run(const std::vector<FaultCase>& cases, const Options& options, ResultArrays& results,
           const py::object& progress) {
    const auto kind = engine_from_string(options.engine);
    if (options.images < 1) {
      throw InputError("count is " + std::to_string(options.images) + ": ask for 1 image or more");
    }
    session_.use_host(host_, kind == EngineKind::rtl);
    auto& known = fault_free_[options.engine];
    const auto images = static_cast<std::size_t>(options.images);
    const bool asked = known.size() < images * static_cast<std::size_t>(net_.scores());
    EvaluationPlan plan;
    plan.net = &net_;
    plan.engine = kind;
    plan.count = cases.size() + (asked ? 1 : 0);
    plan.trial = [&](std::size_t i) -> Trial {
      if (i == cases.size()) {
        return {{0, options.images, {}}, Semantics::physical};
      }
      return {cases[i], semantics_of(cases[i], options.semantics)};
    };
    if (plan.count == 0) {
      return;
    }
    plan.jobs = options.jobs;
    plan.limit = options.limit;
    plan.take = [&](std::size_t i, const TrialResult& result) {
      if (i < cases.size()) {
        results.take(i, result);
      } else if (result.images_done < options.images) {
        throw std::runtime_error("the fault-free run hung at " + result.hang);
      } else {
        known = result.scores;
      }
    };
    plan.failed = [&](std::size_t i, const std::string& why) {
      if (i == cases.size()) {
        throw std::runtime_error("the fault-free run could not be evaluated: " + why);
      }
      results.failure[i] = why;
    };
    Told told(progress);
    std::int64_t finished = 0;
    const auto end = long_call([&] {
      Progress line(static_cast<std::int64_t>(plan.count), "runs", "", told.sink());
      plan.tick = [&](std::int64_t done) { line.show(finished = done); };
      const auto how = fluence::evaluate(session_, plan);
      line.show(finished);
      line.end();
      return how;
    });
    if (end == PoolEnd::interrupted) {
      raise_interrupt("interrupted after " + std::to_string(finished) + " of " +
                      std::to_string(plan.count) + " runs");
    }
  }

  // Columns, a row for each trial; of one that could not be evaluated -1.
  py::dict outcomes(const std::vector<FaultCase>& cases, const Options& options,
                    const ResultArrays& results) const {
    const auto labels = session_.labels(net_);
    const Decider decider(session_.parameters(net_));
    std::vector<Outcomes> all;
    for (std::size_t i = 0; i < cases.size(); ++i) {
      all.push_back(results.failure[i].empty()
                        ? compare(results.result(i), fault_free_.at(options.engine), labels, decider,
                                  net_.scores())
                        : Outcomes{-1, -1, -1, -1, -1, ""});
    }
    py::dict table;
    table["correct"] = array_of(column(all, &Outcomes::correct));
    table["masked"] = array_of(column(all, &Outcomes::masked));
    table["tolerable"] = array_of(column(all, &Outcomes::tolerable));
    table["critical"] = array_of(column(all, &Outcomes::critical));
    table["hang"] = array_of(column(all, &Outcomes::hang));
    return table;
  }

  // A number of kFates for each fault.
  static std::vector<std::int8_t> fates(const std::vector<FaultCase>& cases,
                                        const ResultArrays& results) {
    std::vector<std::int8_t> fates;
    for (std::size_t i = 0; i < cases.size(); ++i) {
      for (std::size_t f = 0; f < cases[i].faults.size(); ++f) {
        const auto fate = results.fates[i].empty() ? Fate::unknown : results.fates[i].at(f);
        fates.push_back(static_cast<std::int8_t>(fate));
      }
    }
    return fates;
  }

  template <typename Visit>
  void for_rows(const ScoreArray& scores, Visit visit) const {
    if (scores.ndim() < 1 || scores.shape(scores.ndim() - 1) != net_.scores()) {
      throw InputError("the last side of the scores is not " + std::to_string(net_.scores()) +
                       ", the scores of an image of " + net_.name + ": give all of them");
    }
    const std::span all(scores.data(), static_cast<std::size_t>(scores.size()));
    const auto row = static_cast<std::size_t>(net_.scores());
    for (std::size_t at = 0; at < all.size(); at += row) {
      visit(all.subspan(at, row));
    }
  }

  const Topology& net_;
  Session session_;
  HostOptions host_;
  std::map<std::string, Scores16> fault_free_;  ///< [engine][images][scores]
};

}  // namespace

void add_sessions(py::module_& module) {
  using InTurn = py::call_guard<Turn>;
  py::class_<NetworkSession>(module, "Session")
      .def(py::init([](const Topology& net, const std::string& params,
                       const NetworkSession::Images& images, const std::optional<py::array>& labels,
                       const std::optional<int>& count, const std::string& host, const std::string& load,
                       const std::string& firmware) {
             return std::make_unique<NetworkSession>(net, params, images, labels, count,
                                                     HostOptions{host, load, firmware});
           }),
           py::arg("network"), py::arg("params"), py::arg("images"), py::arg("labels"), py::arg("count"),
           py::arg("host"), py::arg("load"), py::arg("firmware"), InTurn())
      .def_property_readonly("network", &NetworkSession::net, py::return_value_policy::reference)
      .def_property_readonly("classes", &NetworkSession::classes)
      .def_property_readonly("image_count", &NetworkSession::image_count)
      .def_property_readonly("labels", &NetworkSession::labels)
      .def_property_readonly("images", &NetworkSession::images)
      .def(
          "fault_free",
          [](NetworkSession& self, const std::string& engine, int images, const py::object& progress) {
            return self.fault_free({engine, "", images}, progress);
          },
          py::arg("engine"), py::arg("images"), py::arg("progress"), InTurn())
      .def(
          "evaluate",
          [](NetworkSession& self, const py::dict& faults, const std::vector<std::int64_t>& ids,
             const std::vector<std::int64_t>& ends, const std::string& engine,
             const std::string& semantics, int images, int jobs, double limit,
             const py::object& progress) {
            return self.evaluate(faults, ids, ends, {engine, semantics, images, jobs, limit}, progress);
          },
          py::arg("faults"), py::arg("ids"), py::arg("ends"), py::arg("engine"), py::arg("semantics"),
          py::arg("images"), py::arg("jobs"), py::arg("limit"), py::arg("progress"), InTurn())
      .def("decide", &NetworkSession::decide, py::arg("scores"), InTurn())
      .def("sums", &NetworkSession::sums, py::arg("scores"), InTurn());
}

}  // namespace fluence::python
