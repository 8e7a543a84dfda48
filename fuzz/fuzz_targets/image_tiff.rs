#![no_main]

libfuzzer_sys::fuzz_target!(
    // Panics of decoders are caught by the library: only those that reach the fuzzer count.
    init: { std::panic::set_hook(Box::new(|_| {})) },
    |data: &[u8]| (gcapi_fuzz::IMAGES[1].run)(data)
);
