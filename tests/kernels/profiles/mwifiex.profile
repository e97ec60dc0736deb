# A Marvell FullMAC radio under mwifiex, Linux 6.1: no P2P device interface, no off-channel transmission, the SME is the driver's
# on both sides, and it answers probe requests. Without a path: drivers/net/wireless/marvell/mwifiex/cfg80211.c
driver = mwifiex_sdio @ drivers/net/wireless/marvell/mwifiex/sdio.c:977
kinds = station p2p-client p2p-go ap @ cfg80211.c:4357
combination = channels 1, interfaces 3, station|p2p-go|p2p-client|ap 3 @ cfg80211.c:27 cfg80211.c:17
commands = new-interface new-key start-ap new-station set-tx-bitrate-mask connect disconnect frame @ cfg80211.c:4208 net/wireless/nl80211.c:2053
commands = remain-on-channel @ cfg80211.c:4416
commands = channel-switch @ cfg80211.c:4417
flags = ap-sme probe-response-offload ap-uapsd @ cfg80211.c:4413
max-remain-ms = 5000 @ cfg80211.c:4356
max-scan-ssids = 10 @ cfg80211.c:4353
max-scan-elements = 256 @ cfg80211.c:4354
bands = 2.4 5 @ cfg80211.c:4365
base-interface = mlan0 @ drivers/net/wireless/marvell/mwifiex/main.c:622
