#include "web/request_head.h"

#include <gtest/gtest.h>

namespace wirebraid::web {
namespace {

using Verdict = HeadCheck::Verdict;

std::string with(const std::string& fields) {
  return "GET / HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
}
std::string with_body(const std::string& fields) {
  return "POST /api/login HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
}
int status_of(const std::string& received, const HeadLimits& limits = {}) {
  const HeadCheck check = check_head(received, limits);
  EXPECT_EQ(check.verdict, Verdict::refused) << received;
  return check.status;
}

TEST(RequestHead, EndsAtTheEmptyLine) {
  const std::string head = with("");
  for (size_t size = 0; size < head.size(); ++size) {
    EXPECT_EQ(check_head(head.substr(0, size)).verdict, Verdict::incomplete) << size;
  }
  const HeadCheck check = check_head(head + "GET /next");
  EXPECT_EQ(check.verdict, Verdict::complete);
  EXPECT_EQ(check.head_bytes, head.size());
  EXPECT_EQ(check.body_bytes, 0u);
  EXPECT_TRUE(check.keep_alive);
}

TEST(RequestHead, KnowsTheBody) {
  const HeadCheck check = check_head(with_body("Content-Length: 17\r\n"));
  EXPECT_EQ(check.verdict, Verdict::complete);
  EXPECT_EQ(check.body_bytes, 17u);
  EXPECT_EQ(status_of(with_body("")), 411);
  EXPECT_EQ(status_of(with("Content-Length: 17\r\n")), 400) << "a body is for POST";
}

TEST(RequestHead, ConnectionsMayEnd) {
  EXPECT_FALSE(check_head(with("Connection: close\r\n")).keep_alive);
  EXPECT_FALSE(check_head(with("connection: Keep-Alive, CLOSE\r\n")).keep_alive);
  EXPECT_FALSE(check_head("GET / HTTP/1.0\r\nHost: a\r\n\r\n").keep_alive);
}

TEST(RequestHead, RefusesWhatTwoReadersCouldReadDifferently) {
  EXPECT_EQ(status_of(with_body("Content-Length: 1\r\nContent-Length: 2\r\n")), 400);
  EXPECT_EQ(status_of(with_body("Content-Length: 1\r\ncontent-length: 1\r\n")), 400);
  EXPECT_EQ(status_of(with_body("Transfer-Encoding: chunked\r\n")), 501);
  EXPECT_EQ(status_of(with_body("Content-Length: 4\r\nTransfer-Encoding: identity\r\n")), 501);
  EXPECT_EQ(status_of(with_body("Content-Length: +4\r\n")), 400);
  EXPECT_EQ(status_of(with_body("Content-Length: 4, 4\r\n")), 400);
  EXPECT_EQ(status_of(with_body("Content-Length: 0x4\r\n")), 400);
  EXPECT_EQ(status_of(with_body("Content-Length: \r\n")), 400);
  EXPECT_EQ(status_of(with_body("Content-Length : 4\r\n")), 400) << "a blank before the colon";
  EXPECT_EQ(status_of(with("Host: other\r\n")), 400) << "two hosts";
  EXPECT_EQ(status_of(with("A: b\r\n folded\r\n")), 400);
  EXPECT_EQ(status_of(with("A: b\nB: c\r\n")), 400) << "a line feed alone";
  EXPECT_EQ(status_of(with(std::string("A: b\0c\r\n", 8))), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400) << "no host";
}

TEST(RequestHead, RefusesWhatIsNotNeeded) {
  EXPECT_EQ(status_of("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n"), 405);
  EXPECT_EQ(status_of("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"), 405);
  EXPECT_EQ(status_of("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505);
  EXPECT_EQ(status_of("GET /\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / b HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of(with("Range: bytes=0-1\r\n")), 416);
  EXPECT_EQ(status_of(with("Upgrade: websocket\r\n")), 400);
  EXPECT_EQ(status_of(with_body("Content-Length: 1\r\nExpect: 100-continue\r\n")), 417);
  EXPECT_EQ(status_of(with_body("Content-Length: 1\r\nContent-Encoding: gzip\r\n")), 415);
  EXPECT_EQ(status_of("\x16\x03\x01\r\n\r\n"), 400) << "TLS to a plain port";
}

TEST(RequestHead, HasBounds) {
  const HeadLimits limits{.head_bytes = 256, .fields = 4, .body_bytes = 100};
  EXPECT_EQ(status_of(std::string(256, 'a'), limits), 431);
  EXPECT_EQ(status_of(with("A: " + std::string(256, 'a') + "\r\n"), limits), 431);
  EXPECT_EQ(status_of(with("A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n"), limits), 431);
  EXPECT_EQ(check_head(with_body("Content-Length: 100\r\n"), limits).verdict, Verdict::complete);
  EXPECT_EQ(status_of(with_body("Content-Length: 101\r\n"), limits), 413);
  EXPECT_EQ(status_of(with_body("Content-Length: 99999999999999999999999\r\n"), limits), 413);
}

}  // namespace
}  // namespace wirebraid::web
