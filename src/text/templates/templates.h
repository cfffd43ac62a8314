// Prompt templates for zero-shot classification; "{c}" stands for the class name.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace clipwright::text::templates {

/// OpenAI's seven-template subset for ImageNet: what the LaCLIP and SLIP papers use for CC3M, CC12M
/// and RedCaps models.
std::vector<std::string> templates_7();
/// OpenAI's eighty templates for ImageNet: what LAION models are reported with.
std::vector<std::string> templates_80();

/// "7", "80", "plain" (the bare name), or a file with a template a line holding {c} or {}, or
/// (.json) a list of them or CLIP_benchmark's object with the list of one data set. Throws
/// Error(kInput) naming the template that has no place for the name.
std::vector<std::string> load_templates(const std::string& name_or_file);

/// Puts the class name in.
std::string fill_template(std::string_view prompt_template, std::string_view class_name);

}  // namespace clipwright::text::templates
