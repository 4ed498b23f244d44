//! Moments in relative words.

use super::dom::{all, document};
use leptos::prelude::set_interval;
use std::time::Duration;
use web_sys::{Element, js_sys::Date};

/// Says every moment now, and again each half minute.
pub(crate) fn start() {
    refresh();
    set_interval(refresh, Duration::from_secs(30));
}

/// Says every moment of the page in words relative to now.
pub(super) fn refresh() {
    let Some(root) = document().document_element() else { return };
    for time in all::<Element>(&root, "time[datetime]") {
        let Some(moment) = time.get_attribute("datetime").map(|text| Date::parse(&text)).filter(|moment| moment.is_finite()) else {
            continue;
        };
        if !time.has_attribute("title") {
            let _ = time.set_attribute("title", &time.text_content().unwrap_or_default());
        }
        let words = ago(((Date::now() - moment) / 1_000.0) as i64);
        if time.text_content().as_deref() != Some(words.as_str()) {
            time.set_text_content(Some(&words));
        }
    }
}

/// Whole seconds in the past as words. A moment in the future, by a clock that is ahead, is now.
fn ago(seconds: i64) -> String {
    let (count, unit) = match seconds {
        ..45 => return "just now".to_owned(),
        45..3_600 => ((seconds + 30) / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        86_400..1_209_600 => (seconds / 86_400, "day"),
        1_209_600..5_184_000 => (seconds / 604_800, "week"),
        5_184_000..63_072_000 => (seconds / 2_592_000, "month"),
        _ => (seconds / 31_536_000, "year"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}
