// What a job says that brought no rewrite at all: every reply was rejected or failed.
#pragma once

#include "rewrite/engine/engine.h"
#include "rewrite/job/job_summary.h"

namespace clipwright::rewrite::job {

/// Throws Error(kFailed), with reasons and advice, when captions were asked for or given up and not
/// one has a rewrite in any mode, of this run or before. A mode of which that is true, beside
/// others that have rewrites, is a warning. What waits for answers, or ended before its first
/// reply, is no failure.
void require_rewrites(const RewriteSummary& summary, const engine::Engine& engine);

}  // namespace clipwright::rewrite::job
