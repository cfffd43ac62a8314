#include "models/files/name_map.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "core/config/toml_parser.h"
#include "core/config/toml_text.h"
#include "core/error.h"
#include "core/words.h"

namespace clipwright::models::files {
namespace {

constexpr const char* kForm = "rename = [[\"FROM\", \"TO\"], ...] and drop = [\"FROM\", ...]";
constexpr size_t kMostRules = 10'000;

/// What the stars of `pattern` stand for in `name`: each as little as it can, the last what is
/// left.
std::optional<std::vector<std::string_view>> matched(std::string_view pattern,
                                                     std::string_view name) {
  size_t star = pattern.find('*');
  if (star == std::string_view::npos) {
    if (pattern != name) return std::nullopt;
    return std::vector<std::string_view>();
  }
  if (!name.starts_with(pattern.substr(0, star))) return std::nullopt;
  std::vector<std::string_view> stars;
  size_t begin = star;  // of what the star stands for
  while (true) {
    pattern.remove_prefix(star + 1);
    star = pattern.find('*');
    const std::string_view literal = pattern.substr(0, star);
    const bool last = star == std::string_view::npos;
    if (last && name.size() - begin < literal.size()) return std::nullopt;
    const size_t at = last ? name.size() - literal.size() : name.find(literal, begin);
    if (at == std::string_view::npos || (last && !name.ends_with(literal))) return std::nullopt;
    stars.push_back(name.substr(begin, at - begin));
    begin = at + literal.size();
    if (last) return stars;
  }
}

std::string filled(std::string_view pattern, const std::vector<std::string_view>& stars) {
  std::string text;
  size_t next = 0;
  for (const char letter : pattern) {
    if (letter == '*') {
      text += stars[next++];
    } else {
      text += letter;
    }
  }
  return text;
}

size_t stars_of(std::string_view pattern) {
  return static_cast<size_t>(std::count(pattern.begin(), pattern.end(), '*'));
}

/// The first few of many, for a sentence.
std::string first_of(const std::vector<std::string>& names) {
  constexpr size_t kMost = 12;
  const std::vector<std::string> some(
      names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), kMost)));
  return listed(some) +
         (names.size() > kMost ? ", and " + std::to_string(names.size() - kMost) + " more" : "");
}

}  // namespace

std::string NameMap::Rule::text() const { return drop ? "drop " + from : from + " -> " + to; }

NameMap NameMap::read(const std::filesystem::path& file) {
  NameMap map;
  map.file_ = file.string();
  const auto fail = [&](const toml::node& node, const std::string& found,
                        const std::string& expected) {
    fail_input(map.file_ + ", line " + std::to_string(node.source().begin.line) + ": " + found,
               expected);
  };
  toml::table table;
  try {
    table = toml::parse(read_toml_text(file), map.file_);
  } catch (const toml::parse_error& error) {
    fail_input(map.file_ + ", line " + std::to_string(error.source().begin.line) + ": " +
                   std::string(error.description()),
               "TOML");
  }
  const auto text = [&](const toml::node& node) {
    if (!node.is_string()) fail(node, "a name is no text", "text in quotes");
    return node.as_string()->get();
  };
  const auto list = [&](const char* key) -> toml::array {
    const toml::node* node = table.get(key);
    if (node == nullptr) return {};
    if (!node->is_array()) fail(*node, "'" + std::string(key) + "' is no list", kForm);
    return *node->as_array();
  };
  for (const auto& [key, node] : table) {
    if (key != "rename" && key != "drop")
      fail(node, "'" + std::string(key.str()) + "' is no key of a map of names", kForm);
  }
  for (const toml::node& node : list("drop")) map.rules_.push_back({text(node), "", true});
  for (const toml::node& node : list("rename")) {
    const toml::array* pair = node.as_array();
    if (pair == nullptr || pair->size() < 2 || pair->size() > 3)
      fail(node, "a rule of 'rename' is no pair",
           R"(["FROM", "TO"] or ["FROM", "TO", "transposed"])");
    Rule rule{.from = text((*pair)[0]), .to = text((*pair)[1])};
    if (stars_of(rule.from) != stars_of(rule.to))
      fail(node, "'" + rule.from + "' and '" + rule.to + "' have unlike numbers of stars",
           "as many in both");
    if (pair->size() == 3) {
      const std::string word = text((*pair)[2]);
      if (word != "transposed") fail(node, "a rule ends in '" + word + "'", "\"transposed\"");
      rule.transposed = true;
    }
    map.rules_.push_back(std::move(rule));
  }
  if (map.rules_.empty()) fail_input(map.file_ + ": has no rules", kForm);
  if (map.rules_.size() > kMostRules)
    fail_input(map.file_ + ": has " + std::to_string(map.rules_.size()) + " rules",
               "at most " + std::to_string(kMostRules));
  return map;
}

std::vector<NamedTensor> NameMap::apply(std::vector<NamedTensor> tensors,
                                        const std::string& where) const {
  std::vector<NamedTensor> renamed;
  std::vector<std::string> unmapped, doubles, flat;
  std::vector<bool> used(rules_.size());
  std::map<std::string, std::string> taken;  // new names with the old ones
  for (auto& [name, tensor] : tensors) {
    bool found = false;
    for (size_t i = 0; i < rules_.size() && !found; ++i) {
      const Rule& rule = rules_[i];
      const auto stars = matched(rule.from, name);
      if (!stars) continue;
      found = used[i] = true;
      if (rule.drop) continue;
      std::string to = filled(rule.to, *stars);
      const auto [other, is_new] = taken.emplace(to, name);
      if (!is_new) doubles.push_back(other->second + " and " + name + " (both " + to + ")");
      if (rule.transposed && tensor.dim() != 2) flat.push_back(name);
      renamed.emplace_back(std::move(to), rule.transposed && tensor.dim() == 2
                                              ? tensor.t().contiguous()
                                              : std::move(tensor));
    }
    if (!found) unmapped.push_back(name);
  }
  std::vector<std::string> unused;
  for (size_t i = 0; i < rules_.size(); ++i) {
    if (!used[i]) unused.push_back(rules_[i].text());
  }
  std::string problems;
  for (const auto& [names, what] : {std::pair{&unmapped, "names that no rule fits: "},
                                    std::pair{&unused, "rules that fit no name: "},
                                    std::pair{&doubles, "tensors that would get one name: "},
                                    std::pair{&flat, "to be transposed, and no matrices: "}}) {
    if (!names->empty()) problems += (problems.empty() ? "" : "; ") + (what + first_of(*names));
  }
  if (!problems.empty()) {
    fail_input(file_ + " does not account for the names of " + where + ": " + problems, {},
               unmapped.empty()
                   ? ""
                   : "[\"*\", \"*\"] as the last rule of 'rename' keeps all other names.");
  }
  return renamed;
}

}  // namespace clipwright::models::files
