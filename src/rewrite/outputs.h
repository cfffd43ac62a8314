// What a finished job leaves for training: line-aligned text files and records
// (docs/formats/rewrites.md).
#pragma once

#include "rewrite/job_plan.h"

namespace clipwright {

/// Writes options.output/<mode>.txt, options.output/rewrites.jsonl and options.records, whichever
/// are wanted, streaming from the ledger; each file is whole or as it was before. Throws
/// Error(kFailed) when the disk refuses.
void write_outputs(const CaptionSource& captions, const RewriteOptions& options,
                   const JobPlan& plan, Ledger& ledger);

}  // namespace clipwright
