// Between streams of any two widths; of an image's last word a part may be of no use. `line`, `row`:
// bits of a word that enters, and of one that leaves; `words`: that enter an image.
#pragma once

#include "rtl/stage_kind.hpp"

namespace fluence {

const StageKind& word_packer();
/// That of an image whose values have more bits in memory than layer 0 takes of each: it leaves these
/// out.
const StageKind& value_packer();

}  // namespace fluence
