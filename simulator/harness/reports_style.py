"""The looks of a report: one style sheet for the page and for the diagrams in it, light, dark and on paper."""

STYLE = """
:root{color-scheme:light dark;--back:#fff;--text:#1b2430;--soft:#5d6b7c;--line:#d5dce4;--panel:#f4f6f9;--good:#11713f;
--bad:#b3261e;--unknown:#8a5a00;--mark:#fde9e7;--arrow:#2a5fa8;--answer:#5d6b7c;--odd:#8a5a00}
@media(prefers-color-scheme:dark){:root{--back:#14181e;--text:#e4e9ef;--soft:#9aa7b5;--line:#333d49;--panel:#1d232b;
--good:#5fcf94;--bad:#ff8f86;--unknown:#f0b94f;--mark:#3a211f;--arrow:#82b1f2;--answer:#9aa7b5;--odd:#f0b94f}}
@media print{:root{color-scheme:light;--back:#fff;--text:#000;--soft:#444;--line:#bbb;--panel:#fff;--good:#0b5730;
--bad:#9c1f18;--unknown:#6e4700;--mark:#f3e4e3;--arrow:#1c4580;--answer:#444;--odd:#6e4700}
article,tr,header{break-inside:avoid}body{padding:0!important}.flow{overflow:visible!important}
.flow svg{width:100%;height:auto}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:84rem;padding:1.5rem 2rem 3rem;background:var(--back);color:var(--text);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
code,pre,td:first-child,svg .at,svg .date{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",
monospace;font-size:.87em}
h1{font-size:1.5rem;line-height:1.25;margin:0}h2{font-size:1.15rem;margin:2.2rem 0 .7rem}
h3{font-size:1rem;margin:0}p{margin:.3rem 0}
header{display:flex;gap:1.2rem;align-items:flex-start;padding-bottom:1rem;border-bottom:1px solid var(--line)}
.verdict{flex:none;margin:0;padding:.35rem .9rem;border-radius:.4rem;font-weight:700;border:2px solid}
.good,.good i{color:var(--good)}.bad,.bad i{color:var(--bad)}.unknown,.unknown i{color:var(--unknown)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.2rem;margin:1.2rem 0 0}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
pre{white-space:pre-wrap;background:var(--panel);padding:.8rem;border-radius:.4rem}
article{border-left:4px solid;padding:.5rem .9rem;margin:.6rem 0;background:var(--panel);border-radius:0 .4rem .4rem 0}
article>*{color:var(--text)}article h3 b{color:var(--soft);font-weight:600;margin-right:.35rem}
article h3 i{font-style:normal;font-weight:600;float:right;margin-left:1rem}
article small{color:var(--soft);margin-left:.5rem}article:target{outline:2px solid var(--arrow)}
table{border-collapse:collapse;width:100%;margin:.6rem 0;font-size:.92em}
th{text-align:left;color:var(--soft);font-weight:600}
th,td{padding:.25rem .8rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:anywhere}
td:first-child,th,.log td:nth-child(2),.log td:nth-child(5){white-space:nowrap;overflow-wrap:normal}
.log tr.bad td{color:var(--bad)}
.legend{display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;list-style:none;padding:0;margin:0 0 .6rem;color:var(--soft);
font-size:.9em}
.legend span{display:inline-block;width:1.7rem;margin-right:.45rem;vertical-align:middle;border-top:2px solid}
.legend .sent{color:var(--arrow)}.legend .answer{color:var(--answer);border-top-style:dashed}
.legend .queued{color:var(--arrow);border-top-style:dotted}.legend .odd{color:var(--odd)}
.legend .refused{color:var(--bad)}
.flow{overflow-x:auto}
details{margin:.2rem 0;border:1px dashed var(--line);border-radius:.4rem}
summary{cursor:pointer;padding:.35rem .9rem;color:var(--soft)}
footer{margin-top:2.5rem;color:var(--soft);font-size:.85em}a{color:var(--arrow)}
svg{display:block;font:13px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
svg text{fill:var(--text)}svg .life{stroke:var(--line);stroke-width:1.5;fill:none}
svg .head{fill:var(--panel);stroke:var(--soft)}svg .who{text-anchor:middle;font-weight:600}
svg .day{fill:var(--panel)}svg .date{fill:var(--soft);font-weight:600;font-size:12px}
svg .at{fill:var(--soft);font-size:12px}svg .band{fill:var(--mark)}
svg .label{paint-order:stroke;stroke:var(--back);stroke-width:5px;stroke-linejoin:round;font-size:12.5px}
svg g path{stroke:currentColor;stroke-width:1.6;fill:none}svg g .tip{fill:currentColor;stroke-width:1}
svg g .hollow{fill:var(--back)}svg g .dash{stroke-dasharray:6 4}svg .queued .dash{stroke-dasharray:2 4}
svg .sent,svg .mack,svg .asked,svg .queued{color:var(--arrow)}svg .answer,svg .fetched{color:var(--answer)}
svg .note{color:var(--soft)}svg .note .label,svg .answer .label{fill:var(--soft)}
svg .odd{color:var(--odd)}svg .odd .label{fill:var(--odd)}
svg .refused{color:var(--bad)}svg .refused .label{fill:var(--bad)}svg .cross{stroke-width:2.2}
svg .badge{fill:var(--bad)}svg .count{fill:var(--back);text-anchor:middle;font-size:11px;font-weight:700}
svg g:target .label{text-decoration:underline}
"""
