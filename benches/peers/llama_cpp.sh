#!/usr/bin/env bash
# Builds llama.cpp's benchmarks and server from the Python source package that carries it.
#
#   llama_cpp.sh FOLDER
#
# FOLDER is made, outside this repository, and holds the programs in FOLDER/build/bin afterwards. Needed: a C++
# compiler, Python's pip, a package index, 2 GB of disk, a quarter of an hour on 2 cores.
set -euo pipefail
version=0.3.36

repository=$(cd "$(dirname "$0")/../.." && pwd -P)
mkdir -p "${1:?usage: llama_cpp.sh FOLDER}"
cd "$1"
case "$(pwd -P)/" in
    "$repository"/*) echo "choose a folder outside $repository" >&2 && exit 2 ;;
esac

# cmake and ninja, where the machine has none.
if ! command -v cmake >/dev/null || ! command -v ninja >/dev/null; then
    python3 -m venv tools
    tools/bin/pip install --quiet cmake ninja
    PATH=$PWD/tools/bin:$PATH
fi

package=llama_cpp_python-$version
if [ ! -d "$package" ]; then
    python3 -m pip download --quiet --no-deps --no-binary llama-cpp-python "llama-cpp-python==$version"
    tar -xf "$package.tar.gz"
fi

# Its web page is left out, which it would fetch.
cmake -G Ninja -S "$package/vendor/llama.cpp" -B build \
    -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=ON -DLLAMA_CURL=OFF -DLLAMA_USE_PREBUILT_UI=OFF
cmake --build build --target llama-bench llama-batched-bench llama-server
echo "built: $PWD/build/bin"
