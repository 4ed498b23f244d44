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
fn every_problem_arrives_in_the_browser_as_it_left() {
    use api::ApiError;
    use domain::{
        FieldProblem, Problem,
        person::Tier,
        services::{CredentialType, ServiceId},
    };
    use leptos::server_fn::error::FromServerFnError;
    let id = "0190a000-0000-7000-8000-000000000001".parse().expect("a test id");
    let problems = [
        Problem::NotAuthenticated,
        Problem::SignInFailed,
        Problem::SetupLinkInvalid,
        Problem::CrossSite,
        Problem::Forbidden,
        Problem::TierRequired { tiers: vec![Tier::Starter, Tier::Enterprise] },
        Problem::TierLimit { limit: 10 },
        Problem::KeyNotFound,
        Problem::CredentialNotFound {
            service: ServiceId::parse("github").expect("a test id"),
            credential_type: CredentialType::parse("api_token").expect("a test id"),
        },
        Problem::NotConfigured { service: "Cloudflare".into() },
        Problem::NotFound,
        Problem::InvalidProvider,
        Problem::DuplicateKey { id, label: Some("Production".into()) },
        Problem::DuplicateKey { id, label: None },
        Problem::Changed,
        Problem::field(FieldProblem::new("label", "too_long", "Too long.")),
        Problem::TooLarge,
        Problem::UnsupportedBody,
        Problem::TooMany { retry_after: 60 },
        Problem::CannotOpen,
        Problem::EndpointChanged,
        Problem::Unavailable { retry_after: 2 },
        Problem::Internal,
    ];
    for problem in problems {
        let sent = ApiError(problem);
        assert_eq!(ApiError::de(sent.ser()), sent);
    }
}
