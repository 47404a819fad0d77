// Makes texts that machines said fit for a report: a console may say any bytes, also such that no
// XML may have, that end an element or that turn the reading direction.
#pragma once

#include <string>
#include <string_view>

namespace wirebraid::validate {

/// Valid UTF-8 of characters that XML 1.0 allows and that a reader sees. Bytes that are no UTF-8
/// become U+FFFD, control characters their pictures ("␛"); newlines and tabs stay, and the carriage
/// returns before a newline go. Characters that turn the reading direction become U+FFFD as well:
/// they make a text look like another one.
std::string clean_text(std::string_view text);

/// clean_text() for between tags of HTML or XML.
std::string escaped_text(std::string_view text);

/// clean_text() for an attribute in quotes. Newlines and tabs are kept, which a parser would
/// otherwise read as blanks.
std::string escaped_attribute(std::string_view text);

}  // namespace wirebraid::validate
