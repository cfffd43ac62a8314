// What a server says of the models it has.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace clipwright::rewrite::openai {

struct ModelList {
  bool is_list = false;            ///< the reply is one; else it is something else
  std::vector<std::string> names;  ///< those that have one
  std::string owner;               ///< "llamacpp", "vllm", ...
};

/// Reads {"data": [{"id"}]}, {"models": [{"name"}]} and a bare list.
ModelList read_models(std::string_view body);

/// Whether a server that lists these models has one of this name: the name itself, without the
/// "models/" that some put before it, with the tag "latest" that some add, or as a pattern
/// ("openai/*").
bool lists(const std::vector<std::string>& names, const std::string& name);

/// A name says little of the weights behind it; some servers say more. Left out is what changes
/// from start to start ("created").
Json facts_of(std::string_view body, const std::string& name);

}  // namespace clipwright::rewrite::openai
