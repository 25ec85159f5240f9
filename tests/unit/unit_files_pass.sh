#!/bin/bash
# SPDX-License-Identifier: MIT
# Every unit file that is shipped, and every one made from the shipped specs, passes `systemd-analyze verify` with
# nothing on standard error (its exit code stays 0 for an unknown key).
# usage: unit_files_pass.sh PROGRAM SOURCE ALERT_UNIT
set -euo pipefail
program=$(realpath "$1") source=$2 alert=$(realpath "$3")
command -v systemd-analyze >/dev/null || { echo "skipped: systemd-analyze is not installed"; exit 77; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Alone in their folder, but for systemd's own: other units of this machine are not on trial.
export SYSTEMD_UNIT_PATH="$folder:/usr/lib/systemd/system:/lib/systemd/system" SYSTEMD_LOG_LEVEL=info
"$program" --specs "$source/specs" generate --to "$folder" >/dev/null
cp "$source/units/deploy.target" "$source/units/unitgate-reconcile.timer" "$folder"
cp "$alert" "$(dirname "$alert")/unitgate-reconcile.service" "$folder"
# One spec with a timer of its own, which no shipped one has.
mkdir "$folder/specs"
sed 's/^\[unit\]/&\nschedule = "Mon 04:00"/' "$source/specs/proxy.toml" >"$folder/specs/timed.toml"
"$program" --specs "$folder/specs" generate --to "$folder/timed" >/dev/null
cp "$folder"/timed/deploy-timed.timer "$folder/timed/unitgate-reconcile@timed.service" "$folder"
# And one whose process stays.
(cat "$source/specs/proxy.toml"; printf '\n[watch]\naction = "fail"\n') >"$folder/specs/watched.toml"
sed -i 's/deploy-proxy/deploy-watched/g' "$folder/specs/watched.toml"
"$program" --specs "$folder/specs" generate --to "$folder/timed" >/dev/null
grep -q '^WatchdogSec=' "$folder/timed/deploy-watched.service" || { echo 'a watched unit without a watchdog'; exit 1; }
cp "$folder/timed/deploy-watched.service" "$folder"
# The program is built but not installed.
installed=$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$alert")
sed -i "s,^\(Exec[A-Za-z]*=\)$installed,\1$program," "$folder"/*.service
printf '[Service]\nExecStart=/bin/true\n' >"$folder/docker.service"

check() { systemd-analyze verify --man=no --recursive-errors=no "$@" 2>&1; }
units=("$folder"/deploy*.service "$folder"/warm-keycloak.service "$folder"/deploy.target "$folder/unitgate-alert@deploy-proxy.service.service"
  "$folder"/unitgate-reconcile.* "$folder/deploy-timed.timer" "$folder/unitgate-reconcile@timed.service")
[ ${#units[@]} -eq 15 ] || { echo "15 units expected, not ${#units[@]}: ${units[*]}"; exit 1; }
output=$(check "${units[@]}") || { echo "$output"; exit 1; }
[ -z "$output" ] || { echo "$output"; exit 1; }

# The check can fail: an unknown key.
sed 's/^Restart=no/Retsart=no/' "$folder/deploy-proxy.service" >"$folder/deploy-typo.service"
output=$(check "$folder/deploy-typo.service") || true
[[ $output == *"Unknown key "*"'Retsart'"* ]] || { echo "a typo was not seen: $output"; exit 1; }
echo "${#units[@]} units pass"
