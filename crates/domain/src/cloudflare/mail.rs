//! Which records mail depends on.

use serde::{Deserialize, Serialize};

/// What a record does for mail.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailPart {
    /// Says where mail is delivered (RFC 5321, section 5).
    Mx,
    /// Says who may send mail (RFC 7208).
    Spf,
    /// Holds the key that signatures are checked with (RFC 6376).
    Dkim,
    /// Says what to do with mail that fails those checks (RFC 7489).
    Dmarc,
}

impl MailPart {
    /// What a record of this type, name and content does for mail, if anything.
    #[must_use]
    pub fn of(kind: &str, name: &str, content: &str) -> Option<Self> {
        let content = content.trim().trim_start_matches('"');
        let begins = |word: &str| content.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
        let labels = || name.split('.');
        match kind {
            "MX" => Some(Self::Mx),
            "TXT" if begins("v=spf1") => Some(Self::Spf),
            "TXT" if begins("v=dmarc1") => Some(Self::Dmarc),
            "TXT" if begins("v=dkim1") => Some(Self::Dkim),
            // The policy or the key may be somebody else's, reached by a name of ours.
            "TXT" | "CNAME" | "NS" if labels().any(|label| label.eq_ignore_ascii_case("_domainkey")) => Some(Self::Dkim),
            "TXT" | "CNAME" | "NS" if labels().next().is_some_and(|label| label.eq_ignore_ascii_case("_dmarc")) => Some(Self::Dmarc),
            _ => None,
        }
    }
    /// Its usual name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mx => "MX",
            Self::Spf => "SPF",
            Self::Dkim => "DKIM",
            Self::Dmarc => "DMARC",
        }
    }
    /// What happens without it, in a sentence.
    #[must_use]
    pub const fn without(self) -> &'static str {
        match self {
            Self::Mx => "Other servers may no longer find where to deliver mail for this domain.",
            Self::Spf => "Mail that you send may be refused or taken for spam: nothing says any more who may send it.",
            Self::Dkim => "Mail that you send may be refused or taken for spam: its signature can no longer be checked.",
            Self::Dmarc => "Forged mail in the name of this domain is no longer refused, and you get no more reports of it.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_mail_are_known_by_type_name_and_content() {
        for (kind, name, content, part) in [
            ("MX", "example.com", "mx.example.net", Some(MailPart::Mx)),
            ("TXT", "example.com", "v=spf1 include:_spf.example.net ~all", Some(MailPart::Spf)),
            ("TXT", "example.com", "\"V=SPF1 -all\"", Some(MailPart::Spf)),
            ("TXT", "_dmarc.example.com", "v=DMARC1; p=reject", Some(MailPart::Dmarc)),
            ("CNAME", "_dmarc.example.com", "dmarc.example.net", Some(MailPart::Dmarc)),
            ("TXT", "s1._domainkey.example.com", "v=DKIM1; p=MIIB", Some(MailPart::Dkim)),
            ("TXT", "s1._domainkey.example.com", "k=rsa; p=MIIB", Some(MailPart::Dkim)),
            ("CNAME", "s1._DomainKey.example.com", "s1.example.net", Some(MailPart::Dkim)),
            ("TXT", "example.com", "google-site-verification=1", None),
            ("A", "mail.example.com", "192.0.2.1", None),
            ("CNAME", "www.example.com", "example.com", None),
            ("TXT", "example.com", "\u{fc}\u{fc}\u{fc}\u{fc}", None),
        ] {
            assert_eq!(MailPart::of(kind, name, content), part, "{kind} {name} {content}");
        }
    }
}
