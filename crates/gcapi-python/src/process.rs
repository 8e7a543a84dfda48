//! Values that belong to the process that made them.
//!
//! After `fork`, a child has the memory of threads it does not have: the workers of a runtime,
//! the tasks that hold a lock. Touching such a value, even to drop it, may wait for ever.

use std::mem::ManuallyDrop;

/// A value with the process it belongs to. In any other process it is never touched, and leaks.
#[derive(Debug)]
pub(crate) struct OfProcess<T> {
    process: u32,
    value: ManuallyDrop<T>,
}

impl<T> OfProcess<T> {
    /// A value of this process.
    pub(crate) fn new(value: T) -> Self {
        Self {
            process: std::process::id(),
            value: ManuallyDrop::new(value),
        }
    }

    /// The value, if this is still the process that made it.
    pub(crate) fn get(&self) -> Option<&T> {
        (self.process == std::process::id()).then_some(&*self.value)
    }
}

impl<T> Drop for OfProcess<T> {
    fn drop(&mut self) {
        if self.process == std::process::id() {
            // SAFETY: the value is dropped here only, and nothing reads it afterwards.
            #[expect(unsafe_code, reason = "a value of another process must not be dropped")]
            unsafe {
                ManuallyDrop::drop(&mut self.value);
            }
        }
    }
}
