// What each way to train adds: a line an arm, for docs and terminals.
#pragma once

#include <string>

#include "demo/story/demo.h"

namespace clipwright::demo::story {

/// Markdown: arms with their steps and seconds, each zero-shot question's mean over seeds and the
/// paired difference to the first arm with its 95 % interval; once for equal steps, once for equal
/// time where that was trained.
std::string family_table(const DemoReport& report);

}  // namespace clipwright::demo::story
