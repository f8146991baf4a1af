"""The page's style: readable at any width, in the dark, and on paper."""

CSS = """
:root {
  color-scheme: light dark; --bg: #fff; --soft: #f6f7f9; --ink: #1b1f24; --muted: #5d6671;
  --rule: #dde1e6; --pass: #1a7f37; --warn: #8a5a00; --fail: #c21f2c; --open: #7a3ed0;
  --accent: #1f5fd0; --s0: #1f5fd0; --s1: #d1690e; --s2: #168a6c; --s3: #9b4fc4; --s4: #b8416f;
  --s5: #7b8794;
}
@media (prefers-color-scheme:dark) {
  :root {
    --bg: #10141a; --soft: #181d25; --ink: #e4e8ee; --muted: #98a2b0; --rule: #2d3541;
    --pass: #4ac26b; --warn: #dfa83a; --fail: #ff6b6b; --open: #b794f4; --accent: #79a8ff;
    --s0: #79a8ff; --s1: #f2a155; --s2: #4fc7a4; --s3: #c79bea; --s4: #ee8bb0; --s5: #8b96a5;
  }
}
* { box-sizing: border-box }
html { scroll-behavior: smooth }
@media (prefers-reduced-motion:reduce) {
  html { scroll-behavior: auto }
}
body {
  margin: 0; background: var(--bg); color: var(--ink);
  font: 16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
  -webkit-text-size-adjust: 100%;
}
main { max-width: 66rem; margin: 0 auto; padding: 2.2rem 1.25rem 4rem }
h1 {
  font-size: 2rem; line-height: 1.2; margin: .1rem 0 .6rem; letter-spacing: -.015em;
  text-wrap: balance;
}
h2 { font-size: 1.3rem; margin: 0; letter-spacing: -.01em }
h3 { font-size: 1rem; margin: 1.4rem 0 .5rem }
h4 { font-size: 1rem; margin: 0; font-weight: 500 }
p { margin: .5rem 0 }
a { color: var(--accent) }
code,pre,.mono { font: 13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace }
code,.mono { overflow-wrap: anywhere }
pre { background: var(--soft); border-radius: 8px; padding: .9rem; overflow: auto }
.run { color: var(--muted); margin: 0 }
.h-climbed { color: var(--pass) }
.h-blocked { color: var(--fail) }
.next {
  border-left: 4px solid var(--accent); background: var(--soft); border-radius: 0 8px 8px 0;
  padding: .75rem 1rem; margin: 1rem 0 1.4rem;
}
.next p { margin: 0 }
.h-blocked~.next { border-color: var(--fail) }
table { border-collapse: collapse; width: 100%; font-size: .92rem }
th,td {
  text-align: left; padding: .5rem .7rem .5rem 0; border-bottom: 1px solid var(--rule);
  vertical-align: top; font-weight: 400;
}
thead th { color: var(--muted); font-size: .8rem; padding-top: 0; white-space: nowrap }
.scroll { overflow-x: auto }
.scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 4px }
.ladder td:nth-child(4),.checks td:nth-child(2) {
  font-variant-numeric: tabular-nums; font-weight: 600;
}
.ladder tr.not-reached,.ladder tr.stale { color: var(--muted) }
.ladder a { color: inherit; font-weight: 600 }
.ladder td:last-child,.ladder td:nth-child(5) { color: var(--muted); white-space: nowrap }
.checks tbody th, .checks thead th:first-child { min-width: 15rem; width: 48% }
.checks td:nth-child(3) { white-space: nowrap; color: var(--muted) }
.checks td:last-child {
  color: var(--muted); font-size: .84rem; min-width: 6.5rem; max-width: 13rem;
}
.checks td:nth-child(2),.attempts td:nth-child(-n+5) { white-space: nowrap }
.evidence { display: block; color: var(--muted); font-size: .86rem; overflow-wrap: anywhere }
.chip { white-space: nowrap; font-weight: 600 }
.chip span { display: inline-block; width: 1.1em; text-align: center }
.chip.pass { color: var(--pass) }
.chip.warn { color: var(--warn) }
.chip.fail,.chip.error,.bad { color: var(--fail) }
.chip.inconclusive { color: var(--open) }
.chip.skip,.chip.not-reached,.chip.stale { color: var(--muted); font-weight: 400 }
section { margin-top: 2.8rem }
section.stage { border-top: 1px solid var(--rule); padding-top: 1.5rem }
section>header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .35rem .9rem }
.meta,.proves,.symptom { color: var(--muted) }
.proves { margin: .15rem 0 .8rem; max-width: 46rem }
.deciding {
  display: flex; flex-wrap: wrap; align-items: baseline; gap: .2rem .7rem;
  margin: .4rem 0 1rem;
}
.number {
  font-size: 1.9rem; font-weight: 650; letter-spacing: -.02em;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
.number.fail { color: var(--fail) }
.number.inconclusive { color: var(--open) }
.number.warn { color: var(--warn) }
.bound { font-size: 1.1rem; color: var(--muted) }
.waivers {
  border: 2px solid var(--fail); border-radius: 8px; padding: .6rem 1rem; color: var(--fail);
  margin: 1rem 0;
}
.waivers ul { margin: .3rem 0; padding-left: 1.2rem }
.suspects { list-style: none; margin: 0; padding: 0; display: grid; gap: .7rem }
.suspects>li {
  background: var(--soft); border-radius: 8px; padding: .8rem 1rem;
  border-left: 4px solid var(--rule);
}
.suspects>li.first { border-left-color: var(--fail) }
.suspects h4 { position: relative; padding-right: 6.5rem }
.suspects h4 b { margin-right: .3rem }
.suspects ul { margin: .35rem 0; padding-left: 1.2rem; color: var(--muted) }
.suspects p { margin: .25rem 0 }
.score {
  position: absolute; right: 0; top: 0; width: 6rem; text-align: right; font-size: .85rem;
  color: var(--muted);
}
.score::after {
  content: ""; display: block; height: 4px; border-radius: 2px;
  background: linear-gradient(to right,var(--fail) var(--share),var(--rule) var(--share));
}
.figures {
  display: grid; grid-template-columns: repeat(auto-fit,minmax(min(100%,24rem),1fr));
  gap: 1.4rem; margin: .8rem 0 1.4rem;
}
figure { margin: 0; min-width: 0 }
.figures>.wide { grid-column: 1/-1 }
.item { display: inline-block; width: 8.5rem; margin: .3rem .6rem .3rem 0; vertical-align: top }
figcaption { font-size: .86rem; color: var(--muted); max-width: 36rem }
svg { display: block; width: 100%; height: auto; max-width: 40rem }
.legend {
  list-style: none; display: flex; flex-wrap: wrap; gap: .1rem 1rem; margin: .2rem 0;
  padding: 0; font-size: .84rem;
}
.key {
  display: inline-block; width: .75em; height: .75em; border-radius: 50%; margin-right: .4em;
  background: var(--c);
}
.key.open { background: none; border: 2px solid var(--s0) }
.s0 { --c: var(--s0) }
.s1 { --c: var(--s1) }
.s2 { --c: var(--s2) }
.s3 { --c: var(--s3) }
.s4 { --c: var(--s4) }
.s5 { --c: var(--s5) }
.bad { --c: var(--fail) }
.good { --c: var(--pass) }
.faint { --c: var(--muted) }
.open { --c: var(--s0) }
svg text {
  font: 11px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif; fill: var(--muted);
}
svg .label { font-size: 11.5px }
svg .grid { stroke: var(--rule); stroke-width: 1 }
svg .axis { stroke: var(--muted) }
svg .line { fill: none; stroke: var(--c,var(--ink)); stroke-width: 1.5; stroke-linejoin: round }
svg .thick { stroke-width: 2.5 }
svg .whisker { stroke-width: 1.5 }
svg line.level { stroke: var(--c,var(--muted)); stroke-dasharray: 6 4; stroke-width: 1.2 }
svg line.faint { stroke-dasharray: 1 4 }
svg text.note { paint-order: stroke; stroke: var(--bg); stroke-width: 3px }
svg text.level { fill: var(--c,var(--muted)) }
svg circle,svg .bar { fill: var(--c) }
svg circle { stroke: var(--bg); stroke-width: 1 }
svg circle.open { fill: var(--bg); stroke: var(--c); stroke-width: 2 }
svg circle.ring { fill: none; stroke: var(--ink); stroke-width: 1.6 }
svg .band { fill: var(--pass); opacity: .12 }
.answers td:first-of-type { min-width: 13rem }
dl {
  display: grid; grid-template-columns: minmax(8rem,auto) 1fr; gap: .3rem 1.2rem;
  margin: .6rem 0;
}
dt { color: var(--muted) }
dd { margin: 0; overflow-wrap: anywhere }
summary { cursor: pointer; color: var(--accent); padding: .3rem 0 }
.dirty { color: var(--fail); font-weight: 600 }
footer { color: var(--muted); font-size: .86rem; margin-top: 3rem }
@media (max-width:40rem) {
  dl { grid-template-columns: 1fr }
  dt { margin-top: .5rem }
  h1 { font-size: 1.6rem }
}
@media print {
  body { font-size: 11pt }
  main { max-width: none; padding: 0 }
  .figures,figure,.suspects>li,tr { break-inside: avoid }
  .scroll { overflow: visible }
  a { color: inherit; text-decoration: none }
  details::details-content { content-visibility: visible; block-size: auto }
}
"""
