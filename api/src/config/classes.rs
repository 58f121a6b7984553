//! What a key of type CLASS may name.

/// The classes that keys of type [`Kind::Class`](crate::Kind::Class) may name.
///
/// Java asks its class loader; here the runtime's plugin registry answers.
pub trait ClassNames: Send + Sync {
    /// The full name of the class that `name` stands for, or `None` when there is no such class.
    fn full_name(&self, name: &str) -> Option<String>;
}

/// Takes every name as it is written. What a component uses that validates its configuration by itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct AnyClass;

impl ClassNames for AnyClass {
    fn full_name(&self, name: &str) -> Option<String> {
        Some(name.to_owned())
    }
}
