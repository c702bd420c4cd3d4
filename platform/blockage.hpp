// Why a run hangs: which streams stand still.
#pragma once

#include <span>
#include <string>

#include "rtl/dataflow.hpp"
#include "rtl/model/rtl_model.hpp"

namespace fluence {

/// Names the two streams around the stage at fault: the last one that is blocked (its producer has a
/// word, the FIFO is full, the consumer does not take it) and the first one after it that is starved
/// (its FIFO is empty, nothing comes, the consumer waits). `status`: [stream], in the order of
/// `flow.streams`.
std::string describe_blockage(const Dataflow& flow, std::span<const StreamStatus> status);

}  // namespace fluence
