// What is wrong with a file, and where.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace wirebraid::topology {

/// One mistake in a file.
struct Finding {
  std::string file;
  size_t line = 0;    ///< from 1 on; 0: about the file as a whole
  std::string place;  ///< JSON pointer (RFC 6901), e.g. "/nodes/3/role"; empty: the whole file
  std::string message;

  /// "FILE:LINE: /nodes/3/role: MESSAGE"
  std::string to_string() const;
};

/// Collects the mistakes of one file, a bounded number of them.
class Findings {
 public:
  static constexpr size_t kMost = 100;  ///< beyond that many, a list of mistakes helps nobody

  explicit Findings(std::string file) : file_(std::move(file)) {}
  void add(size_t line, std::string place, std::string message);
  bool empty() const { return kept_.empty(); }
  /// By line; with a last one about the file that says how many more there were, if any.
  std::vector<Finding> take();

 private:
  std::string file_;
  std::vector<Finding> kept_;
  size_t more_ = 0;
};

/// The text in double quotes, shortened to 60 bytes and without control characters: safe to print,
/// whatever the file has.
std::string in_quotes(std::string_view text);

/// "1 node", "2 nodes"; `things` is for words whose plural is not made by an s.
std::string counted(size_t count, std::string_view thing, std::string_view things = "");

/// "a, b or c"
template <typename Names>
std::string listed(const Names& names) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace wirebraid::topology
