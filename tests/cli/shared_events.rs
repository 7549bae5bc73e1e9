//! Sample events that a checkout may have beside it, and a clone has not.

use std::path::Path;

use crate::ran;

/// Each is interpreted or reported as not recognised; none panics, none errors.
#[test]
fn every_shared_event_gets_a_report() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/events");
    if !folder.is_dir() {
        println!("skipped: there is no {}", folder.display());
        return;
    }
    let mut kinds = Vec::new();
    for folder in [folder.join("constructed"), folder] {
        for entry in std::fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("the folder can be read").path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                let report = ran(&["explain", &path.to_string_lossy(), "--format", "json"]).json();
                kinds.push(
                    report["activity"]["kind"]
                        .as_str()
                        .unwrap_or_default()
                        .to_owned(),
                );
            }
        }
    }
    let count = |wanted: &str| kinds.iter().filter(|kind| *kind == wanted).count();
    let unrecognised = count("unrecognised");
    let known = [
        "api-call",
        "exposure",
        "finding",
        "other",
        "service-event",
        "sign-in",
    ]
    .map(count);
    assert_eq!(known.iter().sum::<usize>() + unrecognised, kinds.len());
    assert_eq!(unrecognised, 0);
}
