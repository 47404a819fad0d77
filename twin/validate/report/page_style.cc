#include "twin/validate/report/page_style.h"

namespace wirebraid::validate {

// Contrasts of text are 4.5 to 1 or more in both schemes, those of symbols 3 to 1.
const std::string_view kPageStyle = R"css(
:root {
  color-scheme: light dark;
  --page: #ffffff; --text: #1b1f24; --soft: #57606a; --edge: #d0d7de; --panel: #f4f6f8;
  --good: #1a7f37; --good-panel: #e3f6e7; --bad: #c4212b; --bad-panel: #fdeaea;
  --none: #6e7781; --wire: #8b949e; --accent: #0a58ca;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --text: #e4e8ec; --soft: #9da7b1; --edge: #3a424b; --panel: #1d2228;
    --good: #4cc265; --good-panel: #15301c; --bad: #ff7b78; --bad-panel: #3c1a1c;
    --none: #8b949e; --wire: #6b7580; --accent: #79b8ff;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1rem; max-width: 72rem; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word;
}
h1, h2, h3 { line-height: 1.25; }
h1 { font-size: 1.5rem; margin: 0 0 .75rem; }
h2 { font-size: 1.25rem; margin: 2.25rem 0 .75rem; border-bottom: 1px solid var(--edge); }
h3 { font-size: 1rem; margin: 1.25rem 0 .5rem; }
a { color: var(--accent); }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; padding: 0; }
.verdict {
  margin: 0; padding: 1rem 1.25rem; border: 2px solid; border-left-width: .75rem;
  border-radius: .5rem; font-size: 1.5rem; font-weight: 700; line-height: 1.3;
}
.verdict small { display: block; font-size: 1rem; font-weight: 400; color: var(--text); }
.verdict.good { color: var(--good); background: var(--good-panel); }
.verdict.bad { color: var(--bad); background: var(--bad-panel); }
.soft { color: var(--soft); }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
caption { text-align: left; color: var(--soft); padding: .25rem 0; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-top: 1px solid var(--edge); }
thead th { border-top: 0; color: var(--soft); font-weight: 600; vertical-align: bottom; }
tbody th {
  font-weight: 600; min-width: 11rem; overflow-wrap: anywhere;
  position: sticky; left: 0; background: var(--page);
}
.check { display: block; font-weight: 400; color: var(--soft); }
td code { overflow-wrap: anywhere; }
td.number, th.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.message { min-width: 15rem; overflow-wrap: anywhere; }
td.name { white-space: nowrap; }
code, pre { font-family: ui-monospace, monospace; font-size: .875rem; }
pre {
  margin: .5rem 0; padding: .75rem; overflow: auto; max-height: 30rem; background: var(--panel);
  border: 1px solid var(--edge); border-radius: .375rem; overflow-wrap: normal;
}
details { margin: .35rem 0; }
summary { cursor: pointer; color: var(--accent); }
.outcome { white-space: nowrap; font-weight: 600; }
.outcome.passed { color: var(--good); }
.outcome.failed { color: var(--bad); }
.outcome.skipped { color: var(--none); }
tr.failed td, tr.failed th { background: var(--bad-panel); }
.failures { list-style: none; padding: 0; }
.failures li {
  margin: .6rem 0; padding: .5rem .9rem; background: var(--bad-panel);
  border-left: .3rem solid var(--bad); border-radius: .25rem;
}
.failures p { margin: .15rem 0; }
.step { border: 1px solid var(--edge); border-radius: .375rem; padding: .3rem .75rem; }
figure { margin: 0; }
figure .scroll { background: var(--panel); border: 1px solid var(--edge); border-radius: .375rem; }
figure .scroll svg { display: block; width: 100%; min-width: 45rem; height: auto; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; list-style: none; padding: 0; }
.legend li { display: flex; align-items: center; gap: .35rem; }
.key { width: 2.25rem; height: 1.5rem; flex: none; }
.link line { stroke: var(--wire); stroke-width: 1.5; }
.link.ethernet line { stroke-width: 4; }
.link.wan line { stroke-dasharray: 7 6; }
.link.failed line { stroke: var(--bad); stroke-width: 3; }
.link.failed.ethernet line { stroke-width: 5; }
.link:hover line { stroke: var(--accent); }
.link .cross { stroke: var(--bad); stroke-width: 3; }
.node { stroke: var(--panel); stroke-width: 1.5; }
.node.passed { fill: var(--good); }
.node.failed { fill: var(--bad); }
.node.unchecked { fill: var(--panel); stroke: var(--none); stroke-width: 2; stroke-dasharray: 3 2; }
.node.plain { fill: var(--soft); }
.node:hover { stroke: var(--accent); }
.node .cross { stroke: var(--page); stroke-width: 2; }
.label {
  fill: var(--text); stroke: var(--panel); stroke-width: 3; stroke-dasharray: none;
  stroke-linejoin: round; paint-order: stroke; text-anchor: middle; font-size: 12px;
}
.label.hidden { visibility: hidden; }
.node:hover .label { visibility: visible; stroke: var(--panel); }
.node.failed .label { fill: var(--bad); font-weight: 700; }
footer { margin-top: 2.5rem; color: var(--soft); font-size: .875rem; }
@media (max-width: 40rem) {
  body { padding: .75rem; }
  .facts { grid-template-columns: 1fr; gap: 0; }
  .facts dd { margin-bottom: .4rem; }
  th, td { padding: .3rem .4rem; }
  tbody th { min-width: 7.5rem; }
  td.message { min-width: 9rem; }
}
@media print {
  :root {
    color-scheme: light;
    --page: #ffffff; --text: #000000; --soft: #444444; --edge: #bbbbbb; --panel: #ffffff;
    --good: #1a7f37; --good-panel: #ffffff; --bad: #c4212b; --bad-panel: #ffffff;
    --none: #6e7781; --wire: #8b949e; --accent: #000000;
  }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  tbody th { position: static; }
  figure .scroll svg { min-width: 0; }
  pre { max-height: none; white-space: pre-wrap; overflow-wrap: anywhere; }
  .scroll { overflow: visible; }
  .failures details::details-content { content-visibility: visible; display: block; block-size: auto; }
  .failures li, figure, tr { break-inside: avoid; }
}
)css";

}  // namespace wirebraid::validate
