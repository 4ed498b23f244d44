//! The addresses and refusals of the server functions.
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

#[test]
fn a_refusal_says_what_the_browser_shows() {
    use domain::{FieldProblem, Problem};
    use leptos::server_fn::error::FromServerFnError;
    let id = "0190a000-0000-7000-8000-000000000001".parse().expect("a test id");
    let duplicate = r#"{"code":"duplicate_key","detail":"You already keep this key as “Production”.","fields":[],"id":"0190a000-0000-7000-8000-000000000001"}"#;
    let faulty =
        r#"{"code":"invalid","detail":"Too long.","fields":[{"field":"label","code":"too_long","message":"Too long."}],"id":null}"#;
    let forbidden = r#"{"code":"forbidden","detail":"Your account may not do this.","fields":[],"id":null}"#;
    for (problem, told) in [
        (Problem::DuplicateKey { id, label: Some("Production".into()) }, duplicate),
        (Problem::field(FieldProblem::new("label", "too_long", "Too long.")), faulty),
        (Problem::Forbidden, forbidden),
    ] {
        assert_eq!(api::ApiError::from(problem).ser(), told);
    }
}
