// Tables of examples that are no text: what they are is said, not that a row is damaged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "core/error.h"
#include "rewrite/examples/example_table.h"
#include "rewrite/prompt/example_rows.h"
#include "tests/temporary_folder.h"
#include "tests/text/foreign_forms.h"

namespace clipwright::rewrite::examples {
namespace {

TEST(ForeignTables, AreNamedByWhatTheyAre) {
  const TemporaryFolder folder;
  const std::function<void(const std::string&)> readers[] = {
      [](const std::string& path) { examples_from_table(path, {}); },
      [](const std::string& path) { prompt::read_example_rows(path); }};
  for (const auto& read : readers) {
    for (const ForeignForm& form : foreign_forms()) {
      const std::string path = folder.write("pairs.tsv", form.bytes);
      try {
        read(path);
        ADD_FAILURE() << form.name << " was read";
      } catch (const Error& error) {
        EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr(path + ": is "),
                                                 testing::HasSubstr(form.name)));
      }
    }
  }
}

}  // namespace
}  // namespace clipwright::rewrite::examples
