#include "control/state_file.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "control/config_text.h"
#include "control/replace_file.h"

namespace wirebraid::control {

namespace {

using nlohmann::json;

constexpr int kVersion = 1;
constexpr std::streamsize kLargest = 1 << 20;

/// Throws std::runtime_error.
Date to_date(const std::string& text) {
  const auto year = parse_number<int>(std::string_view(text).substr(0, 4));
  const bool long_enough = text.size() == 10 && text[4] == '-' && text[7] == '-';
  const auto month = long_enough ? parse_number<unsigned>(text.substr(5, 2)) : std::nullopt;
  const auto day = long_enough ? parse_number<unsigned>(text.substr(8, 2)) : std::nullopt;
  if (!year || !month || !day) throw std::runtime_error("not a date: " + control::quoted(text));
  const Date date{std::chrono::year(*year), std::chrono::month(*month), std::chrono::day(*day)};
  if (!date.ok() || *day > 28)
    throw std::runtime_error("not a first day: " + control::quoted(text));
  return date;
}

json write(const QuotaPeriod& period) {
  return {{"start", to_string(period.start)}, {"used_bytes", period.used}};
}

QuotaPeriod read(const json& object) {
  return {to_date(object.at("start").get<std::string>()), object.at("used_bytes").get<uint64_t>()};
}

QuotaRecords parse(const std::string& text) {
  const json object = json::parse(text);
  if (object.at("version").get<int>() != kVersion) throw std::runtime_error("another version");
  QuotaRecords records;
  for (const auto& [name, entry] : object.at("quotas").items()) {
    QuotaRecord& record = records[name];
    record.current = read(entry);
    if (entry.contains("previous")) record.previous = read(entry.at("previous"));
  }
  return records;
}

}  // namespace

StateFile::StateFile(const std::string& directory, const std::string& interface)
    : directory_(directory), path_(directory + "/" + interface + ".json") {}

StateResult StateFile::load() const {
  StateResult result;
  std::error_code error;
  const auto status = std::filesystem::status(path_, error);
  if (status.type() == std::filesystem::file_type::not_found) return result;
  try {
    if (!std::filesystem::is_regular_file(status)) throw std::runtime_error("not a file");
    std::ifstream file(path_, std::ios::binary);
    std::string text(kLargest, '\0');
    if (!file) throw std::runtime_error("cannot be opened");
    file.read(text.data(), kLargest);
    if (file.bad() || file.gcount() == kLargest) throw std::runtime_error("cannot be read");
    text.resize(static_cast<size_t>(file.gcount()));
    result.records = parse(text);
  } catch (const std::exception& mistake) {
    result.records.clear();
    result.problem = path_ + ": " + mistake.what();
    std::filesystem::rename(path_, path_ + ".bad", error);
    result.problem += error ? "; it could not be set aside: " + error.message()
                            : "; set aside as " + path_ + ".bad";
  }
  return result;
}

std::error_code StateFile::save(const QuotaRecords& records) const {
  json quotas = json::object();
  for (const auto& [name, record] : records) {
    json& entry = quotas[name] = write(record.current);
    if (record.previous) entry["previous"] = write(*record.previous);
  }
  const json object = {{"version", kVersion}, {"quotas", std::move(quotas)}};
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error) return error;
  return replace_file(path_, object.dump(2) + "\n");
}

}  // namespace wirebraid::control
