//! What the other system called things.

/// The words under which other names of a provider are known.
pub(super) fn known_as(name: &str) -> String {
    let name = name.trim().to_lowercase().replace([' ', '.'], "_");
    match name.as_str() {
        "ollamacloud" | "ollama-cloud" => "ollama_cloud".into(),
        "gemini" | "google_ai" => "google".into(),
        "together_ai" | "togetherai" => "together".into(),
        "hugging_face" | "hf" => "huggingface".into(),
        "x_ai" | "grok" => "xai".into(),
        _ => name,
    }
}

/// `OPENAI_API_KEY` is a key of `openai`.
pub(super) fn of_setting(name: &str) -> String {
    let name = name.to_lowercase();
    let bare = ["_api_key", "_api_token", "_key", "_token"].iter().find_map(|end| name.strip_suffix(end));
    bare.unwrap_or(&name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_other_system_are_understood() {
        for (there, here) in [("OpenAI", "openai"), ("ollamacloud", "ollama_cloud"), ("Gemini", "google"), ("custom", "custom")] {
            assert_eq!(known_as(there), here);
        }
        for (there, here) in [("OPENAI_API_KEY", "openai"), ("openrouter_api_key", "openrouter"), ("groq", "groq")] {
            assert_eq!(of_setting(there), here);
        }
    }
}
