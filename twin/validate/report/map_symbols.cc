#include "twin/validate/report/map_symbols.h"

#include <array>
#include <string>

#include "twin/validate/report/wording.h"

namespace wirebraid::validate {
namespace {

using topology::LinkKind;
using topology::Role;

void add_cross(Markup& page, const Point& at, double arm) {
  const auto stroke = [&](double dx, double dy) {
    return "M" + figure_text(at.x - dx) + " " + figure_text(at.y - dy) + "L" +
           figure_text(at.x + dx) + " " + figure_text(at.y + dy);
  };
  page.single("path", {{"class", "cross"}, {"d", stroke(arm, arm) + stroke(arm, -arm)}});
}

void add_circle(Markup& page, const Point& at, double radius) {
  page.single("circle",
              {{"cx", figure_text(at.x)}, {"cy", figure_text(at.y)}, {"r", figure_text(radius)}});
}

void add_square(Markup& page, const Point& at, double half) {
  page.single("rect", {{"x", figure_text(at.x - half)},
                       {"y", figure_text(at.y - half)},
                       {"width", figure_text(2 * half)},
                       {"height", figure_text(2 * half)},
                       {"rx", "2"}});
}

void add_diamond(Markup& page, const Point& at, double half) {
  page.single("path", {{"d", "M" + figure_text(at.x) + " " + figure_text(at.y - half) + "l" +
                                 figure_text(half) + " " + figure_text(half) + " " +
                                 figure_text(-half) + " " + figure_text(half) + " " +
                                 figure_text(-half) + " " + figure_text(-half) + "z"}});
}

/// A small picture with its meaning beside it.
template <typename Draw>
void add_entry(Markup& page, const std::string& meaning, Draw draw) {
  page.line().open("li");
  page.open("svg", {{"class", "key"}, {"viewBox", "0 0 36 24"}, {"aria-hidden", "true"}});
  draw();
  page.close().text(meaning).close();
}

void add_state(Markup& page, State state, const std::string& meaning) {
  add_entry(page, meaning, [&] {
    page.open("g", {{"class", "node " + std::string(name_of(state))}});
    add_node_symbol(page, {18, 12}, Role::backbone, state);
    page.close();
  });
}

void add_role(Markup& page, Role role, const std::string& meaning) {
  add_entry(page, meaning, [&] {
    page.open("g", {{"class", "node plain"}});
    add_node_symbol(page, {18, 12}, role, State::passed);
    page.close();
  });
}

void add_kind(Markup& page, std::string_view kind, bool failed, const std::string& meaning) {
  add_entry(page, meaning, [&] {
    page.open("g", {{"class", "link " + std::string(kind) + (failed ? " failed" : "")}});
    add_line_symbol(page, {2, 12}, {34, 12}, failed);
    page.close();
  });
}

}  // namespace

void add_node_symbol(Markup& page, const Point& at, Role role, State state) {
  const bool failed = state == State::failed;
  const double grown = failed ? 2 : 0;  // so that the cross has room
  switch (role) {
    case Role::server:
      add_square(page, at, 9);
      break;
    case Role::gateway:
      add_diamond(page, at, 10 + grown);
      break;
    case Role::backbone:
      add_circle(page, at, 7.5 + grown);
      break;
    case Role::household:
      add_circle(page, at, 5 + grown);
      break;
  }
  if (failed) add_cross(page, at, role == Role::household ? 3 : 4);
}

void add_line_symbol(Markup& page, const Point& from, const Point& to, bool failed) {
  page.single("line", {{"x1", figure_text(from.x)},
                       {"y1", figure_text(from.y)},
                       {"x2", figure_text(to.x)},
                       {"y2", figure_text(to.y)}});
  if (failed) add_cross(page, {(from.x + to.x) / 2, (from.y + to.y) / 2}, 5);
}

void add_legend(Markup& page) {
  page.line().open("ul", {{"class", "legend"}});
  add_state(page, State::passed, "all passed");
  add_state(page, State::failed, "something failed");
  add_state(page, State::unchecked, "not checked, or skipped");
  add_role(page, Role::server, "server");
  add_role(page, Role::gateway, "gateway");
  add_role(page, Role::backbone, "backbone");
  add_role(page, Role::household, "household");
  add_kind(page, topology::name_of(LinkKind::ethernet), false, "ethernet");
  add_kind(page, topology::name_of(LinkKind::radio), false, "radio");
  add_kind(page, topology::name_of(LinkKind::wan), false, "wan");
  add_kind(page, topology::name_of(LinkKind::radio), true, "failed link");
  page.line().close();
}

}  // namespace wirebraid::validate
