#include <filesystem>
#include <new>

#include "base/error.hpp"
#include "base/text.hpp"
#include "python/native.hpp"

namespace fluence::python {

// The sentences are those of the command (cli/main.cpp).
void add_errors(py::module_& module) {
  static PyObject* error = nullptr;  // for good: translators have no end
  static PyObject* input_error = nullptr;
  error =
      PyErr_NewExceptionWithDoc("fluence.Error", "What went wrong, in one sentence.", nullptr, nullptr);
  const auto bases = py::make_tuple(py::handle(error), py::handle(PyExc_ValueError));
  input_error = PyErr_NewExceptionWithDoc(
      "fluence.InputError",
      "What was given cannot be used: one sentence that says what is wrong, where, and what to do.",
      bases.ptr(), nullptr);
  module.attr("Error") = py::handle(error);
  module.attr("InputError") = py::handle(input_error);
  py::register_exception_translator([](std::exception_ptr thrown) {
    const auto set = [](PyObject* type, const std::string& sentence) {
      PyErr_SetString(type, printable(sentence).c_str());
    };
    try {
      std::rethrow_exception(std::move(thrown));
    } catch (const InputError& e) {
      set(input_error, e.what());
    } catch (const std::filesystem::filesystem_error& e) {
      set(input_error,
          "cannot use " + e.path1().string() + " (" + e.code().message() + "): name another path");
    } catch (const std::bad_alloc&) {
      set(PyExc_MemoryError, "there is not enough memory: use fewer images, trials or jobs");
    } catch (const py::builtin_exception&) {
      throw;  // pybind11's own
    } catch (const std::runtime_error& e) {
      set(error, e.what());
    } catch (const std::logic_error& e) {
      set(error, e.what());
    }
  });
}

}  // namespace fluence::python
