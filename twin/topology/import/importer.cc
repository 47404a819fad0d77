#include "twin/topology/import/importer.h"

#include <algorithm>
#include <array>

#include "twin/topology/check.h"
#include "twin/topology/import/formats.h"
#include "twin/topology/reader.h"

namespace wirebraid::topology {
namespace {

constexpr std::string_view kOwnFormat = "wirebraid";

ImportResult failure(const std::string& file, size_t line, const std::string& message) {
  ImportResult result;
  result.errors.push_back({file, line, "", message});
  return result;
}

ImportResult read_own(const JsonDocument& document, const std::string& file) {
  ImportResult result;
  result.format = "wirebraid's own format";
  ReadResult read = read_topology(document, file);
  if (read.topology) result.imported = Imported{std::move(*read.topology), {}, {}};
  result.errors = std::move(read.errors);
  return result;
}

/// Why there may be so little: "; 10 entries skipped, the first one ...", or nothing.
std::string skipped_in(const Imported& imported) {
  if (imported.skipped.empty()) return "";
  const Skipped& first = imported.skipped.front();
  return "; " + counted(imported.skipped.size(), "entry", "entries") +
         " skipped, the first one in line " + std::to_string(first.line) + ": " + first.entry +
         ": " + first.reason;
}

ImportResult read_with(const Importer& importer, const ImportInput& input,
                       const std::string& file) {
  ImportResult result;
  result.format = importer.title();
  ImportDraft draft;
  const size_t slash = file.rfind('/');
  draft.set_name(slash == std::string::npos ? file : file.substr(slash + 1));
  Findings errors(file);
  importer.read(input, draft, errors);
  if (errors.empty()) {
    Imported imported = draft.finish();
    if (imported.topology.nodes.empty()) {
      errors.add(0, "", "read as " + result.format + ", it has no node" + skipped_in(imported));
    }
    // What an importer lets through must be a topology that our own reader takes.
    for (const Problem& problem : check_topology(imported.topology)) {
      errors.add(0, problem.place, problem.message);
    }
    if (errors.empty()) result.imported = std::move(imported);
  }
  result.errors = errors.take();
  return result;
}

/// The text formats are ASCII. Whatever else is in a broken one must not get into names.
std::string ascii_of(std::string_view text) {
  std::string ascii(text);
  std::replace_if(
      ascii.begin(), ascii.end(),
      [](char c) { return (static_cast<unsigned char>(c) & 0x80) != 0; }, '?');
  return ascii;
}

const Importer* find_importer(const std::string& format, const ImportInput& input) {
  for (const Importer* importer : importers()) {
    if (format.empty() ? importer->recognizes(input) : importer->name() == format) return importer;
  }
  return nullptr;
}

}  // namespace

std::span<const Importer* const> importers() {
  static const std::array<const Importer*, 8> all{
      &netjson_importer(),     &nodeinfo_importer(), &meshviewer_importer(),
      &openwifimap_importer(), &jsoninfo_importer(), &batadv_json_importer(),
      &batadv_text_importer(), &txtinfo_importer(),
  };
  return all;
}

std::vector<std::string> import_formats() {
  std::vector<std::string> names{std::string(kOwnFormat)};
  for (const Importer* importer : importers()) names.emplace_back(importer->name());
  return names;
}

ImportResult import_topology(std::string_view text, const std::string& file,
                             const std::string& format) {
  const JsonDocument document = parse_json(text);
  const JsonValue* root = document.root.get();
  const bool own =
      format.empty() && is_object(root) && text_of(root->find("format")) == kFormatName;
  if (own || format == kOwnFormat) {
    if (root == nullptr) return failure(file, document.error_line, document.error);
    return read_own(document, file);
  }
  const std::string ascii = root == nullptr ? ascii_of(text) : "";
  const ImportInput input{root == nullptr ? ascii : text, root};
  const Importer* importer = find_importer(format, input);
  if (importer == nullptr && !format.empty()) {
    return failure(
        file, 0, in_quotes(format) + " is not a format: " + listed(import_formats()) + " expected");
  }
  if (root == nullptr && (importer == nullptr || importer->needs_json())) {
    const size_t start = text.find_first_not_of(" \t\r\n");
    const bool meant_as_json = importer != nullptr || start == std::string_view::npos ||
                               text[start] == '{' || text[start] == '[';
    if (meant_as_json) return failure(file, document.error_line, document.error);
  }
  if (importer == nullptr) {
    return failure(file, 0,
                   "none of the known formats: " + listed(import_formats()) +
                       " expected; --format forces one");
  }
  return read_with(*importer, input, file);
}

}  // namespace wirebraid::topology
