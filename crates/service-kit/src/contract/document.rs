//! The OpenAPI contract, finished: what the derives cannot say is added here.

use std::collections::BTreeSet;

use serde_json::Value;
use utoipa::openapi::OpenApi;

/// The contract as a JSON document.
///
/// Unknown fields are refused in every request, so every schema that a request
/// body reaches is closed (`additionalProperties: false`). A parameter is there
/// or not, but never `null`.
///
/// # Errors
///
/// The contract cannot be written as JSON.
pub fn document(api: &OpenApi) -> Result<Value, serde_json::Error> {
    let mut document: Value = serde_json::from_str(&api.to_json()?)?;
    for operation in operations_mut(&mut document) {
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        parameters.into_iter().flatten().for_each(never_null);
    }
    for name in request_schemas(&document) {
        let pointer = format!("/components/schemas/{name}");
        if let Some(Value::Object(schema)) = document.pointer_mut(&pointer)
            && schema.contains_key("properties")
        {
            schema.insert("additionalProperties".into(), Value::Bool(false));
        }
    }
    // Whether objects keep their order depends on what else is built into the program.
    document.sort_all_objects();
    Ok(document)
}

fn operations_mut(document: &mut Value) -> impl Iterator<Item = &mut Value> {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let methods = paths.into_iter().flat_map(|paths| paths.values_mut());
    methods
        .filter_map(Value::as_object_mut)
        .flat_map(|methods| methods.values_mut())
}

fn never_null(parameter: &mut Value) {
    if let Some(kind) = parameter.pointer_mut("/schema/type")
        && let Some(kinds) = kind.as_array_mut()
    {
        kinds.retain(|kind| kind != "null");
        if let [only] = kinds.as_slice() {
            *kind = only.clone();
        }
    }
}

fn request_schemas(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let paths = document.get("paths").and_then(Value::as_object);
    for operation in paths.into_iter().flat_map(|paths| paths.values()) {
        for method in operation
            .as_object()
            .into_iter()
            .flat_map(|methods| methods.values())
        {
            if let Some(body) = method.get("requestBody") {
                collect(body, document, &mut found);
            }
        }
    }
    found
}

fn collect(value: &Value, document: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            let name = fields
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|reference| reference.strip_prefix("#/components/schemas/"));
            if let Some(name) = name
                && found.insert(name.to_owned())
                && let Some(schema) = document.pointer(&format!("/components/schemas/{name}"))
            {
                collect(schema, document, found);
            }
            fields
                .values()
                .for_each(|field| collect(field, document, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, document, found)),
        _ => {}
    }
}
