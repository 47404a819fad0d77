#include "twin/check/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wirebraid::check {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Words, LinesAreWithoutEmptyOnesAndCarriageReturns) {
  EXPECT_THAT(lines_of("one\r\n\r\n  two \n\nthree"), ElementsAre("one", "  two ", "three"));
  EXPECT_THAT(lines_of("\n\r\n"), IsEmpty());
  EXPECT_THAT(lines_of(""), IsEmpty());
}

TEST(Words, AreSeparatedByBlanksAndTabs) {
  EXPECT_THAT(words_of("  a\tb   c\t"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(words_of(" \t"), IsEmpty());
}

TEST(Words, TheWordAfterAKey) {
  const std::vector<std::string> words{"default", "via", "10.0.0.1", "dev"};
  EXPECT_EQ(word_after(words, "via"), "10.0.0.1");
  EXPECT_EQ(word_after(words, "metric"), "");
  EXPECT_EQ(word_after(words, "dev"), "") << "nothing follows";
  EXPECT_EQ(word_after({}, "dev"), "");
}

TEST(Words, TrimmingTakesBlanksAtTheEndsOnly) {
  EXPECT_EQ(trimmed("\r\n 6.1.0 amd64\t\n"), "6.1.0 amd64");
  EXPECT_EQ(trimmed(" \n"), "");
}

TEST(Words, ANumberIsWhatATextBeginsWith) {
  EXPECT_EQ(number_of(" 17 kB"), 17);
  EXPECT_EQ(number_of("-5"), -5);
  EXPECT_EQ(number_of("0x10"), 0);
  EXPECT_EQ(number_of("none"), 0);
  EXPECT_EQ(number_of(""), 0);
}

}  // namespace
}  // namespace wirebraid::check
