#!/bin/bash
# Records the procedures of Wi-Fi Direct as Debian's wpa_supplicant does them, in the lab, into procedures.pcapng beside this file.
#
#   crates/ieee80211-ies/tests/data/record.sh            (from the repository; LAB=PROGRAM for a lab that is built already)
#
# Three devices: 0 and 1 do everything with each other, 2 joins their group. Needs wpasupplicant and tshark.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if [ "${1-}" != inside ]; then
    recorded=$(mktemp --suffix .pcapng)
    trap 'rm -f "$recorded"' EXIT
    ${LAB:-cargo run -q -p lab --} boot --netns --radios 3 --capture "$recorded" --limit 700 -- bash "$here/record.sh" inside |
        tee /dev/stderr | sed -n 's/^key: //p' > "$here/procedures.keys"
    # Of beacons and probe requests a sixth; everything else but data that is not of the handshakes.
    tshark -r "$recorded" -F pcapng -w "$here/procedures.tmp" -Y '
        (wlan.fc.type == 0 && !(wlan.fc.type_subtype in {4, 8})) || eapol || (wlan.fc.type_subtype == 40 && frame.len < 240)
        || (wlan.fc.type_subtype in {4, 8} && frame.number % 6 == 0)' 2> /dev/null
    mv "$here/procedures.tmp" "$here/procedures.pcapng"
    ls -l "$here/procedures.pcapng"
    exit
fi

for r in 0 1 2; do
    cat > /tmp/$r.conf << EOF
ctrl_interface=/run/c$r
device_name=Device $r
device_type=$((r + 1))-0050F204-1
manufacturer=Debian
model_name=Model $r
model_number=$r
serial_number=100$r
config_methods=virtual_push_button physical_display keypad p2ps
p2p_listen_reg_class=81
p2p_listen_channel=$((r * 5 + 1))
p2p_oper_reg_class=81
p2p_oper_channel=6
persistent_reconnect=1
update_config=1
country=DE
EOF
    ip netns exec r$r wpa_supplicant -Dnl80211 -iwlan0 -c/tmp/$r.conf -B -f /tmp/$r.log
done
cli() { local r=$1; shift; wpa_cli -p /run/c$r -i wlan0 "$@" | grep -q FAIL && echo "refused: $*"; true; }
group() { ls /run/c$1 | grep -v -e '^wlan0$' -e p2p-dev | head -1; }
in_group() { local r=$1; shift; wpa_cli -p /run/c$r -i "$(group $r)" "$@"; }
a() { ip netns exec r$1 cat /sys/class/net/wlan0/address; }
A=$(a 0) B=$(a 1) C=$(a 2)
await() { for _ in $(seq 300); do "$@" && return; sleep 0.1; done; echo "in vain: $*"; tail -3 /tmp/0.log /tmp/1.log; return 1; }
formed() { [ -n "$(group $1)" ] && in_group $1 status 2> /dev/null | grep -q wpa_state=COMPLETED; }
key() { echo "key: $(in_group $1 status | sed -n 's/^ssid=//p') $(in_group $1 p2p_get_passphrase)"; }
apart() { [ -z "$(group $1)" ]; }
knows() { wpa_cli -p /run/c$1 -i wlan0 p2p_peers | grep -q $2; }

echo "find, with Wi-Fi Display and services"
for r in 0 1; do
    cli $r set wifi_display 1
    cli $r wfd_subelem_set 0 000600111c440032
    cli $r wfd_subelem_set 6 000700000000000000
    # Audio and video formats and content protection, which only service discovery tells.
    cli $r wfd_subelem_set 2 000f000000020a0000000f140000000000
    cli $r wfd_subelem_set 3 00150001ffff1fffffff00000fff380303020000000011
    cli $r wfd_subelem_set 5 000101
    cli $r p2p_service_add upnp 10 uuid:6859dede-8574-59ab-9332-123456789012::upnp:rootdevice
    cli $r p2p_service_add bonjour 0b5f6166706f766572746370c00c000c01 074578616d706c65c027
    cli $r p2p_service_add asp 1 7$r 1 1108 org.wi-fi.wfds.send.rx "svc_info='name=$r'"
