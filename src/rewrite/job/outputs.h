// What a finished job leaves for training: line-aligned text files and records
// (docs/formats/rewrites.md).
#pragma once

#include "rewrite/job/job_plan.h"

namespace clipwright::rewrite::job {

/// Throws Error(kUsage) when the folder holds a job's outputs with modes that are none of `packs`:
/// its rewrites.jsonl would lose them.
void check_output_folder(const std::filesystem::path& folder,
                         const std::vector<prompt::ExamplePack>& packs);

/// Writes <mode>.txt, rewrites.jsonl and recipes.json into options.output, options.parquet and
/// options.records, whichever are wanted, streaming from the ledger; each file is whole or as it
/// was before. Throws Error(kFailed) when the disk refuses.
void write_outputs(const records::CaptionSource& captions, const RewriteOptions& options,
                   const JobPlan& plan, ledger::Ledger& ledger);

}  // namespace clipwright::rewrite::job
