# QCA9377 (PCIe, firmware with the TLV interface) under ath10k, Linux 6.1. Without a path: drivers/net/wireless/ath/ath10k/mac.c
driver = ath10k_pci @ drivers/net/wireless/ath/ath10k/pci.c:3784
kinds = station ap p2p-device p2p-client p2p-go @ mac.c:10013 mac.c:10022
combination = channels 1, interfaces 4, station 2, ap|p2p-client|p2p-go 2, p2p-device 1 @ mac.c:9709 mac.c:9652
commands = new-interface new-key start-ap new-station set-bss @ net/wireless/nl80211.c:2053 net/mac80211/cfg.c:4938
commands = authenticate associate deauthenticate disassociate connect disconnect @ net/wireless/nl80211.c:2063 net/mac80211/cfg.c:4938
commands = remain-on-channel @ mac.c:10113 net/wireless/nl80211.c:2072
commands = frame frame-wait-cancel probe-client start-p2p-device @ net/wireless/nl80211.c:2075 net/mac80211/cfg.c:4938
commands = set-tx-bitrate-mask @ net/wireless/nl80211.c:2074 net/mac80211/cfg.c:4938
commands = channel-switch @ mac.c:10114 net/wireless/nl80211.c:2620
flags = offchannel-tx @ net/mac80211/main.c:687
flags = ap-uapsd @ mac.c:10117
# It depends on a service of the firmware (WMI_SERVICE_BEACON_OFFLOAD), which the QCA9377's announces or not.
flags = probe-response-offload @ mac.c:10085
features = full-ap-client-state mac-on-create @ net/mac80211/main.c:696
features = ap-scan @ mac.c:10118
extended = set-scan-dwell @ mac.c:10130
extended = control-port control-port-tx-status control-port-no-preauth @ net/mac80211/main.c:701
max-remain-ms = 5000 @ mac.c:10115
max-scan-ssids = 16 @ mac.c:10063 drivers/net/wireless/ath/ath10k/wmi.h:3138
max-scan-elements = 256 @ mac.c:10064 drivers/net/wireless/ath/ath10k/wmi.h:3140
needs-down = yes @ net/mac80211/iface.c:1929
bands = 2.4 5 @ mac.c:9990
base-interface = wlan0 @ net/mac80211/main.c:1408
