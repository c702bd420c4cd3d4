// Signals that ask a process to stop.
#pragma once

namespace fluence {

/// While one lives, SIGINT, SIGTERM and SIGHUP end pools instead of the process: the one that runs, and
/// any that is started later. Each pool has its own; work of several pools, or with something to write
/// after one, holds one around all of it, so that no signal is lost or kills in between.
///
/// Whoever stops a process often sends two signals at once, to the process and to its group, or of two
/// kinds. Those are one wish. One that comes a second or more after the first kills, unless the process
/// has more to lose than the work.
class StopSignals {
 public:
  /// What the outermost says holds.
  explicit StopSignals(bool again_kills = true);
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// Whether one has come since the outermost object was made.
  static bool came() { return first() != 0; }
  /// The number of the first one; 0: none has come.
  static int first();
  /// In a worker process: they are the parent's.
  static void leave_to_parent();
};

}  // namespace fluence
