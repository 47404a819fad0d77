#include "twin/topology/json_document.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

namespace wirebraid::topology {
namespace {

/// How far the parser has come. A line ends with its newline, so that a number, whose end is known
/// by the character after it, still counts for its own line.
struct Progress {
  uint32_t line = 1;
  bool after_newline = false;
};

/// Hands characters to the parser and counts lines on the way.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, Progress* progress) : at_(at), progress_(progress) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    if (progress_->after_newline) ++progress_->line;
    progress_->after_newline = *at_ == '\n';
    ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const CountingIterator& x, const CountingIterator& y) {
    return x.at_ == y.at_;
  }
  friend bool operator!=(const CountingIterator& x, const CountingIterator& y) { return !(x == y); }

 private:
  const char* at_;
  Progress* progress_;
};

/// Builds the tree from the parser's events. Values still under construction are held by value in
/// a stack, so a tree that grows never moves what points into it.
class TreeBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit TreeBuilder(const Progress& progress) : progress_(progress) {}

  bool null() override { return add({}); }
  bool boolean(bool truth) override {
    JsonValue value;
    value.kind = JsonKind::boolean;
    value.truth = truth;
    return add(std::move(value));
  }
  bool number_integer(number_integer_t number) override {
    return add_number(static_cast<double>(number));
  }
  bool number_unsigned(number_unsigned_t number) override {
    return add_number(static_cast<double>(number));
  }
  bool number_float(number_float_t number, const string_t&) override { return add_number(number); }
  bool string(string_t& text) override {
    JsonValue value;
    value.kind = JsonKind::string;
    value.text = std::move(text);
    return add(std::move(value));
  }
  bool binary(binary_t&) override { return false; }  // only binary formats have it
  bool start_object(std::size_t) override { return open(JsonKind::object); }
  bool start_array(std::size_t) override { return open(JsonKind::array); }
  bool key(string_t& name) override {
    open_.back().next_key = std::move(name);
    return true;
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t, const std::string& last_token,
                   const nlohmann::detail::exception& exception) override {
    return fail(without_prefix(exception.what(), last_token));
  }

  std::unique_ptr<JsonValue> take_root() { return std::move(root_); }
  const std::string& error() const { return error_; }
  size_t error_line() const { return error_line_; }

 private:
  struct Open {
    JsonValue value;
    std::string next_key;
  };

  bool fail(std::string message) {
    error_ = std::move(message);
    error_line_ = progress_.line;
    return false;
  }

  /// The library's own words without its error number and position.
  static std::string without_prefix(std::string_view what, const std::string& last_token) {
    if (what.find("out_of_range") != std::string_view::npos) {
      return in_quotes(last_token) + " is too large for a number";
    }
    for (const std::string_view mark : {": syntax error ", ": "}) {
      const size_t found = what.find(mark, what.find("column"));
      if (found == std::string_view::npos) continue;
      what.remove_prefix(found + 2);
      break;
    }
    std::string message = "not JSON: ";
    // The bytes it could not read are quoted raw.
    for (const char c : what) message += (static_cast<unsigned char>(c) & 0x80) != 0 ? '?' : c;
    return message;
  }

  bool add_number(double number) {
    JsonValue value;
    value.kind = JsonKind::number;
    value.number = number;
    return add(std::move(value));
  }

  bool count() {
    if (++values_ <= kMaxJsonValues) return true;
    return fail("more than " + std::to_string(kMaxJsonValues) + " values");
  }

  bool add(JsonValue value) {
    if (!count()) return false;
    value.line = progress_.line;
    place(std::move(value));
    return true;
  }

  void place(JsonValue value) {
    if (open_.empty()) {
      root_ = std::make_unique<JsonValue>(std::move(value));
      return;
    }
    Open& around = open_.back();
    value.key = std::move(around.next_key);
    around.value.children.push_back(std::move(value));
  }

  bool open(JsonKind kind) {
    if (!count()) return false;
    if (open_.size() >= kMaxJsonDepth) {
      return fail("nested deeper than " + std::to_string(kMaxJsonDepth) + " levels");
    }
    Open opened;
    opened.value.kind = kind;
    opened.value.line = progress_.line;
    open_.push_back(std::move(opened));
    return true;
  }

  bool close() {
    JsonValue value = std::move(open_.back().value);
    open_.pop_back();
    place(std::move(value));
    return true;
  }

  const Progress& progress_;
  std::vector<Open> open_;
  std::unique_ptr<JsonValue> root_;
  size_t values_ = 0;
  std::string error_;
  size_t error_line_ = 0;
};

