// Which rewrites are good enough: a condition on what the audit says of them.
#pragma once

#include <string>
#include <vector>

#include "audit/verdict/audit.h"

namespace clipwright::data::captions {

/// "audit.score >= 0.6 and not flag:number-changed": terms joined by `and`; a term is `audit.score`
/// with one of >=, >, <=, < and a number, or `not flag:NAME`, or `flag:NAME`.
class KeepCondition {
 public:
  /// Throws Error(kUsage) for anything else. An empty text keeps everything.
  static KeepCondition parse(const std::string& text);

  bool empty() const { return terms_.empty(); }
  /// The same condition in one spelling.
  std::string describe() const;
  bool needs_flags() const;
  bool keeps(double score, const std::vector<std::string>& flags) const;

 private:
  struct Term {
    std::string comparison;  // of the score; empty: a flag
    double bound = 0;
    std::string flag;
    bool wanted = false;
  };
  std::vector<Term> terms_;
};

}  // namespace clipwright::data::captions
