#!/bin/bash
# What p2pd costs beside wpa_supplicant, in one machine of the lab with 24 plain radios:
#
#   cargo build --release -p p2pd --no-default-features
#   cargo run -p lab -- boot --radios 24 --limit 900 -- bash tools/lab/cost.sh target/release/p2pd
#
# prints, for both daemons: memory and wakeups while idle, and the instructions (callgrind) of a formation, by role; then the
# functions that took most of a life with a formation. Names of functions need a binary that is not stripped
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

# life NAME COMMAND search|formation A B: a life of two daemons on the radios A and B, with or without a formation; the first becomes
# the owner. Fails when no group came about. (A dump amid a life, by callgrind_control, keeps wpa_supplicant from forming a group.)
life() {
    local name=$1 command=$2 until=$3 a=$4 b=$5 pids=() formed=0
    for n in $a $b; do
        local role=owner; [ $n = $b ] && role=client
        config $n
        valgrind -q --tool=callgrind --callgrind-out-file="$name-$role-$until" $command -Dnl80211 -i wlan$n -c $n.conf > "$name-$role-$until.log" 2>&1 &
        pids+=($!)
        ready $n
    done
    local one two; one=$(address $a); two=$(address $b)
    ask $a p2p_find > /dev/null; ask $b p2p_find > /dev/null
    until_says $a p2p_peers "$two"; until_says $b p2p_peers "$one"
    ask $a p2p_stop_find > /dev/null; ask $b p2p_stop_find > /dev/null
    if [ "$until" = formation ]; then
        formed=1
        ask $b p2p_listen 60 > /dev/null
        ask $a p2p_connect "$two" pbc go_intent=15 > /dev/null
        # The second user agrees when asked; wpa_supplicant loses a negotiation that both begin at once.
        sleep 1
        ask $b p2p_connect "$one" pbc go_intent=0 > /dev/null
        for _ in $(seq 100); do
            wpa_cli -p "/tmp/cost/c$b" -i "p2p-wlan$b-0" status 2> /dev/null | grep wpa_state=COMPLETED > /dev/null && formed=0 && break
            sleep 0.2
        done
    fi
    # At once, so that what p2pd makes ahead for its next group, after 2 s, is not counted.
    kill "${pids[@]}"; wait
    return $formed
}

# pair NAME COMMAND search|formation: a life on radios that nobody had yet; another when no group came about, up to four.
NEXT=2
pair() {
    for _ in 1 2 3 4; do
        local a=$NEXT; NEXT=$((NEXT + 2))
        life "$@" $a $((a + 1)) && return
        echo "$1: no group on wlan$a; once more"
        tail -n 5 "$1-owner-formation.log" "$1-client-formation.log"
    done
}
total() { awk '$1 == "totals:" || $1 == "summary:" { print $2; exit }' "$1"; }
echo "== instructions"
for name in p2pd wpa_supplicant; do
    command=$name; [ $name = p2pd ] && command=$P2PD
    pair $name "$command" search
    pair $name "$command" formation
    for role in owner client; do
        without=$(total $name-$role-search) with=$(total $name-$role-formation)
        echo "$name $role: $without up to the first discovery and the end, $((with - without)) more with a formation"
        callgrind_annotate --inclusive=yes --threshold=100 "$name-$role-formation" > "$name-$role.functions" 2> /dev/null
    done
done
for role in owner client; do
    for name in p2pd wpa_supplicant; do
        echo "== $name $role, functions with all that they call"
        grep -E '^ *[0-9,]+ \(' "$name-$role.functions" | sed -E 's/^ *//; s/ \[.*\]$//' | cut -c1-150 | head -${LINES_OF_FUNCTIONS:-60}
    done
done
