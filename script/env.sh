# shellcheck shell=bash
# Sourced by every script, and by hand where cmake and libclang came from PyPI: `. script/env.sh`.
# Sets paths and nothing else. It must not export anything that the machine's own tools do not need:
# Cargo compares some of these variables and would build llama.cpp again.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
TOOLS="$ROOT/.cache/tools"
BUILD_TOOLS="$ROOT/.cache/build-tools"

# The machine's own tools come first; these are what `script/setup` fetched where there were none.
case ":$PATH:" in
*":$TOOLS/nextest/bin:"*) ;;
*) PATH="$PATH:$HOME/.cargo/bin:$TOOLS/nextest/bin:$TOOLS/deny/bin:$BUILD_TOOLS/cmake/data/bin" ;;
esac
export PATH

if [ -e "$BUILD_TOOLS/clang/native/libclang.so" ]; then
    export LIBCLANG_PATH="$BUILD_TOOLS/clang/native"
    # That libclang comes without the compiler's own headers (stddef.h and its like): gcc's serve.
    BINDGEN_EXTRA_CLANG_ARGS="-I$(gcc -print-file-name=include)"
    export BINDGEN_EXTRA_CLANG_ARGS
fi

export PIP_DISABLE_PIP_VERSION_CHECK=1
