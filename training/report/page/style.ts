/** The page's look: light or dark as the reader's system is, from phone to desktop. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fbfbfa; --raised: #fff; --ink: #1c1d21; --faint: #62666f; --line: #dfe0e3; --grid: #ececee; --accent: #1f5fbf; --warn: #fff4d6; --mark: #eef4ff;
  --run-0: #0b6bb8; --run-1: #c9510c; --run-2: #06805c; --run-3: #b0478a; --run-4: #6a5acd; --run-5: #8a6d00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15161a; --raised: #1d1f24; --ink: #e8e8ea; --faint: #a0a4ad; --line: #34373e; --grid: #2a2c32; --accent: #7fb2ff; --warn: #3d3210; --mark: #1d2a40;
    --run-0: #5cb0f0; --run-1: #ff9357; --run-2: #3fc79a; --run-3: #eb8fc6; --run-4: #a89cff; --run-5: #e0bf4f;
  }
}
.run-0 { --run: var(--run-0) } .run-1 { --run: var(--run-1) } .run-2 { --run: var(--run-2) }
.run-3 { --run: var(--run-3) } .run-4 { --run: var(--run-4) } .run-5 { --run: var(--run-5) }
* { box-sizing: border-box }
html { scroll-padding-top: 3.5rem; -webkit-text-size-adjust: 100% }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; overflow-wrap: break-word }
header, main, footer { max-width: 82rem; margin: 0 auto; padding: 0 1rem }
header { padding-top: 1.6rem }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .2rem; letter-spacing: -.01em }
h2 { font-size: 1.25rem; margin: 2.4rem 0 .7rem; letter-spacing: -.005em }
h3 { font-size: 1rem; margin: 1.4rem 0 .5rem }
h4 { font-size: .8rem; font-weight: 600; margin: 0 0 .3rem; color: var(--faint) }
p { margin: .4rem 0; max-width: 75ch }
.note, footer, figcaption { color: var(--faint); font-size: .86rem }
footer { padding: 2rem 1rem 3rem }
a { color: var(--accent) }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px }
nav { position: sticky; top: 0; z-index: 5; background: var(--paper); border-bottom: 1px solid var(--line) }
nav ul { display: flex; gap: 1.3rem; max-width: 82rem; margin: 0 auto; padding: .6rem 1rem; list-style: none; overflow-x: auto; scrollbar-width: none; white-space: nowrap }
nav a { text-decoration: none }
nav a:hover { text-decoration: underline }
.run::before { content: ""; display: inline-block; width: .7em; height: .7em; border-radius: 50%; background: var(--run); margin-right: .45em }
.warning { background: var(--warn); border-radius: 6px; padding: .6rem .8rem; max-width: none }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr)); gap: 1rem; margin-top: 1.4rem }
.card { background: var(--raised); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.2rem }
.card h2 { margin: 0 0 .6rem; font-size: 1.05rem }
.figures { display: flex; flex-wrap: wrap; gap: .4rem 2rem; margin: 0 0 .6rem }
.figure { display: flex; flex-direction: column }
.figure dd { margin: 0; font-size: 1.35rem; font-weight: 600; font-variant-numeric: tabular-nums; line-height: 1.2 }
.figure:first-child dd { color: var(--run, var(--ink)) }
.figure dt { color: var(--faint); font-size: .82rem }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; list-style: none; margin: 0 0 .6rem; padding: 0 }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 23rem), 1fr)); gap: 1rem }
.chart { position: relative; margin: 0; background: var(--raised); border: 1px solid var(--line); border-radius: 10px; padding: .7rem .7rem .2rem }
.chart figcaption { color: var(--ink); font-weight: 600; font-size: .95rem; padding-left: .2rem }
.chart svg { display: block; width: 100%; height: auto }
.chart text { fill: var(--faint); font-size: 12.5px; font-variant-numeric: tabular-nums }
.chart .grid { stroke: var(--grid) } .chart .tick { stroke: var(--line) }
.line path { fill: none; stroke: var(--run); stroke-linejoin: round }
.line .thick { stroke-width: 2 } .line .thin { stroke-width: 1; opacity: .35 } .line circle { fill: var(--run) }
.cursor { stroke: var(--faint); stroke-dasharray: 3 3; visibility: hidden }
.read .cursor { visibility: visible }
.readout { position: absolute; top: .7rem; right: .8rem; margin: 0; font-size: .86rem; font-variant-numeric: tabular-nums; background: var(--raised) }
.readout span { margin-left: .5em; font-weight: 600 }
.scroll { overflow-x: auto; max-width: 100% }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums }
th, td { text-align: right; padding: .3rem .8rem; border-bottom: 1px solid var(--line); white-space: nowrap; font-weight: 400 }
th:first-child { text-align: left; padding-left: .3rem }
thead th { color: var(--faint); font-size: .84rem }
.marked { background: var(--mark) }
.best { font-size: .75rem; color: var(--accent); font-weight: 600; margin-left: .3em }
#options td, #options th { text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 6rem }
.prose th, .prose td { text-align: left; white-space: normal; min-width: 9rem; vertical-align: top; overflow-wrap: anywhere }
code { font-size: .95em }
details { margin: .6rem 0 }
summary { cursor: pointer; color: var(--accent); width: fit-content }
.split { display: grid; margin-top: .8rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1rem; align-items: start; max-width: 62rem }
.unknown { text-decoration: underline; text-decoration-thickness: 2px; text-decoration-color: var(--run-1); text-underline-offset: 3px }
.controls { display: flex; flex-wrap: wrap; gap: .6rem 1.2rem; align-items: center; margin: 1.2rem 0 .4rem }
.controls[hidden] { display: none }
.controls label { color: var(--faint); font-size: .9rem }
select, input { font: inherit; color: var(--ink); background: var(--raised); border: 1px solid var(--line); border-radius: 6px; padding: .25rem .5rem; max-width: 100% }
output { color: var(--faint); font-size: .9rem; margin-left: auto }
.list { list-style: none; margin: 0; padding: 0 }
.picture { display: grid; grid-template-columns: 20rem 1fr 17rem; gap: 1.4rem; padding: 1.4rem 0; border-top: 1px solid var(--line); content-visibility: auto; contain-intrinsic-size: auto 22rem }
.picture[hidden] { display: none }
.picture figure { margin: 0 }
.view { position: sticky; top: 3.4rem; line-height: 0 }
.view { display: grid; width: min(100%, 20rem * var(--ratio)); aspect-ratio: var(--ratio) }
.view img { display: block; width: 100%; height: 100%; border-radius: 8px }
.view > * { grid-area: 1 / 1 }
.look { width: 100%; height: 100%; border-radius: 8px; opacity: 0; transition: opacity .12s }
.look.on { opacity: 1 }
.look, .map { background-repeat: no-repeat; background-size: calc(100% * var(--cs)) calc(100% * var(--rs)); background-position: calc(100% * var(--c) / max(1, var(--cs) - 1)) calc(100% * var(--r) / max(1, var(--rs) - 1)) }
.picture figcaption { margin-top: .3rem; overflow-wrap: anywhere }
.caption + .caption { margin-top: 1rem; padding-top: .9rem; border-top: 1px dashed var(--line) }
.by { font-size: .86rem; margin: 0 }
.sentence { font-size: 1.12rem; margin: 0 0 .1rem; line-height: 1.35 }
.score { margin: .1rem 0 .5rem; font-variant-numeric: tabular-nums; font-size: .92rem }
.bar { display: inline-block; width: 5rem; height: .5rem; border-radius: 3px; background: var(--grid); margin-right: .6rem; overflow: hidden }
.bar::before { content: ""; display: block; height: 100%; width: calc(100% * var(--share)); background: var(--accent) }
.words { display: flex; flex-wrap: wrap; gap: .35rem; list-style: none; margin: 0; padding: 0 }
.words button { display: block; font: inherit; font-size: .86rem; line-height: 1.3; color: inherit; background: none; border: 0; padding: 2px; border-radius: 6px; cursor: pointer; text-align: center }
.map { display: block; height: 4.2rem; aspect-ratio: var(--ratio); margin: 0 auto; border-radius: 4px }
.words button:hover, .words .shown { background: var(--line) }
.references ul { margin: 0; padding: 0; list-style: none; font-size: .92rem; line-height: 1.4 }
.references li { margin-bottom: .45rem }
@media (max-width: 64rem) {
  .picture { grid-template-columns: minmax(12rem, 18rem) 1fr }
  .references { grid-column: 1 / -1 }
}
@media (max-width: 40rem) {
  body { font-size: 15px }
  h1 { font-size: 1.4rem }
  nav ul { gap: 1rem }
  .picture { display: block }
  .picture figure { position: sticky; top: 2.9rem; z-index: 1; background: var(--paper); padding-bottom: .4rem }
  .view { position: static; width: min(100%, 12rem * var(--ratio)) }
  .captions, .references { margin-top: .7rem }
  .map { height: 3.5rem }
  output { margin-left: 0 }
}
@media (prefers-reduced-motion: reduce) { .look { transition: none } }
@media print { nav, .controls { display: none } .picture { break-inside: avoid; content-visibility: visible } .view { position: static } }
`;