done
cli 0 p2p_find
cli 1 p2p_find
await knows 0 $B
await knows 1 $A
echo "service discovery: all, UPnP, Bonjour, Wi-Fi Display, WS-Discovery, P2PS"
cli 0 p2p_serv_disc_req $B 02000001
cli 0 p2p_serv_disc_req $B upnp 10 ssdp:all
cli 0 p2p_serv_disc_req $B 130001020b5f6166706f766572746370c00c000c01
cli 0 p2p_serv_disc_req $B 070004010002030405
cli 0 p2p_serv_disc_req $B 07000301647075746e
sleep 8
cli 1 p2p_serv_disc_req $A asp 5 org.wi-fi.wfds.send.rx ''
sleep 8
echo "a search for a service by its hash"
cli 0 p2p_stop_find
cli 0 p2p_find 5 seek=org.wi-fi.wfds.send.rx
sleep 6
echo "provision discovery alone"
cli 0 p2p_listen 30
cli 1 p2p_prov_disc $A display
sleep 1
cli 1 p2p_prov_disc $A pbc
sleep 1
echo "a negotiation that is refused"
cli 1 p2p_listen 30
cli 0 p2p_connect $B pbc go_intent=7
sleep 1
cli 1 p2p_reject $A
sleep 2
cli 0 p2p_cancel
sleep 2
echo "a persistent group by push button"
cli 0 p2p_find
cli 1 p2p_find
sleep 3
cli 0 p2p_connect $B pbc persistent go_intent=14
cli 1 p2p_connect $A pbc persistent go_intent=2
await formed 0
await formed 1
sleep 2
cli 0 set p2p_disabled 0
key 0
echo "presence"
in_group 1 p2p_presence_req 30000 102400
sleep 1
echo "a move to another channel"
to=5200
in_group 0 status | grep -q freq=$to && to=5180
in_group 0 chan_switch 5 $to ht
sleep 3
echo "a third joins, by invitation and by PIN"
cli 2 p2p_find
await knows 2 $A
in_group 0 p2p_find 3 || true
cli 0 p2p_find 5
await knows 0 $C
cli 0 p2p_invite group=$(group 0) peer=$C
sleep 2
pin=$(in_group 0 wps_pin any)
cli 2 p2p_connect $A $pin join
await formed 2
sleep 1
echo "all leave"
cli 2 p2p_group_remove '*'
sleep 2
cli 1 p2p_group_remove '*'
sleep 1
cli 0 p2p_group_remove '*'
await apart 0
await apart 1
sleep 2
echo "the persistent group again"
cli 1 p2p_listen 60
sleep 1
cli 0 p2p_find
await knows 0 $B
id=$(wpa_cli -p /run/c0 -i wlan0 list_networks | awk '/P2P-PERSISTENT/ {print $1; exit}')
cli 0 p2p_invite persistent=$id peer=$B
await formed 0
await formed 1
sleep 1
cli 0 p2p_group_remove '*'
await apart 0
await apart 1
sleep 1
echo "a PIN, and a wrong one"
cli 0 p2p_find
cli 1 p2p_find
sleep 3
cli 0 p2p_connect $B 12345670 display go_intent=1
cli 1 p2p_connect $A 12345670 keypad go_intent=13
await formed 0
await formed 1
key 1
sleep 1
cli 1 p2p_group_remove '*'
await apart 0
await apart 1
cli 0 p2p_find
cli 1 p2p_find
sleep 3
cli 0 p2p_connect $B 12345670 display go_intent=1
cli 1 p2p_connect $A 12345678 keypad go_intent=13
sleep 12
cli 0 p2p_cancel
cli 1 p2p_cancel
cli 0 p2p_group_remove '*'
cli 1 p2p_group_remove '*'
sleep 2
echo "P2PS: a session"
cli 0 p2p_listen 60
cli 1 p2p_find
sleep 3
cli 1 p2p_asp_provision $A adv_id=70 adv_mac=$A role=4 session=1 session_mac=$B info='hello' method=1000
sleep 4
echo done
