// The `fluence` command.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "cli/commands.hpp"
#include "cli/completion.hpp"
#include "cli/options.hpp"

namespace {

using namespace fluence::cli;

// Wherever memory is asked for, workers included, what() is a sentence.
class NoMemory : public std::bad_alloc {
 public:
  [[nodiscard]] const char* what() const noexcept override {
    return "there is not enough memory: use fewer images or --jobs, or a machine with more";
  }
};

int refuse(std::string_view sentence, int code) {
  complain(sentence);
  return code;
}

// A closed standard stream would be the next file that is opened. Opened the wrong way round, writing to
// it remains an error.
void occupy_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) < 0) {
      static_cast<void>(::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_streams();
  ::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is an error code, not a death
  ::signal(SIGXFSZ, SIG_IGN);  // as is a limit on the size of files
  std::set_new_handler([] { throw NoMemory(); });
  CLI::App app("Fluence: a virtual radiation beam for streaming neural-network accelerators");
  app.set_version_flag("--version", "fluence " FLUENCE_VERSION);
  app.require_subcommand(1);
  int code = kDone;
  add_run(app, code);
  add_replay(app, code);
  add_classify(app, code);
  add_attack(app, code);
  add_verify(app, code);
  add_report(app, code);
  add_trial(app, code);
  add_trace(app, code);
  add_map(app, code);
  add_plan(app, code);
  add_merge(app, code);
  add_digest(app, code);
  add_gate(app, code);
  add_protect(app, code);
  add_rate(app, code);
  add_evidence(app, code);
  add_images_command(app, code);
  add_import(app, code);
  add_build(app, code);
  add_params_command(app, code);
  add_sites(app, code);
  add_timing(app, code);
  add_calibrate(app, code);
  add_example(app, "fluence sites --network " + example_network());
  for (auto* command : app.get_subcommands({})) {
    take_texts(*command);
  }
  if (argc > 1 && argv[1] == kComplete) {
    print(completions(app, {argv + 2, argv + argc}));
    return kDone;
  }
  std::vector<std::string> arguments;
  std::transform(argv, argv + argc, std::back_inserter(arguments), marked);
  std::vector<const char*> texts;
  for (const auto& argument : arguments) {
    texts.push_back(argument.c_str());
  }
  try {
    app.parse(argc, texts.data());
    return code;
  } catch (const CLI::Success& e) {  // --help and --version
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    const auto rest = app.remaining();
    const bool unknown = app.get_subcommands().empty() && !rest.empty();
    const auto chosen = app.get_subcommands();
    const auto what = unknown ? "there is no command '" + rest.front() + "'" : std::string(e.what());
    return refuse(without_marks(what) + ": see 'fluence " +
                      (chosen.empty() ? "" : chosen.front()->get_name() + " ") + "--help'",
                  kBadInput);
  } catch (const fluence::InputError& e) {
    return refuse(e.what(), kBadInput);
  } catch (const std::filesystem::filesystem_error& e) {
    return refuse(
        "cannot use " + e.path1().string() + " (" + e.code().message() + "): name another path",
        kBadInput);
  } catch (const std::exception& e) {
    return refuse(e.what(), kFailed);
  }
}
