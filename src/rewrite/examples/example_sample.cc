#include "rewrite/examples/example_sample.h"

#include <algorithm>

#include "core/error.h"
#include "rewrite/engine/reply.h"
#include "rewrite/prompt/example_rows.h"
#include "rewrite/prompt/prompt.h"

namespace clipwright::rewrite::examples {
namespace {

constexpr size_t kFewestWords = 3;  // "dog" shows a model nothing

}  // namespace

ExampleSample::ExampleSample(const records::CaptionSource& captions, uint64_t seed)
    : captions_(captions),
      order_(static_cast<uint64_t>(std::max<int64_t>(1, captions.size())), seed, "examples", 0) {
  if (captions.size() == 0) fail_input("there is no caption to make examples of");
}

std::optional<std::string> ExampleSample::next() {
  while (at_ < captions_.size()) {
    const auto index = static_cast<int64_t>(order_(static_cast<uint64_t>(at_++)));
    std::string text = prompt::caption_blanks(captions_.caption(index));
    const bool usable = prompt::check_example_text(text).found.empty() && !text.starts_with('#') &&
                        prompt::count_words(text) >= kFewestWords;
    if (usable && given_.insert(text).second) return text;
  }
  return std::nullopt;
}

std::string ExampleSample::key() const {
  return at_ == 0 ? std::string()
                  : captions_.key(static_cast<int64_t>(order_(static_cast<uint64_t>(at_ - 1))));
}

}  // namespace clipwright::rewrite::examples
