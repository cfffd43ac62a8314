#include "rewrite/engine/thought.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "core/words.h"

namespace clipwright::rewrite::engine {
namespace {

using Marks = std::pair<std::string_view, std::string_view>;  // first and last, in lower case

constexpr std::array<Marks, 12> kThoughts = {{{"<think>", "</think>"},
                                              {"<thinking>", "</thinking>"},
                                              {"<thought>", "</thought>"},
                                              {"<reasoning>", "</reasoning>"},
                                              {"<reflection>", "</reflection>"},
                                              {"<seed:think>", "</seed:think>"},
                                              {"[think]", "[/think]"},
                                              {"\u25c1think\u25b7", "\u25c1/think\u25b7"},
                                              {"<|begin_of_thought|>", "<|end_of_thought|>"},
                                              {"<|start_thinking|>", "<|end_thinking|>"},
                                              {"<|channel>", "<channel|>"},
                                              {"<unused94>", "<unused95>"}}};
constexpr std::array<Marks, 5> kAnswers = {{{"<answer>", "</answer>"},
                                            {"<response>", "</response>"},
                                            {"<|begin_of_answer|>", "<|end_of_answer|>"},
                                            {"<|begin_of_solution|>", "<|end_of_solution|>"},
                                            {"<|start_response|>", "<|end_response|>"}}};
constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kChannel = "<|channel|>", kMessage = "<|message|>", kFinal = "final";
// gpt-oss without its marks: the channels' names stand against the texts.
constexpr std::string_view kBareAnalysis = "analysis", kBareFinal = "assistantfinal";

size_t first_word(std::string_view text, size_t from) {
  return std::min(text.size(), text.find_first_not_of(kBlanks, from));
}

bool stands_at(std::string_view text, size_t at, std::string_view mark) {
  return text.substr(at).starts_with(mark);
}

/// Where the text after the last channel named final begins; nowhere when there is none.
size_t final_message(std::string_view text) {
  for (size_t at = text.rfind(kChannel); at != std::string_view::npos;
       at = at == 0 ? std::string_view::npos : text.rfind(kChannel, at - 1)) {
    if (!stands_at(text, first_word(text, at + kChannel.size()), kFinal)) continue;
    const size_t message = text.find(kMessage, at);
    return message == std::string_view::npos ? text.size() : message + kMessage.size();
  }
  return std::string_view::npos;
}

/// "analysisWe need to ...": a caption that begins with the word goes on with a blank.
bool begins_with_bare_analysis(std::string_view written) {
  const size_t begin = first_word(written, 0), next = begin + kBareAnalysis.size();
  return stands_at(written, begin, kBareAnalysis) && next < written.size() &&
         written[next] >= 'A' && written[next] <= 'Z';
}

/// The last mark that ends a thought.
struct Closed {
  size_t mark = 0, end = 0;  ///< where it begins, and what is behind it; 0 and 0: there is none
  Marks marks;
};

Closed last_closed(std::string_view small) {
  Closed closed;
  for (const Marks& marks : kThoughts) {
    const size_t at = small.rfind(marks.second);
    if (at != std::string_view::npos && at + marks.second.size() > closed.end)
      closed = {.mark = at, .end = at + marks.second.size(), .marks = marks};
  }
  return closed;
}

/// A thought that has no end. Such a mark within a text is a part of it: captions tell what signs
/// say.
bool begins_with_thought(std::string_view small, size_t from) {
  const size_t begin = first_word(small, from);
  return std::ranges::any_of(
      kThoughts, [&](const Marks& marks) { return stands_at(small, begin, marks.first); });
}

/// Without the marks of an answer at its ends.
std::string_view unmarked(std::string_view text, std::string_view small) {
  const size_t begin = first_word(text, 0);
  for (const auto& [first, last] : kAnswers) {
    if (!stands_at(small, begin, first)) continue;
    const size_t from = first_word(text, begin + first.size()), to = small.find(last, from);
    return text.substr(from, to == std::string_view::npos ? to : to - from);
  }
  return text;
}

}  // namespace

Answer answer_of(std::string_view written) {
  const std::string lowered = ascii_lower(written);
  const std::string_view small = lowered;
  size_t begin = 0, end = written.size();  // of the answer
  bool thought = false, open = false;
  if (small.find(kChannel) != std::string_view::npos) {
    thought = true;
    begin = final_message(small);
    open = begin == std::string_view::npos;
    if (!open) end = std::min(end, small.find("<|", begin));
  } else if (begins_with_bare_analysis(written)) {
    thought = true;
    begin = small.rfind(kBareFinal);
    open = begin == std::string_view::npos;
    if (!open) begin += kBareFinal.size();
  } else {
    const Closed closed = last_closed(small);
    thought = closed.end > 0;
    begin = closed.end;
    if (thought && first_word(small, begin) == small.size()) {
      // Nothing behind the thought: what stands before it is an answer, if it is anything.
      const size_t before = last_closed(small.substr(0, closed.mark)).end;
      const size_t at = small.substr(0, closed.mark).find(closed.marks.first, before);
      if (at != std::string_view::npos && first_word(small.substr(0, at), before) < at) {
        begin = before;
        end = at;
      }
    } else if (begins_with_thought(small, begin)) {
      open = thought = true;
    }
  }
  if (open) return {.text = {}, .behind_thought = true, .missing = true};
  Answer answer{.text = written.substr(begin, end - begin), .behind_thought = thought};
  answer.text = unmarked(answer.text, small.substr(begin, end - begin));
  answer.missing = thought && first_word(answer.text, 0) == answer.text.size();
  return answer;
}

AnswerLine line_of_answer(std::string_view written, bool blanks_first) {
  const Answer answer = answer_of(written);
  AnswerLine line{.text = answer.text, .missing = answer.missing};
  if (line.missing) return line;
  if (blanks_first || answer.behind_thought) line.text.remove_prefix(first_word(line.text, 0));
  const size_t end = line.text.find('\n');
  line.ended = end != std::string_view::npos;
  line.text = line.text.substr(0, end);
  return line;
}

}  // namespace clipwright::rewrite::engine
