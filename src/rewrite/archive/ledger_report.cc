#include "rewrite/archive/ledger_report.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/error.h"
#include "core/log.h"
#include "rewrite/ledger/ledger.h"

namespace clipwright::rewrite::archive {
namespace {

/// "llama, SmolLM2 135M" from a recipe's description.
std::string recipe_title(const Json& recipe) {
  std::string title = recipe.value("engine", std::string("?"));
  const auto details = recipe.find("details");
  if (details != recipe.end() && details->is_object()) {
    const std::string model = details->value("model_name", std::string());
    if (!model.empty()) title += ", " + model;
  }
  return title;
}

}  // namespace

int64_t LedgerStatus::rows() const {
  int64_t sum = 0;
  for (const ledger::LedgerCount& count : counts) sum += count.rows;
  return sum;
}

bool known_status(std::string_view status) {
  return status == "accepted" || status.starts_with("rejected:") || status.starts_with("failed:");
}

LedgerStatus ledger_status(ledger::Ledger& ledger) {
  LedgerStatus status{.counts = ledger.counts(), .workers = ledger.workers()};
  ledger.each_recipe([&](const Sha256& recipe, const std::string& description) {
    const Json parsed = try_json(description);
    status.recipes.emplace_back(recipe, parsed.is_object() ? parsed : Json::object());
  });
  return status;
}

Json LedgerStatus::to_json() const {
  Json json = {{"rows", rows()}, {"recipes", Json::array()}, {"workers", Json::array()}};
  std::set<Sha256> shas;
  for (const auto& [sha, description] : recipes) shas.insert(sha);
  for (const ledger::LedgerCount& count : counts) shas.insert(count.recipe);
  for (const Sha256& sha : shas) {
    Json recipe = {{"recipe", hex(sha)}, {"modes", Json::object()}};
    for (const auto& [known, description] : recipes) {
      if (known == sha) recipe["description"] = description;
    }
    for (const ledger::LedgerCount& count : counts) {
      if (count.recipe != sha) continue;
      recipe["modes"][count.mode][count.status] = {{"rows", count.rows},
                                                   {"tokens_in", count.tokens_in},
                                                   {"tokens_out", count.tokens_out},
                                                   {"seconds", count.seconds}};
    }
    json["recipes"].push_back(std::move(recipe));
  }
  for (const ledger::LedgerWorker& worker : workers) {
    Json entry = {{"worker", worker.name},
                  {"rows", worker.rows},
                  {"claims", worker.claims},
                  {"first", worker.first},
                  {"last", worker.last}};
    if (worker.claims > 0 && std::isfinite(worker.lease)) entry["lease_seconds"] = worker.lease;
    json["workers"].push_back(std::move(entry));
  }
  return json;
}

std::string describe(const LedgerStatus& status) {
  std::string text = with_commas(status.rows()) + " attempts\n";
  std::map<Sha256, std::vector<const ledger::LedgerCount*>> by_recipe;
  for (const ledger::LedgerCount& count : status.counts) by_recipe[count.recipe].push_back(&count);
  for (const auto& [sha, counts] : by_recipe) {
    const auto known = std::find_if(
        status.recipes.begin(), status.recipes.end(),
        [&recipe_sha = sha](const auto& recipe) { return recipe.first == recipe_sha; });
    text += "recipe " + hex(sha).substr(0, 12) + " (" +
            (known == status.recipes.end() ? "not described" : recipe_title(known->second)) + ")\n";
    for (const ledger::LedgerCount* count : counts) {
      text += "  " + count->mode + ": " + count->status + " " + with_commas(count->rows) + ", " +
              with_commas(count->tokens_in) + " prompt and " + with_commas(count->tokens_out) +
              " new tokens, " + readable_duration(count->seconds) + " summed over its texts\n";
    }
  }
  for (const ledger::LedgerWorker& worker : status.workers) {
    text += "worker " + worker.name + ": " + with_commas(worker.rows) + " rows";
    if (!worker.first.empty()) text += " from " + worker.first + " to " + worker.last;
    if (worker.claims > 0) {
      text += ", holds " + with_commas(worker.claims) + " captions";
      text += std::isinf(worker.lease) ? " as long as it lives"
              : worker.lease < 0       ? " no longer (it died)"
                                       : " for " + readable_duration(worker.lease);
    }
    text += "\n";
  }
  return text;
}

bool LedgerFindings::whole() const {
  return damage.empty() &&
         bad_sources + without_source + without_recipe + bad_recipes + unknown_statuses + gaps == 0;
}

LedgerFindings verify_ledger(ledger::Ledger& ledger) {
  LedgerFindings found{.damage = ledger.damage()};
  const auto note = [&](int64_t& counter, const std::string& what) {
    constexpr size_t kExamples = 10;
    ++counter;
    if (found.examples.size() < kExamples) found.examples.push_back(what);
  };
  std::set<Sha256> recipes;
  ledger.each_recipe([&](const Sha256& recipe, const std::string& description) {
    recipes.insert(recipe);
    if (!ledger::describes(description, recipe))
      note(found.bad_recipes, "recipe " + hex(recipe) + ": the description is another one's");
  });
  ledger::LedgerRow before;
  bool accepted = false, any = false, gap = false;
  std::set<Sha256> undescribed;
  Progress progress("checking rows", 0);
  ledger.each_row([&](const ledger::LedgerRow& row, const ledger::LedgerSource& source) {
    const std::string where = "caption " + hex(row.source).substr(0, 16) + ", mode " + row.mode +
                              ", attempt " + std::to_string(row.attempt);
    ++found.rows;
    if (!any || row.source != before.source) {
      ++found.captions;
      if (source.text.data() == nullptr) {
        note(found.without_source, where + ": its caption is missing");
      } else if (ledger::source_key(source.text, source.occurrence) != row.source) {
        note(found.bad_sources, where + ": its caption was changed");
      }
    }
    const bool same_task = any && row.source == before.source && row.mode == before.mode &&
                           row.recipe == before.recipe;
    const int expected = same_task ? before.attempt + 1 : 0;
    if (!same_task) accepted = gap = false;
    if (row.attempt != expected && !gap) {
      gap = true;
      note(found.gaps, where + ": expected attempt " + std::to_string(expected));
    }
    if (accepted) note(found.after_acceptance, where + ": one before it was accepted already");
    accepted |= row.status == "accepted";
    if (!known_status(row.status))
      note(found.unknown_statuses, where + ": status '" + row.status.substr(0, 60) + "'");
    if (!recipes.contains(row.recipe)) {
      ++found.without_recipe;
      if (undescribed.insert(row.recipe).second)
        found.examples.push_back("recipe " + hex(row.recipe) + " is not described");
    }
    before = row;
    any = true;
    progress.update(found.rows);
  });
  return found;
}

Json LedgerFindings::to_json() const {
  return {{"whole", whole()},
          {"rows", rows},
          {"captions", captions},
          {"damage", damage},
          {"bad_sources", bad_sources},
          {"without_source", without_source},
          {"without_recipe", without_recipe},
          {"bad_recipes", bad_recipes},
          {"unknown_statuses", unknown_statuses},
          {"gaps", gaps},
          {"after_acceptance", after_acceptance},
          {"examples", examples}};
}

std::string describe(const LedgerFindings& found) {
  std::string text =
      with_commas(found.rows) + " attempts at " + with_commas(found.captions) + " captions read\n";
  for (const std::string& line : found.damage) text += "damaged: " + line + "\n";
  const auto count = [&](int64_t number, const std::string& what) {
    if (number > 0) text += with_commas(number) + " " + what + "\n";
  };
  count(found.bad_sources, "captions whose hash is not their key");
  count(found.without_source, "captions whose text is missing");
  count(found.without_recipe, "attempts whose recipe is not described");
  count(found.bad_recipes, "recipes whose hash is not their key");
  count(found.unknown_statuses, "attempts with a status that does not exist");
  count(found.gaps, "captions with a gap in their attempts");
  count(found.after_acceptance, "attempts made after an accepted one (no damage)");
  for (const std::string& example : found.examples) text += "  " + example + "\n";
  text += found.whole() ? "whole\n" : "NOT whole\n";
  return text;
}

}  // namespace clipwright::rewrite::archive
