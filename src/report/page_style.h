// The look of every report: one style sheet, light and dark, no fonts or pictures from elsewhere.
#pragma once

#include <string_view>

namespace clipwright::report {

inline constexpr std::string_view kPageStyle = R"css(
:root {
  color-scheme: light dark;
  --paper: #fbfbfa; --card: #ffffff; --ink: #1d2127; --ink-2: #5b6470; --line: #e1e4e8; --stripe: #f4f5f6; --accent: #2f62c9; --series-2: #c2681f;
  --good: #1b7a43; --good-bg: #e0f3e7; --warning: #8a5a00; --warning-bg: #fbf0d6; --bad: #b3261e; --bad-bg: #fbe5e3; --plain-bg: #eceef1;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --card: #1c2026; --ink: #e6e8eb; --ink-2: #a0a8b3; --line: #30363e; --stripe: #21262d; --accent: #7aa5f5; --series-2: #e0914e;
    --good: #6fd199; --good-bg: #17341f; --warning: #e6bd66; --warning-bg: #3a2e12; --bad: #f29a93; --bad-bg: #411d1b; --plain-bg: #2b3138;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; }
main { max-width: 80rem; margin: 0 auto; padding: 2.5rem 1.5rem 5rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 1rem; letter-spacing: -0.01em; }
h2 { font-size: 1.35rem; margin: 3rem 0 0.75rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.08rem; margin: 2rem 0 0.5rem; }
p { margin: 0 0 1rem; max-width: 46rem; overflow-wrap: anywhere; }
p.note { color: var(--ink-2); font-size: 0.9rem; }
a { color: var(--accent); }
nav { margin: 0 0 2rem; font-size: 0.95rem; display: flex; flex-wrap: wrap; gap: 0.3rem 1.2rem; }
pre { background: var(--stripe); border: 1px solid var(--line); border-radius: 6px; padding: 0.8rem 1rem; overflow-x: auto; font-size: 0.87rem; line-height: 1.45; }
.facts { display: flex; flex-wrap: wrap; gap: 0.8rem; margin: 0 0 1.5rem; }
.facts div { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 0.7rem 1.1rem; min-width: 8rem; }
.facts dt { color: var(--ink-2); font-size: 0.85rem; }
.facts dd { margin: 0; font-size: 1.45rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; margin: 0 0 1.5rem; }
table { border-collapse: collapse; font-size: 0.94rem; min-width: 50%; }
caption { text-align: left; color: var(--ink-2); font-size: 0.9rem; padding: 0 0 0.5rem; }
th, td { text-align: left; padding: 0.42rem 0.75rem; border-bottom: 1px solid var(--line); vertical-align: top; font-weight: 400; overflow-wrap: break-word; }
tbody th, td:not(.number) { min-width: 7rem; max-width: 32rem; } tbody th { min-width: 11.5rem; }
thead th { font-weight: 600; border-bottom: 2px solid var(--line); vertical-align: bottom; }
tbody tr:hover { background: var(--stripe); }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td strong { font-weight: 700; }
td.good, th.good { color: var(--good); } td.bad, th.bad { color: var(--bad); } td.warning, th.warning { color: var(--warning); }
.badge { display: inline-block; padding: 0.05rem 0.55rem; margin: 0 0.3rem 0.2rem 0; border-radius: 99px; font-size: 0.78rem; line-height: 1.5; background: var(--plain-bg); color: var(--ink-2); white-space: nowrap; }
.badge.good { background: var(--good-bg); color: var(--good); } .badge.warning { background: var(--warning-bg); color: var(--warning); } .badge.bad { background: var(--bad-bg); color: var(--bad); }
figure.chart { margin: 0 0 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 1rem 1.2rem; }
figure.chart figcaption { font-weight: 600; margin-bottom: 0.4rem; }
.canvas { position: relative; height: 21rem; }
.bars svg { display: block; width: 100%; height: auto; }
.bars text { fill: var(--ink-2); font-size: 12px; } .bars .grid { stroke: var(--line); stroke-width: 1; }
.bars .zero { stroke: var(--ink-2); stroke-width: 1.5; }
.bars .s0 { fill: var(--accent); stroke: var(--accent); } .bars .s1 { fill: var(--series-2); stroke: var(--series-2); } .bars .s2 { fill: #2f9e63; stroke: #2f9e63; } .bars .s3 { fill: #a24fc2; stroke: #a24fc2; }
.bars .s4 { fill: #c93f55; stroke: #c93f55; } .bars .s5 { fill: #128a9e; stroke: #128a9e; } .bars .s6 { fill: #8a7a1f; stroke: #8a7a1f; } .bars .s7 { fill: #6b7280; stroke: #6b7280; }
.bars rect, .legend rect { stroke-width: 0; } .bars line[class^="s"] { stroke-width: 3; stroke-linecap: round; }
.bars .good { fill: var(--good); } .bars .bad { fill: var(--bad); } .bars .warning { fill: var(--warning); }
.legend { display: flex; flex-wrap: wrap; gap: 0.2rem 1.2rem; font-size: 0.88rem; color: var(--ink-2); margin: 0 0 0.4rem; }
.legend svg { display: inline-block; width: 0.8rem; height: 0.8rem; margin-right: 0.4rem; vertical-align: -0.05rem; }
.gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(18.5rem, 1fr)); gap: 1rem; margin: 0 0 2rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 1rem; min-width: 0; }
.card h4 { margin: 0 0 0.6rem; font-size: 0.98rem; overflow-wrap: anywhere; }
.card > img { display: block; width: 100%; max-height: 14rem; object-fit: contain; border-radius: 4px; background: var(--stripe); margin-bottom: 0.7rem; }
.card .line { margin: 0 0 0.6rem; font-size: 0.93rem; overflow-wrap: anywhere; }
.card .label { display: block; color: var(--ink-2); font-size: 0.79rem; }
.card .badges { display: block; margin-top: 0.15rem; }
.neighbours { display: grid; grid-template-columns: repeat(auto-fill, minmax(3.6rem, 1fr)); gap: 0.5rem; margin: 0.2rem 0 0; }
.neighbours figure { margin: 0; font-size: 0.72rem; line-height: 1.3; color: var(--ink-2); overflow-wrap: anywhere; }
.neighbours img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; background: var(--stripe); border-radius: 4px; margin-bottom: 0.2rem; }
details { border: 1px solid var(--line); border-radius: 8px; margin: 0 0 1rem; background: var(--paper); }
summary { cursor: pointer; padding: 0.6rem 1rem; font-weight: 600; }
details[open] > summary { border-bottom: 1px solid var(--line); }
.inside { padding: 1rem 1rem 0.2rem; }
img { image-rendering: auto; }
@media print { body { background: #fff; } .card, figure.chart { break-inside: avoid; } }
)css";

}  // namespace clipwright::report
