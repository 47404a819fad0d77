// Reads reports with a real parser.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace wirebraid::validate {

/// What xml_to_json.py makes of it. A report that is not well-formed is a failure of the test, and
/// gives null; so is one that has not been read since there is no python3, for which
/// has_parser() tells.
nlohmann::json parsed_xml(const std::string& report);
bool has_parser();

/// All elements of that tag in `root` and below, in the order of the document.
std::vector<nlohmann::json> elements(const nlohmann::json& root, const std::string& tag);

/// The first element with that id; null if there is none.
nlohmann::json element_with_id(const nlohmann::json& root, const std::string& id);

/// All elements that have this among the words of their class.
std::vector<nlohmann::json> elements_of_class(const nlohmann::json& root, const std::string& word);

/// "" if it has no such attribute.
std::string attribute(const nlohmann::json& element, const std::string& name);

}  // namespace wirebraid::validate
