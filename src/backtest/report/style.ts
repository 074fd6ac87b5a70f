/** The report's style sheet: light and dark, from a phone to paper. */
export const REPORT_STYLE = `
:root{color-scheme:light dark;--paper:#fbfbf9;--card:#fff;--ink:#1c2024;--muted:#626c76;--rule:#e1e4e7;--own:#2257d6;--hold:#8d7347;--up:#0a8068;--down:#c8451b;--warn-paper:#fff3d6;--warn-ink:#6b4700;--warn-rule:#e3b341;--own-rgb:34 87 214}
@media (prefers-color-scheme:dark){:root{--paper:#14171a;--card:#1b1f24;--ink:#e7eaee;--muted:#98a3ae;--rule:#30373e;--own:#7aa2ff;--hold:#c9ad7a;--up:#3fc3a3;--down:#ff8a5f;--warn-paper:#3a2d0b;--warn-ink:#ffd978;--warn-rule:#8f6a12;--own-rgb:122 162 255}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums}
main{max-width:61rem;margin:0 auto;padding:2.5rem 1.5rem 4rem}
h1{font-size:1.75rem;line-height:1.2;letter-spacing:-.015em;margin:0 0 .25rem}
h2{font-size:1.2rem;letter-spacing:-.005em;margin:3.25rem 0 .9rem;padding-top:1rem;border-top:1px solid var(--rule)}
p{margin:.5rem 0;max-width:46rem}
.muted,.small{color:var(--muted)}
.small{font-size:.8125rem;line-height:1.45}
.banner{background:var(--warn-paper);color:var(--warn-ink);border:1px solid var(--warn-rule);border-radius:.5rem;padding:.7rem 1rem;margin:0 0 1.75rem;max-width:none}
.stamp{font-size:.6875rem;letter-spacing:.07em;background:var(--warn-paper);color:var(--warn-ink);border:1px solid var(--warn-rule);border-radius:.25rem;padding:.05rem .35rem;vertical-align:.08em;white-space:nowrap}
.verdict{margin:1.75rem 0 0;padding:1.4rem 1.6rem;background:var(--card);border:1px solid var(--rule);border-left:5px solid var(--muted);border-radius:.5rem}
.verdict.found{border-left-color:var(--up)}.verdict.none{border-left-color:var(--down)}
.verdict h2{border:0;margin:0 0 .5rem;padding:0;font-size:1.4rem;line-height:1.25}
.verdict p{font-size:1.0625rem}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(12.5rem,1fr));gap:1px;margin:1.5rem 0 0;background:var(--rule);border:1px solid var(--rule);border-radius:.5rem;overflow:hidden}
.tiles div{background:var(--card);padding:.85rem 1.1rem 1rem}
.tiles dt{font-size:.8125rem;color:var(--muted)}
.tiles dd{margin:.1rem 0 0;font-size:1.5rem;line-height:1.25;font-weight:600;letter-spacing:-.01em}
.tiles dd.small{font-size:.8125rem;font-weight:400;letter-spacing:0;line-height:1.4}
figure{margin:0 0 2.25rem}
figcaption,caption{font-weight:600;font-size:.9375rem;text-align:left;margin:0 0 .4rem}
caption{padding:0 0 .5rem}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.25rem;margin:0 0 .5rem;padding:0;font-size:.8125rem;color:var(--muted)}
.key{display:inline-block;width:1rem;height:.1875rem;border-radius:1px;margin-right:.45rem;vertical-align:.24em;background:currentColor}
.key.box{height:.7rem;width:.7rem;border-radius:2px;vertical-align:-.05em}
.key.own{color:var(--own)}.key.hold{color:var(--hold)}.key.up{color:var(--up)}.key.down{color:var(--down)}.key.price{color:var(--ink)}.key.calm{color:var(--rule)}.key.ideal{width:1.5rem;background:repeating-linear-gradient(90deg,var(--muted) 0 5px,transparent 5px 9px)}
.plot{display:flex;margin:0 .25rem .25rem 0}
.plot svg{display:block;overflow:visible}
.plot .axis{flex:none}.plot .field{flex:1;min-width:0}
.plot text{font-size:12px;fill:var(--muted)}
.plot .note{font-size:11.5px}
.grid{stroke:var(--rule)}.tick{stroke:var(--muted)}
.line{fill:none;stroke-width:1.75;stroke-linejoin:round;vector-effect:non-scaling-stroke}
.line.own{stroke:var(--own);stroke-width:2}.line.hold{stroke:var(--hold)}.line.price{stroke:var(--ink);stroke-width:1.25;opacity:.75}.line.thin{stroke-width:1}.line.ideal{stroke:var(--muted);stroke-dasharray:5 5;stroke-width:1.25}
.area.own{fill:var(--own);fill-opacity:.16}.area.up{fill:var(--up)}.area.down{fill:var(--down)}.area.calm{fill:var(--rule)}
.dot{fill:var(--own);stroke:var(--own)}.dot .bar{stroke-width:2;opacity:.45}
.scroll{overflow-x:auto;margin:0 0 2rem}
table{border-collapse:collapse;min-width:min(100%,30rem);font-size:.875rem;line-height:1.4}
.wide table{width:100%}
th,td{text-align:left;padding:.38rem 1.25rem .38rem 0;border-bottom:1px solid var(--rule);vertical-align:top}
th:last-child,td:last-child{padding-right:.25rem}
thead th{color:var(--muted);font-weight:500;white-space:nowrap;vertical-align:bottom}
tbody th{font-weight:400}
.r{text-align:right;white-space:nowrap}
.gain{color:var(--up)}.loss{color:var(--down)}.hit{font-weight:600}.nowrap{white-space:nowrap}
code,.code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.8125rem}
pre{background:var(--card);border:1px solid var(--rule);border-radius:.5rem;padding:.8rem 1rem;margin:.5rem 0 1.5rem;white-space:pre-wrap;overflow-wrap:anywhere}
footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--rule)}
@media (max-width:34rem){body{font-size:15px}main{padding:1.5rem 1rem 3rem}h1{font-size:1.45rem}.verdict{padding:1.1rem 1.15rem}.verdict h2{font-size:1.2rem}.verdict p{font-size:1rem}.tiles{grid-template-columns:1fr 1fr}.tiles div{padding:.7rem .8rem}.tiles dd{font-size:1.2rem}.plot .odd{display:none}th,td{padding-right:.9rem}}
@media print{:root{color-scheme:light;--paper:#fff;--card:#fff}body{font-size:11pt}main{max-width:none;padding:0}section,figure,.verdict{break-inside:avoid-page}.wide,.long{break-inside:auto}h2,figcaption{break-after:avoid}tr{break-inside:avoid}thead{display:table-header-group}.scroll{overflow:visible}*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
`.trim();
