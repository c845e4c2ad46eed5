//! Starts that cannot succeed say why, and say it with their exit code.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use super::process::{Folio, command};

fn ended(data_dir: &Path, flags: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } = command(data_dir).args(flags).output().unwrap();
    (status.code(), String::from_utf8_lossy(&stderr).into_owned())
}

#[tokio::test]
async fn a_second_folio_on_the_same_data_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let _first = Folio::start(dir.path(), &[]);
    let (code, text) = ended(dir.path(), &[]);
    assert_eq!(code, Some(75), "{text}");
    assert!(text.contains("another Folio is using"), "{text}");
}

#[test]
fn a_data_directory_that_is_a_file_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("data");
    std::fs::write(&file, "").unwrap();
    let (code, text) = ended(&file, &[]);
    assert_eq!(code, Some(73), "{text}");
    assert!(text.contains("data"), "{text}");
}

#[test]
fn a_port_that_is_taken_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, text) = ended(dir.path(), &["--port", &port]);
    assert_eq!(code, Some(69), "{text}");
    assert!(text.contains(&port), "{text}");
}

#[test]
fn a_setting_that_cannot_be_used_is_named_with_its_origin() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("folio.toml");
    std::fs::write(&file, "[asset]\nquote_ttl_seconds = \"soon\"\n").unwrap();
    let (code, text) = ended(dir.path(), &["--config", file.to_str().unwrap()]);
    assert_eq!(code, Some(78), "{text}");
    assert!(text.contains("asset.quote_ttl_seconds"), "{text}");
    assert!(text.contains("folio.toml"), "{text}");
}

#[test]
fn an_unknown_environment_variable_of_ours_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let output = command(dir.path()).env("FOLIO_PROT", "1").output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(78), "{text}");
    assert!(text.to_lowercase().contains("prot"), "{text}");
}

#[test]
fn sources_are_read_however_they_are_separated_and_what_makes_no_sense_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let flags: [&[&str]; 3] = [
        &["--market", "yahoo,", "ecb"],
        &["--market", "yahoo, ecb"],
        &[],
    ];
    for flags in flags {
        let mut command = command(dir.path());
        command
            .args(flags)
            .env("FOLIO_ASSET__SOURCES", "yahoo,ecb")
            .env("FOLIO_ASSET__YAHOO__TIMEOUT_MS", "0");
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(78), "{text}");
        assert!(
            text.contains("asset.yahoo.timeout_ms: must be from"),
            "{text}"
        );
    }
    let mut command = command(dir.path());
    command.env("FOLIO_LIMITS__CONCURRENT_REQUESTS", "0");
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(78), "{text}");
    assert!(text.contains("limits.concurrent_requests"), "{text}");
    let (code, text) = ended(dir.path(), &["--market", "ecb,yaho"]);
    assert_eq!(code, Some(78), "{text}");
    assert!(
        text.contains("--market: ") && text.contains("twelvedata"),
        "{text}"
    );
}

#[tokio::test]
async fn the_data_is_for_its_owner_alone() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let _folio = Folio::start(&data, &[]);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&data.join("folio.db")), 0o600);
    assert_eq!(mode(&data.join("identity/signing-key.pem")), 0o600);
}
