// What a transaction on the fault socket means: which stored bits it flips or reads.
#pragma once

#include <tlm>

#include <cstdint>
#include <functional>

#include "rtl/model/rtl_model.hpp"
#include "rtl/sites.hpp"

namespace fluence {

/// Makes a write of the fault socket hold the bits of its mask, instead of flipping them.
struct HoldExtension final : tlm::tlm_extension<HoldExtension> {
  enum class What { hold0, hold1, release } what{};
  /// Cycles that they are held, from the transaction's time on; 0: until they are released. Of debug
  /// writes it is 0.
  std::uint64_t cycles = 0;

  [[nodiscard]] tlm_extension_base* clone() const override { return new HoldExtension(*this); }
  void copy_from(const tlm_extension_base& other) override {
    *this = static_cast<const HoldExtension&>(other);
  }
};

/// The payload of the fault socket. The address is the flat state address of a site (SiteMap); bit k of
/// the data, byte k/8, bit k%8, stands for the site at address + k. Written data is a mask of the bits
/// to flip (with a HoldExtension: to hold or release), read data the stored bits from the site up to the
/// end of its word, zeros beyond. One transaction lies within one word: a mask with a bit beyond it gets
/// a burst error, an address without a site an address error.
class FaultTarget {
 public:
  explicit FaultTarget(const Topology& net) : sites_(net) {}

  /// Serves a transaction and sets its response: `write(address, mask)` is called for every 64 bits of a
  /// write that are not zero, and only if the whole transaction is right. Returns the bytes that lie
  /// within the word, 0 on an error.
  unsigned serve(tlm::tlm_generic_payload& transaction, const RtlState& model,
                 const std::function<void(std::uint64_t address, std::uint64_t mask)>& write) const;

 private:
  SiteMap sites_;
};

}  // namespace fluence
