// What a server's model was when the ledger was filled: a job of which everything is in the ledger
// asks no server what it is.
#pragma once

#include <optional>

#include "core/json.h"
#include "rewrite/job/job_plan.h"

namespace clipwright::rewrite::job {

/// The identity that the ledger's recipes of this very job share; none when there is no such
/// recipe, more than one identity, or an engine that need not ask.
using KeptIdentity = std::optional<Json>;

/// Lets the engine assume the identity that the ledger holds, else connects it: a server that
/// cannot be reached is better known before anything is made. Makes nothing. Throws what connecting
/// throws.
KeptIdentity assume_or_connect(engine::Engine& engine, const RewriteOptions& options);

/// plan_job for an engine that may have assumed what it is. When something is left to do it is
/// connected, and the plan is of what it turned out to be.
JobPlan plan_assuming(const records::CaptionSource& captions, const RewriteOptions& options,
                      engine::Engine& engine, const KeptIdentity& kept, ledger::Ledger* ledger);

}  // namespace clipwright::rewrite::job
