// What a campaign says of outcomes, made fit for the parameters and engines of a session.
#pragma once

#include <string>

#include "campaign/spec.hpp"
#include "session/session.hpp"

namespace fluence {

/// Resolves the names of classes in the rules of a specification, and gives the session its watchdogs.
/// Throws InputError that names `file`, the key and what is possible if a class is none of a network's,
/// a rule does not suit how it decides, or an image has implausible scores without faults.
void prepare_outcomes(Spec& spec, Session& session, const std::string& file);

/// The same of a rule that results in `folder` keep, but for the images.
void prepare_outcome(OutcomeRule& rule, const Topology& net, Session& session,
                     const std::string& folder);

}  // namespace fluence
