#include <sodium.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <boost/program_options/errors.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>

#include "control/config.h"
#include "control/config_check.h"
#include "control/config_keys.h"

namespace wirebraid::control {
namespace po = boost::program_options;
namespace {

// Beyond that many, a list of mistakes helps nobody.
constexpr size_t kMaxErrors = 100;

std::string directory_of(const std::string& file) {
  const size_t slash = file.rfind('/');
  return slash == std::string::npos ? "" : file.substr(0, slash + 1);
}

bool valid_name(std::string_view name) {
  constexpr size_t kLongest = 32;
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  return !name.empty() && name.size() <= kLongest &&
         name.find_first_not_of(kAllowed) == std::string_view::npos && name.front() != '-' &&
         name.front() != '.';
}

class Parser {
 public:
  explicit Parser(const std::string& file) {
    draft_.file = file;
    context_.directory = directory_of(file);
  }

  ConfigResult run(std::string_view text) {
    for (size_t number = 1; !text.empty(); ++number) {
      const size_t end = text.find('\n');
      read_line(text.substr(0, end), number);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      if (draft_.errors.size() >= kMaxErrors) break;
    }
    close_section();
    check_config(draft_);

    const auto by_line = [](const ConfigError& a, const ConfigError& b) { return a.line < b.line; };
    std::stable_sort(draft_.errors.begin(), draft_.errors.end(), by_line);
    std::stable_sort(draft_.warnings.begin(), draft_.warnings.end(), by_line);
    if (draft_.errors.size() > kMaxErrors) draft_.errors.resize(kMaxErrors);
    ConfigResult result;
    if (draft_.errors.empty()) result.config = std::move(draft_.config);
    result.errors = std::move(draft_.errors);
    result.warnings = std::move(draft_.warnings);
    return result;
  }

  /// True if a secret stands in the file itself.
  bool has_secret() const { return has_secret_; }

 private:
  // `skipped`: after a header that was refused; its keys cannot be judged.
  enum class Kind : uint8_t { none, skipped, interface, bond, uplink, traffic_class };

  void error(size_t line, std::string key, std::string message) {
    draft_.errors.push_back({draft_.file, line, source_.label, std::move(key), std::move(message)});
  }

  void read_line(std::string_view text, size_t number) {
    const std::string_view line = without_comment(text);
    if (line.empty()) return;
    if (line.front() == '[') {
      close_section();
      open_section(line, number);
      return;
    }
    if (kind_ == Kind::skipped) return;
    if (kind_ == Kind::none) {
      error(number, "", "a section such as [Interface] must come first");
      return;
    }
    const size_t equals = line.find('=');
    const std::string_view key = trim(line.substr(0, equals));
    // Boost takes an empty key for the short name that no option has, and throws.
    if (equals == std::string_view::npos || key.empty() ||
        key.find_first_of(" \t") != std::string_view::npos) {
      // The line is not repeated: it may be a secret with a slip in it.
      error(number, "", "'Key = value' expected");
      return;
    }
    read_key(key, std::string(trim(line.substr(equals + 1))), number);
  }

  void open_section(std::string_view line, size_t number) {
    source_ = {};
    source_.line = number;
    kind_ = Kind::skipped;
    if (line.back() != ']') {
      error(number, "", "a section header ends with ']'");
      return;
    }
    const std::string_view inside = trim(line.substr(1, line.size() - 2));
    const size_t blank = inside.find_first_of(" \t");
    const std::string_view word = inside.substr(0, blank);
    const std::string name(blank == std::string_view::npos ? "" : trim(inside.substr(blank)));

    for (const auto& [named, kind] : {std::pair("Bond", Kind::bond),
                                      {"Uplink", Kind::uplink},
                                      {"Class", Kind::traffic_class}}) {
      if (!equal_ignoring_case(word, named)) continue;
      open_named_section(kind, named, name);
      return;
    }
    const bool is_interface = equal_ignoring_case(word, "Interface");
    if (!is_interface && !equal_ignoring_case(word, "Peer")) {
      const std::string guess = suggestion(word, {"Interface", "Bond", "Uplink", "Class", "Peer"});
      error(number, "",
            quoted(word) + " is not a section" +
                (guess.empty()
                     ? ": [Interface], [Bond NAME], [Uplink NAME], [Class NAME] or [Peer] expected"
                     : guess));
      return;
    }
    source_.label = is_interface ? "Interface" : "Peer";
    if (!name.empty()) {
      error(number, "", "this section has no name");
      return;
    }
    if (is_interface && draft_.interface.line != 0) {
      error(number, "",
            "only one such section is possible; the first is in line " +
                std::to_string(draft_.interface.line));
      return;
    }
    kind_ = is_interface ? Kind::interface : Kind::uplink;
  }

