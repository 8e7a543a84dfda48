#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| (gcapi_fuzz::IMAGES[1].run)(data));
