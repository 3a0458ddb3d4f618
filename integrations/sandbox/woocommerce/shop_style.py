"""The theme's style sheet. Nothing else."""

from __future__ import annotations

STYLE = """
*{box-sizing:border-box}
body{margin:0;color:#26302b;background:#fbfaf7;
font:16px/1.6 "Iowan Old Style","Palatino Linotype",Palatino,Georgia,serif}
a{color:inherit;text-decoration:none}
h1,.brand,.name{font-weight:500;letter-spacing:-.01em}
.wrap{max-width:72rem;margin:0 auto;padding:0 1.5rem}
.narrow{padding-top:5rem;padding-bottom:9rem}
.notice{background:#2f3e36;color:#f3efe6;text-align:center;padding:.4rem;
font:13px/1.5 "Helvetica Neue",Arial,sans-serif;letter-spacing:.03em}
header{border-bottom:1px solid #e7e2d6;background:#fffefb}
.bar{display:flex;align-items:center;justify-content:space-between;gap:.6rem 2rem;min-height:5.2rem;
flex-wrap:wrap;padding-top:1rem;padding-bottom:1rem}
.brand{font-size:1.6rem}
nav{display:flex;gap:1.6rem;flex-wrap:wrap;
font:14px/1.5 "Helvetica Neue",Arial,sans-serif;color:#5b665f}
nav a:hover,.crumbs a:hover{color:#26302b;text-decoration:underline;text-underline-offset:4px}
.hero{background:linear-gradient(120deg,#e9e4d6,#dfe5da);padding:4.25rem 0}
.hero h1{font-size:clamp(2rem,4.5vw,3.1rem);line-height:1.1;margin:0 0 .6rem}
.hero p{margin:0;color:#566159;font-size:1.1rem}
.title{font-size:2.1rem;margin:2.6rem 0 0}
.count{color:#7b847d;font:13px/1.5 "Helvetica Neue",Arial,sans-serif;margin:1.8rem 0 1rem}
.grid{list-style:none;margin:0 0 5rem;padding:0;display:grid;gap:2.4rem 1.6rem;
grid-template-columns:repeat(auto-fill,minmax(15.5rem,1fr))}
.grid a{display:block}
.frame{aspect-ratio:1;background:#f1eee6;border-radius:6px;overflow:hidden;margin-bottom:.8rem;
display:grid;place-items:center}
.frame img{width:100%;height:100%;object-fit:cover;transition:transform .4s}
.grid a:hover img{transform:scale(1.03)}
.kind{display:block;color:#8a8472;text-transform:uppercase;letter-spacing:.08em;
font:11px/1.6 "Helvetica Neue",Arial,sans-serif}
.name{display:block;font-size:1.12rem;line-height:1.3}
.price{color:#5b665f;font:15px/1.6 "Helvetica Neue",Arial,sans-serif}
.noimage{color:#a29c8a;font:14px/1.5 "Helvetica Neue",Arial,sans-serif;aspect-ratio:1;
display:grid;place-items:center;background:#f1eee6;border-radius:6px;width:100%}
.crumbs{color:#7b847d;font:13px/1.5 "Helvetica Neue",Arial,sans-serif;margin:1.6rem 0}
.product{display:grid;grid-template-columns:minmax(0,1.15fr) minmax(0,1fr);gap:3.5rem;
margin-bottom:6rem;align-items:start}
.gallery input{position:absolute;opacity:0;pointer-events:none}
.main{display:none}
.main img{width:100%;aspect-ratio:1;object-fit:contain;display:block;
border-radius:6px;background:#f1eee6}
.thumbs{display:flex;gap:.7rem;margin-top:.8rem;flex-wrap:wrap}
.thumbs label{width:5rem;height:5rem;border:2px solid transparent;border-radius:6px;
overflow:hidden;cursor:pointer;background:#f1eee6}
.thumbs img{width:100%;height:100%;object-fit:cover;display:block}
.summary h1{font-size:2.3rem;line-height:1.15;margin:.2rem 0 .5rem}
.summary .price{font-size:1.35rem;color:#26302b;margin:0 0 1.2rem}
.text{color:#47524b;border-top:1px solid #e7e2d6;padding-top:1rem}
.choice{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;margin:.9rem 0;
font:14px/1.5 "Helvetica Neue",Arial,sans-serif}
.choice b{font-weight:600;min-width:4rem}
.choice span{border:1px solid #cfc9b9;border-radius:99px;padding:.25rem .9rem}
.buy{margin-top:1.2rem;background:#2f3e36;color:#fff;border:0;border-radius:6px;cursor:pointer;
padding:.95rem 2.2rem;font:600 15px/1 "Helvetica Neue",Arial,sans-serif}
.buy:hover{background:#3d5046}
.meta{color:#8a8472;font:13px/1.5 "Helvetica Neue",Arial,sans-serif}
footer{background:#2f3e36;color:#dcdccf;padding:2.6rem 0;
font:14px/1.5 "Helvetica Neue",Arial,sans-serif}
footer .wrap{display:flex;gap:2rem;flex-wrap:wrap}.quiet{opacity:.65;margin-left:auto}
@media(max-width:800px){.product{grid-template-columns:1fr;gap:1.5rem}}
"""
