#include "tests/twin/validate/report/parsed.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <functional>
#include <sstream>

#include "twin/lab/scratch_directory.h"
#include "twin/topology/writer.h"

namespace wirebraid::validate {
namespace {

using nlohmann::json;

struct Said {
  std::string text;
  int status = 0;
};

Said run(const std::string& command) {
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return {"popen failed", -1};
  Said said;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) said.text += static_cast<char>(c);
  said.status = WEXITSTATUS(::pclose(pipe));
  return said;
}

// No deeper than the report.
void visit(const json& element,  // NOLINT(misc-no-recursion)
           const std::function<void(const json&)>& each) {
  if (!element.is_object()) return;
  each(element);
  for (const json& child : element["children"]) visit(child, each);
}

std::vector<json> matching(const json& root, const std::function<bool(const json&)>& wanted) {
  std::vector<json> found;
  visit(root, [&](const json& element) {
    if (wanted(element)) found.push_back(element);
  });
  return found;
}

}  // namespace

json parsed_xml(const std::string& report) {
  const lab::ScratchDirectory directory("wirebraid-report");
  const std::string path = directory.path().string() + "/report.xml";
  EXPECT_EQ(topology::save_text(report, path), std::nullopt);
  const Said said = run("python3 '" + std::string(WIREBRAID_SOURCE_DIR) +
                        "/tests/twin/validate/report/xml_to_json.py' '" + path + "'");
  EXPECT_EQ(said.status, 0) << said.text;
  return said.status == 0 ? json::parse(said.text) : json();
}

bool has_parser() { return run("python3 --version").status == 0; }

std::vector<json> elements(const json& root, const std::string& tag) {
  return matching(root, [&](const json& element) { return element["tag"] == tag; });
}

json element_with_id(const json& root, const std::string& id) {
  const auto found =
      matching(root, [&](const json& element) { return attribute(element, "id") == id; });
  return found.empty() ? json() : found.front();
}

std::vector<json> elements_of_class(const json& root, const std::string& word) {
  return matching(root, [&](const json& element) {
    std::istringstream words(attribute(element, "class"));
    for (std::string one; words >> one;) {
      if (one == word) return true;
    }
    return false;
  });
}

std::string attribute(const json& element, const std::string& name) {
  return element["attributes"].value(name, "");
}

}  // namespace wirebraid::validate
