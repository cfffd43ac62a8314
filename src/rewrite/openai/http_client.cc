#include "rewrite/openai/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "core/error.h"
#include "core/process/interrupt.h"
#include "core/words.h"

namespace clipwright::rewrite::openai {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr size_t kMostHeaderBytes = 64 << 10;
constexpr milliseconds kInterruptCheck{50};

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, FreeEasy>;

/// One request under way.
struct Transfer {
  int64_t id;
  Easy easy;
  HttpReply reply;
  std::string sent;  ///< curl reads the body from here
  size_t limit = 0, header_bytes = 0;
  bool too_large = false;
  Clock::time_point start = Clock::now();
  std::optional<Clock::time_point> first_line;
  char error[CURL_ERROR_SIZE] = {};
};

size_t take_body(char* data, size_t, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.reply.body.size() + count > transfer.limit) {
    transfer.too_large = true;
    return 0;
  }
  transfer.reply.body.append(data, count);
  return count;
}

size_t take_header(char* data, size_t, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (!transfer.first_line) transfer.first_line = Clock::now();
  transfer.header_bytes += count;
  if (transfer.header_bytes > kMostHeaderBytes) {
    transfer.too_large = true;
    return 0;
  }
  const std::string line(data, count);
  const size_t colon = line.find(':');
  if (colon == std::string::npos) {
    if (line.rfind("HTTP/", 0) == 0) transfer.reply.headers.clear();  // "100 Continue" came before
    return count;
  }
  std::string name = line.substr(0, colon), value = line.substr(colon + 1);
  for (char& letter : name) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + 32);
  }
  value.erase(0, std::min(value.size(), value.find_first_not_of(" \t")));
  value.erase(value.find_last_not_of(" \t\r\n") + 1);
  transfer.reply.headers[name] = value;
  return count;
}

/// What this libcurl undoes.
const std::vector<std::string>& known_compressions() {
  static const std::vector<std::string> known = [] {
    std::vector<std::string> names;
    const auto features = static_cast<unsigned>(curl_version_info(CURLVERSION_NOW)->features);
    if ((features & CURL_VERSION_LIBZ) != 0) names.insert(names.end(), {"gzip", "deflate"});
    if ((features & CURL_VERSION_BROTLI) != 0) names.emplace_back("br");
    if ((features & CURL_VERSION_ZSTD) != 0) names.emplace_back("zstd");
    return names;
  }();
  return known;
}

/// Why a reply cannot be unpacked, when it is not its bytes: a compression that libcurl does not
/// undo. Empty when it is another reason.
std::string unknown_compression(const HttpReply& reply) {
  std::string name;
  for (const char letter : ascii_lower(reply.header("content-encoding")) + ",") {
    if (letter != ',') {
      if (letter != ' ' && letter != '\t') name += letter;
      continue;
    }
    const std::string plain = name.starts_with("x-") ? name.substr(2) : name;
    const std::vector<std::string>& known = known_compressions();
    if (!plain.empty() && plain != "identity" && plain != "none" &&
        std::find(known.begin(), known.end(), plain) == known.end()) {
      return "the reply has the Content-Encoding '" + name.substr(0, 40) + "', which is none of " +
             listed(known);
    }
    name.clear();
  }
  return {};
}

HttpFailure failure_of(CURLcode code, bool too_large) {
  if (too_large) return HttpFailure::kTooLarge;
  switch (code) {
    case CURLE_OK:
      return HttpFailure::kNone;
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return HttpFailure::kUnreachable;
    case CURLE_OPERATION_TIMEDOUT:
      return HttpFailure::kTimeout;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_OUT_OF_MEMORY:
      return HttpFailure::kRefused;
    default:
      return HttpFailure::kBroken;
  }
}

bool own_machine(const std::string& url) {
  const size_t scheme = url.find("://");
  const std::string rest = scheme == std::string::npos ? url : url.substr(scheme + 3);
  const std::string host = rest.substr(0, rest.find_first_of("/?#"));
  return host.rfind("127.", 0) == 0 || host.rfind("localhost", 0) == 0 ||
         host.rfind("[::1]", 0) == 0;
}

void strike_out(std::string& text, const std::string& secret) {
  if (secret.empty()) return;
  for (size_t at = 0; (at = text.find(secret, at)) != std::string::npos;)
    text.replace(at, secret.size(), "***");
}

}  // namespace

std::string HttpReply::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

struct HttpClient::State {
  HttpLimits limits;
  std::string key;
  std::unique_ptr<curl_slist, FreeList> headers;
  std::vector<Easy> idle;  ///< handles to use again
  // The transfers end before the multi handle they belong to.
  std::unique_ptr<CURLM, FreeMulti> multi;
  std::unordered_map<CURL*, std::unique_ptr<Transfer>> transfers;

  void append_header(const std::string& line) {
    curl_slist* longer = curl_slist_append(headers.get(), line.c_str());
    CW_CHECK(longer != nullptr, "no memory for a header");
    static_cast<void>(headers.release());
    headers.reset(longer);
  }
  std::unique_ptr<Transfer> remove(CURL* easy) {
    const auto found = transfers.find(easy);
    CW_CHECK(found != transfers.end(), "an unknown transfer");
    std::unique_ptr<Transfer> transfer = std::move(found->second);
    transfers.erase(found);
    curl_multi_remove_handle(multi.get(), easy);
    return transfer;
  }
  Finished finish(CURL* easy, CURLcode code, const std::string& because = {});
  void collect(std::vector<Finished>& finished);
  void end_overdue(std::vector<Finished>& finished);
};

