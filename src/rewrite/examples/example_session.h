// A person writes the examples: in a terminal, or in a table that goes out and comes back.
#pragma once

#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "records/caption_source.h"
#include "rewrite/examples/example_draft.h"

namespace clipwright::rewrite::examples {

struct ExampleSessionOptions {
  std::filesystem::path file;  ///< the pack; what it holds already is gone on with
  size_t count = 16;           ///< rewrites wanted in all
  uint64_t seed = 0;           ///< decides which captions are shown
};

struct ExampleSessionResult {
  size_t rows = 0, written = 0, skipped = 0;
  bool complete = false;  ///< `count` reached
};

/// Shows one caption after another with its key (a picture's path) and reads its rewrite; an empty
/// line passes over it, /undo takes the last answer back, /quit ends. Every answer is saved before
/// the next question. What cannot be in a pack is told and asked again. Throws as
/// ExampleDraft::read and write.
ExampleSessionResult run_example_session(const records::CaptionSource& captions,
                                         const ExampleSessionOptions& options, ExampleDraft& draft,
                                         std::istream& in, std::ostream& out);

/// For people without a terminal: a table of key, caption and an empty column to be filled in.
/// Returns its rows.
size_t export_example_table(const records::CaptionSource& captions,
                            const ExampleSessionOptions& options, const ExampleDraft& draft,
                            const std::filesystem::path& table);

struct ImportedExamples {
  size_t added = 0, empty = 0;                  ///< rows taken, rows left unfilled
  std::vector<prompt::ExampleFinding> refused;  ///< rows that cannot be in a pack
};
/// Takes the filled rows of such a table into the draft. Throws Error(kInput) when the file cannot
/// be read or its header is another.
ImportedExamples import_example_table(const std::filesystem::path& table, ExampleDraft& draft);

}  // namespace clipwright::rewrite::examples
