// Who may ask for what, with a clock and random bytes of the test's own.
#include "web/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/control/temporary_directory.h"
#include "tests/support/fake_platform.h"
#include "web/cookies.h"

namespace wirebraid::web {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string& hash() {
  static const std::string text = hash_password("correct horse");
  return text;
}

class ApiTest : public ::testing::Test {
 protected:
  ApiTest() {
    options.socket_directory = directory.path();
    files["/"] = {"text/html; charset=utf-8", "the page", "\"tag\""};
  }
  Api& api() {
    if (!made) {
      made =
          std::make_unique<Api>(options, files, Password(hash()), platform, [this] { return now; });
    }
    return *made;
  }

  Request request(const std::string& method, const std::string& path) const {
    Request made_request;
    made_request.method = method;
    made_request.path = path;
    made_request.peer = peer;
    made_request.headers["host"] = "localhost:8378";
    if (!cookies.empty()) made_request.headers["cookie"] = cookies;
    if (method == "POST") {
      made_request.headers["content-type"] = "application/json";
      made_request.headers["x-csrf-token"] = csrf;
      made_request.body = "{}";
    }
    return made_request;
  }
  Response get(const std::string& path) { return api().handle(request("GET", path)); }
  Response post(const std::string& path, const json& body = json::object()) {
    Request made_request = request("POST", path);
    made_request.body = body.dump();
    return api().handle(made_request);
  }
  /// As a browser does: keeps the cookie and the token.
  Response visit() {
    Response response = get("/api/session");
    keep(response);
    return response;
  }
  Response log_in(const std::string& password = "correct horse") {
    visit();
    Response response = post("/api/login", {{"password", password}});
    keep(response);
    return response;
  }
  void keep(const Response& response) {
    for (const auto& [name, value] : response.headers) {
      if (name != "Set-Cookie") continue;
      cookies += (cookies.empty() ? "" : "; ") + value.substr(0, value.find(';'));
      last_cookie = value;
    }
    const json body = json::parse(response.body, nullptr, false);
    if (body.is_object() && body.contains("csrf")) csrf = body["csrf"];
  }

