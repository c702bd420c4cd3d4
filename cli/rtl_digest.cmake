# Writes the header that says which RTL this build simulates: cmake -DSOURCES=... -DOUT=... -P this file.
set(all "")
foreach(source IN LISTS SOURCES)
  file(SHA256 ${source} digest)
  string(APPEND all ${digest})
endforeach()
string(SHA256 digest "${all}")
string(SUBSTRING ${digest} 0 16 digest)
file(WRITE ${OUT} "// Written by cli/rtl_digest.cmake.
#pragma once

/// Digest of all sources that the simulated accelerator is made from: 16 hex digits.
inline constexpr auto kRtlDigest = \"${digest}\";
")
