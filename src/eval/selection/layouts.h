// What an entry of each test's file says.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eval/selection/boxed_pictures.h"
#include "eval/selection/entries.h"
#include "eval/selection/selection_set.h"

namespace clipwright::eval::selection {

/// A case as its entry has it, or why it cannot be used.
struct ParsedCase {
  std::string group;
  std::vector<BoxedPicture> pictures;
  std::vector<std::string> captions;
  std::string reason, problem;  ///< a few words to count by, and the rest of a sentence
};

/// Fields: SugarCrepe `filename`, `caption`, `negative_caption`; Winoground `image_0`, `image_1`,
/// `caption_0`, `caption_1`, optional `collapsed_tag`; ARO's relations and attributes `image_path`,
/// `bbox_x`, `bbox_y`, `bbox_w`, `bbox_h`, `true_caption`, `false_caption` with `relation_name` or
/// `attributes`; ARO's orders `image` (or `image_path`, `filename`, `file_name`) and
/// `caption_options`, the true one first, of which the first 30 words count.
ParsedCase parse_case(const Json& entry, Layout layout);

/// The layout whose fields an entry has; nothing when it is none.
std::optional<Layout> layout_of(const Json& entry);

}  // namespace clipwright::eval::selection
