// Relations of Visual Genome that ARO's published mean leaves out.
#pragma once

#include <string_view>

namespace clipwright::eval::selection {

/// True for relations that hold both ways or have too few cases to count in the paper's macro
/// accuracy of VG-Relation (the list of the notebook that replicates it).
bool is_left_out_of_published_mean(std::string_view relation);

}  // namespace clipwright::eval::selection
