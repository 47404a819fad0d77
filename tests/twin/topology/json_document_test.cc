#include "twin/topology/json_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wirebraid::topology {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string error_of(const std::string& text, size_t line) {
  const JsonDocument document = parse_json(text);
  EXPECT_FALSE(document.root);
  EXPECT_EQ(document.error_line, line) << document.error;
  return document.error;
}

TEST(JsonDocument, KnowsTheLineOfEveryValue) {
  const JsonDocument document = parse_json(
      "{ \"one\": 1,\n"
      "  \"list\": [\n"
      "    true,\r\n"
      "    null, -2.5\n"
      "  ],\n"
      "  \"last\": 17\n"
      "}\n");
  ASSERT_TRUE(document.root) << document.error;
  const JsonValue& root = *document.root;
  EXPECT_EQ(root.line, 1U);
  EXPECT_EQ(root.find("one")->line, 1U);
  EXPECT_EQ(root.find("list")->line, 2U);
  EXPECT_EQ(root.find("list")->children[0].line, 3U);
  EXPECT_EQ(root.find("list")->children[1].line, 4U);
  EXPECT_EQ(root.find("list")->children[2].line, 4U);
  EXPECT_EQ(root.find("last")->line, 6U) << "a number before a newline";
  EXPECT_EQ(root.find("missing"), nullptr);
}

TEST(JsonDocument, KnowsThePlaceOfEveryValue) {
  const JsonDocument document = parse_json(R"({"a/b": [0, {"c~d": [[]]}]})");
  ASSERT_TRUE(document.root);
  const JsonValue& list = *document.root->find("a/b");
  EXPECT_EQ(document.root->pointer(), "");
  EXPECT_EQ(list.pointer(), "/a~1b");
  EXPECT_EQ(list.children[1].find("c~d")->children[0].pointer(), "/a~1b/1/c~0d/0");
}

TEST(JsonDocument, PlacesAreSafeToPrint) {
  const JsonDocument document = parse_json("{\"a\\nb\": 1, \"" + std::string(1000, 'k') + "\": 2}");
  ASSERT_TRUE(document.root);
  EXPECT_EQ(document.root->children[0].pointer(), "/a?b");
  EXPECT_EQ(document.root->children[1].pointer(), "/" + std::string(60, 'k') + "...");
}

TEST(JsonDocument, TellsWhereItBreaks) {
  EXPECT_THAT(error_of("{\n\"a\": 1,\n}", 3), StartsWith("not JSON: "));
  EXPECT_THAT(error_of("[1, 2\n", 1), HasSubstr("end of input"));
  EXPECT_EQ(error_of("", 1), "the file is empty");
  EXPECT_EQ(error_of(" \n", 1), "the file is empty");
  EXPECT_THAT(error_of("{} {}", 1), HasSubstr("end of input"));
}

TEST(JsonDocument, RefusesMalformedUtf8) {
  const std::string error = error_of("[\n\"a\xff\"]", 2);
  EXPECT_THAT(error, HasSubstr("UTF-8"));
  for (const char c : error) EXPECT_GE(c, ' ') << "nothing raw in a message";
}

TEST(JsonDocument, BoundsNestingAndNumbers) {
  const size_t most = kMaxJsonDepth;
  EXPECT_TRUE(parse_json(std::string(most, '[') + std::string(most, ']')).root);
  EXPECT_EQ(error_of(std::string(most + 1, '[') + std::string(most + 1, ']'), 1),
            "nested deeper than 64 levels");
  EXPECT_EQ(error_of(std::string(3'000'000, '['), 1), "nested deeper than 64 levels");
  EXPECT_EQ(error_of("[\n1e999]", 2), "\"1e999\" is too large for a number");
}

TEST(JsonDocument, ReadsLenientlyWhatMayBeMissing) {
  const JsonDocument document =
      parse_json(R"({"n": "1.5", "m": 2, "t": true, "s": "x", "o": {"p": {"q": 3}}})");
  ASSERT_TRUE(document.root);
  const JsonValue* root = document.root.get();
  EXPECT_EQ(number_of(root->find("n")), 1.5);
  EXPECT_EQ(number_of(root->find("m")), 2);
  EXPECT_EQ(number_of(root->find("s")), std::nullopt);
  EXPECT_EQ(number_of(nullptr), std::nullopt);
  EXPECT_TRUE(is_true(root->find("t")));
  EXPECT_FALSE(is_true(root->find("m")));
  EXPECT_EQ(text_of(root->find("s")), "x");
  EXPECT_EQ(text_of(root->find("m")), "");
  EXPECT_EQ(number_of(value_at(root, {"o", "p", "q"})), 3);
  EXPECT_EQ(value_at(root, {"o", "nothing", "q"}), nullptr);
  EXPECT_TRUE(items_of(root->find("s")).empty());
  EXPECT_EQ(parse_number("1.000x"), std::nullopt);
  EXPECT_EQ(parse_number("inf"), std::nullopt);
  EXPECT_EQ(parse_number(""), std::nullopt);
}

}  // namespace
}  // namespace wirebraid::topology
