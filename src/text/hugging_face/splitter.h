// How a text falls into the words that are encoded one by one.
#pragma once

#include <functional>
#include <string>

#include "core/json.h"
#include "text/unicode/code_points.h"

namespace clipwright::text::hugging_face {

/// Called for every word; false: the rest is not wanted.
using UseWord = std::function<bool(unicode::CodePointView)>;

class Splitter {
 public:
  enum class Kind {
    kBert,  ///< at white space, which goes, and around every punctuation
    kGpt2,  ///< contractions, letters, numbers and others, each with a blank before it
    kWhole,
  };
  Splitter(Kind kind, bool prefix_space) : kind_(kind), prefix_space_(prefix_space) {}
  /// The "pre_tokenizer" of a tokenizer.json: BertPreTokenizer or ByteLevel. Throws Error(kInput)
  /// naming `where` for any other.
  Splitter(const Json& description, const std::string& where);

  Kind kind() const { return kind_; }
  /// False when `use` wanted no more.
  bool split(unicode::CodePointView text, const UseWord& use) const;

 private:
  Kind kind_;
  bool prefix_space_ = false;  ///< a blank goes before a text that begins with none
};

}  // namespace clipwright::text::hugging_face
