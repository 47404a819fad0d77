#include "web/request_head.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace wirebraid::web {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";

HeadCheck refused(int status, std::string reason) {
  HeadCheck check;
  check.verdict = HeadCheck::Verdict::refused;
  check.status = status;
  check.reason = std::move(reason);
  return check;
}

bool is_token_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}
bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c == '\t' || (c >= ' ' && c <= '~'); });
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Takes the first line, with its end, out of `text`.
std::string_view take_line(std::string_view& text) {
  const size_t end = text.find(kLineEnd);
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + kLineEnd.size());
  return line;
}

class HeadReader {
 public:
  explicit HeadReader(const HeadLimits& limits) : limits_(limits) {}

  std::optional<HeadCheck> request_line(std::string_view line) {
    const size_t first = line.find(' ');
    const size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last || !is_printable(line)) {
      return refused(400, "not a request line");
    }
    const std::string_view method = line.substr(0, first);
    const std::string_view target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    if (version != "HTTP/1.1" && version != "HTTP/1.0") return refused(505, "HTTP/1.1 expected");
    if (method != "GET" && method != "POST") return refused(405, "GET or POST expected");
    if (target.empty() || target.front() != '/' || target.find(' ') != std::string_view::npos) {
      return refused(400, "a path expected");
    }
    is_post_ = method == "POST";
    check_.keep_alive = version == "HTTP/1.1";
    return std::nullopt;
  }

  std::optional<HeadCheck> field(std::string_view line) {
    if (++fields_ > limits_.fields) return refused(431, "too many header fields");
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)) ||
        !is_printable(line)) {
      return refused(400, "not a header field");
    }
    const std::string name = lower(line.substr(0, colon));
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (name == "host") return ++hosts_ > 1 ? refused(400, "two Host fields") : nothing();
    if (name == "content-length") return content_length(value);
    if (name == "transfer-encoding") return refused(501, "a body with Content-Length expected");
    if (name == "content-encoding") return refused(415, "a body without encoding expected");
    if (name == "range") return refused(416, "ranges are not served");
    if (name == "expect") return refused(417, "expectations are not met");
    if (name == "upgrade") return refused(400, "no other protocol is spoken");
    if (name == "connection" && lower(value).find("close") != std::string::npos) {
      check_.keep_alive = false;
    }
    return nothing();
  }

  HeadCheck finish(size_t head_bytes) {
    if (hosts_ == 0) return refused(400, "no Host field");
    if (!is_post_ && check_.body_bytes != 0) return refused(400, "a body is for POST");
    if (is_post_ && !has_length_) return refused(411, "a Content-Length expected");
    check_.verdict = HeadCheck::Verdict::complete;
    check_.head_bytes = head_bytes;
    return check_;
  }

 private:
  static std::optional<HeadCheck> nothing() { return std::nullopt; }

  std::optional<HeadCheck> content_length(std::string_view value) {
    if (has_length_) return refused(400, "two Content-Length fields");
    has_length_ = true;
    const auto [end, error] =
        std::from_chars(value.data(), value.data() + value.size(), check_.body_bytes);
    if (error == std::errc::result_out_of_range) return refused(413, "the body is too long");
    if (value.empty() || error != std::errc() || end != value.data() + value.size()) {
      return refused(400, "not a Content-Length");
    }
    if (check_.body_bytes > limits_.body_bytes) return refused(413, "the body is too long");
    return std::nullopt;
  }

  const HeadLimits& limits_;
  HeadCheck check_;
  size_t fields_ = 0;
  size_t hosts_ = 0;
  bool is_post_ = false;
  bool has_length_ = false;
};

}  // namespace

HeadCheck check_head(std::string_view received, const HeadLimits& limits) {
  const size_t end = received.substr(0, limits.head_bytes).find(kHeadEnd);
  if (end == std::string_view::npos) {
    if (received.size() >= limits.head_bytes) return refused(431, "the header is too long");
    return {};
  }
  HeadReader reader(limits);
  std::string_view rest = received.substr(0, end + kLineEnd.size());
  if (auto bad = reader.request_line(take_line(rest))) return *bad;
  while (!rest.empty()) {
    if (auto bad = reader.field(take_line(rest))) return *bad;
  }
  return reader.finish(end + kHeadEnd.size());
}

}  // namespace wirebraid::web
