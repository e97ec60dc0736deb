//! The committed inputs of every target, and mutations of them that are the same in every run.

use fuzz_targets::mutate::{Random, mutate};
use fuzz_targets::{TARGETS, corpus};

fn replay(name: &str) {
    let target = fuzz_targets::find(name).expect("a target");
    let mut inputs = vec![Vec::new()];
    for (file, input) in corpus::load(name).expect("the corpus is readable") {
        let passed = std::panic::catch_unwind(|| (target.run)(&input));
        assert!(passed.is_ok(), "fuzz/corpus/{name}/{file}");
        inputs.push(input);
    }
    assert!(inputs.len() > 1, "{name} has committed inputs");
    let dictionary = match target.dictionary {
        "none" => Vec::new(),
        dictionary => corpus::dictionary(dictionary).expect("a dictionary"),
    };
    let mut random = Random::new(corpus::hash(name.as_bytes()));
    for _ in 0..target.mutations {
        let input = mutate(&mut random, &inputs, &dictionary, target.max_len);
        if std::panic::catch_unwind(|| (target.run)(&input)).is_err() {
            let file = std::env::temp_dir().join(format!("{name}-{:016x}", corpus::hash(&input)));
            std::fs::write(&file, &input).expect("the failing input is written");
            panic!("{name} fails: {}", file.display());
        }
    }
}

macro_rules! replays {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                replay(stringify!($name));
            }
        )*

        #[test]
        fn every_target_is_replayed_and_has_its_binary() {
            let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(names, [$(stringify!($name)),*]);
            let manifest = std::fs::read_to_string(corpus::folder().join("Cargo.toml")).expect("fuzz/Cargo.toml");
            for name in names {
                assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
                let source = std::fs::read_to_string(corpus::folder().join(format!("fuzz_targets/{name}.rs")));
                assert!(source.expect("its source").contains(&format!("fuzz_targets::run(\"{name}\"")), "{name}");
            }
        }
    };
}

replays! {
    elements frame p2p wsc wfd rsn public_action gas strict_lenient parse_emit
    eapol_key supplicant authenticator handshake
    eap registration registrar enrollee
    p2p_machine p2p_states owner join netlink opening config_file control two_devices airscope
}
