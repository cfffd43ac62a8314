#include "pickle/unpickle.h"

#include <bit>
#include <charconv>
#include <cstring>
#include <unordered_map>

#include "pickle/heap.h"
#include "pickle/torch_objects.h"

namespace clipwright::pickle {
namespace {

constexpr int kNewestProtocol = 5;

/// The machine that pickles are programs for, without the parts of it that call anything.
class Machine {
 public:
  Machine(std::string_view bytes, const std::string& where) : bytes_(bytes), heap_(where, at_) {}

  Pickle run() {
    while (step()) {
    }
    return heap_.finish(root_);
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const { heap_.refuse(why); }

  // ---- bytes ----
  std::string_view take(uint64_t count) {
    if (count > bytes_.size() - at_) refuse("it ends too early");
    const std::string_view taken = bytes_.substr(at_, count);
    at_ += count;
    return taken;
  }
  template <typename Number>
  Number number() {
    Number value;  // little-endian, as every machine that this program runs on
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::string_view line() {
    const size_t end = bytes_.find('\n', at_);
    if (end == std::string_view::npos) refuse("a line without an end");
    const std::string_view text = bytes_.substr(at_, end - at_);
    at_ = end + 1;
    return text;
  }

  // ---- objects ----
  void count(int64_t objects = 1) { heap_.count(objects); }
  Value* make(Value value) { return heap_.make(std::move(value)); }
  void push(Value* value) {
    count();
    stack_.push_back(value);
  }
  void push_new(Value value) { push(make(std::move(value))); }
  /// Nothing is taken from below the last mark.
  Value* pop() {
    if (stack_.size() <= floor()) refuse("an operation without what it needs");
    Value* value = stack_.back();
    stack_.pop_back();
    return value;
  }
  Value* top() {
    if (stack_.size() <= floor()) refuse("an operation without what it needs");
    return stack_.back();
  }
  size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  /// What was pushed since the last mark, which goes.
  std::vector<Value*> pop_mark() {
    if (marks_.empty()) refuse("a mark is missing");
    const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<Value*> items(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    marks_.pop_back();
    count(static_cast<int64_t>(items.size()));
    return items;
  }

  // ---- operations ----
  bool step();
  void push_text(std::string_view text) { push_new({std::string(text)}); }
  void push_bytes(std::string_view bytes) { push_new({Bytes{std::string(bytes)}}); }
  void push_long(std::string_view little_endian);
  void push_text_number(std::string_view text);
  void push_float(std::string_view text);
  void push_quoted(std::string_view text);
  void push_tuple(size_t length);
  void push_global(std::string_view module, std::string_view name);
  void append(const std::vector<Value*>& items);
  void set_items(const std::vector<Value*>& items);
  void memoize(uint64_t place) {
    count();
    memo_[place] = top();
  }
  void recall(uint64_t place) {
    const auto found = memo_.find(place);
    if (found == memo_.end()) refuse("an object that was never kept");
    push(found->second);
  }
  uint64_t place_in(std::string_view text) {
    uint64_t place = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), place);
    if (error != std::errc() || end != text.data() + text.size()) refuse("no number of a place");
    return place;
  }

  std::string_view bytes_;
  size_t at_ = 0;
  Heap heap_;
  const Value* root_ = nullptr;
  std::vector<Value*> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint64_t, Value*> memo_;
};

void Machine::push_long(std::string_view little_endian) {
  if (little_endian.size() > sizeof(int64_t)) {
    Value* bytes = make({Bytes{std::string(little_endian)}});
    push_new({Opaque{.name = "builtins.int", .arguments = bytes}});
    return;
  }
  uint64_t value = 0;
  for (size_t i = 0; i < little_endian.size(); ++i)
    value |= uint64_t{static_cast<unsigned char>(little_endian[i])} << (8 * i);
  // Two's complement of as many bytes as there are.
  const size_t bits = 8 * little_endian.size();
  if (bits > 0 && bits < 64 && ((value >> (bits - 1)) & 1) != 0) value |= ~uint64_t{0} << bits;
  push_new({static_cast<int64_t>(value)});
}

void Machine::push_text_number(std::string_view text) {
  if (text.ends_with('L')) text.remove_suffix(1);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || error == std::errc::invalid_argument)
    refuse("no whole number");
  if (error != std::errc()) {
    push_new({Opaque{.name = "builtins.int", .arguments = make({std::string(text)})}});
  } else {
    push_new({value});
  }
}

void Machine::push_float(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::invalid_argument || end != text.data() + text.size()) refuse("no number");
  push_new({value});
}

/// A text of protocol 0, which stands as Python would write it. Escapes are left as they are: no
/// name of a tensor has any.
void Machine::push_quoted(std::string_view text) {
  if (text.size() < 2 || text.front() != text.back() ||
      (text.front() != '\'' && text.front() != '"'))
    refuse("a text without quotes");
  push_text(text.substr(1, text.size() - 2));
}

void Machine::push_tuple(size_t length) {
  std::vector<Value*> items(length);
  for (size_t i = length; i-- > 0;) items[i] = pop();
  count(static_cast<int64_t>(length));
  push_new({Tuple{std::move(items)}});
}

void Machine::push_global(std::string_view module, std::string_view name) {
  // Python 2 called it otherwise.
  if (module == "__builtin__") module = "builtins";
  push_new({Global{heap_.name(std::string(module) + "." + std::string(name))}});
}

void Machine::append(const std::vector<Value*>& items) {
  Value* target = top();
  if (auto* list = std::get_if<List>(&target->data)) {
    list->items.insert(list->items.end(), items.begin(), items.end());
  } else if (!target->as<Opaque>()) {
    refuse("items for " + target->kind());
  }
}

void Machine::set_items(const std::vector<Value*>& items) {
  if (items.size() % 2 != 0) refuse("a key without a value");
  Value* target = top();
  if (auto* dict = std::get_if<Dict>(&target->data)) {
    for (size_t i = 0; i < items.size(); i += 2) dict->entries.emplace_back(items[i], items[i + 1]);
  } else if (!target->as<Opaque>()) {
    refuse("entries for " + target->kind());
  }
}

bool Machine::step() {
  const char operation = take(1)[0];
  switch (operation) {
    // Frames and protocols.
    case '\x80':
      if (number<uint8_t>() > kNewestProtocol) refuse("a newer protocol of pickles");
      break;
    case '\x95':
      number<uint64_t>();
      break;
    case '.':
      root_ = pop();
      return false;
    // The stack.
    case '(':
      count();
      marks_.push_back(stack_.size());
      break;
    case '0':
      if (stack_.size() == floor() && !marks_.empty()) {
        marks_.pop_back();
      } else {
        pop();
      }
      break;
    case '1':
      pop_mark();
      break;
    case '2':
      push(top());
      break;
    // Plain values.
    case 'N':
      push_new({None{}});
      break;
    case '\x88':
      push_new({true});
      break;
    case '\x89':
      push_new({false});
      break;
    case 'I': {
      const std::string_view text = line();
      if (text == "00" || text == "01") {
        push_new({text == "01"});
      } else {
        push_text_number(text);
      }
      break;
    }
    case 'L':
      push_text_number(line());
      break;
    case 'J':
      push_new({int64_t{number<int32_t>()}});
      break;
    case 'K':
      push_new({int64_t{number<uint8_t>()}});
      break;
    case 'M':
      push_new({int64_t{number<uint16_t>()}});
      break;
    case '\x8a':
      push_long(take(number<uint8_t>()));
      break;
    case '\x8b':
      push_long(take(number<uint32_t>()));
      break;
    case 'F':
      push_float(line());
      break;
    case 'G': {  // big-endian, alone among them
      const auto bits = __builtin_bswap64(number<uint64_t>());
      push_new({std::bit_cast<double>(bits)});
      break;
    }
    // Texts and bytes.
    case 'S':
      push_quoted(line());
      break;
    case 'T':
      push_text(take(number<uint32_t>()));
      break;
    case 'U':
      push_text(take(number<uint8_t>()));
      break;
    case 'V':
      push_text(line());
      break;
    case 'X':
      push_text(take(number<uint32_t>()));
      break;
    case '\x8c':
      push_text(take(number<uint8_t>()));
      break;
    case '\x8d':
      push_text(take(number<uint64_t>()));
      break;
    case 'B':
      push_bytes(take(number<uint32_t>()));
      break;
    case 'C':
      push_bytes(take(number<uint8_t>()));
      break;
    case '\x8e':
    case '\x96':
      push_bytes(take(number<uint64_t>()));
      break;
    // Containers.
    case ']':
    case '\x8f':
      push_new({List{}});
      break;
    case 'l':
    case '\x91':
      push_new({List{pop_mark()}});
      break;
    case ')':
      push_new({Tuple{}});
      break;
    case 't':
      push_new({Tuple{pop_mark()}});
      break;
    case '\x85':
      push_tuple(1);
      break;
    case '\x86':
      push_tuple(2);
      break;
    case '\x87':
      push_tuple(3);
      break;
    case '}':
      push_new({Dict{}});
      break;
    case 'd': {
      const std::vector<Value*> items = pop_mark();
      push_new({Dict{}});
      set_items(items);
      break;
    }
    case 'a': {
      Value* item = pop();
      count();
      append({item});
      break;
    }
    case 'e':
    case '\x90':
      append(pop_mark());
      break;
    case 's': {
      Value* value = pop();
      Value* key = pop();
      count();
      set_items({key, value});
      break;
    }
    case 'u':
      set_items(pop_mark());
      break;
    // Classes and objects.
    case 'c': {
      const std::string_view module = line();
      push_global(module, line());
      break;
    }
    case '\x93': {
      const Value* name = pop();
      const Value* module = pop();
      if (name->as<std::string>() == nullptr || module->as<std::string>() == nullptr)
        refuse("a class without a name");
      push_global(*module->as<std::string>(), *name->as<std::string>());
      break;
    }
    case 'R':
    case '\x81': {
      Value* arguments = pop();
      Value* callable = pop();
      push(construct(heap_, callable, arguments));
      break;
    }
    case '\x92': {
      pop();  // arguments by name
      Value* arguments = pop();
      Value* callable = pop();
      push(construct(heap_, callable, arguments));
      break;
    }
    case 'i': {
      const std::string_view module = line(), name = line();
      Value* arguments = make({Tuple{pop_mark()}});
      push_global(module, name);
      Value* callable = pop();
      push(construct(heap_, callable, arguments));
      break;
    }
    case 'o': {
      std::vector<Value*> items = pop_mark();
      if (items.empty()) refuse("an object without a class");
      Value* callable = items.front();
      items.erase(items.begin());
      push(construct(heap_, callable, make({Tuple{std::move(items)}})));
      break;
    }
    case 'b': {
      Value* state = pop();
      // Of an ordered dictionary it is torch's note of versions.
      if (auto* object = std::get_if<Opaque>(&top()->data)) object->state = state;
      break;
    }
    case 'Q':
      push(storage_of(heap_, pop()));
      break;
    case 'P':
      refuse("a reference as protocol 0 has them: save it again with a newer one");
    // What was kept.
    case 'p':
      memoize(place_in(line()));
      break;
    case 'q':
      memoize(number<uint8_t>());
      break;
    case 'r':
      memoize(number<uint32_t>());
      break;
    case '\x94':
      memoize(memo_.size());
      break;
    case 'g':
      recall(place_in(line()));
      break;
    case 'h':
      recall(number<uint8_t>());
      break;
    case 'j':
      recall(number<uint32_t>());
      break;
    default: {
      constexpr const char* kDigits = "0123456789abcdef";
      const auto byte = static_cast<unsigned char>(operation);
      refuse(std::string("the unknown operation 0x") + kDigits[byte >> 4] + kDigits[byte & 15]);
    }
  }
  return true;
}

}  // namespace

Pickle read_pickle(std::string_view bytes, const std::string& where) {
  return Machine(bytes, where).run();
}

}  // namespace clipwright::pickle
