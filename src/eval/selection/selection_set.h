// Compositional tests read from the files they are given out in: SugarCrepe (arXiv 2306.14610),
// Winoground (2204.03162) and ARO (2210.01936).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/source/skipped.h"
#include "eval/selection/boxed_pictures.h"

namespace clipwright::eval::selection {

enum class Layout { kSugarCrepe, kWinoground, kAroRelation, kAroAttribution, kAroOrder };

/// "sugarcrepe", "winoground", "aro-relation", "aro-attribution", "aro-order".
std::string name_of(Layout layout);
/// "auto" and the names.
std::vector<std::string> layout_names();

struct SelectionCase {
  std::string key;                    ///< unique in the set
  std::string group;                  ///< file, tag, relation or attributes; may be empty
  std::vector<int64_t> pictures;      ///< places in the set's pictures: one, or two
  std::vector<std::string> captions;  ///< the first picture's own first; with two the second's next
};

struct SelectionSet {
  Layout layout = Layout::kSugarCrepe;
  std::shared_ptr<const BoxedPictures> pictures;  ///< each picture or part once
  std::vector<SelectionCase> cases;
  data::source::Skipped skipped;  ///< entries that cannot be used
  std::string describe() const;   ///< one line for the log
};

/// `path` is a file of the layout, or a folder that holds the usual ones (SugarCrepe's seven,
/// `examples.jsonl`, `visual_genome_relation.json`, `visual_genome_attribution.json`). `layout` is
/// one of layout_names(); auto looks at the first entry. `image_root` empty: `images` or `val2017`
/// beside the file, or its folder. Throws Error(kUsage) for an unknown layout, Error(kInput) when
/// nothing can be used or none of the pictures is there.
SelectionSet read_selection_set(const std::string& path, const std::string& layout,
                                const std::string& image_root);

}  // namespace clipwright::eval::selection
