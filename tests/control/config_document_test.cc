#include "control/config_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wirebraid::control {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;

constexpr const char* kText =
    "# home\n"
    "[interface]\n"
    "Address = 10.0.0.2/24\n"
    "Address = fd00::2/64   # both\n"
    "\n"
    "# the cheap one\n"
    "[Uplink  dsl]\n"
    "  Cost=0 # as good as it gets\n"
    "  publickey = abc=\n"
    "\n"
    "# the dear one,\n"
    "# metered\n"
    "[Uplink lte]\n"
    "Quota = 20G\n";

TEST(ConfigDocument, KnowsSectionsAndKeysByLine) {
  const auto sections = ConfigDocument(kText).sections();
  ASSERT_EQ(sections.size(), 3u);
  EXPECT_EQ(sections[0].label, "Interface");
  EXPECT_EQ(sections[1].label, "Uplink dsl");
  EXPECT_EQ(sections[1].line, 7u);
  ASSERT_EQ(sections[1].keys.size(), 2u);
  EXPECT_EQ(sections[1].keys[0].key, "Cost");
  EXPECT_EQ(sections[1].keys[0].value, "0");
  EXPECT_EQ(sections[1].keys[0].line, 8u);
  EXPECT_EQ(sections[1].keys[1].value, "abc=");
}

TEST(ConfigDocument, AnUnchangedOneIsTheText) {
  EXPECT_EQ(ConfigDocument(kText).text().get(), kText);
}

TEST(ConfigDocument, SettingAKeyTouchesItsLineOnly) {
  ConfigDocument document(kText);
  EXPECT_EQ(document.set("Uplink dsl", "cost", {"3"}), std::nullopt);
  std::string expected = kText;
  expected.replace(expected.find("Cost=0 #"), 8, "Cost = 3 #");
  EXPECT_EQ(document.text().get(), expected);
}

TEST(ConfigDocument, ANewKeyGoesToTheEndOfItsSection) {
  ConfigDocument document(kText);
  EXPECT_EQ(document.set("uplink dsl", "RateUp", {"20M"}), std::nullopt);
  EXPECT_THAT(document.text().get(),
              HasSubstr("  publickey = abc=\nRateUp = 20M\n\n# the dear one,\n"));
  EXPECT_EQ(document.set("Uplink lte", "Cost", {"9"}), std::nullopt);
  EXPECT_TRUE(document.text().get().ends_with("Quota = 20G\nCost = 9\n"));
}

TEST(ConfigDocument, SeveralValuesAreSeveralLinesAndNoneRemovesAll) {
  ConfigDocument document(kText);
  EXPECT_EQ(document.set("Interface", "Address", {"a", "b", "c"}), std::nullopt);
  EXPECT_THAT(document.text().get(),
              HasSubstr("[interface]\nAddress = a\nAddress = b\nAddress = c\n\n"));
  EXPECT_EQ(document.set("Interface", "Address", {}), std::nullopt);
  EXPECT_THAT(document.text().get(), HasSubstr("[interface]\n\n# the cheap one"));
  EXPECT_EQ(document.set("Interface", "MTU", {}), std::nullopt)
      << "nothing to remove is no mistake";
}

TEST(ConfigDocument, ASectionTakesItsCommentAlong) {
  ConfigDocument document(kText);
  EXPECT_EQ(document.remove("Uplink dsl"), std::nullopt);
  EXPECT_THAT(document.text().get(),
              HasSubstr("# both\n\n# the dear one,\n# metered\n[Uplink lte]\n"));
  EXPECT_EQ(document.remove("Uplink lte"), std::nullopt);
  EXPECT_TRUE(document.text().get().ends_with("# both\n\n"));
}

TEST(ConfigDocument, AddsASectionAtTheEnd) {
  ConfigDocument document(kText);
  EXPECT_EQ(document.add("uplink mesh"), std::nullopt);
  EXPECT_EQ(document.set("Uplink mesh", "Cost", {"5"}), std::nullopt);
  EXPECT_TRUE(document.text().get().ends_with("Quota = 20G\n\n[Uplink mesh]\nCost = 5\n"));
}

TEST(ConfigDocument, ItsLastLineNeedsNoEnd) {
  ConfigDocument document("[Interface]\nMTU = 1400");
  EXPECT_EQ(document.set("Interface", "MTU", {"1300"}), std::nullopt);
  EXPECT_EQ(document.text().get(), "[Interface]\nMTU = 1300\n");
}

// Nothing that is set can be more than the value of its key.
TEST(ConfigDocument, RefusesWhatWouldBecomeMore) {
  ConfigDocument document(kText);
  for (const char* value : {"1\n[Uplink evil]", "1 # no", "1\r2", "a\x7f"}) {
    EXPECT_THAT(document.set("Uplink lte", "Cost", {value}), Optional(HasSubstr("one line")));
  }
  for (const char* key : {"", " ", "Cost = 1\nMTU", "a=b", "[Peer]", "a b"}) {
    EXPECT_THAT(document.set("Uplink lte", key, {"1"}), Optional(HasSubstr("not the name")));
  }
  for (const char* label : {"", "Uplink a]\n[Uplink b", "Uplink #", "[x"}) {
    EXPECT_THAT(document.add(label), Optional(HasSubstr("cannot be a section"))) << label;
  }
  EXPECT_EQ(document.text().get(), kText);
}

TEST(ConfigDocument, NamesWhatIsMeant) {
  ConfigDocument document(kText);
  EXPECT_THAT(document.set("Uplink ltee", "Cost", {"1"}),
              Optional(HasSubstr("no section [Uplink ltee]; did you mean Uplink lte?")));
  EXPECT_THAT(document.remove("Bond x"), Optional(HasSubstr("no section")));
  EXPECT_THAT(document.add("uplink dsl"), Optional(HasSubstr("already, in line 7")));
  ConfigDocument peers("[Peer]\n[Peer]\n");
  EXPECT_THAT(peers.set("Peer", "Cost", {"1"}), Optional(HasSubstr("several [Peer]")));
}

}  // namespace
}  // namespace wirebraid::control
