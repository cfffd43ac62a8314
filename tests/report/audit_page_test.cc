#include "report/audit_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/file.h"
#include "tests/temporary_folder.h"

namespace clipwright::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Pairs from memory.
class Given final : public audit::pairs::PairSource {
 public:
  explicit Given(std::vector<audit::pairs::AuditPair> pairs) : pairs_(std::move(pairs)) {}
  bool next(audit::pairs::AuditPair& pair) override {
    if (at_ == pairs_.size()) return false;
    pair = pairs_[at_++];
    return true;
  }

 private:
  std::vector<audit::pairs::AuditPair> pairs_;
  size_t at_ = 0;
};

class AuditPageTest : public ::testing::Test {
 protected:
  std::string page_of(const audit::corpus::CorpusAudit& audit) const {
    write_audit_page(audit, folder_ / "audit.html");
    return read_file(folder_ / "audit.html");
  }
  const TemporaryFolder temporary_;
  const fs::path folder_ = temporary_.path();
};

/// Gives every pair a similarity of 0.25.
class Constant final : public audit::verdict::PairScorer {
 public:
  void score(std::span<audit::verdict::AuditedPair> pairs) override {
    for (audit::verdict::AuditedPair& audited : pairs) audited.scores.similarity = 0.25;
  }
  std::string describe() const override { return "similarity: by <nobody>"; }
};

TEST_F(AuditPageTest, ShowsFlagsTiersDiversityAndExamples) {
  const audit::verdict::Auditor auditor{fs::path()};
  Given pairs({{"1", "bard", "a red bus on the road", "on the road there is a blue bus"},
               {"2", "bard", "two cats", "two cats on a mat"},
               {"1", "human", "a red bus on the road", "on the road a red bus <drives>"}});
  Constant constant;
  const audit::corpus::CorpusAudit audit = audit::corpus::audit_corpus(
      auditor, pairs, {.threads = 1, .scorers = {&constant}, .limits = {.similarity = 0.5}});
  EXPECT_EQ(audit.sources->texts, 2) << "the first caption stands in two modes";
  EXPECT_EQ(audit.rewrites->texts, 3);
  EXPECT_EQ(audit.mode_diversity.at("bard").texts, 2);
  EXPECT_EQ(audit.summary.flags.at("dissimilar"), 3);
  const std::string page = page_of(audit);
  EXPECT_THAT(page, HasSubstr("colour-changed"));
  EXPECT_THAT(page, HasSubstr("a red bus &lt;drives&gt;"));
  EXPECT_THAT(page, HasSubstr("similarity: by &lt;nobody&gt;"));
  EXPECT_THAT(page, HasSubstr("similarity 0.25"));
  EXPECT_THAT(page, HasSubstr("dissimilar"));
  EXPECT_THAT(page, HasSubstr("top-100 prefix mass"));
  EXPECT_THAT(page, HasSubstr("on the road")) << "the commonest beginning of the rewrites";
  EXPECT_THAT(page, HasSubstr("<svg viewBox")) << "the histogram needs no script";
  EXPECT_THAT(page, HasSubstr("docs/audit.md"));
}

TEST_F(AuditPageTest, OpensAlone) {
  Given pairs({{"1", "<b>", "\" onload=alert(1) \xFF", "<script>alert(1)</script>"}});
  const audit::verdict::Auditor auditor{fs::path()};
  const std::string page = page_of(audit::corpus::audit_corpus(auditor, pairs, {.threads = 1}));
  EXPECT_THAT(page, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(page, Not(HasSubstr("http://")));
  EXPECT_THAT(page, Not(HasSubstr("https://")));
}

TEST_F(AuditPageTest, SaysThatNothingWasFoundOfNothing) {
  Given none({});
  const audit::verdict::Auditor auditor{fs::path()};
  const std::string page = page_of(audit::corpus::audit_corpus(auditor, none, {.threads = 1}));
  EXPECT_THAT(page, HasSubstr("No rewrite was flagged"));
  EXPECT_THAT(page, Not(HasSubstr("nan")));
}

}  // namespace
}  // namespace clipwright::report
