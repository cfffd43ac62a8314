// Which captions a command works on: the flags, and what they open.
#pragma once

#include <memory>
#include <string>

#include "flags/cli11.h"
#include "records/caption_source.h"

namespace clipwright::cli {

struct CaptionFlags {
  std::string captions, data, caption_column, key_column;
};

void add_caption_flags(CLI::App& app, CaptionFlags& flags);

/// Throws Error(kUsage) unless exactly one of --captions and --data is given, and what opening
/// throws.
std::unique_ptr<records::CaptionSource> open_captions(const CaptionFlags& flags);

}  // namespace clipwright::cli
