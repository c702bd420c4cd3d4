// The report's page without its data: report/, bundled at build time.
#pragma once

#include <string_view>

namespace fluence {

extern const std::string_view kReportPage;

}  // namespace fluence
