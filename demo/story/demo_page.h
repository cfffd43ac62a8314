// report.html of the demo.
#pragma once

#include "audit/verdict/audit.h"
#include "demo/story/demo.h"
#include "demo/story/demo_data.h"
#include "demo/story/rewriting.h"

namespace clipwright::demo::story {

/// Writes `report.page`: the table, curves, how rewriting went, pictures with their texts and
/// verdicts, and what each arm finds for a text. `models` by arm for the searches. Throws
/// Error(kFailed).
void write_demo_page(const DemoReport& report, const DemoData& data,
                     const std::vector<AuditedRewrite>& rewrites,
                     const std::vector<std::filesystem::path>& models, StageProgress& progress);

}  // namespace clipwright::demo::story
