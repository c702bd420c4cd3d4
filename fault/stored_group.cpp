#include "fault/stored_group.hpp"

#include <algorithm>

#include "base/bits.hpp"
#include "fault/parameter_fault.hpp"

namespace fluence {

StoredGroup::StoredGroup(const Parameters& values, const Site& site)
    : layer_(&values.net->layer(site.layer)), codec_(&codec_of(*values.net, site)), first_(site) {
  const bool weights = site.space == Space::weights;
  bits_ = weights ? layer_->weight_word_bits() : layer_->accumulator_bits;
  first_.bit = first_.copy = 0;
  first_.index -= first_.index % codec_->words();
  const int all = weights ? layer_->weight_words() : layer_->threshold_words();
  words_ = index(std::min(codec_->words(), all - first_.index));
  for (std::size_t word = 0; word < words_; ++word) {
    for (auto limb = this->site(word); limb.bit < bits_; limb.bit += kWordBits) {
      given_.push_back(parameter_word(values, limb) & low_bits(std::min(bits_ - limb.bit, kWordBits)));
    }
  }
  stored_.resize(words_ * index(codec_->copies()) * index(limbs_of(codec_->stored_bits(bits_))));
  codec_->encode(given_, bits_, stored_);
}

Site StoredGroup::site(std::size_t word, int copy) const {
  auto site = first_;
  site.index += static_cast<int>(word);
  site.copy = copy;
  return site;
}

std::size_t StoredGroup::place(const Site& site) const {
  const auto word = index(site.copy) * words_ + index(site.index - first_.index);
  return word * index(limbs_of(codec_->stored_bits(bits_))) + index(site.bit / kWordBits);
}

std::vector<std::uint64_t> StoredGroup::given(std::size_t word) const {
  const auto limbs = index(limbs_of(bits_));
  const auto first = given_.begin() + static_cast<std::ptrdiff_t>(word * limbs);
  return {first, first + static_cast<std::ptrdiff_t>(limbs)};
}

void StoredGroup::hit(const Fault& fault, Semantics semantics) {
  auto& word = stored_.at(place(fault.site));
  word = faulted_word(word, fault, *layer_, codec_->stored_bits(bits_), semantics);
}

void StoredGroup::invert(const Fault& in_register) {
  const int word_bits = codec_->stored_bits(bits_);
  for (const int bit : flipped_bits(in_register, codec_->words() * word_bits, Semantics::physical)) {
    if (const auto word = index(bit / word_bits); word < words_) {
      auto at = site(word, in_register.site.copy);
      at.bit = bit % word_bits;
      stored_.at(place(at)) ^= std::uint64_t{1} << (at.bit % kWordBits);
    }
  }
}

StoredGroup::Access StoredGroup::access() {
  auto values = given_;
  const auto status = codec_->decode(stored_, bits_, values);
  const auto fate = status == AccessStatus::detected                        ? Fate::detected
                    : status == AccessStatus::corrected && values == given_ ? Fate::corrected
                                                                            : Fate::read;
  given_ = std::move(values);
  if (codec_->repairs() && status == AccessStatus::corrected) {
    codec_->encode(given_, bits_, stored_);
  }
  return {status, fate};
}

}  // namespace fluence
