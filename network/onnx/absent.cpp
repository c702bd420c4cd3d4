// For a build without ONNX.
#include "base/error.hpp"
#include "network/parameter_file.hpp"

namespace fluence {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw InputError(what +
                   " needs ONNX, which this build is without: use a folder of parameters, or install "
                   "libonnx-dev and libprotobuf-dev and build again");
}

}  // namespace

std::string parameter_file(const Parameters& parameters) {
  refuse("a file of the parameters of " + parameters.net->name);
}

Parameters read_parameter_file(const Topology& /*net*/, const std::filesystem::path& file) {
  refuse("'" + file.string() + "'");
}

}  // namespace fluence
