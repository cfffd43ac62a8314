// Where sentences of an English text end.
#pragma once

#include <string_view>
#include <vector>

namespace clipwright::text {

/// The sentences of a text in order, each without blanks around it; they lie in `text`, so that
/// neighbours and what stands between them are one piece of it. A sentence ends at a line's end and
/// at ".", "!" or "?" (quotes and brackets that close behind them are its own) before a blank; not
/// at the dot of a common abbreviation ("Mr.", "e.g.", "No. 5") or of an initial ("J. Smith"). A
/// piece without a letter ("2.", "...") is no sentence: it belongs to the next one, at the end to
/// the last. Empty for a blank text.
std::vector<std::string_view> split_sentences(std::string_view text);

}  // namespace clipwright::text
