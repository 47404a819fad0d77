// Writes HTML or XML that is well-formed whatever texts it is given: every element is closed, every
// text escaped.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace wirebraid::validate {

struct Attribute {
  std::string_view name;
  std::string value;
};
using Attributes = std::initializer_list<Attribute>;

class Markup {
 public:
  /// `start` comes before everything: a declaration.
  explicit Markup(std::string_view start) : text_(start) {}

  /// `name` must live as long as this; so must those of attributes until the call is done.
  Markup& open(std::string_view name, Attributes attributes = {});
  Markup& close();
  Markup& text(std::string_view text);
  /// <name>text</name>
  Markup& element(std::string_view name, Attributes attributes, std::string_view text);
  Markup& element(std::string_view name, std::string_view text) { return element(name, {}, text); }
  /// <name/>; in HTML only for elements that cannot have contents, and for SVG.
  Markup& single(std::string_view name, Attributes attributes);
  /// A newline for those who read the source; only where a blank does no harm.
  Markup& line();
  /// As it is, for constants.
  Markup& raw(std::string_view markup);

  /// Everything, with what is open closed.
  std::string take();

 private:
  void start(std::string_view name, Attributes attributes);

  std::string text_;
  std::vector<std::string_view> open_;
};

}  // namespace wirebraid::validate
