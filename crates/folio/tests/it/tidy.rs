//! The habits of `STYLE.md` that a machine can hold.

use std::fs;
use std::path::{Path, PathBuf};

const LONG_FILE: usize = 400;
const TOO_LONG_FILE: usize = 600;

/// What no source may contain outside tests, and why.
const FORBIDDEN: [(&str, &str); 8] = [
    ("todo!(", "unfinished code does not land"),
    ("unimplemented!(", "unfinished code does not land"),
    ("#[ignore", "a test that does not run proves nothing"),
    ("#[allow(", "say why: #[expect(…, reason = …)]"),
    ("json!(", "degrades exact decimals to f64"),
    ("serde_json::to_value(", "degrades exact decimals to f64"),
    ("parse::<f64>", "money never passes through a float"),
    ("should_panic", "assert the error instead"),
];

/// Where floats have no business at all.
const NO_FLOATS: [&str; 3] = [
    "crates/domain/src",
    "crates/api/src",
    "crates/portfolio-service/src",
];

/// Statistics, which are floats and say so; amounts only pass through them one way.
const STATISTICS: [&str; 5] = [
    "crates/domain/src/performance/ratio.rs",
    "crates/domain/src/performance/returns",
    "crates/domain/src/performance/risk",
    "crates/domain/src/performance/xirr/",
    "crates/domain/src/performance/fixtures.rs",
];

/// What a place may not reach for, and why.
const FORBIDDEN_IMPORTS: [(&str, &[&str], &str); 3] = [
    (
        "crates/domain/src",
        &[
            "tokio",
            "axum",
            "std::fs",
            "std::net",
            "std::env",
            "std::time",
            "tracing",
        ],
        "rules are plain values in, plain values out",
    ),
    (
        "crates/api/src",
        &["axum", "tokio", "reqwest", "store::"],
        "the wire decides and does nothing",
    ),
    (
        "crates/portfolio-service/src/http",
        &["aws_", "dynoxide"],
        "only `store` knows the table",
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("crates")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path
                    .strip_prefix(root())
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// The part of a file before its inline tests.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or(text)
}

fn is_test(name: &str) -> bool {
    name.contains("/tests/") || name.ends_with("/tests.rs")
}

#[test]
fn files_are_rooms_and_not_halls() {
    let mut too_long = Vec::new();
    for (name, text) in sources() {
        let lines = without_tests(&text).lines().count();
        if lines > LONG_FILE {
            println!("warning: {name} has {lines} lines without its tests");
        }
        if lines > TOO_LONG_FILE {
            too_long.push(name);
        }
    }
    assert_eq!(too_long, Vec::<String>::new());
}

#[test]
fn forbidden_words_do_not_appear() {
    let mut found = Vec::new();
    for (name, text) in sources()
        .iter()
        .filter(|(name, _)| !name.ends_with("/tidy.rs"))
    {
        let searched = if is_test(name) {
            ""
        } else {
            without_tests(text)
        };
        for (word, reason) in FORBIDDEN {
            let whole = word == "#[ignore" || word == "#[allow(" || word == "should_panic";
            if (if whole { text.as_str() } else { searched }).contains(word) {
                found.push(format!("{name}: {word} ({reason})"));
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn floats_stay_away_from_money() {
    let mut found = Vec::new();
    for (name, text) in sources() {
        let exact = NO_FLOATS.iter().any(|place| name.starts_with(place));
        if !exact || STATISTICS.iter().any(|place| name.starts_with(place)) {
            continue;
        }
        for line in without_tests(&text)
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
        {
            if line.contains("f64") || line.contains("f32") {
                found.push(format!("{name}: {}", line.trim()));
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn rooms_do_not_reach_for_what_is_not_theirs() {
    let mut found = Vec::new();
    for (name, text) in sources() {
        for (place, imports, reason) in FORBIDDEN_IMPORTS {
            for import in imports.iter().filter(|_| name.starts_with(place)) {
                if without_tests(&text).contains(&format!("use {import}")) {
                    found.push(format!("{name}: use {import} ({reason})"));
                }
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn crate_roots_hold_declarations_and_the_map_only() {
    for (name, text) in sources() {
        let is_root = name.ends_with("/src/lib.rs") || name.ends_with("/src/main.rs");
        if !is_root {
            continue;
        }
        let lines = text.lines().count();
        assert!(
            lines <= 80,
            "{name} has {lines} lines; move code into a room of its own"
        );
        if name.ends_with("/src/lib.rs") {
            assert!(text.starts_with("//!"), "{name} must begin with its map");
        }
    }
}

#[test]
fn nothing_names_a_machine() {
    let mut found = Vec::new();
    for (name, text) in sources() {
        for place in ["/home/", "/Users/"] {
            if text.contains(place) && !name.ends_with("/tidy.rs") {
                found.push(format!("{name}: {place}"));
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
}
