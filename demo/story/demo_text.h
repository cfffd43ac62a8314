// What the demo tells on a terminal.
#pragma once

#include <string>

#include "demo/story/demo.h"

namespace clipwright::demo::story {

/// Table, differences and where rewriting loses.
std::string to_text(const DemoReport& report);

/// "197 of 200 captions rewritten live by SmolLM2 ... equal the recorded ones"
std::string describe_check(const RewritingReport& rewriting);
std::string describe_audit(const RewritingReport& rewriting);
std::string describe_training(const Twin& twin, const Json& training);

}  // namespace clipwright::demo::story
