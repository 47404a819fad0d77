// Another configuration while the interface runs: a reload of the file, or a change by the control
// socket, kept at once or once it is confirmed.
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include "control/config_change.h"
#include "control/config_document.h"
#include "control/instance.h"
#include "control/replace_file.h"

namespace wirebraid::control {
namespace {

ChangeResult refused(std::string why) {
  ChangeResult result;
  result.errors.push_back(std::move(why));
  return result;
}

void take_findings(ChangeResult& result, const ConfigResult& read) {
  for (const ConfigError& warning : read.warnings) result.warnings.push_back(warning.to_string());
  for (const ConfigError& error : read.errors) result.add_problem(error);
}

std::string of_seconds(std::chrono::seconds time) { return std::to_string(time.count()) + " s"; }

}  // namespace

void Instance::note_configuration(const std::string& text) {
  Event event;
  event.kind = EventKind::configuration;
  event.text = "configuration " + text;
  note(std::move(event));
}

void Instance::warn_of_later(ChangeResult& result) const {
  const auto warn = [&](const char* key, const std::string& what) {
    const ConfigError later{options_.config_file, config_.interface.line, "Interface", key,
                            "takes effect at the next start; until then " + what};
    result.warnings.push_back(later.to_string());
  };
  if (config_.interface.cipher != cipher_.wanted) warn("Cipher", cipher_name_ + " goes on");
  if (config_.interface.workers != wanted_workers_) {
    warn("Workers", "there remain " + std::to_string(workers_.size()));
  }
  for (const std::string& warning : result.warnings) spdlog::warn("{}", warning);
}

ChangeResult Instance::reload() {
  if (options_.config_file.empty()) {
    ChangeResult result = refused("started without --config: nothing to reload");
    spdlog::warn("{}", result.errors.back());
    return result;
  }
  ChangeResult result;
  const ConfigResult loaded = load_config(options_.config_file);
  take_findings(result, loaded);
  result.ok = loaded.config && apply(*loaded.config, result.errors);
  if (!result.ok) {
    for (const std::string& error : result.errors) spdlog::error("not reloaded: {}", error);
    note_configuration("not reloaded: " + result.errors.front());
    return result;
  }
  unconfirmed_.reset();
  result.revision = revision_ = loaded.revision;
  warn_of_later(result);
  note_configuration("reloaded");
  return result;
}

nlohmann::json Instance::configuration(std::vector<std::string>& errors) {
  if (options_.config_file.empty()) {
    errors.emplace_back("started without --config: there is no configuration to show");
    return {};
  }
  std::string problem;
  std::optional<SecretText> file;
  if (!unconfirmed_) {
    file = read_config_text(options_.config_file, problem);
    if (!file) {
      errors.push_back(options_.config_file + ": " + problem);
      return {};
    }
  }
  const std::string& text = file ? file->get() : unconfirmed_->text.get();
  nlohmann::json configuration = describe(ConfigDocument(text));
  configuration["file"] = options_.config_file;
  configuration["revision"] = revision_of(text);
  // Somebody has edited it, and that is not in force.
  configuration["reload_needed"] = configuration["revision"] != revision_;
  const auto left = unconfirmed_ ? unconfirmed_->deadline - io::monotonic_now() : Duration{};
  configuration["confirm_within_s"] = std::chrono::ceil<std::chrono::seconds>(left).count();
  return configuration;
}

ChangeResult Instance::change(const ChangeRequest& request) {
  const std::string& path = options_.config_file;
  if (path.empty()) return refused("started without --config: there is nothing to change");
  if (unconfirmed_) {
    return refused("another change waits to be confirmed; confirm or revert that one first");
  }
  std::string problem;
  const auto file = read_config_text(path, problem);
  if (!file) return refused(path + ": " + problem);
  if (revision_of(file->get()) != revision_) {
    return refused(path + " has been edited since it was read; reload it first");
  }
  if (!request.revision.empty() && request.revision != revision_) {
    return refused("the configuration is another one by now; look at it again");
  }

  ChangeResult result;
  ConfigDocument document(file->get());
  make_changes(document, request.sections, platform_, path, result);
  if (!result.errors.empty()) return result;
  SecretText text = document.text();
  const ConfigResult parsed = parse_config(text.get(), path);
  take_findings(result, parsed);
  if (!parsed.config) return result;
  if (request.check_only) {
    result.ok = true;
    result.public_keys.clear();  // of keys that are not kept
    return result;
  }

  Config before = config_;
  if (!apply(*parsed.config, result.errors)) return result;
  if (request.confirm) {
    unconfirmed_ = {std::move(text), std::move(before), revision_,
                    io::monotonic_now() + *request.confirm};
    note_configuration("changed; goes back in " + of_seconds(*request.confirm) +
                       " unless confirmed");
  } else if (const std::error_code error = replace_file(path, text.get())) {
    std::vector<std::string> ignored;
    apply(before, ignored);
    return refused(path + " cannot be written: " + error.message() + "; nothing has changed");
  } else {
    note_configuration("changed");
  }
  result.ok = true;
  result.revision = revision_ = parsed.revision;
  warn_of_later(result);
  return result;
}

ChangeResult Instance::confirm() {
  if (!unconfirmed_) return refused("no change waits to be confirmed");
  if (const std::error_code error = replace_file(options_.config_file, unconfirmed_->text.get())) {
    return refused(options_.config_file + " cannot be written: " + error.message() +
                   "; the change goes back unless that works in time");
  }
  unconfirmed_.reset();
  note_configuration("change confirmed");
  ChangeResult result;
  result.ok = true;
  result.revision = revision_;
  return result;
}

ChangeResult Instance::revert() {
  if (!unconfirmed_) return refused("no change waits to be confirmed");
  return go_back("change reverted");
}

void Instance::revert_if_unconfirmed(Time now) {
  if (!unconfirmed_ || now < unconfirmed_->deadline) return;
  go_back("change reverted, since nobody confirmed it");
}

ChangeResult Instance::go_back(const std::string& why) {
  ChangeResult result;
  // Taken out first: if what ran before cannot be had again, trying it every turn would not help.
  const UnconfirmedChange change = std::move(*unconfirmed_);
  unconfirmed_.reset();
  result.ok = apply(change.before, result.errors);
  if (!result.ok) {
    for (const std::string& error : result.errors) spdlog::error("not reverted: {}", error);
    note_configuration("not reverted: " + result.errors.front());
    return result;
  }
  result.revision = revision_ = change.revision_before;
  note_configuration(why);
  return result;
}

}  // namespace wirebraid::control