// No deeper than kMaxJsonDepth.
void tell_containers(JsonValue& value) {  // NOLINT(misc-no-recursion)
  for (JsonValue& child : value.children) {
    child.container = &value;
    tell_containers(child);
  }
}

/// As RFC 6901 has it, but short and safe to print.
std::string escaped(std::string_view key) {
  const std::string safe = in_quotes(key);
  std::string text;
  for (const char c : std::string_view(safe).substr(1, safe.size() - 2)) {
    text += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  }
  return text;
}

}  // namespace

const JsonValue* JsonValue::find(std::string_view name) const {
  if (kind != JsonKind::object) return nullptr;
  const auto found = std::find_if(children.begin(), children.end(),
                                  [&](const JsonValue& child) { return child.key == name; });
  return found == children.end() ? nullptr : &*found;
}

std::string JsonValue::pointer() const {
  std::string path;
  for (const JsonValue* value = this; value->container != nullptr; value = value->container) {
    const JsonValue& around = *value->container;
    const std::string step = around.kind == JsonKind::object
                                 ? escaped(value->key)
                                 : std::to_string(value - around.children.data());
    path.insert(0, "/" + step);
  }
  return path;
}

std::string_view name_of(JsonKind kind) {
  switch (kind) {
    case JsonKind::null:
      return "null";
    case JsonKind::boolean:
      return "true or false";
    case JsonKind::number:
      return "a number";
    case JsonKind::string:
      return "a text";
    case JsonKind::array:
      return "an array";
    case JsonKind::object:
      return "an object";
  }
  return "";
}

JsonDocument parse_json(std::string_view text) {
  Progress progress;
  TreeBuilder builder(progress);
  const CountingIterator first(text.data(), &progress);
  const CountingIterator last(text.data() + text.size(), &progress);
  JsonDocument document;
  if (!nlohmann::json::sax_parse(first, last, &builder)) {
    document.error_line = builder.error_line();
    document.error = text.find_first_not_of(" \t\r\n") == std::string_view::npos
                         ? "the file is empty"
                         : builder.error();
    return document;
  }
  std::unique_ptr<JsonValue> root = builder.take_root();
  tell_containers(*root);
  document.root = std::move(root);
  return document;
}

FileText read_file(const std::string& path) {
  const auto failure = [](std::string error) { return FileText{std::nullopt, std::move(error)}; };
  std::ifstream file(path, std::ios::binary);
  if (!file) return failure(std::string("cannot be opened: ") + std::strerror(errno));
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
    return failure("is a directory");
  }
  // In pieces, since a pipe has no size.
  std::string text;
  std::string piece(size_t{64} << 10, '\0');
  while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())) || file.gcount() > 0) {
    text.append(piece, 0, static_cast<size_t>(file.gcount()));
    if (text.size() > kMaxFileBytes) return failure("is larger than 64 MiB");
  }
  if (file.bad()) return failure(std::string("cannot be read: ") + std::strerror(errno));
  return {std::move(text), ""};
}

const JsonValue* value_at(const JsonValue* value, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (value == nullptr) return nullptr;
    value = value->find(key);
  }
  return value;
}

std::string text_of(const JsonValue* value) {
  return value != nullptr && value->kind == JsonKind::string ? value->text : "";
}

std::optional<double> number_of(const JsonValue* value) {
  if (value == nullptr) return std::nullopt;
  if (value->kind == JsonKind::number) return value->number;
  return value->kind == JsonKind::string ? parse_number(value->text) : std::nullopt;
}

bool is_true(const JsonValue* value) {
  return value != nullptr && value->kind == JsonKind::boolean && value->truth;
}

const std::vector<JsonValue>& items_of(const JsonValue* value) {
  static const std::vector<JsonValue> none;
  return is_array(value) ? value->children : none;
}

bool is_object(const JsonValue* value) {
  return value != nullptr && value->kind == JsonKind::object;
}

bool is_array(const JsonValue* value) { return value != nullptr && value->kind == JsonKind::array; }

std::optional<double> parse_number(std::string_view text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || !std::isfinite(number)) return std::nullopt;
  return number;
}

}  // namespace wirebraid::topology
