# QCA9377 under Qualcomm's own driver (qcacld-2.0): two netdevs from the start, wlan0 and p2p0; the SME is the driver's on both
# sides. The driver is not in Linux: hdd is CORE/HDD/src/wlan_hdd_cfg80211.c of boundarydevices/qca9377-lea2-lnx-4-14-driver-source.
driver = qcacld @ hdd:wlan_hdd_cfg80211_ops
kinds = station ap p2p-client p2p-go @ hdd:wlan_hdd_sta_p2p_iface_limit hdd:wlan_hdd_sta_ap_p2pgo_iface_limit
combination = channels 2, interfaces 4, station 2, p2p-go|p2p-client 2 @ hdd:wlan_hdd_iface_combination
commands = new-interface new-key start-ap connect disconnect remain-on-channel frame @ net/wireless/nl80211.c:2053
commands = frame-wait-cancel set-bss new-station @ hdd:wlan_hdd_cfg80211_ops
# CHANNEL_SWITCH only where the driver was built with CHANNEL_SWITCH_SUPPORTED.
flags = ap-sme offchannel-tx probe-response-offload @ hdd:wlan_hdd_cfg80211_init
max-remain-ms = 5000 @ hdd:MAX_REMAIN_ON_CHANNEL_DURATION
max-scan-ssids = 10 @ hdd:MAX_SCAN_SSID
max-scan-elements = 500 @ ?
bands = 2.4 5 @ hdd:cfg80211_band_2ghz
base-interface = p2p0 @ hdd:wlan_hdd_sta_p2p_iface_limit
