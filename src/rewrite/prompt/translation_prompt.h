// Few-shot prompts that translate captions between English and a pivot language.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "rewrite/prompt/prompt.h"

namespace clipwright::rewrite::prompt {

/// Part of the identity of whatever uses the prompts: changes with any byte of them.
constexpr std::string_view kTranslationPrompt = "translation/1";

/// One caption three times: as written, in the pivot language, and in English again in other words,
/// so that the way back is shown not to look for the first wording.
struct TranslatedCaption {
  std::string_view english, pivot, again;
};
struct PivotLanguage {
  std::string_view code, name;
  std::array<TranslatedCaption, 4> captions;
};
/// All of them, by code.
const std::array<PivotLanguage, 6>& all_pivot_languages();
/// Throws Error(kUsage) for an unknown code.
const PivotLanguage& pivot_language(std::string_view code);

PromptText prompt_there(const PivotLanguage& language, std::string_view caption);
PromptText prompt_back(const PivotLanguage& language, std::string_view translated);

}  // namespace clipwright::rewrite::prompt
