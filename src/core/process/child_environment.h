// What a process that this program starts finds in its environment.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace clipwright {

/// Names the parent's process number. Where it is right, the system interrupts the child (SIGINT:
/// it saves and ends) when the parent is gone, however it went: a study that is killed leaves no
/// training running that the resumed study would start again. src/process_settings.cc asks for that
/// before libraries start. No flag's variable: those begin with CLIPWRIGHT_.
inline constexpr char kParentVariable[] = "PARENT_OF_CLIPWRIGHT";

/// This process's environment with `settings` in place of what they name, and the number above.
std::vector<std::string> child_environment(const std::map<std::string, std::string>& settings = {});

/// As the system's calls take a list of words; valid as long as the words.
std::vector<char*> raw_words(std::vector<std::string>& words);

}  // namespace clipwright
