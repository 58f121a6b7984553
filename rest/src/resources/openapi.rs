//! `GET /openapi.json`

use bytes::Bytes;
use hyper::StatusCode;

use crate::answer::{Answer, JSON};

/// The whole surface, as OpenAPI 3.1 describes it.
pub(super) fn get() -> Answer {
    Answer {
        content_type: Some(JSON),
        body: Bytes::from_static(DOCUMENT.as_bytes()),
        ..Answer::empty(StatusCode::OK)
    }
}

const DOCUMENT: &str = include_str!("../openapi.json");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::DOCUMENT;
    use crate::route::{ROUTES, Resource};

    const METHODS: [&str; 5] = ["get", "put", "post", "patch", "delete"];

    fn document() -> Value {
        serde_json::from_str(DOCUMENT).expect("JSON")
    }

    /// Every method at every path, as `get /path`.
    fn described() -> BTreeSet<String> {
        let document = document();
        let paths = document["paths"].as_object().expect("paths");
        let operations = paths.iter().flat_map(|(path, item)| {
            let methods = METHODS.iter().filter(|method| item.get(method).is_some());
            methods.map(move |method| format!("{method} {path}"))
        });
        operations.collect()
    }

    #[test]
    fn every_route_is_described_and_nothing_else() {
        let mut served = BTreeSet::new();
        for (template, _) in ROUTES {
            let path = template.split('/').filter(|segment| !segment.is_empty());
            let path: Vec<String> = path.map(str::to_owned).collect();
            let resource = Resource::find(&path).expect(template);
            for method in resource.methods() {
                served.insert(format!("{} {template}", method.as_str().to_lowercase()));
            }
        }
        assert_eq!(described(), served);
    }

    #[test]
    fn parameters_of_paths_are_declared_and_references_lead_somewhere() {
        let document = document();
        for (path, item) in document["paths"].as_object().expect("paths") {
            let declared: BTreeSet<&str> = item["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|parameter| parameter["name"].as_str())
                .collect();
            let named = path.split(['{', '}']).skip(1).step_by(2).collect();
            assert_eq!(declared, named, "{path}");
        }
        for reference in DOCUMENT.split("\"$ref\": \"#").skip(1) {
            let pointer = reference.split('"').next().expect("a pointer");
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }

    #[test]
    fn the_version_is_this_one() {
        assert_eq!(document()["info"]["version"], env!("CARGO_PKG_VERSION"));
    }
}
