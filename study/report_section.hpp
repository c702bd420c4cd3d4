// What a report says about a published study.
#pragma once

#include "analysis/report.hpp"
#include "study/published_study.hpp"

namespace fluence {

/// Adds the keys `study`, `experiments` and `statements`, and to the scenarios of a fit what it
/// predicts. `study` must outlive the section.
ReportSection study_section(const PublishedStudy& study);

}  // namespace fluence
