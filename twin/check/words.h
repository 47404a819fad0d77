// Taking apart what programs print.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wirebraid::check {

/// Without empty lines.
std::vector<std::string> lines_of(std::string_view text);
/// At blanks and tabs.
std::vector<std::string> words_of(std::string_view line);
/// The word that follows `key`; empty if there is none.
std::string word_after(const std::vector<std::string>& words, std::string_view key);
/// Without blanks and newlines at its ends.
std::string trimmed(std::string_view text);
/// The decimal number that it begins with; 0 if it is none.
int64_t number_of(std::string_view text);

}  // namespace wirebraid::check
