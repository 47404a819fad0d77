// What machines say must not harm a report.
#include "twin/validate/report/clean_text.h"

#include <gtest/gtest.h>

namespace wirebraid::validate {
namespace {

TEST(CleanText, LeavesWhatIsGood) {
  EXPECT_EQ(clean_text(""), "");
  EXPECT_EQ(clean_text("a\n\tb"), "a\n\tb");
  EXPECT_EQ(clean_text("Straße €5 🐛"), "Straße €5 🐛");
}

TEST(CleanText, ShowsControlCharacters) {
  EXPECT_EQ(clean_text(std::string("\0\x1b[31m\x7f", 7)), "␀␛[31m␡");
  EXPECT_EQ(clean_text("\xc2\x9b"), "\ufffd");
}

TEST(CleanText, TakesTheCarriageReturnsOfLineEnds) {
  EXPECT_EQ(clean_text("a\r\nb\r\r\nc\rd\r"), "a\nb\nc␍d␍");
}

TEST(CleanText, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(clean_text("a\xff\xfe"), "a\ufffd\ufffd");
  EXPECT_EQ(clean_text("\xc0\xaf"), "\ufffd\ufffd") << "longer than need be";
  EXPECT_EQ(clean_text("\xe0\x80\xaf"), "\ufffd\ufffd\ufffd") << "longer than need be";
  EXPECT_EQ(clean_text("\xf0\x80\x80\xaf"), "\ufffd\ufffd\ufffd\ufffd") << "longer than need be";
  EXPECT_EQ(clean_text("\xed\xa0\x80"), "\ufffd\ufffd\ufffd") << "a surrogate";
  EXPECT_EQ(clean_text("\xf4\x90\x80\x80"), "\ufffd\ufffd\ufffd\ufffd") << "beyond U+10FFFF";
  EXPECT_EQ(clean_text("\xe2\x82"), "\ufffd\ufffd") << "cut off";
  EXPECT_EQ(clean_text("\xe2\x82"
                       "a"),
            "\ufffd\ufffd"
            "a")
      << "cut off before a letter";
}

TEST(CleanText, ReplacesWhatXmlForbidsAndWhatDeceives) {
  EXPECT_EQ(clean_text("\xef\xbf\xbe\xef\xbf\xbf"), "\ufffd\ufffd");
  EXPECT_EQ(clean_text("\u202edoog\u2066"), "\ufffddoog\ufffd");
}

TEST(EscapedText, HasNoMarkup) {
  EXPECT_EQ(escaped_text("<b>&amp;\"'</b>\n"), "&lt;b&gt;&amp;amp;&quot;&#39;&lt;/b&gt;\n");
  EXPECT_EQ(escaped_attribute("a\n\t<\x1b"), "a&#10;&#9;&lt;␛");
}

}  // namespace
}  // namespace wirebraid::validate
