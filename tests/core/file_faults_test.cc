// Every way to write a file of core/file, with every call that it makes failing once.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <map>

#include "core/append_file.h"
#include "core/error.h"
#include "core/file.h"
#include "core/process/kernel_choice.h"
#include "tests/faults/failing_calls.h"
#include "tests/temporary_folder.h"

namespace clipwright {
namespace {

using Files = std::map<std::string, std::string>;

/// All of a folder and its folders, by their names in it.
Files files_below(const fs::path& folder) {
  Files files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = fs::relative(entry.path(), folder).string();
    files[name] = entry.is_regular_file() ? read_file(entry.path()) : "a folder";
  }
  return files;
}

/// What a call is told to do, and what the message must say of it.
struct Kind {
  const char *words, *said;
};
const Kind kKinds[] = {
    {"write full", "No space left on device"}, {"write half", "No space left on device"},
    {"write broken", "Input/output error"},    {"sync broken", "Input/output error"},
    {"sync full", "No space left on device"},  {"close broken", "Input/output error"},
    {"close full", "No space left on device"}, {"rename denied", "Permission denied"},
    {"rename broken", "Input/output error"},   {"link full", "No space left on device"},
    {"open full", "No space left on device"},  {"open denied", "Permission denied"},
};

class FileFaults : public testing::Test {
 protected:
  std::string at(const std::string& name) const { return folder_ / name; }

  /// Does the work with each call failing, the first, the second and so on to the last; then
  /// without a fault. `look` sees what each left.
  void with_every_fault(const std::function<void()>& prepare, const std::function<void()>& work,
                        const std::function<void(const Files&, const std::string&)>& look) {
    for (const Kind& kind : kKinds) {
      int64_t failures = 0;
      for (int64_t call = 1;; ++call) {
        const std::string what = kind.words + (" " + std::to_string(call));
        fs::remove_all(folder_.path());
        fs::create_directories(folder_.path());
        prepare();
        bool failed = false, refused = false;
        {
          // Folders are synced too; that one is closed well is of no concern.
          const FailingCalls faults(
              what + " " + (what.starts_with("sync") ? folder_.path().string() + "*" : at("*")));
          try {
            work();
          } catch (const Error& error) {
            refused = true;
            EXPECT_EQ(error.code(), ExitCode::kFailed) << what;
            EXPECT_NE(std::string(error.what()).find(folder_.path().string()), std::string::npos)
                << what << ": " << error.what();
            EXPECT_NE(std::string(error.what()).find(kind.said), std::string::npos)
                << what << ": " << error.what();
          }
          failed = faults.failed() > 0;
        }
        EXPECT_EQ(refused, failed) << what;
        look(files_below(folder_.path()), what);
        if (!failed) break;
        ++failures;
        EXPECT_NO_THROW(work()) << "again, after " << what;
      }
      failures_[kind.words] += failures;
    }
  }

