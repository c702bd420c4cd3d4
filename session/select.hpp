// A small part of a fault list that stands for all of it.
#pragma once

#include <string>
#include <vector>

#include "fault/fault_list.hpp"

namespace fluence {

/// Chooses `count` cases, in the order of the list: first such that every layer and space that occurs in
/// the list occurs in them, then to the number; of those that serve, the ones with the fewest different
/// times and images, since each stop of the accelerator costs an `rtl` run time. Same list, same choice.
/// Throws InputError naming `name` if the list is too short, or `count` too small to cover it.
std::vector<ListedCase> select_cases(const std::vector<ListedCase>& cases, int count,
                                     const std::string& name);

}  // namespace fluence