  void open_named_section(Kind kind, const std::string& word, const std::string& name) {
    if (!valid_name(name)) {
      error(source_.line, "",
            name.empty() ? "[" + word + "] needs a name: [" + word + " NAME]"
                         : quoted(name) +
                               " is not a name: up to 32 letters, digits, '_', '.' and '-', "
                               "not starting with '.' or '-'");
      return;
    }
    source_.label = word + " " + name;
    (kind == Kind::bond ? bond_.name : kind == Kind::uplink ? uplink_.name : class_.name) = name;
    kind_ = kind;
  }

  const po::options_description& keys() const {
    return kind_ == Kind::interface ? interface_keys_
           : kind_ == Kind::bond    ? bond_keys_
           : kind_ == Kind::uplink  ? uplink_keys_
                                    : class_keys_;
  }

  void read_key(std::string_view written, const std::string& text, size_t number) {
    const po::option_description* option = keys().find_nothrow(std::string(written), false, true);
    if (option == nullptr) {
      error(number, "", unknown_key(written));
      return;
    }
    const std::string& key = option->long_name();
    has_secret_ = has_secret_ || key == "PrivateKey" || key == "PresharedKey";
    const auto [first, inserted] = source_.lines.emplace(key, number);
    if (!inserted && !option->semantic()->is_composing()) {
      error(number, key, "given already in line " + std::to_string(first->second));
      return;
    }
    // PrivateKey and PrivateKeyFile, PresharedKey and PresharedKeyFile.
    const bool names_file = key.ends_with("KeyFile");
    const std::string twin = names_file ? key.substr(0, key.size() - 4) : key + "File";
    if (source_.has(twin)) {
      error(number, key, twin + " is given too; keep one of them");
      return;
    }

    context_.warnings.clear();
    try {
      boost::any value;
      // "true" would mean UTF-8, and throw another exception for what is not.
      option->semantic()->parse(value, {text}, false);
      option->semantic()->notify(value);
    } catch (const KeyError& mistake) {
      error(number, key, mistake.what());
    } catch (const po::error& mistake) {
      error(number, key, mistake.what());
    }
    for (const auto& warning : context_.warnings) {
      draft_.warnings.push_back({draft_.file, number, source_.label, key, warning});
    }
  }

  std::string unknown_key(std::string_view written) const {
    std::string message = "unknown key";
    // Only what can hardly be a secret is repeated.
    if (written.size() <= 24) message += " " + quoted(written);
    std::vector<std::string> known;
    for (const auto& option : keys().options()) known.push_back(option->long_name());
    const std::pair<const po::options_description*, const char*> sections[] = {
        {&interface_keys_, "[Interface]"},
        {&bond_keys_, "[Bond NAME]"},
        {&uplink_keys_, "[Uplink NAME]"},
        {&class_keys_, "[Class NAME]"}};
    for (const auto& [other, section] : sections) {
      if (other->find_nothrow(std::string(written), false, true) == nullptr) continue;
      return message + " here; it belongs in " + section;
    }
    return message + suggestion(written, known);
  }

