// What turns a prompt into text. An engine knows nothing of jobs, ledgers or quality: it takes
// requests from a queue as fast as it can and hands back replies in any order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "language/sampler.h"

namespace clipwright::rewrite::engine {

/// One text to write. The prompt is prefix + body; neighbours in the queue share their prefix, so
/// an engine may work it out once. Without a prefix the body is an instruction to a chat model
/// rather than a pattern to continue; for an engine without examples (Engine::uses_examples) it is
/// the caption, cut where it was too long.
struct Request {
  int64_t id = 0;  ///< the asker's own number, handed back with the reply
  std::string prefix, body;
  uint64_t seed = 0;         ///< decides every random choice for this text; nothing else may
  std::string source, mode;  ///< what the prompt was made from, for engines that need no prompt
  int64_t occurrence = 0;    ///< of the source, where equal captions get a text each
  int attempt = 0;
};

enum class ReplyStatus {
  kStopped,  ///< ended by itself: a line break or an end token
  kCut,      ///< ended by max_tokens
  kThought,  ///< the model thought and came to no answer; `text` is how its thought begins
  kMissing,  ///< this engine has no text for the request (replay)
  kFailed,   ///< `text` says why
};

struct Reply {
  ReplyStatus status = ReplyStatus::kStopped;
  std::string text;   ///< up to the first line break; not cleaned
  std::string error;  ///< with kFailed: of what kind, a few words in lower case ("http-400")
  int tokens_in = 0, tokens_out = 0;
  bool tokens_estimated = false;  ///< nobody counted them
  double seconds = 0;             ///< from taking the request to the reply
};

/// Where an engine gets its work. `next` is empty when there is nothing to hand out now, and waits
/// at most while nothing that it handed out is unanswered; a reply may make new requests (a retry),
/// so an engine asks again as long as it has something in flight and ends when it has not.
class RequestQueue {
 public:
  virtual ~RequestQueue() = default;
  virtual std::optional<Request> next() = 0;
  /// True when nothing more is to be begun (a spent budget): requests that an engine took and has
  /// not begun are given back. What `next` still gives is to be done.
  virtual bool closed() { return false; }
  /// Whether requests like these were answered before, in an earlier run: an engine that fails with
  /// the first of this one is then not taken for one that never answers.
  virtual bool answered_before() const { return false; }
  /// Takes a request back that was not begun, once the queue is closed.
  virtual void give_back(Request&&) {}
};

class ReplySink {
 public:
  virtual ~ReplySink() = default;
  virtual void put(const Request& request, Reply reply) = 0;
  /// Replies that were put and would be lost if the process died now. An engine whose replies cost
  /// money counts them as in flight. Throws when they cannot be kept.
  virtual size_t unsettled() const { return 0; }
};

class Engine {
 public:
  virtual ~Engine() = default;
  /// What makes the texts this engine gives: part of every recipe, so two engines with equal
  /// identities must give equal texts.
  virtual Json identity() const = 0;
  /// Its name in there, which is also that of its mode where it needs no examples.
  virtual std::string engine_name() const {
    return identity().value("engine", std::string("engine"));
  }
  /// False while the engine would have to ask somebody (a server) before it can say what it is.
  virtual bool connected() const { return true; }
  /// Asks. What needs an answer asks by itself.
  virtual void connect() {}
  /// While not connected: whether an identity that a ledger keeps may be this engine's, as far as
  /// it knows.
  virtual bool could_be(const Json& /*identity*/) const { return false; }
  /// Says so until it is connected: a job that has nothing left to do then asks nobody.
  virtual void assume(const Json& /*identity*/, const Json& /*details*/) {}
  /// Facts for the record that do not change the texts (name, licence, file).
  virtual Json details() const { return Json::object(); }
  /// False for an engine that writes from `Request::source` alone. A job then draws no examples and
  /// runs it under its modes(), or under one mode that has the engine's name.
  virtual bool uses_examples() const { return true; }
  /// False for an engine whose texts do not hang on `Sampling`; it is then no part of the recipe.
  virtual bool uses_sampling() const { return true; }
  /// The only modes this engine has texts for; empty: any.
  virtual std::vector<std::string> modes() const { return {}; }
  /// Tokens of a text as this engine counts them; an estimate where it cannot know.
  virtual int count_tokens(std::string_view text) const {
    return static_cast<int>(text.size() / 4 + 1);
  }
  /// True where a request without a text (kMissing) may have one in a later run.
  virtual bool texts_may_come() const { return false; }
  /// What its user does with a model that only thinks, in sentences.
  virtual std::string without_thought() const {
    return "Use a model that answers at once, or give it room to end its thought with a larger "
           "--max-tokens.";
  }
  /// Answers requests until the queue is empty and nothing is in flight. Throws Error(kFailed) when
  /// it cannot go on.
  virtual void run(RequestQueue& queue, const language::Sampling& sampling, ReplySink& sink) = 0;
};

}  // namespace clipwright::rewrite::engine
