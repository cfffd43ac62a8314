// An HTTP server on loopback that can misbehave in every way a network and a server can, for tests.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/json.h"

namespace clipwright::rewrite {

/// One answer, and what goes wrong while it is sent.
struct FakeReply {
  int status = 200;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  long stated_length = -1;                     ///< Content-Length; -1: the truth
  size_t send_only = std::string::npos;        ///< bytes of the body, then the line is cut
  bool reset = false;                          ///< cut with a reset instead of an end
  std::chrono::milliseconds between_bytes{0};  ///< of the body
  bool hang = false;                           ///< says nothing until the server stops
};

class FakeServer {
 public:
  struct Asked {
    std::string method, path, head;
    std::string body;
  };
  using Handler = std::function<FakeReply(const Asked&)>;

  /// Port 0: any free one. The handler is called from many threads.
  explicit FakeServer(Handler handler, int port = 0) : handler_(std::move(handler)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(port));
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 128) != 0)
      throw std::runtime_error(std::string("fake server: ") + std::strerror(errno));
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~FakeServer() { stop(); }

  int port() const { return port_; }
  int connections() const {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(threads_.size());
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  /// Cuts every connection and listens no more.
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      if (stopped_) return;
      stopped_ = true;
      ::shutdown(listener_, SHUT_RDWR);
      for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
    }
    changed_.notify_all();
    acceptor_.join();
    ::close(listener_);
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void accept_all() {
    while (true) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      const std::lock_guard lock(mutex_);
      if (socket < 0 || stopped_) {
        if (socket >= 0) ::close(socket);
        if (stopped_) return;
        continue;
      }
      const int yes = 1;
      ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
      sockets_.push_back(socket);
      threads_.emplace_back([this, socket] { serve(socket); });
    }
  }

  bool read_request(int socket, std::string& buffer, Asked& asked) {
    char block[1 << 14];
    const auto more = [&] {
      const ssize_t count = ::recv(socket, block, sizeof block, 0);
      if (count > 0) buffer.append(block, static_cast<size_t>(count));
      return count > 0;
    };
    size_t end;
    while ((end = buffer.find("\r\n\r\n")) == std::string::npos) {
      if (!more()) return false;
    }
    asked.head = buffer.substr(0, end);
    const size_t space = asked.head.find(' '), second = asked.head.find(' ', space + 1);
    asked.method = asked.head.substr(0, space);
    asked.path = asked.head.substr(space + 1, second - space - 1);
    size_t length = 0;
    if (const size_t at = asked.head.find("Content-Length: "); at != std::string::npos)
      length = std::stoul(asked.head.substr(at + 16));
    buffer.erase(0, end + 4);
    while (buffer.size() < length) {
      if (!more()) return false;
    }
    asked.body = buffer.substr(0, length);
    buffer.erase(0, length);
    return true;
  }

  static bool send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(count));
    }
    return true;
  }

  /// False when the server stopped meanwhile.
  bool wait(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return !changed_.wait_for(lock, time, [this] { return stopped_; });
  }

  bool answer(int socket, const FakeReply& reply) {
    if (reply.hang) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopped_; });
      return false;
    }
    const long length =
        reply.stated_length >= 0 ? reply.stated_length : static_cast<long>(reply.body.size());
    std::string head =
        "HTTP/1.1 " + std::to_string(reply.status) +
        " X\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(length) +
        "\r\n";
    for (const auto& [name, value] : reply.headers) head += name + ": " + value + "\r\n";
    head += "\r\n";
    if (!send_all(socket, head)) return false;
    const std::string_view body = std::string_view(reply.body).substr(0, reply.send_only);
    if (reply.between_bytes.count() == 0) {
      if (!send_all(socket, body)) return false;
    } else {
      for (const char byte : body) {
        if (!wait(reply.between_bytes) || !send_all(socket, {&byte, 1})) return false;
      }
    }
    if (reply.reset) {
      const linger now{1, 0};
      ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    return !reply.reset && reply.send_only >= reply.body.size() &&
           length == static_cast<long>(reply.body.size());
  }

  void serve(int socket) {
    std::string buffer;
    Asked asked;
    while (read_request(socket, buffer, asked) && answer(socket, handler_(asked))) {
    }
    const std::lock_guard lock(mutex_);
    std::erase(sockets_, socket);
    ::close(socket);
  }

  Handler handler_;
  int listener_ = -1, port_ = 0;
  std::thread acceptor_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
  std::vector<int> sockets_;
  std::list<std::thread> threads_;
};

/// What a healthy server with one model, "tiny", says.
inline FakeReply models_reply() {
  return {.body = R"({"object":"list","data":[{"id":"tiny","object":"model","owned_by":"test"}]})"};
}
inline FakeReply completion_reply(const std::string& text, const std::string& finish = "stop") {
  return {.body = to_line({{"choices", {{{"text", text}, {"finish_reason", finish}}}},
                           {"usage", {{"prompt_tokens", 40}, {"completion_tokens", 7}}}})};
}
inline FakeReply error_reply(int status, const std::string& message,
                             const std::string& code = "x") {
  return {.status = status,
          .body = to_line({{"error", {{"message", message}, {"type", "test"}, {"code", code}}}})};
}

inline bool is_models(const FakeServer::Asked& asked) { return asked.path == "/v1/models"; }
inline bool is_probe(const FakeServer::Asked& asked) {
  return asked.body.find("a dog =>") != std::string::npos;
}
}  // namespace clipwright::rewrite