  testing::TemporaryDirectory directory;
  testing::FakePlatform platform;
  ApiOptions options;
  PageFiles files;
  std::unique_ptr<Api> made;
  Time now{std::chrono::hours(100)};
  std::string peer = "192.0.2.1";
  std::string cookies;
  std::string csrf;
  std::string last_cookie;
};

TEST_F(ApiTest, NothingButThePageWithoutALogin) {
  visit();
  for (const char* path :
       {"/api/interfaces", "/api/live", "/api/events", "/api/configuration", "/map"}) {
    EXPECT_EQ(get(path).status, 401) << path;
  }
  for (const char* path : {"/api/change", "/api/confirm", "/api/revert", "/api/reload",
                           "/api/speedtest", "/api/logout"}) {
    EXPECT_EQ(post(path).status, 401) << path;
  }
  EXPECT_EQ(get("/").body, "the page");
  EXPECT_EQ(json::parse(get("/api/session").body)["authenticated"], false);
  EXPECT_THAT(get("/api/session").body, Not(HasSubstr("version"))) << "a stranger learns little";
}

TEST_F(ApiTest, TheRightPasswordOpensASession) {
  EXPECT_EQ(log_in("wrong horse").status, 403);
  EXPECT_EQ(get("/api/interfaces").status, 401);
  EXPECT_EQ(log_in().status, 200);
  EXPECT_THAT(last_cookie, HasSubstr("HttpOnly; SameSite=Strict"));
  EXPECT_THAT(last_cookie, Not(HasSubstr("Secure")));
  EXPECT_EQ(get("/api/interfaces").status, 200);
  const json session = json::parse(get("/api/session").body);
  EXPECT_EQ(session["authenticated"], true);
  EXPECT_EQ(session["csrf"], csrf);
}

TEST_F(ApiTest, TheSessionEndsByLogoutAndByTime) {
  log_in();
  EXPECT_EQ(post("/api/logout").status, 200);
  EXPECT_EQ(get("/api/interfaces").status, 401) << "the cookie is worth nothing any more";
  cookies.clear();
  log_in();
  now += std::chrono::minutes(29);
  EXPECT_EQ(get("/api/interfaces").status, 200);
  now += std::chrono::minutes(31);
  EXPECT_EQ(get("/api/interfaces").status, 401);
}

TEST_F(ApiTest, EveryPostNeedsItsToken) {
  log_in();
  const std::string right = csrf;
  const std::string stolen = [this] {
    // Of another session, which is as good as any.
    const std::string kept = cookies;
    cookies.clear();
    log_in();
    cookies = kept;
    return csrf;
  }();
  for (const std::string& token : {std::string(), std::string("x"), stolen, right.substr(1)}) {
    csrf = token;
    for (const char* path : {"/api/change", "/api/confirm", "/api/revert", "/api/reload",
                             "/api/speedtest", "/api/logout"}) {
      EXPECT_EQ(post(path).status, 403) << path << " " << token;
    }
  }
  csrf = right;
  EXPECT_EQ(post("/api/logout").status, 200);
}

TEST_F(ApiTest, NoOtherSiteCanLogABrowserIn) {
  EXPECT_EQ(post("/api/login", {{"password", "correct horse"}}).status, 403) << "no token";
  visit();
  csrf[0] = csrf[0] == '0' ? '1' : '0';
  EXPECT_EQ(post("/api/login", {{"password", "correct horse"}}).status, 403);
  cookies = "wirebraid-login=short";
  csrf = "short";
  EXPECT_EQ(post("/api/login", {{"password", "correct horse"}}).status, 403);
}

TEST_F(ApiTest, OtherSitesAreRefused) {
  log_in();
  Request foreign = request("POST", "/api/logout");
  foreign.headers["origin"] = "http://evil.example";
  EXPECT_EQ(api().handle(foreign).status, 403);
  foreign = request("POST", "/api/logout");
  foreign.headers["content-type"] = "text/plain";
  EXPECT_EQ(api().handle(foreign).status, 415) << "what a form can send";
  foreign = request("GET", "/api/interfaces");
  foreign.headers["sec-fetch-site"] = "cross-site";
  EXPECT_EQ(api().handle(foreign).status, 403);
  foreign = request("GET", "/");
  foreign.headers["host"] = "rebound.example:8378";
  EXPECT_EQ(api().handle(foreign).status, 421);
  EXPECT_EQ(get("/api/interfaces").status, 200);
}

TEST_F(ApiTest, PasswordsCannotBeTriedForLong) {
  int tried = 0;
  Response response;
  do {
    response = log_in("wrong horse " + std::to_string(tried));
  } while (response.status == 403 && ++tried < 20);
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(tried, 5);
  EXPECT_EQ(json::parse(response.body)["wait_s"], 1);
  EXPECT_EQ(log_in().status, 429) << "the right one has to wait as well";
  peer = "192.0.2.2";
  EXPECT_EQ(log_in().status, 200) << "but not from elsewhere";
  peer = "192.0.2.1";
  now += std::chrono::seconds(1);
  EXPECT_EQ(log_in().status, 200);
}

TEST_F(ApiTest, StrangeLoginsAreRefused) {
  visit();
  for (const char* body : {"", "null", "[]", "{}", R"({"password":1})", R"({"password":null})"}) {
    Request strange = request("POST", "/api/login");
    strange.body = body;
    EXPECT_EQ(api().handle(strange).status, 400) << body;
  }
  EXPECT_EQ(log_in(std::string(5000, 'a')).status, 403);
}

TEST_F(ApiTest, NoPathLeadsAnywhereElse) {
  log_in();
  for (const char* path : {"/../etc/passwd", "/..", "//etc/passwd", "/%2e%2e/etc/passwd",
                           "/index.html/..", "/api", "/api/", "/API/session", "/.", "etc"}) {
    EXPECT_EQ(get(path).status, 404) << path;
  }
  for (const char* name : {"../wb0", "a/b", "", "..", "wb0\n", "0123456789abcdef"}) {
    Request strange = request("GET", "/api/configuration");
    strange.query["interface"] = name;
    EXPECT_EQ(api().handle(strange).status, 400) << name;
  }
}

TEST_F(ApiTest, WhatIsUnchangedIsNotSentAgain) {
  Request again = request("GET", "/");
  again.headers["if-none-match"] = "\"tag\"";
  const Response response = api().handle(again);
  EXPECT_EQ(response.status, 304);
  EXPECT_EQ(response.body, "");
}

TEST_F(ApiTest, AProxyIsBelievedIfItIsOursOnly) {
  options.behind_proxy = true;
  peer = "127.0.0.1";
  Request proxied = request("GET", "/api/session");
  proxied.headers["x-forwarded-proto"] = "https";
  keep(api().handle(proxied));
  EXPECT_THAT(last_cookie, HasSubstr("; Secure"));
  // Whoever forges the field in front of the proxy's own word gains nothing.
  for (int i = 0; i < 6; ++i) {
    Request forged = request("POST", "/api/login");
    forged.body = R"({"password":"wrong horse"})";
    forged.headers["x-forwarded-for"] = std::to_string(i) + ".0.0.1, 198.51.100.9";
    EXPECT_EQ(api().handle(forged).status, i < 5 ? 403 : 429);
  }
  peer = "198.51.100.7";
  Request direct = request("GET", "/api/session");
  direct.headers["x-forwarded-proto"] = "https";
  cookies.clear();
  direct.headers.erase("cookie");
  keep(api().handle(direct));
  EXPECT_THAT(last_cookie, Not(HasSubstr("Secure")));
}

TEST_F(ApiTest, OverTlsCookiesAreBoundToTheHost) {
  visit();
  Request secure = request("POST", "/api/login");
  secure.body = R"({"password":"correct horse"})";
  secure.secure = true;
  keep(api().handle(secure));
  EXPECT_THAT(last_cookie, HasSubstr("__Host-wirebraid="));
  EXPECT_THAT(last_cookie, HasSubstr("; Secure"));
  EXPECT_EQ(get("/api/interfaces").status, 401) << "not over plain HTTP";
}

TEST_F(ApiTest, MetricsAreForThisMachine) {
  EXPECT_EQ(get("/metrics").status, 403);
  peer = "127.0.0.1";
  EXPECT_EQ(get("/metrics").status, 200);
  Request passed_on = request("GET", "/metrics");
  passed_on.headers["x-forwarded-for"] = "198.51.100.7";
  EXPECT_EQ(api().handle(passed_on).status, 403) << "through a proxy that it was not told of";
}

TEST_F(ApiTest, MetricsCanBeOpened) {
  options.metrics_open = true;
  EXPECT_EQ(get("/metrics").status, 200);
}

TEST_F(ApiTest, TheMapHasNoRights) {
  options.map_file = directory.write("report.html", "<h1>Report</h1>");
  log_in();
  const Response response = get("/map");
  EXPECT_EQ(response.body, "<h1>Report</h1>");
  std::string policy;
  for (const auto& [name, value] : response.headers) {
    if (name == "Content-Security-Policy") policy = value;
  }
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, HasSubstr("; sandbox"));
  EXPECT_THAT(policy, Not(HasSubstr("script")));
}

}  // namespace
}  // namespace wirebraid::web
