//! When a key stops working at its provider, as its owner noted it.

use domain::{FieldProblem, Timestamp};

/// The most characters of a moment in RFC 3339 with nanoseconds and an offset.
const LONGEST: usize = 40;

/// Reads a moment after `now`, in RFC 3339; `None` for an empty field.
///
/// # Errors
/// A [`FieldProblem`] on `expires_at`.
pub(super) fn parse(text: &str, now: Timestamp) -> Result<Option<Timestamp>, FieldProblem> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let fault = |code, message| FieldProblem::new("expires_at", code, message);
    let moment = Some(text).filter(|text| text.len() <= LONGEST).and_then(Timestamp::parse);
    let moment = moment.ok_or_else(|| fault("not_a_time", "Give a date and time in RFC 3339, like 2030-01-31T12:00:00Z."))?;
    if moment > now { Ok(Some(moment)) } else { Err(fault("past", "The expiry has to be in the future.")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_is_a_moment_in_the_future() {
        let now = Timestamp::parse("2030-01-01T00:00:00Z").expect("a moment");
        let code = |text: &str| parse(text, now).map_err(|fault| fault.code.into_owned());
        assert_eq!(code(" "), Ok(None));
        assert_eq!(code("2030-01-01T00:00:00.000001Z"), Ok(Some(Timestamp::from_micros(now.micros() + 1))));
        assert_eq!(code("2030-01-01T00:00:00Z"), Err("past".to_owned()));
        assert_eq!(code("2030-01-01T01:00:00+02:00"), Err("past".to_owned()));
        for text in ["2031-01-01", "soon", "2031-02-30T00:00:00Z", &format!("2031-01-01T00:00:00.{}Z", "0".repeat(99))] {
            assert_eq!(code(text), Err("not_a_time".to_owned()), "{text}");
        }
    }
}
