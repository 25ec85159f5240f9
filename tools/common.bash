# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Shared by tools/test, tools/demo and .ci/run: who we are, what is missing, and the build. Sourced, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# Runs the calling script again as root where it was called as someone else.
need_root() {
  [ "$(id -u)" -eq 0 ] && return
  command -v sudo >/dev/null || die "this needs root for packages and the test host, and there is no 'sudo': run it as root"
  say "not root: going on with 'sudo'"
  exec sudo -- "$0" "$@"
}

# Names of the packages of the given kinds for this release of Debian.
package_names() {
  local release kind name wanted
  # shellcheck disable=SC1091
  release=${DEBIAN_RELEASE:-$(. /etc/os-release; echo "${VERSION_ID:-12}")}
  while read -r kind name _; do
    case $kind in '' | '#'*) continue ;; esac
    for wanted in "$@"; do
      if [ "$kind" = "$wanted" ] || [ "$kind" = "$wanted@$release" ]; then echo "$name"; fi
    done
  done <"$root/tools/packages"
}

# True if a package of that name, or one that stands in for it, is installed.
has_package() { dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed; }

apt_updated=
apt_update() {
  [ -z "$apt_updated" ] || return 0
  apt-get -qq -o Acquire::Retries=3 update || die "'apt-get update' failed: is this machine online?"
  apt_updated=yes
}

install_packages() {
  local name missing=()
  command -v apt-get >/dev/null || die "no 'apt-get' here: install what tools/packages lists by hand"
  for name in $(package_names "$@"); do
    has_package "$name" || missing+=("$name")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "installing: ${missing[*]}"
  apt_update
  DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 install --no-install-recommends \
    "${missing[@]}" >"$root/.apt.log" 2>&1 || { tail -n 20 "$root/.apt.log" >&2; die "'apt-get install' failed"; }
  rm -f "$root/.apt.log"
}

# fetch_server FOLDER PROGRAM PACKAGE...: a server of Debian's for the test host alone. It is unpacked beside the build,
# not installed: its package would start a server on this machine.
fetch_server() {
  local folder=$1 program=$2 package
  shift 2
  [ -x "$folder/$program" ] && return
  if [ -x "/$program" ]; then
    mkdir -p "$folder/$(dirname "$program")" && ln -sfn "/$program" "$folder/$program"
    return
  fi
  say "fetching: $* (unpacked beside the build, not installed)"
  apt_update
  mkdir -p "$folder/deb"
  (cd "$folder/deb" && apt-get -qq -o APT::Sandbox::User=root download "$@") || die "'apt-get download $*' failed"
  for package in "$folder"/deb/*.deb; do
    dpkg-deb -x "$package" "$folder" || die "can't unpack '$package'"
  done
}

fetch_caddy() { fetch_server "$1/caddy" usr/bin/caddy caddy; }
# Some 65 MB. Where a release has other packages, the tests that need it are skipped.
fetch_docker() {
  (fetch_server "$1/docker" usr/sbin/dockerd docker.io containerd runc libdevmapper1.02.1 busybox-static) ||
    say "no Docker Engine for the tests: those that need one are skipped"
}
fetch_sshd() {
  local packages
  mapfile -t packages < <(package_names sshd)
  fetch_server "$1/sshd" usr/sbin/sshd "${packages[@]}"
}

# What tools/bench compares with. Of the servers, whatever of their packages this machine lacks is unpacked; s6 starts
# nothing and finds its own programs only where it is installed.
fetch_peers() {
  local name packages
  apt_update
  for name in $(package_names peer); do
    mapfile -t packages < <(apt-get -qq -s install --no-install-recommends "$name" | awk '$1 == "Inst" { print $2 }')
    case $name in
    haproxy) fetch_server "$1/$name" usr/sbin/haproxy "${packages[@]}" ;;
    *) fetch_server "$1/$name" "usr/bin/$name" "${packages[@]}" ;;
    esac
  done
  install_packages bench
}

# build FOLDER MESON_OPTION...: configures once, then brings it up to date.
build() {
  local folder=$1
  shift
  if [ ! -f "$folder/build.ninja" ]; then
    rm -rf "$folder"
    meson setup "$folder" "$root" --prefix=/usr "$@" >"$folder.log" 2>&1 ||
      { cat "$folder.log" >&2; return 1; }
    rm -f "$folder.log"
  fi
  say "building in $(basename "$folder") (a first build takes some minutes)"
  ninja -C "$folder" --quiet
}

# What tests came to.
passed=0 failed=0 skipped=0
# Adds the counts that a file of output closes with; one without has failed as a whole.
add_counts() {
  local last
  last=$(tail -n 2 "$1")
  if [[ $last =~ (^|$'\n')([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)?$ ]]; then
    passed=$((passed + BASH_REMATCH[2])) failed=$((failed + BASH_REMATCH[3])) skipped=$((skipped + ${BASH_REMATCH[5]:-0}))
    if [[ $last =~ ^([0-9]+)\ skipped$'\n' ]]; then skipped=$((skipped + BASH_REMATCH[1])); fi
  else
    say "no closing line with counts"
    failed=$((failed + 1))
  fi
}
# The closing lines; fails if a test has.
close_counts() {
  [ "$skipped" -eq 0 ] || say "$skipped skipped"
  say "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}
