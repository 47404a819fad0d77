#include "twin/validate/report/markup.h"

#include <utility>

#include "twin/validate/report/clean_text.h"

namespace wirebraid::validate {

void Markup::start(std::string_view name, Attributes attributes) {
  text_ += '<';
  text_ += name;
  for (const Attribute& attribute : attributes) {
    text_ += ' ';
    text_ += attribute.name;
    text_ += "=\"" + escaped_attribute(attribute.value) + '"';
  }
}

Markup& Markup::open(std::string_view name, Attributes attributes) {
  start(name, attributes);
  text_ += '>';
  open_.push_back(name);
  return *this;
}

Markup& Markup::close() {
  text_ += "</";
  text_ += open_.back();
  text_ += '>';
  open_.pop_back();
  return *this;
}

Markup& Markup::text(std::string_view text) {
  text_ += escaped_text(text);
  return *this;
}

Markup& Markup::element(std::string_view name, Attributes attributes, std::string_view text) {
  return open(name, attributes).text(text).close();
}

Markup& Markup::single(std::string_view name, Attributes attributes) {
  start(name, attributes);
  text_ += "/>";
  return *this;
}

Markup& Markup::line() {
  text_ += '\n';
  return *this;
}

Markup& Markup::raw(std::string_view markup) {
  text_ += markup;
  return *this;
}

std::string Markup::take() {
  while (!open_.empty()) close();
  text_ += '\n';
  return std::move(text_);
}

}  // namespace wirebraid::validate
