//! Decoders of others, which hostile files make panic.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::thread;

use crate::error::Problem;

thread_local! {
    /// Whether this thread is in a decoder, whose panics are errors and nobody else's business.
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs a decoder; a panic in it is the file's fault, and says nothing on standard error.
///
/// The state the decoder worked on must not be used after an error.
pub(crate) fn guarded<T>(
    decoder: &str,
    decode: impl FnOnce() -> Result<T, Problem>,
) -> Result<T, Problem> {
    silence_guarded_panics();
    let was_guarded = IS_GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(decode));
    IS_GUARDED.set(was_guarded);
    result.unwrap_or_else(|panic| {
        let reason = reason(&*panic);
        Err(Problem::malformed(format!(
            "the decoder of {decoder} gave up on it{reason}"
        )))
    })
}

/// Puts a hook before the one there is, once in a process: whoever sets another later replaces both.
fn silence_guarded_panics() {
    static HOOK: Once = Once::new();
    // A thread that panics already may not change the hook.
    if thread::panicking() {
        return;
    }
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !IS_GUARDED.get() {
                previous(panic);
            }
        }));
    });
}

fn reason(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    text.map_or_else(String::new, |text| format!(" ({text})"))
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::process::Command;

    use super::*;

    fn gives_up(what: &str) -> Result<(), Problem> {
        guarded("nothing", || panic!("{what}"))
    }

    #[test]
    fn a_panic_is_an_error_that_says_why() {
        let error = gives_up("inside").unwrap_err();
        assert!(matches!(error, Problem::Malformed(_)));
        assert!(
            error.to_string().ends_with("gave up on it (inside)"),
            "{error}"
        );
        let bytes: Vec<u8> = Vec::new();
        assert!(guarded("nothing", || Ok(bytes[0])).is_err());
    }

    /// The hook is one for a whole process, so that this takes one of its own.
    #[test]
    fn only_panics_of_decoders_are_silent() {
        const IS_CHILD: &str = "GCAPI_IMAGE_GUARD_CHILD";
        const NAME: &str = "guard::tests::only_panics_of_decoders_are_silent";
        if env::var_os(IS_CHILD).is_some() {
            panic::set_hook(Box::new(|panic| eprintln!("hook: {panic}")));
            gives_up("inside").unwrap_err();
            guarded("nothing", || {
                gives_up("further inside").unwrap_err();
                gives_up("inside again")
            })
            .unwrap_err();
            catch_unwind(|| panic!("outside")).unwrap_err();
            return;
        }
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", NAME, "--nocapture", "--test-threads=1"])
            .env(IS_CHILD, "1")
            .output()
            .unwrap();
        let said = String::from_utf8(child.stderr).unwrap();
        assert!(child.status.success(), "{said}");
        assert!(said.contains("outside"), "{said}");
        assert_eq!(said.matches("hook:").count(), 1, "{said}");
        assert!(!said.contains("inside"), "{said}");
    }
}
