// Networks and hardwares as files: what is computed, and how it is built. docs/networks.md describes
// both forms key by key.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "network/topology.hpp"

namespace fluence {

/// The ends of the files' names; what stands before one is the network's or the hardware's name.
inline constexpr std::string_view kNetworkEnd = ".network.json";
inline constexpr std::string_view kHardwareEnd = ".hardware.json";

/// A file's text and what errors call it.
struct NamedText {
  std::string text;
  std::string file;
  std::string name{};  ///< of the network or hardware; empty: that of the file
};

/// What a file is about, from the first look at it. Throws InputError if it is neither a network nor a
/// hardware in the form that this version reads.
struct FileKind {
  bool is_hardware = false;
  std::string other;  ///< of a network its hardware, of a hardware its network
};
FileKind kind_of(const NamedText& file);

/// A network in a hardware. Throws InputError, one sentence that names file, layer, key or rule, and
/// remedy: a text is no JSON, has a key that is not known or lacks one, is in another version of the
/// form, or asks for what `require_computable` refuses; the hardware is one of another network.
Topology parse_topology(const NamedText& network, const NamedText& hardware);

/// The name that a file's name stands for: "x" of "a/x.network.json", "a/x.hardware.json" and
/// "a/x.json". Throws InputError unless it is made of letters, digits, '_' and '-'.
std::string name_of_file(const std::filesystem::path& file);

/// The files of a network and of a hardware, as those in networks/ are written: what `parse_topology`
/// reads.
std::string network_text(const Topology& net);
std::string hardware_text(const Topology& net);
/// The value of its 'layout' on one line; empty if there is none.
std::string layout_text(const Topology& net);

/// Reads a file of either kind and the one that it names, which lies beside it. Throws InputError like
/// `parse_topology`, and if a file cannot be read.
Topology read_topology(const std::filesystem::path& file);

}  // namespace fluence
