//! The names by which Confluent's converter keeps in JSON Schema what only Connect knows.

/// Connect's type, where that of JSON is wider.
pub(super) const TYPE: &str = "connect.type";
/// The version of the Connect schema.
pub(super) const VERSION: &str = "connect.version";
/// The parameters of the Connect schema.
pub(super) const PARAMETERS: &str = "connect.parameters";
/// The place of a field in its struct: the properties of an object have no order.
pub(super) const INDEX: &str = "connect.index";

/// The properties of the entry of a map whose keys are not plain strings.
pub(super) const KEY: &str = "key";
pub(super) const VALUE: &str = "value";

/// The name of the struct that stands for a union.
pub(super) const ONE_OF: &str = "io.confluent.connect.json.OneOf";
/// The parameter that marks an enum, and the beginning of those that name its symbols.
pub(super) const ENUM: &str = "io.confluent.connect.json.Enum";
/// The parameter that gives a schema an id to refer to.
pub(super) const ID: &str = "io.confluent.connect.json.Id";
/// Parameters that begin with it are not written.
pub(super) const NAMESPACE: &str = "io.confluent.connect.json";

/// The parameters of unions and enums in the form that all formats share.
pub(super) const UNION: &str = "org.apache.kafka.connect.data.Union";
pub(super) const GENERALIZED_ENUM: &str = "org.apache.kafka.connect.data.Enum";
/// The beginning of the names of unions in that form, and of their fields.
pub(super) const UNION_PREFIX: &str = "connect_union_";
pub(super) const UNION_FIELD_PREFIX: &str = "connect_union_field_";

/// Stands for null among the symbols of an enum.
pub(super) const NULL_SYMBOL: &str = "<NULL>";
