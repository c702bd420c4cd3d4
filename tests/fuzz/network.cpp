// A network and a hardware: the input is both files, parted by a line of '='.
#include "network/network_file.hpp"

#include "rtl/dataflow.hpp"
#include "rtl/sites.hpp"
#include "tests/fuzz/input.hpp"

using namespace fluence;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::as_text(data, size);
  const auto part = text.find("\n=\n");
  const NamedText network{std::string(text.substr(0, part)), "x.network.json"};
  const NamedText hardware{part == std::string_view::npos ? "" : std::string(text.substr(part + 3)),
                           "y.hardware.json"};
  return fuzz::refuse_or_read([&] {
    static_cast<void>(kind_of(network));
    const auto net = parse_topology(network, hardware);
    const auto again = fuzz::read_own([&] {
      return parse_topology({network_text(net), "x.network.json"},
                            {hardware_text(net), "y.hardware.json"});
    });
    fuzz::require(again == net && hardware_digest(again) == hardware_digest(net));
    require_buildable(dataflow(net));
    fuzz::require(SiteMap(net).bit_count() > 0);
  });
}
