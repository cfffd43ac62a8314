#include "rewrite/archive/ledger_pairs.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "rewrite/ledger/ledger.h"
#include "tests/temporary_folder.h"

namespace clipwright::rewrite::archive {
namespace {

class LedgerPairsTest : public testing::Test {
 protected:
  /// A ledger with `captions` accepted rewrites, each after a rejected attempt.
  std::string ledger(int captions) const {
    const std::string path = folder_ / "ledger.db";
    const auto made = ledger::open_ledger(path);
    const Sha256 recipe = sha256("recipe");
    made->describe(recipe, "{}");
    for (int i = 0; i < captions; ++i) {
      const std::string caption = "a cat number " + std::to_string(i);
      ledger::LedgerRow row{.source = ledger::source_key(caption),
                            .mode = "bard",
                            .recipe = recipe,
                            .status = "rejected:empty"};
      made->add(row, caption);
      row.attempt = 1;
      row.status = "accepted";
      row.text = "cat " + std::to_string(i) + ", told again";
      made->add(row, caption);
    }
    made->commit();
    return path;
  }
  static ExitCode code_of(const std::string& url) {
    try {
      open_ledger_pairs(url);
    } catch (const Error& error) {
      return error.code();
    }
    return ExitCode::kDone;
  }
  TemporaryFolder folder_;
};

TEST_F(LedgerPairsTest, AcceptedRowsByKeyAndTheOthersCounted) {
  const std::string path = ledger(10'000);  // more than the reader runs ahead
  const std::string before = read_file(path);
  const auto source = open_ledger_pairs("sqlite:" + path);
  EXPECT_EQ(source->total(), 10'000);
  audit::pairs::AuditPair pair;
  std::string last;
  int64_t pairs = 0;
  for (; source->next(pair); ++pairs) {
    EXPECT_LT(last, pair.key);
    last = pair.key;
    EXPECT_EQ(pair.mode, "bard");
    EXPECT_EQ(pair.key, hex(sha256(pair.source)));
    EXPECT_EQ(pair.text, "cat " + pair.source.substr(13) + ", told again");
  }
  EXPECT_EQ(pairs, 10'000);
  EXPECT_FALSE(source->next(pair));
  EXPECT_EQ(source->passed_over["rejected:empty"], 10'000);
  EXPECT_EQ(read_file(path), before);
}

TEST_F(LedgerPairsTest, ARewriteWhoseCaptionIsLostIsCounted) {
  const std::string path = ledger(3);
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database, "DELETE FROM source WHERE text = 'a cat number 1'", nullptr,
                         nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(database);
  const auto source = open_ledger_pairs(path);
  audit::pairs::AuditPair pair;
  int64_t pairs = 0;
  while (source->next(pair)) ++pairs;
  EXPECT_EQ(pairs, 2);
  EXPECT_EQ(source->passed_over["without source"], 1);
}

TEST_F(LedgerPairsTest, AnAuditThatStopsEarlyLeavesNoReaderBehind) {
  const auto source = open_ledger_pairs(ledger(10'000));
  audit::pairs::AuditPair pair;
  EXPECT_TRUE(source->next(pair));
}

TEST_F(LedgerPairsTest, RefusesWhatIsNoLedgerAndMakesNone) {
  EXPECT_EQ(code_of("sqlite:" + folder_.write("x.sqlite", std::string(4096, 'x'))),
            ExitCode::kInput);
  EXPECT_EQ(code_of(folder_ / "absent.sqlite"), ExitCode::kInput);
  EXPECT_FALSE(fs::exists(folder_ / "absent.sqlite"));
  EXPECT_EQ(code_of("mysql://host/x"), ExitCode::kUsage);
}

}  // namespace
}  // namespace clipwright::rewrite::archive
