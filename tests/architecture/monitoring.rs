//! `k8s/monitoring`: what is watched is there to be watched.

use std::collections::BTreeSet;

use peer_coaching::telemetry::metrics::{ALL, Kind, buckets};

const ALERTS: &str = include_str!("../../k8s/monitoring/alerts.yaml");
const DASHBOARD: &str = include_str!("../../k8s/monitoring/dashboard.json");

/// The figures that a text names.
fn named(text: &str) -> BTreeSet<&str> {
    let ours = text.match_indices("peer_coaching_").map(|(at, _)| &text[at..]);
    ours.map(|rest| rest.split(|c: char| !c.is_ascii_lowercase() && c != '_').next().unwrap_or_default()).collect()
}

/// What Prometheus makes of each figure.
fn made(kind: Kind, name: &str) -> Vec<String> {
    match kind {
        Kind::Counter | Kind::Gauge => vec![name.to_owned()],
        Kind::Histogram => ["bucket", "sum", "count"].map(|part| format!("{name}_{part}")).to_vec(),
    }
}

#[test]
fn every_figure_that_is_watched_is_kept() {
    let kept = ALL.iter().flat_map(|(name, kind, _)| made(*kind, name)).collect::<BTreeSet<_>>();
    for (file, text) in [("alerts.yaml", ALERTS), ("dashboard.json", DASHBOARD)] {
        let strangers = named(text).into_iter().filter(|name| !kept.contains(*name)).collect::<Vec<_>>();
        assert!(strangers.is_empty(), "{file} names what nobody keeps: {strangers:?}");
        assert!(named(text).len() > 5, "{file}");
    }
}

/// A quantile is never above the last bucket: an alert that waits for more would never wake anybody.
#[test]
fn every_alert_about_a_quantile_can_be_reached() {
    let mut seen = 0;
    for rule in ALERTS.split("- alert: ").skip(1).filter(|rule| rule.contains("histogram_quantile(")) {
        let histogram = named(rule).into_iter().find_map(|name| name.strip_suffix("_bucket")).expect("a histogram");
        let threshold = rule.lines().find_map(|line| line.rsplit_once(") > ")).expect("a threshold").1;
        let threshold = threshold.trim().parse::<f64>().expect("a number of seconds");
        let bounds = buckets(histogram);
        assert!(bounds.contains(&threshold), "{histogram} has no bucket that ends at {threshold}");
        assert!(bounds[bounds.len() - 1] > threshold, "{histogram} never exceeds {threshold}");
        seen += 1;
    }
    assert_eq!(seen, 2);
}

#[test]
fn every_figure_that_is_kept_is_shown() {
    let shown = named(DASHBOARD);
    let hidden = ALL.iter().filter(|(name, kind, _)| made(*kind, name).iter().all(|one| !shown.contains(one.as_str())));
    let hidden = hidden.map(|(name, ..)| *name).collect::<Vec<_>>();
    assert!(hidden.is_empty(), "nobody would see: {hidden:?}");
    serde_json::from_str::<serde_json::Value>(DASHBOARD).expect("JSON");
}
