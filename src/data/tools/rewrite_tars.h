// Webdataset tars again, sample for sample and byte for byte, with the rewrites in each sample's
// JSON.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace clipwright::data::tools {

struct RewriteTarsOptions {
  std::string source;                 ///< tars with {0000..0099} and `::`, or a folder of them
  std::vector<std::string> rewrites;  ///< as CaptionTable::build takes them
  std::string keep_if;                ///< condition on the audit's score; empty: none
  std::filesystem::path folder;       ///< takes tars of the same names, and sizes.json
};

struct RewriteTarsResult {
  int64_t tars = 0, samples = 0;
  int64_t rewritten = 0;  ///< samples that got at least one rewrite
  int64_t without = 0;    ///< samples copied as they are: no picture, no caption or no rewrite
  int64_t bad_json = 0;   ///< of these: a .json member that is no object, which stays as it is
};

/// Copies every member; a sample's .json gets "caption" (when it lacks one) and each rewrite under
/// its slot name ("rewrite:chatgpt"), the field that open_clip's --json-text-key names; a sample
/// without .json gets one. The same input gives the same bytes; all tars appear, or the folder
/// stays as it was (which takes the room of both for a while).
/// Throws Error(kUsage) as check_tar_target does, Error(kInput) as open_dataset and CaptionTable
/// do, Error(kFailed) when the disk refuses.
RewriteTarsResult rewrite_tars(const RewriteTarsOptions& options);

/// The files of a tar source in order: braces expanded, folders listed.
std::vector<std::string> tar_paths(const std::string& source);

/// Throws Error(kUsage) when two of the tars share a name, or when the folder is their own or holds
/// a tar of another name, which would be read together with the new ones. Tars of the same names
/// are written again, so an interrupted run can be repeated.
void check_tar_target(const std::vector<std::string>& paths, const std::filesystem::path& folder);

}  // namespace clipwright::data::tools
