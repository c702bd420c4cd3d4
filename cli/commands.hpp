// The subcommands of `fluence`, one source file each.
#pragma once

#include <CLI/CLI.hpp>

namespace fluence::cli {

// Exit codes. Bad input is an InputError, which main() turns into the third code, 2.
inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;  ///< a verdict failed, or the work was not finished
inline constexpr int kBadInput = 2;

// Each adds its subcommand, which sets `code` when it is chosen.
void add_run(CLI::App& app, int& code);
void add_replay(CLI::App& app, int& code);
void add_classify(CLI::App& app, int& code);
void add_attack(CLI::App& app, int& code);
void add_verify(CLI::App& app, int& code);
void add_report(CLI::App& app, int& code);
void add_trial(CLI::App& app, int& code);
void add_trace(CLI::App& app, int& code);
void add_map(CLI::App& app, int& code);
void add_plan(CLI::App& app, int& code);
void add_merge(CLI::App& app, int& code);
void add_digest(CLI::App& app, int& code);
void add_gate(CLI::App& app, int& code);
void add_protect(CLI::App& app, int& code);
void add_rate(CLI::App& app, int& code);
void add_evidence(CLI::App& app, int& code);
void add_images_command(CLI::App& app, int& code);
void add_import(CLI::App& app, int& code);
void add_build(CLI::App& app, int& code);
void add_params_command(CLI::App& app, int& code);
void add_sites(CLI::App& app, int& code);
void add_timing(CLI::App& app, int& code);
void add_calibrate(CLI::App& app, int& code);

}  // namespace fluence::cli
