//! The APIs this broker serves: key, messages, versions. The one place to add or cap one.

use bytes::{Bytes, BytesMut};
use kafka_protocol::error::ResponseError;
use kafka_protocol::messages::{self, ApiKey};
use kafka_protocol::protocol::{Decodable, Encodable, HeaderVersion, VersionRange};

use crate::handlers::{self, Call};

macro_rules! apis {
    ($($name:ident $request:ident $response:ident $min:literal ..= $max:literal $module:ident,)*) => {
        /// A decoded request of an API this broker serves.
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        #[allow(missing_docs)]
        pub enum Request {
            $($name(messages::$request),)*
        }

        /// The answer to a [`Request`].
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        #[allow(missing_docs)]
        pub enum Response {
            $($name(messages::$response),)*
        }

        /// Every API served and the versions it is served in, as advertised.
        pub(crate) const SERVED: &[(ApiKey, VersionRange)] = &[
            $((ApiKey::$name, VersionRange { min: $min, max: $max }),)*
        ];

        impl Request {
            /// Fails when the bytes are not a request of this API and version.
            pub(crate) fn decode(key: ApiKey, version: i16, body: &mut Bytes) -> Result<Request, String> {
                match key {
                    $(ApiKey::$name => messages::$request::decode(body, version)
                        .map(Request::$name)
                        .map_err(|error| error.to_string()),)*
                    _ => Err(format!("{key:?} is not served")),
                }
            }

            /// The API this is a request of.
            pub fn key(&self) -> ApiKey {
                match self {
                    $(Request::$name(_) => ApiKey::$name,)*
                }
            }

            /// Does what is asked. May wait long: for members of a group, for records to fetch.
            pub(crate) async fn handle(self, call: &Call<'_>) -> Response {
                match self {
                    $(Request::$name(request) => Response::$name(handlers::$module::handle(call, request).await),)*
                }
            }

            /// The answer that reports `error` wherever this API can report one.
            pub(crate) fn refuse(&self, error: ResponseError) -> Response {
                match self {
                    $(Request::$name(request) => Response::$name(handlers::$module::refuse(request, error)),)*
                }
            }
        }

        impl Response {
            /// The version of the response header that goes before this answer.
            pub(crate) fn header_version(&self, version: i16) -> i16 {
                match self {
                    $(Response::$name(_) => messages::$response::header_version(version),)*
                }
            }

            /// Fails when the answer holds what `version` cannot express: a fault in a handler, or in a test's hook.
            pub(crate) fn encode(&self, version: i16, into: &mut BytesMut) -> Result<(), String> {
                match self {
                    $(Response::$name(response) => response.encode(into, version).map_err(|error| error.to_string()),)*
                }
            }
        }
    };
}

apis! {
    ApiVersions ApiVersionsRequest ApiVersionsResponse 0..=4 api_versions,
}

impl Request {
    /// False for a produce request with `acks=0`, which has no answer.
    pub(crate) fn expects_answer(&self) -> bool {
        true
    }
}

/// The versions served of an API; `None` when it is not served.
pub(crate) fn versions(key: ApiKey) -> Option<VersionRange> {
    SERVED
        .iter()
        .find(|(served, _)| *served == key)
        .map(|(_, versions)| *versions)
}
