// A private PostgreSQL server on a socket in a temporary folder, for as long as the object lives.
#pragma once

#include <gtest/gtest.h>
#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace clipwright::rewrite {

/// Debian's package keeps the server's programs in a folder a version; the newest counts.
inline std::filesystem::path postgres_programs() {
  std::vector<std::filesystem::path> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored)) {
    if (std::filesystem::exists(entry.path() / "bin/initdb")) found.push_back(entry.path() / "bin");
  }
  std::sort(found.begin(), found.end());
  return found.empty() ? std::filesystem::path() : found.back();
}

class PostgresServer {
 public:
  PostgresServer() {
    char name[] = "/tmp/clipwright-postgres-XXXXXX";
    folder_ = ::mkdtemp(name);
    if (::geteuid() == 0) {  // the server refuses to run as root
      for (const char* user : {"postgres", "nobody"}) {
        if (const passwd* entry = ::getpwnam(user); entry != nullptr) {
          user_ = user;
          if (::chown(folder_.c_str(), entry->pw_uid, entry->pw_gid) != 0) user_.clear();
          break;
        }
      }
    }
    std::filesystem::permissions(folder_, std::filesystem::perms::owner_all);
    run("initdb",
        "-D " + data() + " -U worker -A trust --no-sync --no-instructions -E UTF8 --locale=C");
    start();
  }
  ~PostgresServer() {
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  /// Waits until it answers.
  void start() {
    ASSERT_EQ(run("pg_ctl", "-D " + data() + " -w -t 60 -l " + folder_.string() +
                                "/log -o \"-c listen_addresses='' -c unix_socket_directories=" +
                                folder_.string() + " -c fsync=off\" start"),
              0)
        << log();
  }
  /// As when the machine loses its power: every connection breaks.
  void stop() { run("pg_ctl", "-D " + data() + " -m immediate -w stop"); }
  /// The answer to one question, as psql prints it without decoration.
  std::string ask(const std::string& sql, const std::string& database = "postgres") const {
    const std::string command = (postgres_programs() / "psql").string() + " -X -A -t -h " +
                                folder_.string() + " -U worker -d " + database + " -c \"" + sql +
                                "\" 2>&1";
    std::string answer;
    FILE* pipe = ::popen(command.c_str(), "r");
    char block[4096];
    for (size_t count; (count = std::fread(block, 1, sizeof block, pipe)) > 0;)
      answer.append(block, count);
    ::pclose(pipe);
    while (!answer.empty() && answer.back() == '\n') answer.pop_back();
    return answer;
  }
  void make_database(const std::string& name) { ask("CREATE DATABASE " + name); }
  std::string url(const std::string& database = "postgres") const {
    return "postgresql://worker@/" + database + "?host=" + folder_.string();
  }
  std::string log() const {
    std::ifstream file(folder_ / "log");
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::string data() const { return folder_.string() + "/data"; }
  int run(const char* program, const std::string& arguments) const {
    std::string command = "cd / && ";
    if (!user_.empty())
      command += "setpriv --reuid=" + user_ + " --regid=$(id -g " + user_ + ") --clear-groups ";
    command += (postgres_programs() / program).string() + " " + arguments + " >/dev/null 2>&1";
    return std::system(command.c_str());
  }
  std::filesystem::path folder_;
  std::string user_;
};

}  // namespace clipwright::rewrite
