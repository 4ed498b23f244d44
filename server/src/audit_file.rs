//! Events of the audit trail as a file: one line an event, whatever is in it.

use crate::logging;
use axum::{
    body::{Body, Bytes},
    http::header,
    response::{IntoResponse, Response},
};
use clap::ValueEnum;
use domain::views::{AuditAsked, AuditView};
use futures::stream;
use std::io;
use vault::{Context, Failure, Vault};

/// The form of the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Format {
    /// One JSON object a line
    Jsonl,
    /// RFC 4180, with a heading
    Csv,
}

impl Format {
    /// Reads the word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Csv, Self::Jsonl].into_iter().find(|format| format.as_str() == word)
    }
    /// The word, and how the file's name ends.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
        }
    }
    const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Jsonl => "application/jsonl; charset=utf-8",
        }
    }
    /// What comes before the first event.
    pub(crate) fn heading(self) -> Vec<u8> {
        match self {
            Self::Csv => format!("{}\r\n", COLUMNS.join(",")).into_bytes(),
            Self::Jsonl => Vec::new(),
        }
    }
    /// Some events, a line each.
    ///
    /// # Errors
    /// None in practice: memory takes everything.
    pub(crate) fn lines(self, events: &[AuditView]) -> io::Result<Vec<u8>> {
        match self {
            Self::Csv => csv_lines(events),
            Self::Jsonl => events.iter().try_fold(Vec::new(), |mut out, event| {
                out.extend_from_slice(one_line(&serde_json::to_string(event)?).as_bytes());
                out.push(b'\n');
                Ok(out)
            }),
        }
    }
}

const COLUMNS: [&str; 14] = [
    "seq",
    "at",
    "actor_kind",
    "actor",
    "proof",
    "client",
    "request",
    "action",
    "object_kind",
    "object",
    "outcome",
    "reason",
    "details",
    "secret_version",
];

/// JSON leaves three characters alone that some readers take for the end of a line.
fn one_line(json: &str) -> String {
    json.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029").replace('\u{85}', "\\u0085")
}

/// What a spreadsheet would take for a formula gets an apostrophe before it; what would end the line becomes a space.
fn cell(text: &str) -> String {
    let flat: String = text.chars().map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c }).collect();
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']) {
        format!("'{flat}")
    } else {
        flat
    }
}

fn csv_lines(events: &[AuditView]) -> io::Result<Vec<u8>> {
    let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for event in events {
        let text = |value: &Option<String>| cell(value.as_deref().unwrap_or_default());
        out.write_record([
            event.seq.to_string(),
            event.at.to_string(),
            cell(&event.actor_kind),
            event.actor.map(|id| id.to_string()).unwrap_or_default(),
            text(&event.proof),
            text(&event.client),
            event.request.to_string(),
            cell(&event.action),
            text(&event.object_kind),
            text(&event.object),
            cell(&event.outcome),
            text(&event.reason),
            cell(&event.details),
            event.secret_version.map(|version| version.to_string()).unwrap_or_default(),
        ])?;
    }
    out.into_inner().map_err(|error| io::Error::other(error.to_string()))
}

/// The file as an answer, made while it is sent. A read that fails in the middle cuts the connection, so that half a file is not
/// taken for a whole one.
///
/// # Errors
/// Those of `Vault::export_audit`.
pub(crate) async fn answer(vault: &Vault, cx: &Context, asked: &AuditAsked, format: Format) -> Result<Response, Failure> {
    let export = vault.export_audit(cx, asked, format.as_str()).await?;
    let rest = stream::try_unfold(export, move |mut export| async move {
        let events = export.next().await.map_err(|failure| {
            logging::report(&failure);
            io::Error::other("the audit trail cannot be read")
        })?;
        if events.is_empty() {
            return Ok(None);
        }
        Ok::<_, io::Error>(Some((Bytes::from(format.lines(&events)?), export)))
    });
    let heading = stream::iter([Ok::<_, io::Error>(Bytes::from(format.heading()))]);
    let body = Body::from_stream(futures::StreamExt::chain(heading, rest));
    let day: String = cx.now.to_string().chars().take(10).collect();
    let name = format!("attachment; filename=\"keyward-audit-{day}.{}\"", format.as_str());
    let headers = [(header::CONTENT_TYPE, format.media_type().to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, body).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Timestamp, ids::RequestId};

    /// Nothing of ours looks like this; whoever writes into the database past Keyward may.
    const NASTY: [&str; 9] =
        ["a\r\nb", "\u{1b}[31mred", "a\u{2028}b\u{2029}c\u{85}d", "}{", "=1+1", "+1", "-2+3", "@SUM(A1)", "\t=cmd|' /C calc'!A0"];

    fn event(text: &str) -> AuditView {
        AuditView {
            seq: 7,
            at: Timestamp::from_micros(0),
            actor_kind: "person".into(),
            actor: None,
            proof: None,
            client: Some(text.into()),
            request: RequestId::from_uuid(uuid::Uuid::nil()),
            action: text.into(),
            object_kind: None,
            object: None,
            outcome: "success".into(),
            reason: Some(text.into()),
            details: format!("{text}{}", "x".repeat(10)),
            secret_version: Some(1),
        }
    }

    /// Seen to fail without `one_line` and without `cell`.
    #[test]
    fn an_event_is_one_line_in_every_form() {
        for text in NASTY {
            for format in [Format::Csv, Format::Jsonl] {
                let written = String::from_utf8(format.lines(&[event(text), event(text)]).expect("memory takes everything")).expect("text");
                let lines: Vec<_> = written.split(['\n', '\u{2028}', '\u{2029}', '\u{85}']).collect();
                assert_eq!(lines.len(), 3, "{format:?} {text:?}: {written:?}");
                assert!(!written.contains('\u{1b}'), "{format:?} {text:?}: {written:?}");
                if format == Format::Jsonl {
                    let back: AuditView = serde_json::from_str(lines[0]).expect("an event");
                    assert_eq!(back, event(text), "nothing is lost");
                }
            }
        }
    }

    #[test]
    fn no_cell_is_a_formula_and_each_row_has_every_column() {
        for text in NASTY {
            let written = csv_lines(&[event(text)]).expect("memory takes everything");
            let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(written.as_slice());
            let row = rows.records().next().expect("a row").expect("CSV");
            assert_eq!(row.len(), COLUMNS.len());
            assert!(row.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])), "{row:?}");
        }
        assert_eq!(cell("192.0.2.1"), "192.0.2.1");
    }
}
