"""The admin's style sheet. Nothing else."""

from __future__ import annotations

STYLE = """
*{box-sizing:border-box}
body{margin:0;background:#1a1a1a;color:#303030;
font:14px/1.45 Inter,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
a{color:#005bd3;text-decoration:none}a:hover{text-decoration:underline}
header{height:56px;display:flex;align-items:center;gap:16px;padding:0 16px;color:#e3e3e3}
header .mark{font-weight:700;font-size:16px}
header .mark small{font-weight:500;font-size:12px;color:#a6a6a6;margin-left:8px}
header form{margin-left:auto;display:flex;gap:12px;align-items:center}
header button{background:#303030;color:#e3e3e3;border:0;border-radius:8px;padding:6px 12px;
font:inherit;
cursor:pointer}
.body{display:grid;grid-template-columns:232px minmax(0,1fr);background:#f1f1f1;
min-height:calc(100vh - 56px);border-radius:12px 12px 0 0;overflow:hidden}
nav{background:#ebebeb;padding:12px}
nav a{display:block;padding:6px 10px;border-radius:8px;color:#303030;font-weight:550}
nav a:hover{background:#f7f7f7;text-decoration:none}nav a.here{background:#fff}
nav p{margin:18px 10px 4px;color:#616161;font-size:12px;font-weight:600}
main{padding:20px 24px 48px;min-width:0}
main.framed{padding:0;display:flex;flex-direction:column}
.apphead{display:flex;align-items:center;gap:10px;padding:10px 16px;background:#fff;
border-bottom:1px solid #e3e3e3;font-weight:600}
.apphead form{margin-left:auto}
iframe{border:0;width:100%;flex:1;min-height:calc(100vh - 110px);background:#fff}
iframe.loading{opacity:.7}
h1{font-size:20px;margin:0 0 16px}h2{font-size:14px;margin:0 0 8px}
.card{background:#fff;border-radius:12px;box-shadow:0 1px 0 rgba(0,0,0,.09),0 0 0 1px rgba(0,0,0,
.06);
padding:16px;margin-bottom:16px}
.product{display:grid;grid-template-columns:240px minmax(0,1fr);gap:20px;align-items:start}
.product .title{font-weight:650}.product .quiet{display:block}
.quiet{color:#616161;font-size:13px}
.badge{display:inline-block;border-radius:8px;padding:1px 8px;font-size:12px;font-weight:550;
background:#e3e3e3;margin:6px 0}
.badge.active{background:#affebf;color:#014b40}.badge.failed{background:#fed1d7;color:#8e0b21}
.badge.wait{background:#ffef9d;color:#4f4700}
.gallery{display:flex;flex-wrap:wrap;gap:12px;list-style:none;margin:0;padding:0}
.gallery li{width:132px}
.gallery .frame{width:132px;height:132px;border-radius:8px;border:1px solid #e3e3e3;
background:#fafafa;
display:grid;place-items:center;overflow:hidden;position:relative}
.gallery img{width:100%;height:100%;object-fit:contain}
.gallery b{position:absolute;left:6px;top:6px;background:rgba(255,255,255,.9);border-radius:6px;
padding:0 6px;font-size:12px}
.gallery .alt{display:block;font-size:12px;margin-top:4px;overflow-wrap:anywhere}
.chip{display:inline-block;background:#e0f0ff;color:#003d7d;border-radius:6px;padding:0 6px;
font-size:12px;margin:2px 4px 0 0}
.pages{display:flex;gap:12px;align-items:center}
.login{max-width:26rem;margin:12vh auto 0;background:#fff;border-radius:16px;padding:28px 32px}
label{display:block;font-weight:550;margin:14px 0 4px}
input[type=text],input[type=password]{width:100%;padding:8px 12px;font:inherit;
border:1px solid #8a8a8a;
border-radius:8px}
.button{display:inline-block;background:#303030;color:#fff;border:0;border-radius:8px;
padding:8px 14px;
font:inherit;font-weight:600;cursor:pointer}
.button.danger{background:#c70a24}.button.plain{background:#e3e3e3;color:#303030}
.row{display:flex;gap:10px;margin-top:16px;flex-wrap:wrap}
.problem{background:#fed1d7;border-radius:8px;padding:8px 12px}
.note{background:#f1f1f1;border-radius:8px;padding:8px 12px;margin:16px 0 0;font-size:13px}
code{font-size:.95em;background:#f1f1f1;border-radius:4px;padding:1px 4px}
.note code{background:#e3e3e3}
.toast{position:fixed;left:50%;bottom:24px;transform:translateX(-50%);background:#1a1a1a;color:#fff;
border-radius:10px;padding:10px 18px;font-weight:550}.toast.error{background:#c70a24}
@media(max-width:800px){.body{grid-template-columns:1fr}nav{display:flex;gap:6px;flex-wrap:wrap}
nav p{display:none}.product{grid-template-columns:1fr}}
"""
