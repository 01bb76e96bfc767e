#!/bin/bash
# build.sh OUT.so: builds the module for the nginx of Debian's nginx-dev, with the flags that this nginx was built with.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target=$(realpath -m "$1")
work=$target.d
mkdir -p "$work"
cd /usr/share/nginx/src
. ./conf_flags
./configure "${NGX_CONF_FLAGS[@]}" --builddir="$work" --add-dynamic-module="$here" \
    --with-cc-opt='-O2 -fPIC -fstack-protector-strong -D_FORTIFY_SOURCE=2 -Wall -Wextra -Wno-unused-parameter -Werror' \
    --with-ld-opt='-Wl,-z,relro -Wl,-z,now' >"$work/log" 2>&1 &&
    make -f "$work/Makefile" modules >>"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; exit 1; }
mv "$work/ngx_http_popsicl_module.so" "$target"