HttpClient::Finished HttpClient::State::finish(CURL* easy, CURLcode code,
                                               const std::string& because) {
  const std::unique_ptr<Transfer> transfer = remove(easy);
  HttpReply& reply = transfer->reply;
  reply.seconds = std::chrono::duration<double>(Clock::now() - transfer->start).count();
  reply.failure = failure_of(code, transfer->too_large);
  const std::string packed =
      code == CURLE_BAD_CONTENT_ENCODING ? unknown_compression(reply) : std::string();
  if (!packed.empty()) reply.failure = HttpFailure::kRefused;
  if (reply.failure == HttpFailure::kNone) {
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    reply.status = static_cast<int>(status);
    strike_out(reply.body, key);
  } else {
    reply.body.clear();
    reply.reason = transfer->too_large ? "the reply is larger than " +
                                             std::to_string(limits.reply_bytes >> 10) + " KiB"
                   : !packed.empty()            ? packed
                   : !because.empty()           ? because
                   : transfer->error[0] != '\0' ? std::string(transfer->error)
                                                : std::string(curl_easy_strerror(code));
  }
  Finished finished{transfer->id, std::move(reply)};
  curl_easy_reset(easy);
  idle.push_back(std::move(transfer->easy));
  return finished;
}

void HttpClient::State::collect(std::vector<Finished>& finished) {
  int running = 0;
  curl_multi_perform(multi.get(), &running);
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    // Both are gone once the handle is removed.
    CURL* const easy = message->easy_handle;
    const CURLcode code = message->data.result;
    finished.push_back(finish(easy, code));
  }
}

void HttpClient::State::end_overdue(std::vector<Finished>& finished) {
  const Clock::time_point now = Clock::now();
  std::vector<std::pair<CURL*, std::string>> overdue;
  for (const auto& [easy, transfer] : transfers) {
    if (!transfer->first_line && now - transfer->start > limits.connect + limits.first_byte) {
      overdue.emplace_back(easy, "no reply began in time");
    } else if (transfer->first_line && now - *transfer->first_line > limits.body) {
      overdue.emplace_back(easy, "the reply began but did not end in time");
    }
  }
  for (const auto& [easy, why] : overdue)
    finished.push_back(finish(easy, CURLE_OPERATION_TIMEDOUT, why));
}

HttpClient::HttpClient(const HttpLimits& limits, const std::string& key)
    : state_(std::make_unique<State>()) {
  static std::once_flag once;
  std::call_once(once, [] {
    CW_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK, "libcurl does not start");
  });
  state_->limits = limits;
  state_->key = key;
  state_->multi.reset(curl_multi_init());
  CW_CHECK(state_->multi != nullptr, "libcurl gave no handle");
  state_->append_header("Content-Type: application/json");
  state_->append_header("Accept: application/json");
  state_->append_header("Expect:");  // no extra round trip for long prompts
  if (!key.empty()) {
    if (std::any_of(key.begin(), key.end(), [](char c) { return c <= ' ' || c == 0x7f; }))
      fail_usage("the key in OPENAI_API_KEY holds blanks or control characters", "a plain key");
    state_->append_header("Authorization: Bearer " + key);
  }
}

HttpClient::~HttpClient() { cancel_all(); }

void HttpClient::send(int64_t id, const HttpRequest& request) {
  State& state = *state_;
  auto transfer = std::make_unique<Transfer>();
  transfer->id = id;
  transfer->limit = state.limits.reply_bytes;
  transfer->sent = request.body;
  if (state.idle.empty()) {
    transfer->easy.reset(curl_easy_init());
    CW_CHECK(transfer->easy != nullptr, "libcurl gave no handle");
  } else {
    transfer->easy = std::move(state.idle.back());
    state.idle.pop_back();
  }
  CURL* const easy = transfer->easy.get();
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
  if (own_machine(request.url)) curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "clipwright");
  // Asks for replies as they are, and makes libcurl undo what a server compresses all the same.
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "identity");
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, state.headers.get());
  if (!transfer->sent.empty()) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->sent.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(transfer->sent.size()));
  }
  const HttpLimits& limits = state.limits;
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits.connect.count()));
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer.get());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer.get());
  CW_CHECK(curl_multi_add_handle(state.multi.get(), easy) == CURLM_OK, "libcurl refused a request");
  state.transfers.emplace(easy, std::move(transfer));
}

std::vector<HttpClient::Finished> HttpClient::wait(milliseconds longest) {
  std::vector<Finished> finished;
  if (state_->transfers.empty()) return finished;
  state_->collect(finished);
  if (finished.empty()) {
    curl_multi_poll(state_->multi.get(), nullptr, 0, static_cast<int>(longest.count()), nullptr);
    state_->collect(finished);
  }
  state_->end_overdue(finished);
  return finished;
}

size_t HttpClient::in_flight() const { return state_->transfers.size(); }

void HttpClient::cancel_all() {
  while (!state_->transfers.empty()) state_->remove(state_->transfers.begin()->first);
}

HttpReply HttpClient::ask(const HttpRequest& request) {
  CW_CHECK(in_flight() == 0, "ask() shares the line with nobody");
  send(0, request);
  while (true) {
    if (interrupted()) {
      cancel_all();
      throw Error(ExitCode::kInterrupted, "interrupted while waiting for the server");
    }
    std::vector<Finished> finished = wait(kInterruptCheck);
    if (!finished.empty()) return std::move(finished.front().reply);
  }
}

}  // namespace clipwright::rewrite::openai
