/**
 * The report's style sheet: system fonts, two palettes by the reader's choice, and print on paper in the light one. All
 * pairs of text and ground have a contrast of at least 4.5.
 */
export const style = `
:root{color-scheme:light dark;--ground:#fbfbf9;--sheet:#fff;--text:#1d2327;--soft:#545c63;--line:#dcdfda;--accent:#1b5a85;
--pass:#17643d;--pass-ground:#e9f4ed;--exceptions:#7a4f00;--exceptions-ground:#fcf3e0;--fail:#9b1c1c;--fail-ground:#fceceb;
--incomplete:#4b4793;--incomplete-ground:#efeef9;--bar:#9db4c4}
@media screen and (prefers-color-scheme:dark){:root{--ground:#14181b;--sheet:#1a1f23;--text:#e6e9e7;--soft:#a9b2b8;
--line:#343c42;--accent:#8cc4ec;--pass:#85d6a8;--pass-ground:#16291f;--exceptions:#ecc06b;--exceptions-ground:#2c2413;
--fail:#f3a09a;--fail-ground:#341a1a;--incomplete:#bab6f2;--incomplete-ground:#23213a;--bar:#4d6b80}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0;background:var(--ground);color:var(--text);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;
overflow-wrap:anywhere}
header,main,footer{max-width:66rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2.25rem}
.brand{margin:0;color:var(--soft);font-size:.9rem;letter-spacing:.02em}
h1{margin:.15rem 0 .1rem;font-size:clamp(1.6rem,4.5vw,2.3rem);line-height:1.2;letter-spacing:-.015em}
h2{margin:3rem 0 .75rem;padding-top:1.1rem;border-top:1px solid var(--line);font-size:1.35rem;line-height:1.3}
h3{margin:1.9rem 0 .5rem;font-size:1.05rem}
p{margin:.5rem 0;max-width:46rem}
a{color:var(--accent)}
a:focus-visible,[tabindex]:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
code{font:.86em/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
.soft,.rest,.legend{color:var(--soft);font-size:.9rem}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:.5rem;background:var(--sheet);padding:.4rem .7rem}
nav ul{display:flex;flex-wrap:wrap;gap:.35rem 1.1rem;margin:1.1rem 0 0;padding:0;list-style:none;font-size:.93rem}
.verdict{margin:1.5rem 0 0;padding:1.3rem 1.5rem 1.4rem;border-left:.45rem solid;border-radius:.35rem}
.verdict h2{margin:0;padding:0;border:0;font-size:1.25rem;letter-spacing:.01em}
.verdict p{margin:.45rem 0 0;color:var(--text)}
.verdict .sentence{font-size:1.12rem}
.verdict ul{margin:.7rem 0 0;padding-left:1.15rem;color:var(--text)}
.pass{color:var(--pass);fill:var(--pass)}.exceptions{color:var(--exceptions);fill:var(--exceptions)}
.fail{color:var(--fail);fill:var(--fail)}.incomplete{color:var(--incomplete);fill:var(--incomplete)}
.verdict.pass{background:var(--pass-ground)}.verdict.exceptions{background:var(--exceptions-ground)}
.verdict.fail{background:var(--fail-ground)}.verdict.incomplete{background:var(--incomplete-ground)}
.hollow{fill:none;stroke:var(--incomplete);stroke-width:2}.absent{stroke:var(--soft);stroke-width:1.8;fill:none}
.counts{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:1px;margin:1.25rem 0 0;padding:0;
background:var(--line);border:1px solid var(--line);border-radius:.35rem;overflow:hidden}
.counts div{padding:.85rem 1.1rem;background:var(--sheet)}
.counts dt{color:var(--soft);font-size:.9rem}
.counts dd{margin:0;font-size:1.65rem;line-height:1.25;font-variant-numeric:tabular-nums}
.facts{margin:.75rem 0;display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,19rem),1fr));gap:.85rem 2rem}
.facts dt{color:var(--soft);font-size:.87rem}.facts dd{margin:0}
.scroll{overflow-x:auto;margin:1.1rem 0 .4rem;background:linear-gradient(to left,var(--ground) 40%,transparent) 100% 0/2.2rem 100% no-repeat local,
linear-gradient(to left,var(--line),transparent) 100% 0/.8rem 100% no-repeat scroll}
table{border-collapse:collapse;min-width:min(100%,30rem);font-size:.94rem}
caption{text-align:left;font-weight:600;padding:0 0 .45rem}caption span{display:block;max-width:min(100%,calc(100vw - 2.6rem))}
.none{color:var(--soft)}.caption{font-weight:600;color:var(--text)}
th,td{padding:.42rem 1.5rem .42rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line);
overflow-wrap:break-word}
td code,th code{overflow-wrap:anywhere;display:inline-block;min-width:9rem}
th:last-child,td:last-child{padding-right:.2rem}
tbody th{font-weight:400}
thead th{color:var(--soft);font-size:.85rem;font-weight:600;vertical-align:bottom}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.finding{margin:1rem 0;padding:1rem 1.2rem 1.05rem;background:var(--sheet);border:1px solid var(--line);border-radius:.35rem}
.finding h4{margin:0;font-size:1.02rem}
.finding .facts{margin:.7rem 0 0;grid-template-columns:repeat(2,minmax(0,1fr));font-size:.93rem;gap:.6rem 1.5rem}
.finding .half{grid-column:span 2}
@media (min-width:38rem){.finding .facts{grid-template-columns:repeat(4,minmax(0,1fr))}}
.finding>.soft{margin:.55rem 0 0}
.badge{display:inline-block;margin-left:.5rem;padding:.02rem .5rem;border:1px solid;border-radius:1rem;font-size:.8rem;font-weight:600}
.absence{margin:.6rem 0;padding:.5rem .9rem;border-left:.2rem solid var(--line);color:var(--soft)}
figure{margin:1rem 0;max-width:46rem}
figure>svg{display:block;width:100%;height:auto}
.axis{stroke:var(--line)}.bar{fill:var(--bar)}
figcaption{display:flex;justify-content:space-between;color:var(--soft);font-size:.87rem}
.legend span{white-space:nowrap;margin-right:.7rem}.key{width:.85em;height:.85em;margin-right:.35em;vertical-align:-.05em}
.sign{display:grid;grid-template-columns:2fr 1fr 1fr;gap:1.5rem;margin:2.6rem 0 1rem}
.sign div{border-top:1px solid var(--text);padding-top:.35rem;color:var(--soft);font-size:.87rem}
footer{margin-top:3rem;padding-top:1rem;padding-bottom:3rem;color:var(--soft);font-size:.9rem}
@media (max-width:34rem){.sign{grid-template-columns:1fr;gap:2.4rem}.verdict{padding:1.1rem 1.1rem 1.2rem}.finding{padding:.9rem 1rem}th,td{padding-right:.95rem}}
@page{size:A4;margin:16mm 14mm 18mm}
@media print{:root{--ground:#fff;color-scheme:light}html{font-size:9.4pt}body{line-height:1.42}header,main,footer{max-width:none;padding:0}
header{padding-top:0}nav,.skip{display:none}h2{margin-top:1.6rem;break-after:avoid}h3,caption{break-after:avoid}
.verdict,.counts,figure,.sign{break-inside:avoid}.finding,tr{break-inside:avoid}.scroll{overflow:visible;background:none}
thead{display:table-header-group}table{font-size:.92rem}th,td{padding-right:.8rem}td code,th code{min-width:0}a{color:inherit;text-decoration:none}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
`
