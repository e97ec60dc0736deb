//! Addresses other than the radio's own.

mod common;

use common::air::{Sky, Station};
use common::run;
use common::table::field;
use wifi_direct::simulation::Profile;

const OF_RADIO: &str = "02:00:00:00:00:00";

/// Starts the daemon on a radio, and tells its P2P device address and the file that it leaves.
async fn device_address(profile: Profile, config: &str) -> (String, String) {
    let station = Station::start(&Sky::new(1), profile, config).await;
    let status = station.global().ask("STATUS").await;
    let address = field(&status, "p2p_device_address").to_owned();
    if profile == Profile::NoP2pDevice {
        assert_eq!(field(&station.client("p2p0").ask("STATUS").await, "address"), address);
    }
    let place = station.stop().await;
    (address, std::fs::read_to_string(place.path("p2p.conf")).expect("a file"))
}

#[test]
fn a_drawn_device_address_is_kept_while_there_are_stored_groups() {
    run(async {
        for profile in [Profile::NoP2pDevice, Profile::P2pDevice] {
            let wanted = "update_config=1\np2p_device_random_mac_addr=1\n";
            let (first, file) = device_address(profile, wanted).await;
            assert_ne!(first, OF_RADIO);
            assert_eq!(u8::from_str_radix(&first[..2], 16).expect("an octet") & 3, 2, "{first}");
            assert!(file.contains(&format!("p2p_device_persistent_mac_addr={first}\n")), "{file}");
            // A stored group knows us by it.
            let group = "network={\n\tssid=\"DIRECT-ab\"\n\tbssid=02:00:00:00:99:00\n\tpsk=\"12345678\"\n\tmode=3\n\tdisabled=2\n}\n";
            let fixed =
                "update_config=1\np2p_device_random_mac_addr=1\np2p_device_persistent_mac_addr=02:00:00:aa:bb:cc\n";
            assert_eq!(device_address(profile, &format!("{fixed}{group}")).await.0, "02:00:00:aa:bb:cc");
            // Without one it is drawn anew.
            assert_ne!(device_address(profile, fixed).await.0, "02:00:00:aa:bb:cc");
            // The address of the first start, whatever the radio has at the next.
            let fixed = fixed.replace("random_mac_addr=1", "random_mac_addr=2");
            assert_eq!(device_address(profile, &fixed).await.0, "02:00:00:aa:bb:cc");
            let (kept, file) = device_address(profile, "update_config=1\np2p_device_random_mac_addr=2\n").await;
            assert!(file.contains(&format!("p2p_device_persistent_mac_addr={kept}\n")), "{file}");
        }
    });
}

#[test]
fn each_group_has_an_address_of_its_own() {
    run(async {
        let sky = Sky::new(1);
        let station = Station::start(&sky, Profile::P2pDevice, "p2p_interface_random_mac_addr=1\n").await;
        let (client, monitor) = (station.client("p2p0"), station.client("p2p0"));
        assert_eq!(monitor.ask("ATTACH").await, "OK\n");
        let mut seen = vec![OF_RADIO.to_owned()];
        for n in 0..3 {
            assert_eq!(client.ask("P2P_GROUP_ADD").await, "OK\n");
            station.until(&monitor, "P2P-GROUP-STARTED").await;
            let group = format!("p2p-p2p0-{n}");
            let status = station.client(&group).ask("STATUS").await;
            let address = field(&status, "address").to_owned();
            assert_eq!(field(&status, "bssid"), address);
            assert!(!seen.contains(&address), "{address} of {seen:?}");
            seen.push(address);
            assert_eq!(client.ask(&format!("P2P_GROUP_REMOVE {group}")).await, "OK\n");
            station.until(&monitor, "P2P-GROUP-REMOVED").await;
        }
        station.stop().await;
    });
}
