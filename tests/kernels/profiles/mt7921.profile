# A radio without P2P device interfaces whose MLME is ours: MT7921 under mt76, Linux 6.1.
driver = mt7921e @ drivers/net/wireless/mediatek/mt76/mt7921/pci.c:501
kinds = station ap p2p-client p2p-go @ drivers/net/wireless/mediatek/mt76/mac80211.c:477
combination = channels 1, interfaces 4, station 4, ap 1 @ drivers/net/wireless/mediatek/mt76/mt7921/init.c:10 drivers/net/wireless/mediatek/mt76/mt7921/init.c:22
commands = new-interface new-key start-ap new-station set-bss @ net/wireless/nl80211.c:2053 net/mac80211/cfg.c:4938
commands = authenticate associate deauthenticate disassociate connect disconnect @ net/wireless/nl80211.c:2063 net/mac80211/cfg.c:4938
commands = remain-on-channel frame frame-wait-cancel probe-client set-tx-bitrate-mask @ net/wireless/nl80211.c:2072 net/mac80211/main.c:690
commands = channel-switch @ drivers/net/wireless/mediatek/mt76/mt7921/init.c:83
flags = offchannel-tx @ net/mac80211/main.c:687
features = full-ap-client-state mac-on-create @ net/mac80211/main.c:696
extended = control-port control-port-tx-status control-port-no-preauth @ net/mac80211/main.c:701
max-remain-ms = 5000 @ net/mac80211/main.c:1267
max-scan-ssids = 4 @ drivers/net/wireless/mediatek/mt76/mt7921/init.c:76
max-scan-elements = 600 @ drivers/net/wireless/mediatek/mt76/mt7921/init.c:75 drivers/net/wireless/mediatek/mt76/mt76_connac.h:9
needs-down = yes @ net/mac80211/iface.c:1929
bands = 2.4 5 @ drivers/net/wireless/mediatek/mt76/mac80211.c:498
base-interface = wlan0 @ net/mac80211/main.c:1408
