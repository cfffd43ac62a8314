#include "rewrite/job/kept_identity.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include "core/log.h"
#include "rewrite/job/job_recipe.h"

namespace clipwright::rewrite::job {
namespace {

/// A recipe's description without what is not the engine's own.
Json identity_in(const Json& description) {
  Json identity = description;
  for (const std::string_view name : kJobParts) identity.erase(std::string(name));
  return identity;
}

}  // namespace

KeptIdentity assume_or_connect(engine::Engine& engine, const RewriteOptions& options) {
  if (engine.connected()) return std::nullopt;
  std::vector<Json> identities;
  Json details;
  if (const std::unique_ptr<ledger::Ledger> ledger =
          ledger::open_ledger_if_any(options.ledger, options.ledger_options)) {
    ledger->each_recipe([&](const Sha256& sha, const std::string& text) {
      const Json description = try_json(text);
      if (!description.is_object()) return;
      Json identity = identity_in(description);
      if (!engine.could_be(identity)) return;
      engine.assume(identity, description.value("details", Json::object()));
      const bool ours = std::any_of(
          options.packs.begin(), options.packs.end(),
          [&](const auto& pack) { return make_recipe(options, pack, engine).sha == sha; });
      if (!ours) return;
      details = description.value("details", Json::object());
      if (std::find(identities.begin(), identities.end(), identity) == identities.end())
        identities.push_back(std::move(identity));
    });
  }
  if (identities.size() != 1) {
    engine.connect();
    return std::nullopt;
  }
  engine.assume(identities.front(), details);
  return identities.front();
}

JobPlan plan_assuming(const records::CaptionSource& captions, const RewriteOptions& options,
                      engine::Engine& engine, const KeptIdentity& kept, ledger::Ledger* ledger) {
  JobPlan plan = plan_job(captions, options, engine, ledger);
  if (!kept) return plan;
  if (plan.left() == 0) {
    log_info("Everything is in the ledger; nobody was asked.");
    return plan;
  }
  engine.connect();
  return engine.identity() == *kept ? std::move(plan) : plan_job(captions, options, engine, ledger);
}

}  // namespace clipwright::rewrite::job