  TemporaryFolder folder_;
  std::map<std::string, int64_t> failures_;
};

const std::string kLarge(size_t{5} << 19, 'n');  // two and a half buffers

TEST_F(FileFaults, AFileIsWholeOrAsBefore) {
  for (const bool there : {false, true}) {
    const Files before = there ? Files{{"x", "old"}} : Files{}, after = {{"x", kLarge}};
    with_every_fault(
        [&] {
          if (there) write_file(at("x"), "old");
        },
        [&] {
          AtomicFile file(at("x"));
          for (size_t from = 0; from < kLarge.size(); from += size_t{1} << 20)
            file.write(std::string_view(kLarge).substr(from, size_t{1} << 20));
          file.commit();
        },
        [&](const Files& files, const std::string& what) {
          EXPECT_TRUE(files == before || files == after) << what;
        });
  }
  for (const Kind& kind : kKinds) {
    const int64_t calls = std::string(kind.words).starts_with("write")  ? 3
                          : std::string(kind.words).starts_with("link") ? 0
                                                                        : 1;
    EXPECT_GE(failures_[kind.words], 2 * calls) << kind.words;
  }
}

TEST_F(FileFaults, AShortWriteIsGoneOnWith) {
  for (const char* call : {"1", "2", "3"}) {
    const FailingCalls faults(std::string("write part ") + call + " " + at("*"));
    AtomicFile file(at("x"));
    for (size_t from = 0; from < kLarge.size(); from += size_t{1} << 20)
      file.write(std::string_view(kLarge).substr(from, size_t{1} << 20));
    file.commit();
    EXPECT_EQ(faults.failed(), 1) << call;
    EXPECT_EQ(read_file(at("x")), kLarge) << call;
  }
}

TEST_F(FileFaults, WhatIsWrittenAfterAFailureIsNotTwiceInTheFile) {
  AtomicFile file(at("x"));
  {
    const FailingCalls faults("write half 1 " + at("*"));
    EXPECT_THROW(file.write(kLarge), Error);
  }
  file.write("end");
  file.commit();
  EXPECT_TRUE(read_file(at("x")) == kLarge + "end");
}

TEST_F(FileFaults, FilesThatBelongTogetherAreAllNewOrAllAsBefore) {
  const Files fresh = {{"a", "new a"}, {"b", "new b"}, {"c", "new c"}};
  Files both = fresh;
  both["kept"] = "kept";
  const Files old = {{"a", "old a"}, {"c", "old c"}, {"gone", "old"}, {"kept", "kept"}};
  for (const Files& before : {Files{}, old}) {
    with_every_fault(
        [&] {
          for (const auto& [name, contents] : before) write_file(at(name), contents);
        },
        [&] {
          write_files({{at("a"), "new a"}, {at("b"), "new b"}, {at("c"), "new c"}}, {at("gone")});
        },
        [&](const Files& files, const std::string& what) {
          std::string names;
          for (const auto& [name, contents] : files)
            names += name + ": " + contents.substr(0, 9) + "; ";
          EXPECT_TRUE(files == before || files == (before.empty() ? fresh : both))
              << what << " left " << names;
        });
  }
  EXPECT_GE(failures_["rename denied"], 7) << "three names, and four where one goes";
  EXPECT_GE(failures_["link full"], 6);
}

TEST_F(FileFaults, TwoWritersOfOneNameDoNotMix) {
  AtomicFile first(at("x")), second(at("x"));
  first.write("first");
  second.write("the second");
  first.commit();
  EXPECT_EQ(read_file(at("x")), "first");
  second.commit();
  EXPECT_EQ(files_below(folder_.path()), (Files{{"x", "the second"}}));
}

TEST_F(FileFaults, AFileSystemThatSyncsNoFoldersIsNoFailure) {
  const FailingCalls faults("sync denied 1 " + folder_.path().string());
  write_file(at("x"), "new");
  EXPECT_EQ(faults.failed(), 1);
  EXPECT_EQ(read_file(at("x")), "new");
}

TEST_F(FileFaults, AFolderThatCannotBeMadeIsNamed) {
  for (const char* words : {"mkdir full 1 ", "mkdir denied 2 "}) {
    const FailingCalls faults(words + at("*"));
    try {
      make_folder(folder_.path() / "a/b/c");
      FAIL() << words;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::kFailed);
      EXPECT_NE(std::string(error.what()).find(at("a/b/c")), std::string::npos) << error.what();
    }
  }
  make_folder(folder_.path() / "a/b/c");
  EXPECT_TRUE(fs::is_directory(at("a/b/c")));
}

TEST_F(FileFaults, AppendedRecordsAreWholeAndTheNextGoesOnAfterThem) {
  for (const char* words : {"write full 2 ", "write half 2 ", "write broken 2 "}) {
    fs::remove(at("log"));
    AppendFile file(at("log"), "Try again.");
    {
      const FailingCalls faults(words + at("log"));
      file.append("first\n");
      try {
        file.append("second\n");
        FAIL() << words;
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ExitCode::kFailed);
        EXPECT_NE(std::string(error.what()).find(at("log")), std::string::npos) << error.what();
        EXPECT_NE(std::string(error.what()).find("Try again."), std::string::npos);
      }
      EXPECT_EQ(read_file(at("log")), "first\n") << words;
    }
    file.append("third\n");
    EXPECT_EQ(read_file(at("log")), "first\nthird\n") << words;
  }
  fs::remove(at("log"));
  AppendFile file(at("log"));
  {
    const FailingCalls faults("write part 1 " + at("log"));
    file.append("whole after all\n");
  }
  EXPECT_EQ(read_file(at("log")), "whole after all\n");
  for (const char* words : {"truncate broken 1 ", "sync broken 1 "}) {
    const FailingCalls faults(words + at("log"));
    EXPECT_THROW(
        {
          file.cut(0);
          file.sync();
        },
        Error)
        << words;
  }
  const FailingCalls faults("open denied 1 " + at("*"));
  EXPECT_THROW(AppendFile(at("other")), Error);
}

// A cache that cannot be written only costs time.
TEST_F(FileFaults, KernelFindingsThatCannotBeKeptAreToldAndNoFailure) {
  ::setenv("XDG_CACHE_HOME", folder_.path().c_str(), 1);
  {
    const FailingCalls faults("write full 1 " + at("*"));
    EXPECT_FALSE(keep_kernel_findings({{"resize:avx2", "died"}}));
  }
  for (const auto& [name, contents] : files_below(folder_.path()))
    EXPECT_EQ(contents, "a folder") << name;
  EXPECT_TRUE(keep_kernel_findings({{"resize:avx2", "died"}}));
  ::unsetenv("XDG_CACHE_HOME");
}

}  // namespace
}  // namespace clipwright
