//! ApiVersions: what is served, and in which versions.

use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::api_versions_response::ApiVersion;
use kafka_protocol::messages::{ApiVersionsRequest, ApiVersionsResponse};

use super::Call;
use crate::apis::SERVED;

pub(crate) async fn handle(_call: &Call<'_>, _request: ApiVersionsRequest) -> ApiVersionsResponse {
    served()
}

/// The answer holds the served versions even then: a client that asked in a version too new reads them from it and
/// asks again.
pub(crate) fn refuse(_request: &ApiVersionsRequest, error: ResponseError) -> ApiVersionsResponse {
    served().with_error_code(error.code())
}

fn served() -> ApiVersionsResponse {
    let api_keys = SERVED
        .iter()
        .map(|(key, versions)| {
            ApiVersion::default()
                .with_api_key(*key as i16)
                .with_min_version(versions.min)
                .with_max_version(versions.max)
        })
        .collect();
    ApiVersionsResponse::default().with_api_keys(api_keys)
}
