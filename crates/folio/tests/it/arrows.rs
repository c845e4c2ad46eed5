//! Which crate may depend on which. `ARCHITECTURE.md` draws the same arrows.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

const ARROWS: [(&str, &[&str]); 9] = [
    ("domain", &[]),
    ("store", &[]),
    ("fake-market", &[]),
    ("api", &["domain"]),
    ("service-kit", &["api", "domain", "store"]),
    (
        "customer-service",
        &["api", "domain", "service-kit", "store"],
    ),
    (
        "portfolio-service",
        &["api", "domain", "service-kit", "store"],
    ),
    ("asset-service", &["api", "domain", "service-kit", "store"]),
    (
        "folio",
        &[
            "api",
            "asset-service",
            "customer-service",
            "portfolio-service",
            "service-kit",
            "store",
        ],
    ),
];

#[test]
fn crates_depend_only_along_the_arrows() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let allowed: BTreeMap<&str, BTreeSet<&str>> = ARROWS
        .iter()
        .map(|(from, to)| (*from, to.iter().copied().collect()))
        .collect();
    let ours: BTreeSet<&str> = metadata
        .packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    assert_eq!(
        ours,
        allowed.keys().copied().collect(),
        "a crate without a place in the drawing"
    );
    for package in &metadata.packages {
        let name = package.name.as_str();
        let to = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind == DependencyKind::Normal)
            .map(|dependency| dependency.name.as_str())
            .filter(|dependency| ours.contains(dependency));
        for dependency in to {
            assert!(
                allowed[name].contains(dependency),
                "{name} must not depend on {dependency}"
            );
        }
    }
}

#[test]
fn only_the_store_knows_dynamodb_and_its_engine() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    for package in metadata
        .packages
        .iter()
        .filter(|package| package.name.as_str() != "store")
    {
        for dependency in &package.dependencies {
            let name = dependency.name.as_str();
            let is_storage = name.starts_with("aws-") || name.starts_with("dynoxide");
            assert!(!is_storage, "{} must not depend on {name}", package.name);
        }
    }
}