  void close_section() {
    switch (kind_) {
      case Kind::none:
      case Kind::skipped:
        break;
      case Kind::interface:
        interface_.line = source_.line;
        draft_.config.interface = interface_;
        draft_.interface = source_;
        break;
      case Kind::bond:
        bond_.line = source_.line;
        draft_.config.bonds.push_back(std::move(bond_));
        draft_.bonds.push_back(source_);
        break;
      case Kind::uplink:
        uplink_.line = source_.line;
        if (uplink_.name.empty()) uplink_.name = name_of_peer();
        uplink_names_.insert(uplink_.name);
        draft_.config.uplinks.push_back(std::move(uplink_));
        draft_.uplinks.push_back(source_);
        break;
      case Kind::traffic_class:
        class_.line = source_.line;
        draft_.config.classes.push_back(std::move(class_));
        draft_.classes.push_back(source_);
        break;
    }
    bond_ = {};
    uplink_ = {};
    class_ = {};
    kind_ = Kind::none;
  }

  // Eight characters of the key; more where vanity keys begin alike.
  std::string name_of_peer() const {
    const std::string key = uplink_.public_key.to_base64();
    size_t length = 8;
    while (length < key.size() && uplink_names_.count(key.substr(0, length)) != 0) ++length;
    return key.substr(0, length);
  }

  ConfigDraft draft_;
  Kind kind_ = Kind::none;
  SectionSource source_;
  KeyContext context_;
  bool has_secret_ = false;
  std::set<std::string> uplink_names_;
  // The section being read; the tables write into these.
  InterfaceSection interface_;
  BondSection bond_;
  UplinkSection uplink_;
  ClassSection class_;
  po::options_description interface_keys_ = control::interface_keys(interface_, context_);
  po::options_description bond_keys_ = control::bond_keys(bond_);
  po::options_description uplink_keys_ = control::uplink_keys(uplink_, context_);
  po::options_description class_keys_ = control::class_keys(class_);
};

}  // namespace

std::string revision_of(std::string_view text) {
  std::array<unsigned char, 16> hash;
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(), nullptr, 0);
  std::string digits(2 * hash.size() + 1, '\0');
  sodium_bin2hex(digits.data(), digits.size(), hash.data(), hash.size());
  digits.pop_back();
  return digits;
}

ConfigResult parse_config(std::string_view text, const std::string& file) {
  ConfigResult result = Parser(file).run(text);
  result.revision = revision_of(text);
  return result;
}

std::optional<SecretText> read_config_text(const std::string& path, std::string& problem) {
  const auto failed = [&](const std::string& what) {
    problem = what;
    return std::nullopt;
  };
  std::ifstream file(path, std::ios::binary);
  if (!file) return failed(std::string("cannot be opened: ") + std::strerror(errno));
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
    return failed("is a directory");
  }
  // Read in pieces, since a pipe has no size.
  SecretText text;
  SecretText piece(std::string(size_t{64} << 10, '\0'));
  while (file.read(piece.get().data(), static_cast<std::streamsize>(piece.get().size())) ||
         file.gcount() > 0) {
    text.get().append(piece.get(), 0, static_cast<size_t>(file.gcount()));
    if (text.get().size() > kMaxConfigBytes) return failed("is larger than 64 MiB");
  }
  if (file.bad()) return failed(std::string("cannot be read: ") + std::strerror(errno));
  return text;
}

ConfigResult load_config(const std::string& path) {
  std::string problem;
  const auto text = read_config_text(path, problem);
  if (!text) {
    ConfigResult result;
    result.errors.push_back({path, 0, "", "", problem});
    return result;
  }
  Parser parser(path);
  ConfigResult result = parser.run(text->get());
  result.revision = revision_of(text->get());
  struct stat status {};
  if (parser.has_secret() && ::stat(path.c_str(), &status) == 0 &&
      (status.st_mode & S_IROTH) != 0) {
    result.warnings.insert(result.warnings.begin(),
                           {path, 0, "", "",
                            "holds secret keys and is readable by everybody; chmod go= " +
                                quoted(path) + " would help"});
  }
  return result;
}

}  // namespace wirebraid::control
