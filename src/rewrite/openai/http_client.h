// HTTP requests side by side in one thread, over libcurl: kept-alive connections, a limit for every
// phase and for the size of a reply, which is unpacked where a server compressed it. Proxies only
// where the environment names them (never for this machine's own addresses), certificates always
// verified, redirects never followed.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace clipwright::rewrite::openai {

struct HttpLimits {
  std::chrono::milliseconds connect{10'000};
  std::chrono::milliseconds first_byte{120'000};  ///< from sending to the reply's status line
  std::chrono::milliseconds body{30'000};  ///< from there to its end, however slowly bytes trickle
  size_t reply_bytes = size_t{1} << 20;    ///< unpacked
};

struct HttpRequest {
  std::string url;
  std::string body;  ///< JSON to POST; empty: GET
};

enum class HttpFailure {
  kNone,         ///< there is a status, whatever it says
  kUnreachable,  ///< no such name, or nobody listens
  kTimeout,
  kBroken,    ///< the connection ended before the reply did
  kTooLarge,  ///< more than HttpLimits::reply_bytes
  kRefused,   ///< by us: a bad address, a certificate that does not verify, an unknown compression
};

struct HttpReply {
  HttpFailure failure = HttpFailure::kNone;
  std::string reason;  ///< of a failure, for people
  int status = 0;
  std::string body;
  std::map<std::string, std::string> headers;  ///< names in lower case; the last of equal ones
  double seconds = 0;
  std::string header(const std::string& name) const;
};

/// Not thread-safe.
class HttpClient {
 public:
  /// `key` goes into the Authorization header, where it is not empty, and is struck out of whatever
  /// a server says. Throws Error(kUsage) for a key that fits no header.
  explicit HttpClient(const HttpLimits& limits, const std::string& key = {});
  ~HttpClient();

  /// Sends a request; `id` comes back with the reply.
  void send(int64_t id, const HttpRequest& request);
  struct Finished {
    int64_t id;
    HttpReply reply;
  };
  /// What has finished; waits up to `longest` when nothing has and something is in flight.
  std::vector<Finished> wait(std::chrono::milliseconds longest);
  size_t in_flight() const;
  /// Drops everything in flight.
  void cancel_all();
  /// Sends one request and waits for it, with nothing else in flight. Throws Error(kInterrupted)
  /// after Ctrl-C.
  HttpReply ask(const HttpRequest& request);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace clipwright::rewrite::openai
