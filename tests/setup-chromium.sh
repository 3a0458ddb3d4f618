#!/usr/bin/env bash
# The browser tests and the screenshots drive the distribution's Chromium, and the demo's store sells
# a teapot with a Japanese name; install both packages where we may, say so where not.
# WenQuanYi Micro Hei is the smallest package with Chinese and Japanese letters (1.6 MB, 2026-11).
set -euo pipefail
needed=()
command -v chromium >/dev/null || needed+=(chromium)
[ -n "$(fc-list ':charset=6025' 2>/dev/null)" ] || needed+=(fonts-wqy-microhei)
if [ ${#needed[@]} = 0 ]; then exit 0; fi
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  echo "Installing ${needed[*]} for the browser tests ..."
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends fontconfig "${needed[@]}" >/dev/null
  exit 0
fi
echo "The browser tests need ${needed[*]}: install your distribution's packages (apt install ${needed[*]}) and run make test again." >&2
exit 1
