//! Files that add to the catalogues of providers and of services.
#![no_main]

use domain::{catalogue::Catalogue, services::ServiceCatalogue};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = Catalogue::with_overlay(text);
    let _ = ServiceCatalogue::with_overlay(text);
});
