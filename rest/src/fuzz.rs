//! For fuzz targets: what a client sends, through all that reads it before the herder sees it.

use crate::route::Resource;
use crate::{CreateRequest, json, path};

/// The target of a request's first line: path and query.
pub fn target(text: &str) {
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    path::query(query);
    let Ok(segments) = path::segments(path) else {
        return;
    };
    if let Some(resource) = Resource::find(&segments) {
        resource.is_admin();
        resource.allowed();
    }
    for segment in &segments {
        // A slash stays as it is, so it would be two segments.
        if !segment.contains(['/', '%', ';']) && !segment.chars().any(char::is_control) {
            assert_eq!(
                path::segments(&path::encode(segment)).ok(),
                Some(vec![segment.clone()])
            );
        }
    }
}

/// The body of a request, as each resource that takes one would read it.
pub fn body(bytes: &[u8]) {
    let _ = CreateRequest::from_body(bytes);
    let _ = json::string_map(bytes);
    if let Ok(text) = json::text(bytes)
        && let Ok(value) = json::value(&text)
    {
        let written = json::to_bytes(&value);
        let again = json::text(&written).and_then(|text| json::value(&text));
        assert_eq!(again.ok(), Some(value));
    }
}
