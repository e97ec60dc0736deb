# A Broadcom FullMAC radio (BCM43455 of the Raspberry Pi 4, firmware with P2P, without RSDB and MCHAN) under brcmfmac, Linux 6.1.
# Without a path: drivers/net/wireless/broadcom/brcm80211/brcmfmac/cfg80211.c
driver = brcmfmac @ drivers/net/wireless/broadcom/brcm80211/brcmfmac/bcmsdh.c:1242
kinds = station adhoc ap p2p-client p2p-go p2p-device @ cfg80211.c:7027 cfg80211.c:7033
combination = channels 1, interfaces 3, station 1, p2p-device 1, p2p-client|p2p-go 1 @ cfg80211.c:7044 cfg80211.c:7063
combination = channels 1, interfaces 4, station 1, ap 1, p2p-client 1, p2p-device 1 @ cfg80211.c:7090
commands = new-interface new-key start-ap connect disconnect frame start-p2p-device @ cfg80211.c:5528 net/wireless/nl80211.c:2053
commands = remain-on-channel @ cfg80211.c:7220 cfg80211.c:5564
flags = ap-sme offchannel-tx @ cfg80211.c:7218
max-remain-ms = 5000 @ cfg80211.c:7242
max-scan-ssids = 10 @ cfg80211.c:7181
max-scan-elements = 2048 @ cfg80211.c:7182
bands = 2.4 5 @ cfg80211.c:171
base-interface = wlan0 @ drivers/net/wireless/broadcom/brcm80211/brcmfmac/core.c:1235
