#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>

#include "cli/commands.hpp"
#include "cli/inputs.hpp"
#include "cli/options.hpp"
#include "fault/campaign/runner.hpp"
#include "network/error.hpp"
#include "rtl_digest.hpp"

namespace fluence::cli {
namespace {

struct RunArguments {
  std::string spec, out, params, images;
  std::optional<std::uint64_t> seed;
  HostOptions host;
  int jobs = default_jobs();
};

Manifest make_manifest(const Spec& spec, const Inputs& inputs) {
  Manifest manifest{{"name", spec.name},
                    {"seed", std::to_string(spec.seed)},
                    {"spec", spec.text},
                    {"images", inputs.images().digest()},
                    {"version", FLUENCE_VERSION}};
  for (const auto* net : spec.networks()) {
    manifest["params " + net->name] = inputs.parameters(*net).digest();
  }
  for (const auto& scenario : spec.scenarios) {
    const bool fast_by_cycle = scenario.engine == EngineKind::fast && scenario.recipe.by_cycle;
    if (scenario.engine == EngineKind::rtl || fast_by_cycle) {
      manifest["rtl"] = kRtlDigest;
    }
    if (fast_by_cycle) {
      auto& digest = manifest["schedule " + scenario.net->name];
      digest = digest.empty() ? load_schedule(*scenario.net).digest() : digest;
    }
  }
  return manifest;
}

PoolEnd run_to_end(const Spec& spec, Store& store, Inputs& inputs, const RunArguments& arguments) {
  const auto factory = [&](EngineKind kind, const Topology& net, int images) {
    return inputs.make_engine(kind, net, images);
  };
  std::vector<std::uint8_t> labels;
  for (int i = 0; i < inputs.images().size(); ++i) {
    labels.push_back(inputs.images()[i].label);
  }
  try {
    return run_campaign(spec, store, factory, labels, {arguments.jobs, ::isatty(STDERR_FILENO) == 1});
  } catch (const InputError&) {
    throw;
  } catch (const std::runtime_error& e) {
    throw std::runtime_error(std::string(e.what()) +
                             "; finished trials are kept: run the same command to resume");
  }
}

int run(const RunArguments& arguments) {
  auto spec = Spec::load(arguments.spec);
  spec.seed = arguments.seed.value_or(spec.seed);
  Inputs inputs(arguments.params.empty() ? spec.params : std::filesystem::path(arguments.params),
                spec.networks(),
                arguments.images.empty() ? spec.images : std::filesystem::path(arguments.images));
  inputs.use_host(arguments.host, std::ranges::any_of(spec.scenarios, [](const auto& scenario) {
                    return scenario.engine == EngineKind::rtl;
                  }));
  inputs.keep_images(spec.most_images(), arguments.spec);
  const std::string out = arguments.out.empty() ? "results/" + spec.name : arguments.out;
  auto store = Store::open(out, make_manifest(spec, inputs), spec.scenarios);
  const auto end = run_to_end(spec, store, inputs, arguments);
  const auto done = std::to_string(store.finished().size()) + " trials in " + out;
  if (end == PoolEnd::interrupted) {
    std::cerr << "fluence: interrupted with " << done << ": run the same command to resume\n";
    return kFailed;
  }
  print(spec.name + " is complete, " + done + ": see 'fluence report " + out + "'\n");
  return kDone;
}

}  // namespace

void add_run(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("run", "Run a campaign, or resume one that was stopped");
  auto arguments = std::make_shared<RunArguments>();
  command->add_option("spec", arguments->spec, "the campaign, a TOML file")
      ->type_name("SPEC.toml")
      ->required();
  command->add_option("--out", arguments->out, "folder of the results [results/<name>]")
      ->type_name("DIR");
  add_params(*command, arguments->params);
  add_images(*command, arguments->images);
  command->add_option("--seed", arguments->seed, "instead of the campaign's seed")->type_name("N");
  add_jobs(*command, arguments->jobs);
  add_host(*command, arguments->host);
  add_example(*command, "fluence run campaigns/smoke.toml --out results/smoke --jobs 2");
  command->callback([arguments, &code] { code = run(*arguments); });
}

}  // namespace fluence::cli
