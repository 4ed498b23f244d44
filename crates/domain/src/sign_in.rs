//! Why signing in at the OpenID provider came to nothing: a closed set of words that may travel in an address, each with its sentence.

/// The reason, as far as a visitor is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProviderRefusal {
    /// It was begun in another browser, took too long, or was finished before.
    Unfinished,
    /// The provider did not sign the person in.
    Denied,
    /// What the provider answered does not hold.
    NotTrusted,
    /// The provider does not answer.
    Unreachable,
    /// The account's name belongs to an account that signs in otherwise.
    Taken,
    /// The account was disabled here.
    Disabled,
    /// Somebody else signed in than whose session was to be confirmed.
    AnotherPerson,
}

impl ProviderRefusal {
    /// Every reason.
    pub const ALL: [Self; 7] =
        [Self::Unfinished, Self::Denied, Self::NotTrusted, Self::Unreachable, Self::Taken, Self::Disabled, Self::AnotherPerson];

    /// The word in addresses and in the audit trail.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unfinished => "unfinished",
            Self::Denied => "denied",
            Self::NotTrusted => "not_trusted",
            Self::Unreachable => "unreachable",
            Self::Taken => "taken",
            Self::Disabled => "disabled",
            Self::AnotherPerson => "another_person",
        }
    }
    /// Reads the word; anything else is no reason.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
    /// The sentence on the page, with what to do.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Unfinished => "This sign-in was not finished in time, or was begun in another browser. Try again.",
            Self::Denied => "The provider did not sign you in. Try again, or ask your admin.",
            Self::NotTrusted => "The provider's answer does not hold, so you were not signed in. Tell your admin: the log says why.",
            Self::Unreachable => "The provider cannot be reached just now. Try again shortly.",
            Self::Taken => {
                "There is an account with your e-mail address already, which signs in another way. It was not touched. \
                 Sign in with its password, or ask your admin."
            }
            Self::Disabled => "Your account here is disabled. Ask your admin.",
            Self::AnotherPerson => {
                "You signed in at the provider as somebody else than here. Sign out first, or go on as the person you are here."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ProviderRefusal;

    #[test]
    fn each_reason_is_read_as_it_is_written() {
        for reason in ProviderRefusal::ALL {
            assert_eq!(ProviderRefusal::parse(reason.as_str()), Some(reason));
        }
        assert_eq!(ProviderRefusal::parse("<b>"), None);
    }
}
