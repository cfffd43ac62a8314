// Texts that the audit can know beforehand: in-context examples, and what ships with the program.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "audit/calibration/calibration.h"
#include "audit/pairs/pairs.h"

namespace clipwright::audit::calibration {

/// Texts of in-context examples from a file: lines, cut at tabs and at "=>", so that packs in TSV
/// or text both serve; lines that start with # are comments.
std::vector<std::string> read_example_texts(const std::filesystem::path& path);

/// Texts of the example packs that ship with the program (data/examples). Throws Error(kFailed)
/// when they are not installed.
std::vector<std::string> shipped_example_texts();

/// Sentences that ship with the program: the captions and rewrites of the example packs and the
/// captions of the demo.
std::vector<CalibrationCaption> shipped_captions();

/// The captions of the demo and the rewrites that a small language model made of them. Throws
/// Error(kFailed) when they are not installed.
std::vector<pairs::AuditPair> shipped_rewrites();

/// Lines of text files; keys are line numbers. Empty lines are left out.
std::vector<CalibrationCaption> read_captions(const std::vector<std::string>& files);

}  // namespace clipwright::audit::calibration
