//! The addresses of the server functions, which other software may rely on.
#![cfg(feature = "ssr")]

use app::api;
use leptos::server_fn::ServerFn;

#[test]
fn every_server_function_has_the_address_it_is_documented_with() {
    let paths = [
        api::AddKey::PATH,
        api::ReplaceKey::PATH,
        api::EditKey::PATH,
        api::DeleteKey::PATH,
        api::TestKey::PATH,
        api::TestCandidate::PATH,
        api::SetEnabled::PATH,
        api::SetDefault::PATH,
    ];
    let expected = ["add", "replace", "edit", "delete", "test", "test-candidate", "enable", "default"];
    assert_eq!(paths.map(str::to_owned), expected.map(|name| format!("/api/fn/keys/{name}")));
}

#[test]
fn a_refusal_never_carries_the_text_of_an_inner_error() {
    use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
    let inner = "disk at /var/lib/secret";
    for error in
        [ServerFnErrorErr::ServerError(inner.into()), ServerFnErrorErr::Args(inner.into()), ServerFnErrorErr::Response(inner.into())]
    {
        let told = String::from_utf8(api::ApiError::from_server_fn_error(error).ser().to_vec()).expect("JSON is text");
        assert!(!told.contains("disk"), "{told}");
    }
}
