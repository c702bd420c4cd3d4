// What the RTL of a network is, in one number: of the sources that it is made from, without comments and
// blanks, and of Verilator's options that change what it does.
//
// Equal digests mean equal behaviour on every machine: a schedule that was recorded on an RTL holds for
// each RTL of the same digest. Compiler, processor and optimization are no part of it.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace fluence {

/// A source's text without what has no meaning: comments are gone, blanks stand only where they part two
/// names or two operators, and lines end only where a directive does. For SystemVerilog and C++.
std::string meaning_of(std::string_view source);

/// The files of an RTL by name, e.g. "fl_fifo.sv": text as it stands in the file.
using RtlSources = std::map<std::string, std::string>;

/// 16 hex digits over `always` (files that count in any case), those of `modules` that the module `top`
/// needs, directly or not, and the options. A file of `modules` is needed if a needed one says its name
/// without the extension. Throws std::logic_error if there is no file of `top`.
std::string rtl_digest(const std::string& top, const RtlSources& modules, const RtlSources& always,
                       std::string_view options);

}  // namespace fluence
