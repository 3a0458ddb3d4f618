"""The HTML shell of the store's own pages: log-in, consent, errors.

Plain forms and links, one small style sheet, no scripts. The shopper's pages are in `shop.py`.
"""

from __future__ import annotations

from html import escape

from werkzeug.wrappers import Response

_STYLE = """
*{box-sizing:border-box}body{margin:0;background:#f0f0f1;color:#3c434a;
font:15px/1.55 -apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
main{max-width:26rem;margin:5rem auto;background:#fff;border:1px solid #dcdcde;
border-radius:8px;padding:2rem 2.25rem;box-shadow:0 1px 3px rgba(0,0,0,.05)}
.mark{display:block;text-align:center;font-weight:700;letter-spacing:.02em;color:#7f54b3;
margin:0 0 1.25rem}h1{font-size:1.2rem;line-height:1.35;margin:0 0 1rem;color:#1d2327}
label{display:block;font-weight:600;margin:1rem 0 .3rem}
input[type=text],input[type=password]{width:100%;padding:.55rem .7rem;font:inherit;
border:1px solid #8c8f94;border-radius:5px}
input:focus{outline:2px solid #7f54b3;outline-offset:0;border-color:#7f54b3}
.row{display:flex;gap:.75rem;margin-top:1.5rem}
.button{flex:1;text-align:center;padding:.6rem 1rem;border-radius:5px;border:1px solid #7f54b3;
background:#fff;color:#7f54b3;font:inherit;font-weight:600;text-decoration:none;cursor:pointer}
.button.primary{background:#7f54b3;color:#fff}.button:hover{filter:brightness(.95)}
.note{background:#f6f7f7;border-left:4px solid #7f54b3;padding:.6rem .9rem;font-size:.9rem;
margin:1.25rem 0 0}.error{background:#fcf0f1;border-left:4px solid #d63638;padding:.6rem .9rem}
code{font-size:1.05em;background:#f0f0f1;padding:.1rem .35rem;border-radius:3px;
overflow-wrap:anywhere}.note code{white-space:nowrap}ul{padding-left:1.2rem}a{color:#7f54b3}
"""


def page(title: str, body: str, *, store: str, status: int = 200) -> Response:
    """Wrap `body` (HTML) in the shell; `title` and `store` are plain text."""
    text = (
        "<!DOCTYPE html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<meta name='robots' content='noindex'><title>{escape(title)}</title>"
        f"<style>{_STYLE}</style></head><body><main><span class='mark'>{escape(store)}</span>"
        f"{body}</main></body></html>"
    )
    return Response(text, status, content_type="text/html; charset=UTF-8")


def error_page(message: str, *, store: str, status: int, title: str = "Access denied") -> Response:
    """Return WordPress's dead end: one sentence and nothing to click."""
    body = f"<h1>{escape(title)}</h1><p class='error'>{escape(message, quote=False)}</p>"
    return page(title, body, store=store, status=status)


def login_form(*, names: tuple[str, str], hidden: dict[str, str], problem: str = "") -> str:
    """Return a log-in form; `names` are the fields of user and password."""
    user, password = names
    fields = "".join(
        f"<input type='hidden' name='{escape(name)}' value='{escape(value)}'>"
        for name, value in hidden.items()
    )
    error = f"<p class='error'>{escape(problem)}</p>" if problem else ""
    return (
        f"{error}<form method='post'>{fields}"
        f"<label for='{user}'>User name</label>"
        f"<input type='text' id='{user}' name='{user}' autocomplete='username' required>"
        f"<label for='{password}'>Password</label>"
        f"<input type='password' id='{password}' name='{password}' "
        "autocomplete='current-password' required>"
        "<div class='row'><button class='button primary' name='login' value='Login'>"
        "Log in</button></div></form>"
        "<p class='note'>Sandbox store: log in as <code>admin</code> with "
        "<code>admin-pass-1</code>.</p>"
    )
