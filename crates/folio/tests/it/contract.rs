//! The contract that is checked in is the contract that is served.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use folio::contract;
use serde_json::Value;

#[test]
fn the_checked_in_contracts_are_current() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi");
    for (file, text) in contract::documents().unwrap() {
        let stored = fs::read_to_string(dir.join(file)).unwrap_or_default();
        assert!(
            stored == text,
            "openapi/{file} is out of date: run `make openapi`"
        );
    }
}

fn whole() -> Value {
    serde_json::from_str(&contract::text(&contract::whole()).unwrap()).unwrap()
}

fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let mut found = Vec::new();
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().unwrap() {
            found.push((format!("{} {path}", method.to_uppercase()), operation));
        }
    }
    found
}

#[test]
fn every_operation_has_its_own_name_a_summary_and_a_problem() {
    let document = whole();
    let mut names = BTreeSet::new();
    for (route, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap_or_default();
        assert!(
            names.insert(name.to_owned()) && !name.is_empty(),
            "{route}: {name:?}"
        );
        assert!(operation["summary"].is_string(), "{route} has no summary");
        let responses = operation["responses"].as_object().unwrap();
        let has_problem = responses.values().any(|response| {
            response["content"]
                .get("application/problem+json")
                .is_some()
        });
        assert!(
            has_problem || route.contains("/.well-known/"),
            "{route} documents no problem"
        );
    }
    assert!(names.len() >= 20, "{names:?}");
}

#[test]
fn everything_about_a_customer_needs_a_token() {
    let document = whole();
    let open = [
        "POST /v1/customers",
        "POST /v1/sessions",
        "POST /v1/sessions/refresh",
    ];
    for (route, operation) in operations(&document) {
        let personal = ["/v1/customers", "/v1/sessions", "/v1/portfolios"];
        let is_personal = personal.iter().any(|path| route.contains(path));
        if is_personal && !open.contains(&route.as_str()) {
            assert!(operation["security"].is_array(), "{route} is open");
        }
    }
}

#[test]
fn requests_refuse_unknown_fields_in_the_contract_too() {
    let document = whole();
    for name in [
        "RegisterCustomer",
        "OpenPortfolio",
        "RecordInvestment",
        "AmendInvestment",
        "PostalAddress",
    ] {
        let schema = &document["components"]["schemas"][name];
        assert_eq!(schema["additionalProperties"], Value::Bool(false), "{name}");
    }
}
