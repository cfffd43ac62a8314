// What a server says instead of an answer, in whatever shape it says it.
#pragma once

#include <string>
#include <string_view>

#include "core/json.h"

namespace clipwright::rewrite::openai {

struct ServerWords {
  std::string message;  ///< one line, short; empty: it says nothing
  std::string kind;     ///< "insufficient_quota requests ", in lower case
  int status = 0;       ///< what its code means as an HTTP status; 0: nothing that is known
};

/// Reads {"error": {"message", "type", "code", "metadata"}}, {"error": "words"}, {"errors": [..]},
/// {"detail": ..}, {"message", "code"}, {"base_resp": {"status_code", "status_msg"}} and their
/// like. A code in words ("rate_limit_exceeded") has a status too; an error of none, or of code 0,
/// is no error.
ServerWords words_of(const Json& json);
/// Of a reply with an error status: what is no JSON is itself the message.
ServerWords words_of_body(std::string_view body);

/// Untrusted text as it may stand in a message or the ledger: UTF-8, one line, at most `most`
/// bytes.
std::string quoted_reason(std::string_view text, size_t most = 160);

}  // namespace clipwright::rewrite::openai
