//! Addresses with a query.

use url::form_urlencoded::Serializer;

/// `path?a=b&c=d`, without pairs whose value is empty.
pub(crate) fn address(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = Serializer::new(String::new());
    query.extend_pairs(pairs.iter().filter(|(_, value)| !value.is_empty()));
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn what_is_empty_is_left_out_and_the_rest_is_escaped() {
        assert_eq!(address("/x", &[("a", "")]), "/x");
        assert_eq!(address("/x", &[("a", "ann+b@example.com"), ("b", ""), ("c", "1 & 2")]), "/x?a=ann%2Bb%40example.com&c=1+%26+2");
    }
}
