#include "audit/pairs/pushed_pairs.h"

#include <optional>
#include <utility>

namespace clipwright::audit::pairs {
namespace {

constexpr size_t kAhead = 4096;

struct NobodyWantsMore {};

}  // namespace

class PushedPairs::Queue final : public Taker {
 public:
  explicit Queue(PushedPairs& source) : source_(source) {}
  void pair(AuditPair pair) override {
    if (!source_.pairs_.push(std::move(pair))) throw NobodyWantsMore();
  }
  void pass_over(const std::string& reason, int64_t count) override {
    source_.passed_[reason] += count;
  }

 private:
  PushedPairs& source_;
};

PushedPairs::PushedPairs(int64_t total, std::function<void(Taker&)> read)
    : total_(total), pairs_(kAhead) {
  reader_ = std::jthread([this, read = std::move(read)] { run(read); });
}

PushedPairs::~PushedPairs() { pairs_.close(); }

void PushedPairs::run(const std::function<void(Taker&)>& read) {
  try {
    Queue queue(*this);
    read(queue);
  } catch (const NobodyWantsMore&) {
  } catch (...) {
    error_ = std::current_exception();
  }
  pairs_.close();
}

bool PushedPairs::next(AuditPair& pair) {
  std::optional<AuditPair> taken = pairs_.pop();
  if (taken) {
    pair = std::move(*taken);
    return true;
  }
  if (error_) std::rethrow_exception(error_);
  passed_over = passed_;
  return false;
}

}  // namespace clipwright::audit::pairs
