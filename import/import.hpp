// A network of Brevitas, QKeras or FINN, as files that every command takes.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "import/folding.hpp"
#include "import/integer_network.hpp"

namespace fluence::importing {

struct ImportOptions {
  FoldingFiles folding;
  std::optional<GivenInput> input;
};

/// A network with the graph that it was made of and its parameters.
class Imported {
 public:
  /// Throws InputError naming file, node or key, layer and rule.
  Imported(const std::filesystem::path& model, const ImportOptions& options);
  /// Of a graph in memory, whose network gets this name.
  Imported(Graph graph, const std::string& name, const FoldingTexts& folding,
           const std::optional<GivenInput>& input);

  [[nodiscard]] const IntegerNetwork& network() const { return *network_; }
  [[nodiscard]] const Parameters& parameters() const { return parameters_; }

  /// The files by name: the network's and the hardware's, the parameters, and what its numbers stand
  /// for.
  [[nodiscard]] std::map<std::string, std::string> files() const;

 private:
  void build();

  std::unique_ptr<Graph> graph_;
  std::unique_ptr<IntegerNetwork> network_;
  Parameters parameters_;
};

/// What a network is called: the file's name, of which other signs than letters, digits, '_' and '-'
/// become '_', with "-imported" behind it where one that comes with Fluence has that name.
std::string name_for(const std::filesystem::path& model);

}  // namespace fluence::importing
