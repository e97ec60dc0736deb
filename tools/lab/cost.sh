#!/bin/bash
# What p2pd costs beside wpa_supplicant, in one machine of the lab with six plain radios:
#
#   cargo build --release -p p2pd --no-default-features
#   cargo run -p lab -- boot --radios 6 --limit 900 -- bash tools/lab/cost.sh target/release/p2pd
#
# prints, for both daemons: memory and wakeups while idle, and the instructions (callgrind) of the start, of finding a peer and
# of a formation, by role; then the functions that took most of a formation. Names of functions need a binary that is not stripped
# (CARGO_PROFILE_RELEASE_STRIP=false). Needs valgrind and wpa_cli.
set -u
P2PD=$(realpath "$1")
IDLE=60
mkdir -p /tmp/cost && cd /tmp/cost

config() { printf 'ctrl_interface=/tmp/cost/c%s\ndevice_name=dev%s\n' "$1" "$1" > "$1.conf"; }
ask() { wpa_cli -p "/tmp/cost/c$1" -i "wlan$1" "${@:2}" 2> /dev/null; }
ready() { until ask "$1" ping | grep PONG > /dev/null; do sleep 0.1; done; }
# until NUMBER COMMAND PATTERN: asks until the answer matches, for at most a minute of radio time
until_says() { for _ in $(seq 600); do ask "$1" $2 | grep -E "$3" > /dev/null && return; sleep 0.1; done; echo "wlan$1: never $3"; }
address() { ask "$1" status | sed -n 's/^p2p_device_address=//p'; }
status() { awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/status"; }
anonymous() { awk '$1 == "Anonymous:" { print $2 }' "/proc/$1/smaps_rollup"; }

echo "== idle for $IDLE s of radio time"
PIDS=()
for n in 0 1; do
    config $n
    if [ $n = 0 ]; then "$P2PD" -Dnl80211 -i wlan0 -c 0.conf & else wpa_supplicant -Dnl80211 -i wlan1 -c 1.conf > /dev/null & fi
    PIDS+=($!)
    ready $n
done
sleep 5
BEFORE=(); for pid in "${PIDS[@]}"; do BEFORE+=($(status $pid voluntary_ctxt_switches)); done
sleep $IDLE
for n in 0 1; do
    pid=${PIDS[$n]}
    echo "$(basename "$(readlink /proc/$pid/exe)"): resident $(status $pid VmRSS) kB, anonymous $(anonymous $pid) kB," \
        "wakeups $(($(status $pid voluntary_ctxt_switches) - ${BEFORE[$n]}))"
done
kill "${PIDS[@]}"; wait

# pair NAME COMMAND A B: the second dump of each is the search, the third the formation; A becomes the owner
pair() {
    local name=$1 command=$2 a=$3 b=$4 pids=()
    for n in $a $b; do
        config $n
        valgrind -q --tool=callgrind --callgrind-out-file="$name-$n" $command -Dnl80211 -i wlan$n -c $n.conf > /dev/null 2> "vg$n" &
        pids+=($!)
        ready $n
    done
    dump() { sleep 2; for pid in "${pids[@]}"; do callgrind_control -d $pid > /dev/null 2>&1; done; ready $a; ready $b; sleep 2; }
    local one two; one=$(address $a); two=$(address $b)
    dump
    ask $a p2p_find > /dev/null; ask $b p2p_find > /dev/null
    until_says $a p2p_peers "$two"; until_says $b p2p_peers "$one"
    ask $a p2p_stop_find > /dev/null; ask $b p2p_stop_find > /dev/null
    dump
    ask $a p2p_connect "$two" pbc go_intent=15 > /dev/null
    # wpa_supplicant loses a negotiation that both begin at once.
    sleep 2
    ask $b p2p_connect "$one" pbc go_intent=0 > /dev/null
    until_says $b "-i p2p-wlan$b-0 status" wpa_state=COMPLETED
    dump
    for n in $a $b; do [ -n "$(ls /tmp/cost/c$n | grep p2p-wlan)" ] || echo "$name: no group on wlan$n"; done
    kill "${pids[@]}"; wait
    for n in $a $b; do
        local role=owner; [ $n = $b ] && role=client
        for step in 1:start 2:search 3:formation; do
            echo "$name $role ${step#*:}: $(awk '$1 == "totals:" || $1 == "summary:" { print $2; exit }' "$name-$n.${step%%:*}") instructions"
        done
        callgrind_annotate --inclusive=yes --threshold=100 "$name-$n.3" > "$name-$role.functions" 2> /dev/null
        cp "$name-$role.functions" /lab/ 2> /dev/null
    done
}
echo "== instructions"
pair p2pd "$P2PD" 2 3
pair wpa_supplicant wpa_supplicant 4 5
for role in owner client; do
    for name in p2pd wpa_supplicant; do
        echo "== $name $role, formation, functions with all that they call"
        grep -E '^ *[0-9,]+ \(' "$name-$role.functions" | sed -E 's/^ *//; s/ \[.*\]$//' | cut -c1-150 | head -${LINES_OF_FUNCTIONS:-60}
    done
done
